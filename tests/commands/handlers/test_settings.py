"""Limits and other settings change, and are shown with the way to change them."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from bot.cards.richtext import plain
from bot.commands.parser import parse
from storage import channels
from storage.models import ChannelState, PostStyle
from tests import make
from tests.commands.conftest import Chat


async def test_the_limit_changes_in_everyones_sight(chat: Chat) -> None:
    assert await chat.announce("limit 1") == "Ana set the limit to 1 paper a day."
    assert (await chat.channel()).post_limit == 1


async def test_the_threshold_changes_in_everyones_sight(chat: Chat) -> None:
    assert await chat.announce("threshold 72") == "Ana set the threshold to 72."
    assert (await chat.channel()).threshold == 72


async def test_the_style_changes_in_everyones_sight(chat: Chat) -> None:
    said = await chat.announce("style digest")

    assert (
        said
        == "Ana chose one list each time, with every paper in its thread from the next papers on."
    )
    assert (await chat.channel()).style is PostStyle.DIGEST


async def test_a_number_out_of_range_changes_nothing(chat: Chat) -> None:
    await chat.say("limit 7")

    assert "from 1 to 50" in await chat.say("limit 51")
    assert (await chat.channel()).post_limit == 7


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("limit", "Limit: 5 papers a day. Type limit 10."),
        ("threshold", "Threshold: 80. Type threshold 85."),
        (
            "style",
            "Style: a full card for each paper. Type style short or style digest.",
        ),
        ("quiet", "Day without papers: silence. Type quiet off."),
    ],
)
async def test_a_setting_typed_alone_tells_its_value_to_anybody(
    chat: Chat, typed: str, told: str
) -> None:
    reply = await chat.reply(typed, may_change=False)

    assert plain(reply.lines[0]) == told
    assert reply.announcement is None


async def test_settings_suggest_nothing_that_is_set_already(chat: Chat) -> None:
    for typed in (
        "limit 5",
        "threshold 85",
        "schedule daily 09:00 Europe/Paris",
        "watch mixture of experts",
        "sources add cs.LG",
        "admin here",
    ):
        await chat.say(typed)

    said = await chat.say("settings")

    assert "Type limit 10." in said
    assert "Type threshold 75." in said
    assert "Type schedule instant." in said
    assert "watch diffusion models" in said
    assert "sources add cs.CL" in said
    assert said.endswith("Admin channel: this one.")


async def test_silence_and_the_line_on_empty_days_are_chosen(chat: Chat) -> None:
    assert await chat.announce("quiet off") == "Ana asked for one line on days without papers."
    assert not (await chat.channel()).quiet
    assert await chat.announce("quiet on") == "Ana chose silence on days without papers."
    assert (await chat.channel()).quiet


async def test_the_admin_channel_is_one_for_the_workspace(chat: Chat) -> None:
    await chat.say("settings", at="local:ops")
    announced = (await chat.reply("admin here", at="local:ops")).announcement

    assert announced is not None
    assert plain(announced).startswith("Ana made this the channel that hears of")
    assert "Admin channel: ops." in await chat.say("settings")
    assert "Admin channel: this one." in await chat.say("settings", at="local:ops")
    assert "already" in await chat.say("admin here", at="local:ops")


async def test_settings_show_everything_the_channel_is_set_to(chat: Chat) -> None:
    async with chat.database.write() as session:
        await make.source(session, "Daily Papers")
    await chat.say("watch graph networks")
    await chat.say("limit 3")
    await chat.say("schedule daily 07:30 Europe/Paris weekends")
    await chat.say("pause until 2026-04-01")

    said = await chat.say("settings")

    for shown in (
        "Schedule: daily 07:30 Europe/Paris weekends.",
        "The next papers come Sat 7 Mar 2026, 07:30 Europe/Paris.",
        "Paused: until Wed 1 Apr 2026, 00:00 Europe/Paris. Type resume.",
        "Limit: 3 papers a day.",
        "Threshold: 80.",
        "Day without papers: silence. Type quiet off.",
        "Watches: 1.",
        "Sources: Daily Papers.",
        "Admin channel: none yet. Type admin here.",
    ):
        assert shown in said


async def test_every_command_that_settings_name_can_be_typed(chat: Chat) -> None:
    reply = await chat.reply("settings")

    named = [span.text for each in reply.lines for span in each if span.style == "command"]
    assert len(named) >= 8
    assert [parse(each).verb.words for each in named]


async def test_settings_say_that_a_channel_cannot_be_posted_to(chat: Chat) -> None:
    await chat.say("settings")
    async with chat.database.write() as session:
        lost = await channels.find(session, "local:general")
        assert lost is not None
        lost.state, lost.state_reason = ChannelState.GONE, "it was archived"

    assert re.search(r"cannot be delivered here: it was archived\.", await chat.say("settings"))


async def test_who_changes_something_is_told_what_is_the_case_now(chat: Chat) -> None:
    assert "At most 3 papers a day come here from now on; it was 5." in await chat.say("limit 3")
    assert "every paper in its thread" in await chat.say("style digest")
    assert "one line" in await chat.say("quiet off")
    assert "from now on" in await chat.say("admin here")
    assert "until Thu 5 Mar 2026" in await chat.say("pause 3 days")
    assert "until somebody resumes" in await chat.say("pause")


async def test_a_threshold_shows_what_it_lets_through_of_the_channels_own_papers(
    chat: Chat,
) -> None:
    await chat.recent("Sparse mixture of experts", "Experts in a mixture", "Protein folding")
    await chat.say("watch mixture of experts")

    told = (await chat.say("threshold")).splitlines()
    changed = (await chat.say("threshold 90")).splitlines()

    assert told[1] == "Of the last days' papers it lets through:"
    assert told[2] == "• 90: 1 paper, the last of them Sparse mixture of experts"
    assert [each.partition(":")[0] for each in told[2:5]] == ["• 90", "• 80", "• 70"]
    assert told[5].startswith("100 is the watch's very words in a title")
    assert changed[0] == "A paper must match a watch by 90 from now on; it was 80."
    assert [each.partition(":")[0] for each in changed[2:4]] == ["• 90", "• 80"]


async def test_a_limit_says_how_many_may_come_yet_today(chat: Chat) -> None:
    assert "Today 3 more papers may come." in await chat.say("limit 3")


async def test_a_schedule_is_kept_in_its_canonical_form(chat: Chat) -> None:
    announced = await chat.announce("schedule daily 9:00 europe/paris weekdays")

    assert announced == "Ana set the schedule to daily 09:00 Europe/Paris weekdays."
    assert (await chat.channel()).schedule == "daily 09:00 Europe/Paris weekdays"


async def test_a_schedule_answers_with_its_next_time(chat: Chat) -> None:
    said = await chat.say("schedule daily 09:00 Europe/Paris weekdays")

    assert said == "The next papers come Tue 3 Mar 2026, 09:00 Europe/Paris."
    assert "soon after" in await chat.say("schedule instant")
    assert "only when somebody types now" in await chat.say("schedule off")


async def test_the_schedule_alone_is_told_with_another(chat: Chat) -> None:
    await chat.say("schedule daily 09:00 Europe/Paris")

    said = await chat.say("schedule")

    assert "Schedule: daily 09:00 Europe/Paris. Type schedule instant." in said
    assert "The next papers come Tue 3 Mar 2026, 09:00 Europe/Paris." in said


async def test_a_schedule_without_its_zone_shows_the_way_back(chat: Chat) -> None:
    await chat.say("schedule daily 08:00 Asia/Tokyo")

    said = await chat.say("schedule daily 09:00 weekends")

    assert "In the zone from before: schedule daily 09:00 Asia/Tokyo weekends" in said
    assert "zone from before" not in await chat.say("schedule daily 08:00")


async def test_the_schedule_that_is_already_there_is_not_announced(chat: Chat) -> None:
    await chat.say("schedule off")

    assert await chat.announce("schedule off") is None


async def test_a_wrong_schedule_changes_nothing(chat: Chat) -> None:
    await chat.say("schedule daily 08:00")

    assert "Did you mean Europe/Paris?" in await chat.say("schedule daily 09:00 Europe/Pariss")
    assert (await chat.channel()).schedule == "daily 08:00 UTC"


async def test_a_pause_ends_in_the_zone_of_the_channel(chat: Chat) -> None:
    await chat.say("schedule daily 09:00 Asia/Tokyo")

    announced = await chat.announce("pause until tomorrow")

    assert announced == "Ana paused posts here until Tue 3 Mar 2026, 00:00 Asia/Tokyo."
    assert (await chat.channel()).paused_until == datetime(2026, 3, 2, 15, tzinfo=UTC)


async def test_a_pause_without_end_lasts_until_resume(chat: Chat) -> None:
    await chat.say("pause for 2 days")
    await chat.say("pause")
    assert (await chat.channel()).paused_until is None
    assert (await chat.channel()).paused

    assert await chat.announce("resume", by="Bo") == "Bo resumed posts here."
    assert not (await chat.channel()).paused


async def test_a_date_that_is_over_is_refused(chat: Chat) -> None:
    assert "is over in UTC" in await chat.say("pause until 2026-03-01")
    assert not (await chat.channel()).paused


async def test_resume_knows_that_a_pause_has_run_out(chat: Chat) -> None:
    assert "not paused" in await chat.say("resume")
    await chat.say("pause for 2 days")
    chat.now += timedelta(days=3)

    assert "not paused" in await chat.say("resume")


async def test_now_runs_a_round_and_names_its_picks(chat: Chat) -> None:
    await chat.say("watch experts")
    chat.rounds.picks = await chat.recent("Sparse mixture of experts", "A survey of experts")

    said = await chat.say("now")

    assert chat.rounds.asked == [("round", "local:general")]
    assert said == "2 papers picked:\nSparse mixture of experts\nA survey of experts"


async def test_now_says_why_there_is_nothing(chat: Chat) -> None:
    assert "Nothing is watched here yet" in await chat.say("now")
    await chat.say("watch experts")

    assert "No paper has come in lately. Where they come from: sources" in await chat.say("now")


async def test_a_feed_has_a_secret_address_that_can_be_renewed_and_ended(chat: Chat) -> None:
    assert "has no feed" in await chat.say("feed")
    first = await chat.say("feed on")
    again = await chat.say("feed on")
    renewed = await chat.say("feed new")
    await chat.say("feed off")

    assert "/feeds/" in first
    assert first.splitlines()[0].endswith(".atom")
    assert again == first
    assert renewed != first
    assert "has no feed" in await chat.say("feed")


async def test_the_address_of_a_feed_is_not_said_to_the_whole_channel(chat: Chat) -> None:
    assert await chat.announce("feed on") == "Ana made a feed of this channel."


@pytest.mark.parametrize(("public", "shown"), [(True, "desk"), (False, "a private channel")])
async def test_settings_name_no_admin_channel_that_is_private(
    chat: Chat, public: bool, shown: str
) -> None:
    chat.rounds.public = public
    async with chat.database.write() as session:
        desk = await make.channel(session, "local:desk")
        workspace = await channels.workspace_of(session, desk)
        workspace.admin_channel_id = desk.id
        session.add(workspace)

    assert f"Admin channel: {shown}." in await chat.say("settings")
