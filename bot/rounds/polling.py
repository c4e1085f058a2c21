"""Reading a source: entries stored first, the cursor moved after, in one transaction."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession
from structlog.contextvars import bound_contextvars

from bot.errors import PaperroundError
from bot.rounds.process.metrics import Metrics
from bot.sources.base import Broken, Entry, Fresh, Poll, Quiet, Refused, Source
from bot.sources.paper_ids import title_name
from bot.sources.registry import LONGEST_NAME, feed_name
from storage import fates, papers, sources
from storage import models as tables
from storage.database import Database
from storage.models import PaperKind, SourceHealth
from storage.papers import Recorded

NEWS_DAYS = 1
"""What a source dates before yesterday (UTC) when it is first read is its past, not news."""

POLL_SECONDS = 600.0
"""How long reading a source may take in all, whatever it sends."""

_LONGEST_PAUSE = timedelta(days=2).total_seconds()
_TELLING_WORDS = 4

BATCH = 200
"""Entries stored in one transaction."""

log = structlog.get_logger(__name__)

Open = Callable[[str, str], Source]


@dataclass(slots=True)
class EntryCounts:
    """What became of the entries of a poll or an import."""

    taken: int = 0
    updated: int = 0
    same: int = 0
    retracted: list[int] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def count(self, outcome: Recorded) -> None:
        """Add one entry's outcome."""
        setattr(self, outcome.value, getattr(self, outcome.value) + 1)

    def add(self, other: "EntryCounts") -> None:
        """Add what became of other entries."""
        self.taken += other.taken
        self.updated += other.updated
        self.same += other.same
        self.retracted += other.retracted
        self.refused += other.refused


@dataclass(frozen=True, slots=True)
class Polled:
    """How a poll ended, and whether the source's health turned: "broke", "healed" or ""."""

    source_id: int
    name: str
    health: SourceHealth
    taken: int
    turned: str = ""
    reason: str | None = None
    retracted: Sequence[int] = ()


class Polling:
    """Polls sources and stores what they give; `open_source` maps kind and spec to a Source."""

    def __init__(
        self,
        database: Database,
        open_source: Open,
        now: Callable[[], datetime],
        metrics: Metrics | None = None,
    ) -> None:
        self._metrics = metrics or Metrics()
        self._database = database
        self._open = open_source
        self._now = now
        self._reading: set[asyncio.Task[Any]] = set()

    async def poll(self, source_id: int) -> Polled | None:
        """Read one source once; None if it is gone. The outside never makes it raise."""
        async with self._database.read() as session:
            source = await sources.get(session, source_id)
        if source is None:
            return None
        with bound_contextvars(poll=f"{source_id}:{source.polls}", source_id=source_id):
            async with self._under_way():
                outcome = await self.ask(source.kind, source.spec, source.cursor)
            return await self.keep(source, outcome)

    async def rest(self) -> None:
        """Break off the polls that still read, as of a process that stops.

        That says nothing of their sources, and the next start polls them again.
        """
        reading = list(self._reading)
        for task in reading:
            task.cancel()
        await asyncio.gather(*reading, return_exceptions=True)

    @asynccontextmanager
    async def _under_way(self) -> AsyncIterator[None]:
        task = asyncio.current_task()
        assert task is not None
        self._reading.add(task)
        try:
            yield
        finally:
            self._reading.discard(task)

    async def ask(self, kind: str, spec: str, cursor: Mapping[str, Any]) -> Poll:
        """What a source answers now; nothing is kept, and nothing it does makes this raise."""
        try:
            async with asyncio.timeout(POLL_SECONDS):
                return await self._open(kind, spec).poll(cursor, self._now())
        except TimeoutError:
            return Broken(f"it was not read within {POLL_SECONDS / 60:.0f} minutes")
        except PaperroundError as error:
            return Broken(str(error))
        except Exception as error:
            # One strange source must not end the rounds of all the others.
            log.exception("source.failed", kind=kind, spec=spec)
            return Broken(f"reading it failed ({type(error).__name__}); the log says more")

    async def keep(self, source: tables.Source, outcome: Poll) -> Polled:
        """Store what a source answered, then how the poll ended."""
        fresh = outcome if isinstance(outcome, Fresh) else None
        tally = EntryCounts(refused=list(fresh.refused) if fresh else [])
        *before, last = list(_batches(fresh.entries)) if fresh and fresh.entries else [()]
        first = source.fresh_at is None
        for batch in before:
            async with self._database.write() as session:
                await self._record(session, source, batch, tally, first=first)
        async with self._database.write() as session:
            # With the last entries goes the cursor: both are kept, or neither.
            if last:
                await self._record(session, source, last, tally, first=first)
            polled = await self._note(session, source.id or 0, outcome, tally)
        self._metrics.polled(source.kind, polled.health.value, polled.taken)
        said = {"source": polled.name, "health": polled.health.value, "taken": polled.taken}
        if polled.health is SourceHealth.BROKEN:
            log.warning("polled", **said, reason=polled.reason)
        else:
            log.info("polled", **said)
        if polled.turned == "healed":
            log.info("source.healed", source=polled.name)
        return polled

    async def take(
        self, entries: Sequence[Entry], kind: str, spec: str, *, shared: bool
    ) -> EntryCounts:
        """Store entries that a person handed over: never backlog; `shared` shows every channel."""
        async with self._database.write() as session:
            source = await sources.add(session, kind=kind, spec=spec, name=kind, shared=shared)
        tally = EntryCounts()
        for batch in _batches(entries):
            async with self._database.write() as session:
                await self._record(session, source, batch, tally, first=False, handed_over=True)
        return tally

    async def _record(
        self,
        session: AsyncSession,
        source: tables.Source,
        batch: Sequence[Entry],
        tally: EntryCounts,
        *,
        first: bool,
        handed_over: bool = False,
    ) -> None:
        now = self._now()
        found = [
            (
                entry,
                (*entry.names, *more),
                not handed_over and (entry.backlog or (first and _is_past(entry, now))),
            )
            for entry, more in zip(batch, _titled_names(source, batch), strict=True)
        ]
        recorded = await papers.record_all(session, found, source, now=now)
        for entry, (paper, outcome) in zip(batch, recorded, strict=True):
            retracted = await self._retracted(session, source, entry, paper, outcome)
            tally.retracted += [retracted] if retracted else []
        for _, outcome in recorded:
            tally.count(outcome)
        taken = {paper.id: paper.key for paper, outcome in recorded if outcome is Recorded.TAKEN}
        if taken:
            log.info("papers.taken", count=len(taken), papers=taken)

    async def _retracted(
        self,
        session: AsyncSession,
        source: tables.Source,
        entry: Entry,
        paper: tables.Paper,
        outcome: Recorded,
    ) -> int | None:
        """The id of the paper that an entry says was retracted, if that is new."""
        if entry.retracted and outcome is not Recorded.SAME:
            fates.stamp_retracted(paper, self._now())
            session.add(paper)
            return paper.id
        if entry.kind is not PaperKind.RETRACTION:
            return None
        about = await papers.mark_retracted(
            session, source, entry.about_names, entry.about, now=self._now()
        )
        return about.id if about else None

    async def _note(
        self, session: AsyncSession, source_id: int, outcome: Poll, tally: EntryCounts
    ) -> Polled:
        now = self._now()
        source = await _get(session, source_id)
        before = source.health
        source.polls += 1
        source.polled_at = now
        _apply(source, outcome, now)
        session.add(source)
        if outcome.advice.moved_to:
            await sources.move(session, source, outcome.advice.moved_to)
        turned = _turn(before, source.health)
        return Polled(
            source_id,
            source.name,
            source.health,
            tally.taken,
            turned,
            source.reason,
            tuple(tally.retracted),
        )


