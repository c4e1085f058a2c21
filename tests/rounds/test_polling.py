"""A poll stores first and moves its cursor after; what is broken is said, not hidden."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.rounds.polling import Polling
from bot.sources.base import Broken, Entry, Fresh, Poll, Quiet, Refused
from storage import candidates, papers, sources
from storage.database import Database
from storage.models import Source, SourceHealth
from tests import make
from tests.fakes import ScriptedSource
from tests.make import NOON


def _entry(name: str, **facts: object) -> Entry:
    return Entry(names=(f"id:{name}",), title=name, featured_at=NOON, **facts)


async def _polling(database: Database, source: ScriptedSource) -> tuple[Polling, int]:
    async with database.write() as session:
        stored = await make.source(session)
    return Polling(database, lambda _kind, _spec: source, lambda: NOON), stored.id or 0


async def _stored(database: Database, source_id: int) -> Source:
    async with database.read() as session:
        found = await sources.get(session, source_id)
    assert found is not None
    return found


async def _candidates(database: Database) -> Sequence[str]:
    async with database.write() as session:
        channel = await make.channel(session)
        ids = await candidates.candidate_ids(session, channel.id or 0, NOON)
        found = await papers.get_many(session, ids)
    return [paper.title for paper in found]


async def test_a_fresh_poll_stores_its_entries_and_moves_the_cursor(database: Database) -> None:
    source = ScriptedSource(Fresh([_entry("a"), _entry("b")], {"day": 1}), Quiet({"day": 2}))
    polling, source_id = await _polling(database, source)

    first = await polling.poll(source_id)
    await polling.poll(source_id)

    assert first is not None
    assert (first.health, first.taken) == (SourceHealth.FRESH, 2)
    assert source.cursors == [{}, {"day": 1}]
    assert (await _stored(database, source_id)).cursor == {"day": 2}


async def test_a_broken_poll_keeps_the_cursor_and_says_why_once(database: Database) -> None:
    source = ScriptedSource(
        Fresh([], {"day": 1}), Broken("no answer"), Broken("no answer"), Quiet({"day": 1})
    )
    polling, source_id = await _polling(database, source)

    turns = [polled.turned for _ in range(4) if (polled := await polling.poll(source_id))]

    assert turns == ["", "broke", "", "healed"]
    assert source.cursors[-1] == {"day": 1}


async def test_the_reason_of_a_broken_source_is_kept(database: Database) -> None:
    polling, source_id = await _polling(database, ScriptedSource(Broken("a certificate expired")))

    await polling.poll(source_id)

    stored = await _stored(database, source_id)
    assert (stored.health, stored.reason) == (SourceHealth.BROKEN, "a certificate expired")
    assert stored.broken_since == NOON


async def test_what_a_source_held_before_it_was_added_is_not_posted(database: Database) -> None:
    past = Entry(names=("id:past",), title="past", featured_at=NOON.replace(month=1))
    source = ScriptedSource(Fresh([past, _entry("news")], {}), Fresh([_entry("later")], {}))
    polling, source_id = await _polling(database, source)

    await polling.poll(source_id)
    await polling.poll(source_id)

    assert await _candidates(database) == ["news", "later"]


async def test_what_a_person_hands_over_counts_as_first_seen_now(database: Database) -> None:
    polling, _ = await _polling(database, ScriptedSource())
    old = Entry(names=("id:old",), title="old", published_at=NOON.replace(year=2019))

    tally = await polling.take([old, old], "import", "files", shared=True)

    assert (tally.taken, tally.same) == (1, 1)
    assert await _candidates(database) == ["old"]


class EndlessSource:
    """A source that is read until somebody breaks that off."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def poll(self, cursor: Mapping[str, Any], now: datetime) -> Poll:
        self.asked.set()
        await asyncio.Event().wait()
        raise AssertionError("nobody ends the wait")


async def test_a_poll_that_a_stop_breaks_off_says_nothing_of_its_source(
    database: Database,
) -> None:
    async with database.write() as session:
        stored = await make.source(session)
    source = EndlessSource()
    polling = Polling(database, lambda _kind, _spec: source, lambda: NOON)
    poll = asyncio.create_task(polling.poll(stored.id or 0))
    await source.asked.wait()

    await polling.rest()

    assert poll.cancelled()
    kept = await _stored(database, stored.id or 0)
    assert (kept.health, kept.polls) == (stored.health, stored.polls)
    await polling.rest()


async def test_refused_entries_do_not_harm_the_good_ones(database: Database) -> None:
    source = ScriptedSource(Fresh([_entry("good")], {}, [Refused("entry 2", "no title")]))
    polling, source_id = await _polling(database, source)

    polled = await polling.poll(source_id)

    assert polled is not None
    assert polled.taken == 1


async def test_a_source_that_fails_in_an_unforeseen_way_is_broken_not_fatal(
    database: Database,
) -> None:
    polling, source_id = await _polling(database, ScriptedSource())

    polled = await polling.poll(source_id)

    assert polled is not None
    assert polled.health is SourceHealth.BROKEN
    assert "IndexError" in (polled.reason or "")
