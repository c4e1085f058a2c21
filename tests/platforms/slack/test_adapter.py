"""Every message is sent once, and its outcome is told truly, whatever the connection does."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.cards.richtext import bold, line
from bot.errors import (
    ChannelGoneError,
    NotSentError,
    OutcomeUnknownError,
    PlatformError,
    RefusedError,
    UnaskableError,
)
from bot.platforms.slack.adapter import SlackChat
from bot.platforms.slack.auth import Access, OneToken, Wire
from bot.ports import ChannelRef, MessageRef
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.strict import check_blocks
from tests.peers.slack.workspace import ADA, BOT_TOKEN, BOT_USER, TEAM
from tests.platforms.slack.cards import HOSTILE, ORDINARY
from tests.platforms.slack.conftest import LAB, Deaf


def just_now() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=5)


async def test_a_post_is_one_message_that_unfurls_nothing(
    chat: SlackChat, slack: FakeSlack
) -> None:
    message = await chat.post(LAB, ORDINARY, delivery_id="d1")

    [posted] = slack.workspace.posts()
    assert (message.channel, message.message) == (LAB, posted["ts"])
    assert posted["metadata"]["event_payload"] == {"delivery_id": "d1"}
    assert (posted["unfurl_links"], posted["unfurl_media"]) == (False, False)


async def test_text_from_a_feed_passes_the_strictest_reader(
    chat: SlackChat, slack: FakeSlack
) -> None:
    await chat.post(LAB, HOSTILE, delivery_id="d1")

    [posted] = slack.workspace.posts()
    assert check_blocks(posted["blocks"]) is None
    assert "<!channel>" not in str(posted["blocks"])


async def test_what_is_told_to_one_person_goes_to_that_person_alone(
    chat: SlackChat, slack: FakeSlack
) -> None:
    assert await chat.tell_person(LAB, ADA, [line("Of papers you saved:"), line("One")])

    (sent,) = slack.workspace.ephemeral
    assert (sent["channel"], sent["direct"]) == (ADA, True)
    assert "One" in str(sent["blocks"])


async def test_a_post_is_found_by_its_mark_alone_pages_deep(
    chat: SlackChat, slack: FakeSlack
) -> None:
    posted = await _beneath(chat, 230)

    assert await chat.find_post(LAB, "d1", since=just_now()) == posted
    assert _pages(slack) == ["0", "100", "200"]
    assert await chat.find_post(LAB, "d2", since=just_now()) is None
    assert _pages(slack) == ["0", "100", "200", "0", "100", "200"]


async def test_a_search_that_a_limit_breaks_off_goes_on_where_it_was(
    chat: SlackChat, slack: FakeSlack
) -> None:
    posted = await _beneath(chat, 230)
    for fault in ("fine", "ratelimited", "ratelimited", "fine", "ratelimited"):
        slack.faults.add("conversations.history", fault)

    for _ in range(3):
        with pytest.raises(NotSentError):
            await chat.find_post(LAB, "d1", since=just_now())

    assert await chat.find_post(LAB, "d1", since=just_now()) == posted
    assert _pages(slack) == ["0", "100", "100", "100", "200", "200"]
    # The next search is a new one.
    assert await chat.find_post(LAB, "d1", since=just_now()) == posted


async def test_a_place_in_the_history_that_slack_forgot_is_looked_for_from_the_beginning(
    chat: SlackChat, slack: FakeSlack
) -> None:
    posted = await _beneath(chat, 130)
    for fault in ("fine", "ratelimited", "invalid_cursor"):
        slack.faults.add("conversations.history", fault)

    with pytest.raises(NotSentError):
        await chat.find_post(LAB, "d1", since=just_now())

    assert await chat.find_post(LAB, "d1", since=just_now()) == posted
    assert _pages(slack) == ["0", "100", "100", "0", "100"]


async def test_a_reply_is_found_pages_deep_in_its_thread(chat: SlackChat, slack: FakeSlack) -> None:
    head = await chat.head(LAB, [line("Papers")], delivery_id="h1")
    for number in range(220):
        await chat.thread(head, [line(f"chatter {number}")])
    posted = await chat.post(LAB, ORDINARY, delivery_id="d1", under=head)

    assert await chat.find_post(LAB, "d1", since=just_now(), under=head) == posted
    assert slack.counts["conversations.replies"] == 3


async def test_a_search_in_a_thread_that_a_limit_breaks_off_goes_on_where_it_was(
    chat: SlackChat, slack: FakeSlack
) -> None:
    head = await chat.head(LAB, [line("Papers")], delivery_id="h1")
    for number in range(120):
        await chat.thread(head, [line(f"chatter {number}")])
    posted = await chat.post(LAB, ORDINARY, delivery_id="d1", under=head)
    slack.faults.add("conversations.replies", "fine", "ratelimited")

    with pytest.raises(NotSentError):
        await chat.find_post(LAB, "d1", since=just_now(), under=head)

    assert await chat.find_post(LAB, "d1", since=just_now(), under=head) == posted
    asked = [params for method, params in slack.calls if method == "conversations.replies"]
    assert [params.get("cursor") or "0" for params in asked] == ["0", "100", "100"]


async def test_details_in_parts_are_sent_once_however_often_they_are_tried(
    chat: SlackChat, slack: FakeSlack
) -> None:
    message = await chat.post(LAB, ORDINARY, delivery_id="d1")
    lines = [line("z" * 1400 + f" {number}") for number in range(20)]
    slack.faults.add("chat.postMessage", "fine", "drop_after")

    with pytest.raises(OutcomeUnknownError):
        await chat.thread(message, lines, delivery_id="m1")
    assert await chat.find_post(LAB, "m1", since=just_now(), under=message) is None
    await chat.thread(message, lines, delivery_id="m1")

    told = str([each["blocks"] for each in slack.workspace.marked("paperround_details")])
    assert sorted(map(int, re.findall(r"z (\d+)", told))) == list(range(20))
    assert await chat.find_post(LAB, "m1", since=just_now(), under=message) is not None


async def test_a_post_whose_answer_was_lost_is_not_sent_again_and_is_found(
    chat: SlackChat, slack: FakeSlack
) -> None:
    slack.faults.add("chat.postMessage", "drop_after")

    with pytest.raises(OutcomeUnknownError):
        await chat.post(LAB, ORDINARY, delivery_id="d1")

    assert slack.counts["chat.postMessage"] == 1
    found = await chat.find_post(LAB, "d1", since=just_now())
    assert found is not None
    assert found.message == slack.workspace.posts()[0]["ts"]


async def test_a_post_whose_connection_broke_before_it_arrived_is_surely_absent(
    chat: SlackChat, slack: FakeSlack
) -> None:
    slack.faults.add("chat.postMessage", "drop_before")

    with pytest.raises(OutcomeUnknownError):
        await chat.post(LAB, ORDINARY, delivery_id="d1")

    assert slack.counts["chat.postMessage"] == 1
    assert await chat.find_post(LAB, "d1", since=just_now()) is None


async def test_without_leave_to_read_the_history_nobody_can_be_asked(
    chat: SlackChat, slack: FakeSlack
) -> None:
    slack.faults.add("conversations.history", "missing_scope")

    with pytest.raises(UnaskableError, match="channels:history"):
        await chat.find_post(LAB, "d1", since=just_now())


async def test_the_installer_hears_once_what_a_refused_permission_is_good_for(
    slack: FakeSlack,
) -> None:
    wire = Wire(f"{slack.url}/api/")
    chat = SlackChat(Installed(BOT_TOKEN, wire), wire, Deaf())
    slack.faults.add("conversations.history", "missing_scope", "missing_scope")

    for _ in range(2):
        with pytest.raises(UnaskableError):
            await chat.find_post(LAB, "d1", since=just_now())
    await chat.stop()

    [told] = slack.workspace.ephemeral
    assert told["channel"] == ADA
    assert "channels:history" in str(told["blocks"])


class Installed(OneToken):
    """A token of which it is known who installed it."""

    async def find(self, workspace: str | None, organisation: str | None = None) -> Access:
        return replace(await super().find(workspace, organisation), installer=ADA)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("channel_not_found", ChannelGoneError),
        ("is_archived", ChannelGoneError),
        ("not_in_channel", ChannelGoneError),
        ("restricted_action", ChannelGoneError),
        ("token_revoked", ChannelGoneError),
        ("account_inactive", ChannelGoneError),
        ("msg_too_long", RefusedError),
        ("invalid_blocks", RefusedError),
        ("ratelimited", NotSentError),
        ("invalid_auth", NotSentError),
        ("missing_scope", NotSentError),
        ("service_unavailable", NotSentError),
        ("internal_error", OutcomeUnknownError),
        ("fatal_error", OutcomeUnknownError),
        ("bad_gateway", OutcomeUnknownError),
        ("text", OutcomeUnknownError),
    ],
)
async def test_each_refusal_says_what_became_of_the_message(
    chat: SlackChat, slack: FakeSlack, kind: str, expected: type[PlatformError]
) -> None:
    slack.faults.add("chat.postMessage", kind)

    with pytest.raises(expected) as caught:
        await chat.post(LAB, ORDINARY, delivery_id="d1")

    assert type(caught.value) is expected
    assert slack.counts["chat.postMessage"] == 1


async def test_the_wait_that_slack_asks_for_is_told(chat: SlackChat, slack: FakeSlack) -> None:
    slack.faults.add("chat.postMessage", "ratelimited", seconds=17)

    with pytest.raises(NotSentError) as caught:
        await chat.post(LAB, ORDINARY, delivery_id="d1")

    assert caught.value.retry_after == 17


async def test_a_server_that_cannot_be_reached_took_nothing() -> None:
    wire = Wire("http://127.0.0.1:1/api/")
    chat = SlackChat(OneToken(BOT_TOKEN, wire), wire, Deaf())

    with pytest.raises(NotSentError):
        await chat.post(LAB, ORDINARY, delivery_id="d1")
    await chat.stop()


async def test_the_bot_that_is_in_no_channel_says_how_to_invite_it(
    chat: SlackChat, slack: FakeSlack
) -> None:
    with pytest.raises(ChannelGoneError, match="/invite"):
        await chat.post(ChannelRef("slack", TEAM, "C0ADMIN"), ORDINARY, delivery_id="d1")


async def test_posts_to_one_channel_keep_their_distance_and_hold_up_no_other(
    slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.workspace.channels["C0ADMIN"].members.add(BOT_USER)
    wire, loop = Wire(f"{slack.url}/api/"), asyncio.get_running_loop()
    chat = SlackChat(OneToken(BOT_TOKEN, wire), wire, Deaf(), pace=3600)
    await chat.post(LAB, ORDINARY, delivery_id="d0")
    waiting = asyncio.create_task(chat.post(LAB, ORDINARY, delivery_id="d1"))

    await chat.post(ChannelRef("slack", TEAM, "C0ADMIN"), ORDINARY, delivery_id="d2")
    soon = len(slack.workspace.posts())
    clock = loop.time
    monkeypatch.setattr(loop, "time", lambda: clock() + 3600)
    await waiting
    await chat.stop()

    assert (soon, len(slack.workspace.posts())) == (1, 2)


async def test_an_edit_keeps_the_mark(chat: SlackChat, slack: FakeSlack) -> None:
    message = await chat.post(LAB, ORDINARY, delivery_id="d1")

    await chat.edit(message, replace(ORDINARY, votes=(2, 0)))

    [posted] = slack.workspace.posts()
    assert "👍 2" in str(posted["blocks"])
    assert await chat.find_post(LAB, "d1", since=just_now()) == message


async def test_editing_what_is_gone_is_refused(chat: SlackChat) -> None:
    with pytest.raises(RefusedError):
        await chat.edit(MessageRef(LAB, "1.2"), ORDINARY)


async def test_deleting_twice_is_no_error(chat: SlackChat, slack: FakeSlack) -> None:
    message = await chat.post(LAB, ORDINARY, delivery_id="d1")

    await chat.delete(message)
    await chat.delete(message)

    assert slack.workspace.posts() == []


async def test_threads_and_announcements_are_for_everybody(
    chat: SlackChat, slack: FakeSlack
) -> None:
    message = await chat.post(LAB, ORDINARY, delivery_id="d1")

    await chat.thread(message, [line("More ", bold("here"))])
    await chat.announce(LAB, line("ada set the limit to ", bold("3")))

    under = [m for m in slack.workspace.channels["C0LAB"].messages.values() if "thread_ts" in m]
    assert [m["thread_ts"] for m in under] == [message.message]
    assert slack.workspace.texts() == ["ada set the limit to 3"]


async def test_offered_votes_stand_on_the_post_and_may_fail(slack: FakeSlack) -> None:
    wire = Wire(f"{slack.url}/api/")
    chat = SlackChat(OneToken(BOT_TOKEN, wire), wire, Deaf(), seeds=True, pace=0.001)
    slack.faults.add("reactions.add", "missing_scope")

    await chat.post(LAB, ORDINARY, delivery_id="d1")
    second = await chat.post(LAB, ORDINARY, delivery_id="d2")
    await chat.stop()

    assert set(slack.workspace.reactions[("C0LAB", second.message)]) == {"+1", "-1", "bookmark"}
    assert len(slack.workspace.posts()) == 2


async def test_a_token_never_shows(chat: SlackChat) -> None:
    access = await chat.keyring.find(TEAM)

    assert BOT_TOKEN not in repr(access)


async def _beneath(chat: SlackChat, count: int) -> MessageRef:
    """A post with so many later messages above it in the channel's history."""
    posted = await chat.post(LAB, ORDINARY, delivery_id="d1")
    for number in range(count):
        await chat.announce(LAB, line(f"chatter {number}"))
    return posted


def _pages(slack: FakeSlack) -> list[str]:
    """Where each page began that was asked for."""
    asked = [params for method, params in slack.calls if method == "conversations.history"]
    return [params.get("cursor") or "0" for params in asked]
