"""Schedules and pauses change as asked, and say what follows."""

from datetime import UTC, datetime, timedelta

from tests.commands.conftest import Chat


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
