"""Webhooks hear of each post once, whatever the receiver, the network or a crash does."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from bot.rounds.admin_notices import AdminNotices
from bot.rounds.webhooks.client import WebhookClient
from bot.rounds.webhooks.sending import GIVE_UP, LEASE, Webhooks, pause
from bot.sources.ssrf import GuardedTransport
from storage import posts, workspaces
from storage.database import Database
from storage.installations import Vault, new_key
from storage.models import Channel, Paper, Post, PostState, Webhook, WebhookEvent, Workspace
from tests import make
from tests.fakes import FakePlatform
from tests.make import NOON
from tests.peers.webhook import Receiver, receiver


@dataclass
class Desk:
    """A channel with a webhook, and who receives it."""

    database: Database
    there: Receiver
    channel: Channel
    platform: FakePlatform = field(default_factory=FakePlatform)
    key: str = field(default_factory=new_key)
    now: datetime = NOON
    opened: list[Webhooks] = field(default_factory=list)

    def process(self) -> Webhooks:
        """A process of its own, as after a restart."""
        client = WebhookClient(GuardedTransport(allow_hosts=["127.0.0.1"]))
        notices = AdminNotices(self.database, {"slack": self.platform})
        made = Webhooks(self.database, client, Vault(self.key), notices, lambda: self.now)
        self.opened.append(made)
        return made

    async def connected(self) -> tuple[Webhooks, str]:
        hooks = self.process()
        _, secret = await hooks.connect(self.channel, self.there.url, "ana")
        return hooks, secret

    async def post(self, title: str, *, at: datetime | None = None) -> Post:
        async with self.database.write() as session:
            paper = await make.paper(session, title, abstract="We say so.", authors=["Ada Li"])
            return await make.post(
                session,
                self.channel,
                paper,
                message=title,
                state=PostState.POSTED,
                posted_at=at or self.now,
            )

    async def delete(self, post: Post) -> None:
        async with self.database.write() as session:
            assert await posts.withdraw(session, post.id or 0, "deleted")


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with receiver() as there:
        async with database.write() as session:
            channel = await make.channel(session, "slack:T1/C1")
        made = Desk(database, there, channel)
        yield made
        for hooks in made.opened:
            await hooks.aclose()


async def test_each_post_arrives_once_signed_and_whole(desk: Desk) -> None:
    await desk.post("Before", at=NOON - timedelta(minutes=1))
    hooks, secret = await desk.connected()
    await desk.post("One")
    await desk.post("Two")

    first = await hooks.send_due()
    second = await hooks.send_due()

    assert (first, second) == (2, 0)
    assert desk.there.told == ["paper.posted One", "paper.posted Two"]
    assert all(each.is_signed(secret) for each in desk.there.received)
    assert desk.there.received[0].event == {
        "type": "paper.posted",
        "timestamp": "2026-03-02T12:00:00Z",
        "data": {
            "id": "1-2",
            "paper": "One",
            "channel": {"address": "slack:T1/C1", "name": "C1"},
            "title": "One",
            "authors": ["Ada Li"],
            "summary": "We say so.",
            "abstract": "We say so.",
        },
    }


async def test_a_post_that_is_taken_down_is_told_after_it_came(desk: Desk) -> None:
    hooks, _ = await desk.connected()
    one, unsent = await desk.post("One"), await desk.post("Unsent")
    desk.there.answers.append((204, {}))
    desk.there.answers.append((500, {}))
    await hooks.send_due()
    await desk.delete(one)
    await desk.delete(unsent)
    desk.now += timedelta(minutes=1)

    await hooks.send_due()
    await hooks.send_due()

    assert desk.there.told[2:] == ["paper.deleted One", "paper.deleted Unsent"]
    assert "title" not in desk.there.received[2].event["data"]


async def test_what_went_before_it_was_sent_is_never_told(desk: Desk) -> None:
    hooks, _ = await desk.connected()
    await desk.delete(await desk.post("Gone"))

    await hooks.send_due()

    assert desk.there.received == []


async def test_an_event_keeps_its_id_until_it_is_taken(desk: Desk) -> None:
    hooks, secret = await desk.connected()
    await desk.post("One")
    desk.there.answers += [(500, {}), (503, {"Retry-After": "600"})]

    await hooks.send_due()
    early = await hooks.are_due()
    desk.now += timedelta(seconds=pause(1))
    await hooks.send_due()
    desk.now += timedelta(seconds=599)
    asked = await hooks.are_due()
    desk.now += timedelta(seconds=1)
    taken = await hooks.send_due()

    assert (early, asked, taken) == (False, False, 1)
    assert len({each.id for each in desk.there.received}) == 1
    assert len({each.headers["webhook-timestamp"] for each in desk.there.received}) == 3
    assert all(each.is_signed(secret) for each in desk.there.received)


async def test_one_that_is_refused_for_its_content_holds_up_no_other(desk: Desk) -> None:
    hooks, _ = await desk.connected()
    await desk.post("Strange")
    await desk.post("Two")
    desk.there.answers.append((422, {}))
    await hooks.send_due()
    assert desk.there.told == ["paper.posted Strange", "paper.posted Two"]

    desk.now += GIVE_UP
    desk.there.answers.append((422, {}))
    await hooks.send_due()
    desk.now += GIVE_UP
    await hooks.send_due()

    report = await hooks.report(desk.channel)
    assert report is not None
    assert (report.sent, report.failed, report.ended) == (1, 1, False)
    assert len(desk.there.received) == 3
    assert [text.count("given up") for _, text in desk.platform.announced] == [1]


async def test_one_that_takes_nothing_for_days_is_switched_off_and_told_once(desk: Desk) -> None:
    hooks, _ = await desk.connected()
    await desk.post("One")
    desk.there.always = 500
    tries = 0
    while desk.now - NOON <= GIVE_UP + timedelta(hours=10):
        await hooks.send_due()
        tries = len(desk.there.received)
        desk.now += timedelta(minutes=30)

    report = await hooks.report(desk.channel)
    assert report is not None
    assert report.ended
    assert tries <= 14
    assert len(desk.platform.announced) == 1
    assert "was switched off: it answered 500" in desk.platform.announced[0][1]
    desk.there.always = 204
    await hooks.connect(desk.channel, desk.there.url, "ana")
    await desk.post("Two")
    await hooks.send_due()
    assert desk.there.told[tries:] == ["paper.posted Two"]


async def test_a_receiver_that_is_gone_is_asked_no_more(desk: Desk) -> None:
    hooks, _ = await desk.connected()
    await desk.post("One")
    desk.there.answers.append((410, {}))

    await hooks.send_due()

    assert not await hooks.are_due()
    assert len(desk.platform.announced) == 1


async def test_another_process_does_not_send_at_the_same_time(desk: Desk) -> None:
    hooks, _ = await desk.connected()
    await desk.post("One")

    sent = await asyncio.gather(hooks.send_due(), desk.process().send_due())

    assert sum(sent) == 1
    assert desk.there.told == ["paper.posted One"]


async def test_a_process_killed_before_the_answer_leaves_an_event_that_comes_under_its_id(
    desk: Desk, either_url: str
) -> None:
    _, secret = await desk.connected()
    await desk.post("One")
    await desk.post("Two")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.rounds.webhooks.process",
        either_url,
        desk.key,
        desk.now.isoformat(),
    )
    desk.there.on_arrival = lambda: os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    desk.there.on_arrival = lambda: None
    assert desk.there.told == ["paper.posted One"]

    held = await desk.process().send_due()
    desk.now += LEASE
    later = await desk.process().send_due()

    assert (held, later) == (0, 2)
    assert desk.there.told[1:] == ["paper.posted One", "paper.posted Two"]
    first, again, _ = desk.there.received
    assert (first.id, first.body) == (again.id, again.body)
    assert again.is_signed(secret)


async def test_address_and_secret_are_kept_only_sealed(desk: Desk) -> None:
    _, secret = await desk.connected()

    async with desk.database.read() as session:
        row = (await session.exec(select(Webhook))).one()

    assert row.host == "127.0.0.1"
    assert secret.encode() not in row.sealed
    assert b"s3cret" not in row.sealed


async def test_a_secret_that_no_key_opens_ends_the_webhook(desk: Desk) -> None:
    await desk.connected()
    await desk.post("One")
    desk.key = new_key()

    await desk.process().send_due()

    assert "cannot be opened" in desk.platform.announced[0][1]


async def test_a_workspace_that_is_forgotten_leaves_no_webhook(desk: Desk) -> None:
    hooks, _ = await desk.connected()
    await desk.post("One")
    await hooks.send_due()

    async with desk.database.write() as session:
        workspace = await session.get(Workspace, desk.channel.workspace_id)
        assert workspace is not None
        await workspaces.forget(session, workspace, desk.now)

    async with desk.database.read() as session:
        left = [(await session.exec(select(kind))).all() for kind in (Webhook, WebhookEvent, Paper)]
    assert [len(rows) for rows in left] == [0, 0, 1]
