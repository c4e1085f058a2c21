"""Short posts and digests on Slack: threads, votes on what stands in them, and each once."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.cards.richtext import line
from bot.errors import OutcomeUnknownError, RefusedError
from bot.platforms.slack.adapter import SlackChat
from bot.ports import MessageRef
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.strict import check_blocks
from tests.platforms.slack.cards import ORDINARY
from tests.platforms.slack.conftest import LAB
from tests.platforms.slack.lab import Lab, Mode, running, titles
from tests.waiting import PATIENCE


def just_now() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=5)


async def test_a_paper_stands_in_the_thread_of_its_head(chat: SlackChat, slack: FakeSlack) -> None:
    head = await chat.head(LAB, [line("Two papers"), line("1. A")], delivery_id="h1")
    post = await chat.post(LAB, ORDINARY, delivery_id="d1", under=head)

    [sent] = slack.workspace.posts()
    assert (sent["ts"], sent["thread_ts"]) == (post.message, head.message)
    assert await chat.find_post(LAB, "d1", since=just_now(), under=head) == post
    assert await chat.find_post(LAB, "h1", since=just_now()) == head
    # Slack's history of a channel has no replies, so it cannot be found without its head.
    assert await chat.find_post(LAB, "d1", since=just_now()) is None


async def test_a_paper_that_stands_beside_its_head_is_found_too(chat: SlackChat) -> None:
    head = await chat.head(LAB, [line("Two papers")], delivery_id="h1")
    post = await chat.post(LAB, ORDINARY, delivery_id="d1")

    assert await chat.find_post(LAB, "d1", since=just_now(), under=head) == post


async def test_an_edited_head_is_one_message_and_is_found_as_before(
    chat: SlackChat, slack: FakeSlack
) -> None:
    head = await chat.head(LAB, [line("Two papers"), line("1. A")], delivery_id="h1")

    await chat.edit_head(head, [line("One paper")], delivery_id="h1")

    [shown] = slack.workspace.marked("paperround_head")
    assert shown["text"] == "One paper"
    assert await chat.find_post(LAB, "h1", since=just_now()) == head


async def test_an_edit_of_a_head_that_is_gone_is_refused(chat: SlackChat) -> None:
    with pytest.raises(RefusedError):
        await chat.edit_head(MessageRef(LAB, "1.000001"), [line("One paper")], delivery_id="h1")


async def test_a_head_that_is_gone_hides_nothing_that_is_there(chat: SlackChat) -> None:
    post = await chat.post(LAB, ORDINARY, delivery_id="d1")

    found = await chat.find_post(LAB, "d1", since=just_now(), under=MessageRef(LAB, "1.000001"))

    assert found == post


async def test_details_are_found_by_their_mark(chat: SlackChat, slack: FakeSlack) -> None:
    post = await chat.post(LAB, ORDINARY, delivery_id="d1")
    slack.faults.add("chat.postMessage", "drop_after")

    with pytest.raises(OutcomeUnknownError):
        await chat.thread(post, [line("All of it")], delivery_id="x1")

    assert await chat.find_post(LAB, "x1", since=just_now(), under=post) is not None
    assert await chat.find_post(LAB, "x2", since=just_now(), under=post) is None
    assert len(slack.workspace.posts()) == 1


@pytest.mark.parametrize(
    "refusal",
    [
        "restricted_action_thread_locked",
        "restricted_action_non_threadable_channel",
        "cannot_reply_to_message",
    ],
)
async def test_a_locked_thread_is_no_lost_channel(
    chat: SlackChat, slack: FakeSlack, refusal: str
) -> None:
    head = await chat.head(LAB, [line("Two papers")], delivery_id="h1")
    slack.faults.add("chat.postMessage", refusal)

    with pytest.raises(RefusedError):
        await chat.post(LAB, ORDINARY, delivery_id="d1", under=head)


async def test_a_long_abstract_is_whole_and_fits(chat: SlackChat, slack: FakeSlack) -> None:
    post = await chat.post(LAB, ORDINARY, delivery_id="d1")

    await chat.thread(post, [line("<b> & " * 200 + f"part {n}") for n in range(6)])

    details = [m for m in slack.workspace.channels["C0LAB"].messages.values() if "thread_ts" in m]
    assert [check_blocks(part["blocks"]) for part in details] == [None] * len(details)
    assert all(f"part {n}" in str([part["blocks"] for part in details]) for n in range(6))


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_a_digest_is_voted_on_paper_by_paper(tmp_path: Path, mode: Mode) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, mode) as lab:
        await _begin(lab, "style digest")
        slack.faults.add("chat.postMessage", "drop_after")
        await lab.round()
        await _until_posted(lab, 2)

        [head] = slack.workspace.marked("paperround_head")
        posts = slack.workspace.posts()
        assert {post["thread_ts"] for post in posts} == {head["ts"]}
        assert all(title in str(head["blocks"]) for title in titles(posts))

        await lab.people.react(head["ts"], "+1")
        await lab.people.react(posts[1]["ts"], "+1")
        await _until(lab, "top week", f"+1* {_linkless(posts[1])}")
        top = await lab.people.type("top week")
        assert titles(posts[:1])[0] not in top


async def test_a_deleted_paper_is_off_the_list_of_its_digest(tmp_path: Path) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, "socket") as lab:
        await _begin(lab, "style digest")
        await lab.round()
        await _until_posted(lab, 2)
        gone, left = titles(slack.workspace.posts())

        assert "does not come again" in await lab.people.type(f"delete {gone}")

        async with asyncio.timeout(PATIENCE):
            while gone in str(slack.workspace.marked("paperround_head")):
                await asyncio.sleep(0.05)
        assert left in str(slack.workspace.marked("paperround_head"))


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_a_short_post_has_its_abstract_below(tmp_path: Path, mode: Mode) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, mode) as lab:
        await _begin(lab, "style short")
        await lab.round()
        await _until_posted(lab, 2)

        posts, details = slack.workspace.posts(), slack.workspace.marked("paperround_details")
        assert not any("It works" in str(post["blocks"]) for post in posts)
        assert [each["thread_ts"] for each in details] == [post["ts"] for post in posts]
        assert all("It works" in str(each["blocks"]) for each in details)


async def _begin(lab: Lab, style: str) -> None:
    await lab.people.invite()
    await lab.slack.wait_for(lambda: len(lab.slack.workspace.texts()) == 1)
    await lab.give("Graph transformers at scale", "Fast graph transformers")
    await lab.people.type("watch graph transformers")
    await lab.people.type(style)


async def _until_posted(lab: Lab, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while len(lab.slack.workspace.posts()) < count:
            await asyncio.sleep(0.05)


async def _until(lab: Lab, command: str, said: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while said not in await lab.people.type(command):
            await asyncio.sleep(0.05)


def _linkless(post: dict[str, object]) -> str:
    return titles([post])[0]


async def test_a_notice_is_a_message_of_its_own_that_is_found(
    chat: SlackChat, slack: FakeSlack
) -> None:
    sent = await chat.notice(LAB, [line("The best of the week")], delivery_id="n1", choices=["1️⃣"])

    [shown] = slack.workspace.marked("paperround_notice")
    assert (shown["text"], shown["ts"]) == ("The best of the week", sent.message)
    assert await chat.find_post(LAB, "n1", since=just_now()) == sent
