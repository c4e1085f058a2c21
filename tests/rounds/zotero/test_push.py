"""Papers come into a Zotero library once, whatever Zotero, the network or a crash does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from bot.rounds.zotero.client import MOST_ITEMS, ZoteroClient, ZoteroError
from bot.rounds.zotero.push import LEASE, Owner, PushReport, ZoteroPush
from bot.sources.ssrf import GuardedTransport
from storage import personal_data, votes, workspaces, zotero
from storage.database import Database
from storage.installations import Vault, new_key
from storage.models import Channel, Paper, PostState, Workspace, ZoteroItem, ZoteroLibrary
from tests import make
from tests.make import NOON
from tests.peers.zotero import KEY, READ_ONLY, ZoteroServer, zotero_server


@dataclass
class Desk:
    """A person with saved papers, and a Zotero server."""

    database: Database
    server: ZoteroServer
    channel: Channel
    vault: Vault = field(default_factory=lambda: Vault(new_key()))
    now: datetime = NOON
    opened: list[ZoteroPush] = field(default_factory=list)

    @property
    def owner(self) -> Owner:
        workspace_id = self.channel.workspace_id
        return Owner(zotero.person_owner(workspace_id, "ana"), workspace_id)

    def process(self) -> ZoteroPush:
        """A process of its own, as after a restart."""
        client = ZoteroClient(self.server.url, GuardedTransport(allow_hosts=["127.0.0.1"]))
        self.opened.append(ZoteroPush(self.database, client, self.vault, lambda: self.now))
        return self.opened[-1]

    async def connected(self) -> ZoteroPush:
        push = self.process()
        await push.connect(self.owner, KEY, "ana")
        return push

    async def papers(self, *titles: str) -> list[int]:
        async with self.database.write() as session:
            return [(await make.paper(session, title)).id or 0 for title in titles]

    async def push(self, push: ZoteroPush, ids: list[int]) -> PushReport:
        report = await push.push(self.owner.name, ids)
        assert report is not None
        return report


@pytest.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    async with zotero_server() as server:
        async with database.write() as session:
            channel = await make.channel(session, "slack:T1/C1")
        made = Desk(database, server, channel)
        yield made
        for push in made.opened:
            await push.aclose()


async def test_a_paper_is_brought_once_however_often_it_is_pushed(desk: Desk) -> None:
    push, ids = await desk.connected(), await desk.papers("One", "Two")

    first = await desk.push(push, ids)
    second = await desk.push(push, ids)

    assert (first.sent, second.sent, second.there) == (2, 0, 2)
    assert desk.server.titles() == ["One", "Two"]


async def test_after_a_crash_between_sending_and_noting_nothing_comes_twice(desk: Desk) -> None:
    push, ids = await desk.connected(), await desk.papers("One", "Two")
    desk.server.hold = True
    sending = asyncio.create_task(push.push(desk.owner.name, ids))
    await desk.server.arrived.wait()
    sending.cancel()
    with suppress(asyncio.CancelledError):
        await sending
    desk.server.hold = False
    desk.now += LEASE

    report = await desk.push(desk.process(), ids)

    assert (report.there, report.left, report.trouble) == (2, 0, None)
    assert desk.server.titles() == ["One", "Two"]
    assert desk.server.writes == 1
    assert len(set(desk.server.seen_tokens)) == 1


async def test_days_after_a_crash_zotero_still_refuses_a_second_item(desk: Desk) -> None:
    push, ids = await desk.connected(), await desk.papers("One")
    desk.server.hang_up = True
    lost = await desk.push(push, ids)
    assert lost.trouble is not None
    assert lost.left == 1
    desk.server.tokens.clear()
    desk.now += timedelta(days=2)

    report = await desk.push(push, ids)

    assert (report.there, report.failed) == (1, [])
    assert desk.server.titles() == ["One"]


async def test_another_process_does_not_push_at_the_same_time(desk: Desk) -> None:
    push, ids = await desk.connected(), await desk.papers("One")
    desk.server.hold = True
    sending = asyncio.create_task(push.push(desk.owner.name, ids))
    await desk.server.arrived.wait()

    report = await desk.push(desk.process(), ids)
    sending.cancel()
    with suppress(asyncio.CancelledError):
        await sending

    assert (report.sent, report.left, len(desk.server.seen_tokens)) == (0, 1, 1)


WAITS = [(429, {"Retry-After": "30"}), (503, {"Retry-After": "30"}), (429, {"Backoff": "30"})]


@pytest.mark.parametrize(("status", "headers"), WAITS)
async def test_zotero_is_left_alone_for_as_long_as_it_asks(
    desk: Desk, status: int, headers: dict[str, str]
) -> None:
    push, ids = await desk.connected(), await desk.papers("One")
    desk.server.faults.append((status, headers))

    told = await desk.push(push, ids)
    desk.now += timedelta(seconds=29)
    early = await desk.push(push, ids)
    desk.now += timedelta(seconds=1)
    late = await desk.push(push, ids)

    assert told.trouble == f"Zotero asks to wait ({status})."
    assert [early.there, late.there] == [0, 1]


async def test_a_backoff_beside_a_success_holds_the_next_request(desk: Desk) -> None:
    push = await desk.connected()
    desk.server.backoff = "10"
    ids = await desk.papers("One")

    assert (await desk.push(push, ids)).there == 1
    ids += await desk.papers("Two")
    assert (await desk.push(push, ids)).left == 1
    desk.now += timedelta(seconds=10)
    assert (await desk.push(push, ids)).there == 2


async def test_what_zotero_refuses_is_told_item_by_item_and_can_be_tried_again(desk: Desk) -> None:
    push, ids = await desk.connected(), await desk.papers("One", "A forbidden title")

    report = await desk.push(push, ids)

    assert desk.server.titles() == ["One"]
    assert [(each.title, each.reason) for each in report.failed] == [
        ("A forbidden title", "'title' is not accepted (400)")
    ]
    assert len((await desk.push(push, ids)).failed) == 1


async def test_a_key_that_may_no_longer_write_stops_the_push_and_loses_nothing(desk: Desk) -> None:
    push, ids = await desk.connected(), await desk.papers("One")
    desk.server.faults.append((403, {}))

    refused = await desk.push(push, ids)

    assert refused.trouble is not None
    assert "may not do that" in refused.trouble
    assert (await desk.push(push, ids)).there == 1


async def test_many_papers_go_in_requests_of_fifty(desk: Desk) -> None:
    push = await desk.connected()
    async with desk.database.write() as session:
        titles = [f"Paper {number}" for number in range(MOST_ITEMS + 5)]
        ids = [paper.id or 0 for paper in await make.papers_of(session, titles)]

    assert (await desk.push(push, ids)).sent == MOST_ITEMS + 5
    assert desk.server.writes == 2


@pytest.mark.parametrize(
    ("key", "group", "said"),
    [
        (READ_ONLY, "", "may not write users/7"),
        (KEY, "99", "may not write groups/99"),
        ("x" * 24, "", "may not do that"),
    ],
)
async def test_a_key_is_kept_only_where_it_may_write(
    desk: Desk, key: str, group: str, said: str
) -> None:
    with pytest.raises(ZoteroError, match=said):
        await desk.process().connect(desk.owner, key, "ana", group=group)

    async with desk.database.read() as session:
        assert await zotero.find(session, desk.owner.name) is None


async def test_the_key_stands_nowhere_in_the_database(desk: Desk) -> None:
    await desk.connected()

    async with desk.database.read() as session:
        library = await zotero.find(session, desk.owner.name)
    assert library is not None
    assert KEY not in repr(library)


async def test_a_persons_own_tags_go_along(desk: Desk) -> None:
    push, ids = await desk.connected(), await desk.papers("One")
    workspace_id = desk.channel.workspace_id
    async with desk.database.write() as session:
        await votes.save(session, workspace_id, "ana", ids[0], on=True, at=NOON)
        await session.flush()
        await votes.tag(session, workspace_id, "ana", ids[0], ["rag"])

    await desk.push(push, ids)

    (item,) = desk.server.libraries["users/7"].values()
    assert item["tags"] == [{"tag": "rag"}]


async def test_what_a_channel_likes_goes_to_its_group_by_itself(desk: Desk) -> None:
    push, (liked, disliked) = desk.process(), await desk.papers("Liked", "Disliked")
    channel_id = desk.channel.id or 0
    owner = Owner(zotero.channel_owner(channel_id), desk.channel.workspace_id, channel_id)
    await push.connect(owner, KEY, "ana", group="42", collection="ABCD2345")
    async with desk.database.write() as session:
        for paper_id, value in ((liked, 1), (disliked, -1)):
            paper = await session.get_one(Paper, paper_id)
            post = await make.post(session, desk.channel, paper, state=PostState.POSTED)
            await make.vote(session, post.id or 0, "bo", value=value)

    assert [await push.push_due(), await push.push_due()] == [1, 0]

    (item,) = desk.server.libraries["groups/42"].values()
    assert (item["title"], item["collections"]) == ("Liked", ["ABCD2345"])


async def test_whoever_is_forgotten_leaves_no_key(desk: Desk) -> None:
    push, ids = await desk.connected(), await desk.papers("One")
    await desk.push(push, ids)
    whose = personal_data.Whose("ana", [desk.channel.workspace_id], local=False)

    async with desk.database.write() as session:
        await personal_data.forget(session, whose)

    assert await rows_left(desk) == 0


async def test_a_workspace_that_is_forgotten_leaves_no_key(desk: Desk) -> None:
    push, ids = await desk.connected(), await desk.papers("One")
    await desk.push(push, ids)

    async with desk.database.write() as session:
        workspace = await session.get_one(Workspace, desk.channel.workspace_id)
        await workspaces.forget(session, workspace, NOON)

    assert await rows_left(desk) == 0


async def rows_left(desk: Desk) -> int:
    async with desk.database.read() as session:
        items = (await session.exec(select(ZoteroItem))).all()
        return len(items) + len((await session.exec(select(ZoteroLibrary))).all())
