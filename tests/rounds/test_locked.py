"""A database that others hold for longer than anybody waits: rounds and votes wait, people hear."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlmodel import select

from bot.ports import ChannelRef, Command, MessageRef, Person, Reaction
from bot.rounds.engine.client import again
from bot.rounds.scheduling.schedule import Slot
from storage import database as storage_database
from storage import watches
from storage.models import LocalMessage, PostState, Vote
from tests import make
from tests.make import NOON
from tests.running import Running
from tests.waiting import PATIENCE, Brief

GENERAL = ChannelRef("local", "", "general")
ADA = Person("ada", "ada")
TODAY = NOON + timedelta(days=1)

Hold = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def hold(either_url: str, tmp_path: Path) -> Hold:
    """What keeps everybody else from writing."""

    @contextmanager
    def hold() -> Iterator[None]:
        if either_url.startswith("sqlite"):
            path = tmp_path / "paperround.sqlite"
            with closing(sqlite3.connect(path, isolation_level=None)) as holder:
                holder.execute("BEGIN EXCLUSIVE")
                yield
                holder.execute("ROLLBACK")
            return
        with psycopg.connect(either_url) as connection:
            connection.execute("LOCK TABLE channel, post, vote, taste, watch IN EXCLUSIVE MODE")
            yield

    return hold


@pytest.fixture
async def running(
    either_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running]:
    """An install with one post that stands and one paper due, where nobody waits for long."""
    monkeypatch.setenv("PAPERROUND_DATABASE_URL", either_url)
    monkeypatch.setattr(storage_database, "_BUSY_SECONDS", 0.2)
    monkeypatch.setattr(storage_database, "LOCK_SECONDS", 0.2)
    monkeypatch.setattr("dbos._outcome.asyncio", Brief(asyncio))
    async with Running(tmp_path, now=TODAY) as running:
        async with running.database.write() as session:
            channel = await make.channel(session)
            await watches.add(
                session, channel.id or 0, text="diffusion", typed="", by="ada", now=NOON
            )
            old = await make.paper(session, "Old models")
            await make.post(
                session, channel, old, state=PostState.POSTED, message="7", posted_at=NOON
            )
            await make.paper(session, "Diffusion models", at=TODAY)
        yield running


async def _until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not done():
            await asyncio.sleep(0.02)


async def _votes(running: Running) -> list[tuple[str, int]]:
    async with running.database.read() as session:
        return [(vote.person, vote.value) for vote in await session.exec(select(Vote))]


async def test_rounds_and_votes_wait_people_are_told_and_all_is_done_once_afterwards(
    running: Running, hold: Hold
) -> None:
    inbox = running.app.inbox(running.engine)
    vote = Reaction(MessageRef(GENERAL, "7"), ADA, "👍", added=True, at=TODAY)

    with hold():
        await running.engine.tick()
        await _until(
            lambda: b'rounds_total{outcome="failed"} 0.0' not in running.app.metrics.exposition()
        )
        await inbox.reaction(vote)
        refused = await inbox.command(Command(GENERAL, ADA, "limit 3"))
        read = await inbox.command(Command(GENERAL, ADA, "list"))
        meanwhile = await _votes(running)
    await running.until_delivered(at_least=2)
    await _until(lambda: not inbox._queue)
    async with asyncio.timeout(PATIENCE):
        # Others write too, and nobody waits for long here.
        while (done := await inbox.command(Command(GENERAL, ADA, "limit 3"))).failed:
            await asyncio.sleep(0.02)

    async with running.database.read() as session:
        cards = [one.kind for one in await session.exec(select(LocalMessage))]
    assert meanwhile == []
    assert refused.failed
    assert "again in a minute" in str(refused.lines)
    assert not read.failed
    assert "3" in str(done.lines)
    assert cards == ["card"]
    assert await _votes(running) == [("ada", 1)]


def test_a_slot_that_failed_is_tried_after_ten_twenty_and_forty_minutes_then_every_hour() -> None:
    slot = Slot(1, NOON)
    names = [again(slot, NOON + timedelta(minutes=minutes)) for minutes in range(10, 181)]

    assert len(dict.fromkeys(names)) == 3 + 3
    assert [names.index(name) + 10 for name in dict.fromkeys(names)] == [10, 20, 40, 61, 120, 180]


async def test_a_slot_whose_workflow_gave_up_is_made_ten_minutes_later(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    pick = running.app.services.rounds.pick

    async def gone(*_: object) -> list[int]:
        raise LookupError("as if all tries were over")

    monkeypatch.setattr(running.app.services.rounds, "pick", gone)
    await running.engine.tick()
    handle = await running.engine.start_slot(Slot(1, TODAY.replace(hour=9)))
    with pytest.raises(Exception, match="as if all tries were over"):
        await handle.get_result(polling_interval_sec=0.05)
    monkeypatch.setattr(running.app.services.rounds, "pick", pick)

    running.now = TODAY.replace(hour=9, minute=5)
    await running.engine.tick()
    running.now = TODAY.replace(hour=9, minute=12)
    await running.engine.tick()
    await running.until_delivered(at_least=2)
