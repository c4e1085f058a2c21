"""A feed that moves, changes its ids or opens its archive brings no flood."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from bot.rounds.polling import Polling
from bot.rounds.scheduling.due import BROKEN_LONGEST, due_sources
from bot.sources.feed import Feed
from bot.sources.http import Fetcher
from storage import candidates, sources
from storage.database import Database
from storage.models import Source, SourceHealth
from tests import make
from tests.sources.replay import Answer, Asked, replay

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
EVERY = timedelta(minutes=15)


def feed(*days: int, host: str = "old.example.org", ids: str = "a") -> bytes:
    items = "".join(
        f"<item><title>Paper of day {day}</title><link>https://{host}/{day}</link>"
        f"<guid isPermaLink='false'>{ids}{day}</guid>"
        f"<pubDate>{day:02} Nov 2026 09:00:00 GMT</pubDate></item>"
        for day in days
    )
    return f"<rss version='2.0'><channel><title>J</title>{items}</channel></rss>".encode()


class Reader:
    """Polls one feed of a local server, as a channel's own source."""

    def __init__(self, database: Database, url: str) -> None:
        self.database, self.url = database, url
        self.fetcher = Fetcher(allow_hosts=["127.0.0.1"], limiters={}, attempts=1)
        self.polling = Polling(database, lambda _k, spec: Feed(self.fetcher, spec), lambda: NOW)
        self.source_id = 0

    async def start(self) -> None:
        async with self.database.write() as session:
            self.channel = await make.channel(session)
            source = await sources.add(session, kind="feed", spec=self.url, name="J")
            await sources.choose(session, self.channel, source, on=True)
            self.source_id = source.id or 0

    async def poll(self) -> Source:
        await self.polling.poll(self.source_id)
        async with self.database.read() as session:
            found = await sources.get(session, self.source_id)
        assert found is not None
        return found

    async def news(self) -> int:
        async with self.database.read() as session:
            ids = await candidates.candidate_ids(
                session, self.channel.id or 0, NOW - timedelta(days=7)
            )
        return len(ids)


@asynccontextmanager
async def reading(database: Database, answer: Callable[[Asked], Answer]) -> AsyncIterator[Reader]:
    async with replay(answer) as server:
        reader = Reader(database, f"{server.url}/feed")
        await reader.start()
        yield reader
        await reader.fetcher.aclose()


@pytest.mark.parametrize(
    "after",
    [
        feed(30, 29, 28, 27, host="new.example.org"),
        feed(30, 29, 28, 27, ids="other-"),
        feed(30, 29, 28, 27, host="new.example.org", ids="other-"),
        feed(*range(30, 0, -1), host="new.example.org", ids="other-"),
    ],
    ids=["domain", "ids", "both", "archive"],
)
async def test_a_move_is_no_news(database: Database, after: bytes) -> None:
    bodies = [feed(30, 29, 28, 27), after]
    async with reading(database, lambda _: Answer(bodies.pop(0))) as reader:
        await reader.poll()
        before = await reader.news()
        await reader.poll()

        assert before == 2
        assert await reader.news() == before


async def test_an_address_that_moved_for_good_is_followed_and_one_that_is_gone_rests(
    database: Database,
) -> None:
    said = {"/feed": Answer(status=301, headers={"Location": "/new"})}
    async with reading(database, lambda asked: said.get(asked.path, Answer(feed(30)))) as reader:
        moved = await reader.poll()
        said["/new"] = Answer(status=410)
        gone = await reader.poll()

    assert moved.spec.endswith("/new")
    assert gone.health is SourceHealth.BROKEN
    assert not gone.enabled
    assert await due_sources(database, NOW + timedelta(days=9), EVERY) == []


async def test_a_broken_source_is_asked_less_and_less_often(database: Database) -> None:
    pauses = []
    async with reading(database, lambda _: Answer(status=404)) as reader:
        for _ in range(8):
            await reader.poll()
            steps = 1
            while not await due_sources(database, NOW + steps * EVERY, EVERY):
                steps += 1
            pauses.append(steps)

    assert pauses == sorted(pauses)
    assert pauses[0] == 1
    assert pauses[-1] * EVERY == BROKEN_LONGEST


async def test_a_source_that_asks_for_a_pause_is_left_alone_for_it(database: Database) -> None:
    kept = Answer(feed(30), headers={"Cache-Control": "max-age=7200"})
    async with reading(database, lambda _: kept) as reader:
        await reader.poll()

    assert await due_sources(database, NOW + timedelta(minutes=119), EVERY) == []
    assert len(await due_sources(database, NOW + timedelta(minutes=120), EVERY)) == 1
