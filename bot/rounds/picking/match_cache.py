"""Every match of every channel in the window: one pass a paper, kept up to date by revision."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.matching.index.watch_index import uncollected
from bot.matching.phrase import know_acronyms
from bot.matching.query.expression import Expression
from bot.matching.text.lexicon import KnownWords, Lexicon
from bot.matching.types import Match
from bot.rounds.picking.expression_search import ExpressionSearch
from bot.rounds.picking.match_store import (
    LOWEST_THRESHOLD,
    MatchColumns,
    WatchSet,
    index_of,
    matched,
)
from storage import install_state, papers, watches
from storage.database import Database
from storage.models import Paper
from storage.watches import Change

__all__ = ["LOWEST_THRESHOLD", "MatchCache", "Size", "WatchMatch"]

_CLOCK_STEP = timedelta(minutes=10)
_AT_ONCE = 500

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WatchMatch:
    """The best match of a paper among one channel's watches, and that watch's text."""

    watch: str
    match: Match


@dataclass(frozen=True, slots=True)
class Size:
    """How much is held: watches, papers of the window, and matches between them.

    `index_bytes` is about what the index of all watches takes.
    """

    watches: int
    papers: int
    matches: int
    index_bytes: int


class MatchCache:
    """Holds the lexicon, the index and the matches of the last `window`; rereads what changed.

    `refresh` is cheap when nothing changed. It decides nothing: thresholds and limits are a
    round's business.
    """

    def __init__(self, database: Database, window: timedelta) -> None:
        self._database = database
        self._window = window
        self._refreshing = asyncio.Lock()
        # Rounds hold a session when they read here: whoever has this lock must not wait for one.
        self._lock = asyncio.Lock()
        self._papers: dict[int, Paper] = {}
        self._found = MatchColumns()
        self._seen: papers.Stamp | None = None
        self._oldest = datetime.max.replace(tzinfo=UTC)
        self._newest_paper = 0
        self.noted = 0
        """How many matches were found since this process began."""
        self.newest_paper = 0
        """The id of the newest paper there was at the last refresh."""
        self._learned_paper = 0
        self._updated = datetime.min.replace(tzinfo=UTC)
        self._watched = WatchSet(Lexicon.shipped())
        self._search = ExpressionSearch(lambda: self.lexicon)

    @property
    def lexicon(self) -> Lexicon:
        """The words that papers were seen to have."""
        return self._watched.lexicon

    async def refresh(self, now: datetime) -> None:
        """Take in watches and papers changed since the last call, and forget old papers."""
        async with self._refreshing:
            since = now - self._window
            async with self._database.read() as session:
                seen = await papers.stamp(session, since, updated_from=self._reread_from)
                same = seen == self._seen
                changed, fresh = ([], []) if same else await self._changed(session, since)
            async with self._lock:
                if self._oldest < since or changed or fresh:
                    await asyncio.to_thread(self._bring_up, since, changed, fresh)
                self.newest_paper = seen.newest_paper or 0
            if self._newest_paper > self._learned_paper:
                await self._keep_lexicon()
            # What changed moves the border of rereading, and so the stamp.
            self._seen = None if changed or fresh else seen

    async def _changed(
        self, session: AsyncSession, since: datetime
    ) -> tuple[Sequence[Change], Sequence[Paper]]:
        changed = await watches.changed_since(session, self._watched.revision)
        dated = await papers.changed_since(
            session, since, after_id=self._newest_paper, updated_from=self._reread_from
        )
        new = [key for key, updated in dated.items() if not self._has(key, updated)]
        return changed, await papers.get_many(session, new) if new else []

    @property
    def _reread_from(self) -> datetime:
        """A little before the newest change known: a clock may have been set back since."""
        known = self._updated > datetime.min.replace(tzinfo=UTC)
        return self._updated - _CLOCK_STEP if known else self._updated

    async def papers(self, ids: Iterable[int]) -> list[Paper]:
        """Those of these papers that are in the window, in the order of the ids."""
        async with self._lock:
            return [self._papers[each] for each in ids if each in self._papers]

    async def of_channel(self, channel_id: int, least: float = 0.0) -> dict[int, WatchMatch]:
        """For each paper of the window that any watch of the channel matches, the best match.

        Those that score below `least` are left out, which costs less than to leave them out later.
        """
        async with self._lock:
            return dict(self._best(channel_id, least))

    def _best(self, channel_id: int, least: float) -> Iterator[tuple[int, WatchMatch]]:
        found = self._found.of_channel(channel_id)
        own, places = np.unique(found["watch"], return_inverse=True)
        texts = np.array([self._watched.text(watch) for watch in own.tolist()], dtype=object)
        order = np.lexsort((texts.argsort().argsort()[places], -found["score"], found["paper"]))
        found = found[order]
        best = found[np.unique(found["paper"], return_index=True)[1]]
        for watch, paper, score, revision in best[best["score"] >= least].tolist():
            words = KnownWords(self.lexicon, revision)
            evidence = partial(self._watched.explain, watch, self._papers[paper], words)
            yield paper, WatchMatch(self._watched.text(watch), Match(score, evidence))

    @property
    def size(self) -> Size:
        """How much is held now."""
        found, index = len(self._found), self._watched.memory()
        return Size(len(self._watched), len(self._papers), found, index)

    @property
    def window_papers(self) -> Sequence[Paper]:
        """The papers of the window, oldest first."""
        return list(self._papers.values())

    async def of_expression(
        self, expression: Expression, candidates: Sequence[Paper], threshold: float
    ) -> list[tuple[Paper, Match]]:
        """The papers that one expression matches at or above `threshold`, best first."""
        return await self._search.find(expression, candidates, threshold)

    async def load(self, session: AsyncSession) -> None:
        """Take up the words and acronyms that this install learned; damaged, it starts afresh."""
        row = await install_state.get(session)
        if row.lexicon is not None:
            try:
                lexicon = Lexicon.loads(row.lexicon)
                know_acronyms(lexicon.definitions.common())
                self._watched = WatchSet(lexicon)
                self._learned_paper = row.lexicon_paper_id
            except ValueError:
                log.warning(
                    "lexicon.damaged", action="learning afresh from the papers of the window"
                )

    def _bring_up(self, since: datetime, changed: Sequence[Change], fresh: Sequence[Paper]) -> None:
        self._forget({key for key, row in self._papers.items() if row.first_seen_at < since})
        with uncollected():
            self._take(changed, fresh)
        seen = (row.first_seen_at for row in self._papers.values())
        self._oldest = min(seen, default=datetime.max.replace(tzinfo=UTC))

    def _take(self, changed: Sequence[Change], fresh: Sequence[Paper]) -> None:
        self._learn([paper for paper in fresh if _id(paper) > self._learned_paper])
        taken = self._watched.take(changed)
        for channel, watch in taken.dropped:
            self._found.drop_watch(channel, watch)
        known = self.window_papers
        if taken.added and known:
            index = index_of(self.lexicon, taken.added)
            self._note(known, partial(matched, index, threshold=LOWEST_THRESHOLD))
        if fresh:
            self._forget({_id(paper) for paper in fresh} & self._papers.keys())
            self._papers.update((_id(paper), paper) for paper in fresh)
            self._newest_paper = max(self._newest_paper, _id(fresh[-1]))
            self._updated = max(self._updated, *(paper.updated_at for paper in fresh))
            self._note(fresh, self._watched.find)

    def _learn(self, fresh: Sequence[Paper]) -> None:
        for paper in fresh:
            try:
                self.lexicon.learn([paper])
            except Exception:
                # What cannot be read teaches nothing; the papers beside it still do.
                log.exception("paper.unread", paper_id=paper.id)

    def _has(self, paper_id: int, updated: datetime) -> bool:
        known = self._papers.get(paper_id)
        return known is not None and known.updated_at == updated

    def _note(
        self,
        some: Sequence[Paper],
        find: Callable[[Sequence[Paper]], list[list[tuple[int, float]]]],
    ) -> None:
        """Match papers, and keep what was found: some at a time, because finds are many."""
        for start in range(0, len(some), _AT_ONCE):
            batch = some[start : start + _AT_ONCE]
            found = find(batch)
            paper = np.repeat([_id(one) for one in batch], [len(hits) for hits in found])
            rows = [hit for hits in found for hit in hits]
            if rows:
                watch, score = zip(*rows, strict=True)
                channel = self._watched.channels(watch)
                self._found.add(channel, watch, paper, score, self.lexicon.revision)
                self.noted += len(rows)

    def _forget(self, paper_ids: Set[int]) -> None:
        for key in paper_ids:
            del self._papers[key]
        self._found.forget(paper_ids)

    async def _keep_lexicon(self) -> None:
        blob = await asyncio.to_thread(self.lexicon.dumps)
        async with self._database.write() as session:
            row = await install_state.get(session)
            row.lexicon, row.lexicon_paper_id = blob, self._newest_paper
            session.add(row)
        self._learned_paper = self._newest_paper


def _id(row: Paper) -> int:
    assert row.id is not None
    return row.id
