"""Each post reaches its channel once, through every fault of the network and of Slack."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.platforms.slack.adapter import SlackChat
from bot.rounds.delivery.delivery import Delivery
from bot.tasks.deliveries import show
from config.settings import Settings
from storage import posts
from storage.database import Database
from storage.models import PostState
from tests import make
from tests.make import NOON
from tests.peers.slack.server import FakeSlack
from tests.platforms.slack.conftest import LAB

STORMS = {
    "limits for longer than tries": [("chat.postMessage", "ratelimited")] * 20,
    "a storm of limits": [("chat.postMessage", "ratelimited")] * 5,
    "a workspace that takes no more today": [("chat.postMessage", "message_limit_exceeded")] * 30,
    "an answer lost": [("chat.postMessage", "drop_after")],
    "answers lost twice, history limited": [
        ("chat.postMessage", "drop_after"),
        ("conversations.history", "ratelimited"),
        ("conversations.history", "drop_before"),
    ],
    "a broken line": [("chat.postMessage", "drop_before")] * 3,
    "a failing Slack": [("chat.postMessage", "fatal_error"), ("chat.postMessage", "bad_gateway")],
    "a proxy that talks": [("chat.postMessage", "text")],
    "everything": [
        ("chat.postMessage", "drop_before"),
        ("conversations.history", "internal_error"),
        ("chat.postMessage", "ratelimited"),
        ("chat.postMessage", "drop_after"),
        ("conversations.history", "bad_gateway"),
    ],
}


@pytest.mark.parametrize("storm", STORMS.values(), ids=STORMS)
async def test_a_post_arrives_once_whatever_happens(
    database: Database, chat: SlackChat, slack: FakeSlack, storm: list[tuple[str, str]]
) -> None:
    async with database.write() as session:
        channel = await make.channel(session, str(LAB))
        due = await make.post(session, channel, await make.paper(session, "A"))
    for method, kind in storm:
        slack.faults.add(method, kind)
    now = NOON
    delivery = Delivery(database, {"slack": chat}, lambda: now, "main")

    while (pause := await delivery.deliver(due.id or 0)) is not None:
        now += timedelta(seconds=pause)

    [message] = slack.workspace.posts()
    async with database.read() as session:
        post = await posts.get(session, due.id or 0)
    assert post is not None
    assert (post.state, post.message) == (PostState.POSTED, message["ts"])


async def test_a_channel_that_waits_does_not_hold_another(
    database: Database, chat: SlackChat, slack: FakeSlack
) -> None:
    other = slack.workspace.channels["C0ADMIN"]
    other.members.add("U0BOT")
    async with database.write() as session:
        paper = await make.paper(session, "A")
        ids = []
        for address in (str(LAB), "slack:T0LAB/C0ADMIN"):
            channel = await make.channel(session, address)
            ids.append((await make.post(session, channel, paper)).id or 0)
    slack.faults.add("chat.postMessage", "ratelimited", seconds=600)
    delivery = Delivery(database, {"slack": chat}, lambda: NOON, "main")

    waits = [await delivery.deliver(post_id) for post_id in ids]

    assert waits == [600, None]
    assert len(slack.workspace.posts("C0ADMIN")) == 1


@pytest.mark.parametrize(("repeat", "messages"), [(False, 1), (True, 2)])
async def test_where_slack_cannot_be_asked_the_setting_decides_and_the_gap_is_listed(
    database: Database,
    chat: SlackChat,
    slack: FakeSlack,
    *,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    repeat: bool,
    messages: int,
) -> None:
    # What is long past is not listed any more.
    now = datetime.now(UTC)
    async with database.write() as session:
        channel = await make.channel(session, str(LAB))
        due = await make.post(session, channel, await make.paper(session, "A"))
        due.picked_at = now
    slack.faults.add("chat.postMessage", "drop_after")
    slack.faults.add("conversations.history", "missing_scope")
    delivery = Delivery(database, {"slack": chat}, lambda: now, "main", repeat_unknown=repeat)

    while (pause := await delivery.deliver(due.id or 0)) is not None:
        now += timedelta(seconds=pause)
    await show(Settings(data_dir=tmp_path), None, failed=True, as_json=True)

    listed = json.loads(capsys.readouterr().out.splitlines()[-1])["deliveries"]
    assert len(slack.workspace.posts()) == messages
    assert [each["state"] for each in listed] == ([] if repeat else ["unknown"])