async def _get(session: AsyncSession, source_id: int) -> tables.Source:
    source = await sources.get(session, source_id)
    assert source is not None
    return source


def _apply(source: tables.Source, outcome: Poll, now: datetime) -> None:
    pause = outcome.advice.again_after
    source.next_poll_at = now + timedelta(seconds=min(pause, _LONGEST_PAUSE)) if pause else None
    if isinstance(outcome, Broken):
        source.health, source.reason = SourceHealth.BROKEN, outcome.reason
        source.broken_since = source.broken_since or now
        source.failures += 1
        # It is taken up again when somebody adds it again.
        source.enabled = source.enabled and not outcome.gone
        return
    source.failures = 0
    if outcome.advice.title and source.kind == "feed" and source.name == feed_name(source.spec):
        source.name = outcome.advice.title[:LONGEST_NAME]
    if isinstance(outcome, Quiet):
        source.health = SourceHealth.QUIET
        source.cursor = dict(outcome.cursor) or source.cursor
    else:
        source.health, source.fresh_at = SourceHealth.FRESH, now
        source.cursor = dict(outcome.cursor)
    source.reason, source.broken_since = None, None


def _turn(before: SourceHealth, after: SourceHealth) -> str:
    if after is SourceHealth.BROKEN and before is not SourceHealth.BROKEN:
        return "broke"
    if before is SourceHealth.BROKEN and after is not SourceHealth.BROKEN:
        return "healed"
    return ""


def _is_past(entry: Entry, now: datetime) -> bool:
    when = entry.featured_at or entry.published_at
    return when is None or when.date() < now.date() - timedelta(days=NEWS_DAYS)


def _titled_names(source: tables.Source, batch: Sequence[Entry]) -> Sequence[tuple[str, ...]]:
    """A further name for each entry of a feed, made of its title and its date.

    So a feed that moves to another address, or changes its ids, names the same papers. Entries of
    one list with the same title and date have none, nor have short titles without a date.
    """
    if source.kind != "feed":
        return [()] * len(batch)
    named = [_titled_name(source, entry) for entry in batch]
    often = Counter(named)
    return [(name,) if name and often[name] == 1 else () for name in named]


def _titled_name(source: tables.Source, entry: Entry) -> str | None:
    title, date = title_name(entry.title), entry.published_at
    if title is None or (date is None and len(entry.title.split()) < _TELLING_WORDS):
        return None
    day = date.date().isoformat() if date else ""
    return f"title:{source.id}/{day}/{title.rpartition('-')[2]}"


def _batches(entries: Sequence[Entry]) -> Iterable[Sequence[Entry]]:
    return (entries[start : start + BATCH] for start in range(0, len(entries), BATCH))
