"""A post comes down with the details below it, by command or by hand; people's replies stay."""

import asyncio
from pathlib import Path

import pytest

from bot.cards.richtext import line
from bot.platforms.slack.adapter import SlackChat
from tests.peers.slack.api import TOMBSTONE
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.workspace import ADA, BO
from tests.platforms.slack.cards import ORDINARY
from tests.platforms.slack.conftest import LAB
from tests.platforms.slack.lab import Lab, Mode, running
from tests.waiting import PATIENCE


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_a_short_post_is_deleted_by_its_link_and_its_details_go_with_it(
    tmp_path: Path, mode: Mode
) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, mode) as lab:
        await _short_post(lab)
        [post] = slack.workspace.posts()
        [details] = slack.workspace.marked("paperround_details")
        link = f"https://lab.slack.com/archives/C0LAB/p{details['ts'].replace('.', '')}"

        why = await lab.people.type(f"why <{link}?thread_ts={post['ts']}&amp;cid=C0LAB>")
        assert "Graph transformers at scale" in why
        said = await lab.people.type(f"delete {link}?thread_ts={post['ts']}&cid=C0LAB")

        assert "does not come again" in said
        assert await _standing(lab) == []
        await slack.wait_for(lambda: "ada deleted the post of" in str(slack.workspace.texts()))


async def test_what_people_said_below_a_post_stays(chat: SlackChat, slack: FakeSlack) -> None:
    message = await chat.post(LAB, ORDINARY, delivery_id="d1")
    await chat.thread(message, [line("All of it")], delivery_id="x1")
    there = slack.workspace.channels["C0LAB"].messages
    there["9.000001"] = {"ts": "9.000001", "user": BO, "thread_ts": message.message, "text": "Hm."}

    await chat.delete(message)

    assert [each.get("subtype", each["text"]) for each in there.values()] == [TOMBSTONE, "Hm."]


@pytest.mark.parametrize("fault", ["missing_scope", "ratelimited", "drop_before", "internal_error"])
async def test_a_post_comes_down_where_its_details_cannot_be_found(
    chat: SlackChat, slack: FakeSlack, fault: str
) -> None:
    message = await chat.post(LAB, ORDINARY, delivery_id="d1")
    slack.faults.add("conversations.replies", fault)

    await chat.delete(message)

    assert slack.workspace.posts() == []


async def test_a_post_that_an_admin_deleted_while_nobody_listened_leaves_no_details(
    tmp_path: Path,
) -> None:
    async with FakeSlack() as slack:
        async with running(tmp_path, slack, "socket") as lab:
            await _short_post(lab)
            [post] = slack.workspace.posts()
            await lab.people.react(post["ts"], user=ADA)
            async with asyncio.timeout(PATIENCE):
                while "+1*" not in await lab.people.type("top week"):
                    await asyncio.sleep(0.05)
        slack.api.delete({"channel": "C0LAB", "ts": post["ts"]})
        assert await _standing(lab) == [TOMBSTONE, "paperround_details"]

        async with running(tmp_path, slack, "socket") as lab:
            async with asyncio.timeout(PATIENCE):
                while await _standing(lab):
                    await asyncio.sleep(0.05)
            answer = await lab.people.type("why Graph transformers at scale")
            top = await lab.people.type("top week")

    assert "somebody deleted it in the chat" in answer
    assert "+1*" in top


async def _short_post(lab: Lab) -> None:
    """A short post with its details in the lab's channel."""
    await lab.people.invite()
    await lab.slack.wait_for(lambda: len(lab.slack.workspace.texts()) == 1)
    await lab.give("Graph transformers at scale")
    await lab.people.type("watch graph transformers")
    await lab.people.type("style short")
    await lab.round()
    await lab.slack.wait_for(lambda: bool(lab.slack.workspace.marked("paperround_details")))


async def _standing(lab: Lab) -> list[str]:
    """What stands in the channel of posts and what belongs to them."""
    messages = lab.slack.workspace.channels["C0LAB"].messages.values()
    kinds = [m.get("subtype") or m.get("metadata", {}).get("event_type") for m in messages]
    return [kind for kind in kinds if kind]
