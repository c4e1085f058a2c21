"""Every match of every channel in the window: one pass a paper, kept up to date by revision."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

import numpy as np
import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import ExpressionError
from bot.matching.evaluate import evaluated
from bot.matching.expression import Expression, parse
from bot.matching.index import WatchIndex
from bot.matching.lexicon import KnownWords, Lexicon
from bot.matching.paper import Evidence, Match
from bot.rounds.found import Found, Row
from storage import install, papers, watches
from storage.database import Database
from storage.models import Paper, Watch

LOWEST_THRESHOLD = 60

_CLOCK_STEP = timedelta(minutes=10)

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


class _Held(NamedTuple):
    """What is kept of a watch."""

    channel_id: int
    text: str


class Matches:
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
        self._watches: dict[int, _Held] = {}
        self._found = Found()
        self._seen: papers.Stamp | None = None
        self._oldest = datetime.max.replace(tzinfo=UTC)
        self._newest_paper = 0
        self.newest_paper = 0
        """The id of the newest paper there was at the last refresh."""
        self._learned_paper = 0
        self._updated = datetime.min.replace(tzinfo=UTC)
        self._revision = 0
        self.lexicon = Lexicon.shipped()
        self._index: WatchIndex[int] = WatchIndex(self.lexicon)

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
    ) -> tuple[Sequence[Watch], Sequence[Paper]]:
        changed = await watches.changed_since(session, self._revision)
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
        texts = np.array([self._watches[watch].text for watch in own.tolist()], dtype=object)
        order = np.lexsort((texts.argsort().argsort()[places], -found["score"], found["paper"]))
        found = found[order]
        best = found[np.unique(found["paper"], return_index=True)[1]]
        for watch, paper, score, revision in best[best["score"] >= least].tolist():
            words = KnownWords(self.lexicon, revision)
            evidence = partial(self._explain, watch, self._papers[paper], words)
            yield paper, WatchMatch(self._watches[watch].text, Match(score, evidence))

    def _explain(self, watch: int, paper: Paper, words: KnownWords) -> tuple[Evidence, ...]:
        """Why a watch matched, as it would have been told when it was found."""
        held = self._watches.get(watch)
        tree = _read(held.text) if held else None
        return _explained(tree, paper, words) if tree else ()

    @property
    def size(self) -> Size:
        """How much is held now."""
        found, index = len(self._found), self._index.memory()
        return Size(len(self._watches), len(self._papers), found, index)

    @property
    def window_papers(self) -> Sequence[Paper]:
        """The papers of the window, oldest first."""
        return list(self._papers.values())

    async def of_expression(
        self, expression: Expression, candidates: Sequence[Paper], threshold: float
    ) -> list[tuple[Paper, Match]]:
        """The papers that one expression matches at or above `threshold`, best first."""
        index = _index_of(self.lexicon, {0: expression})
        words = KnownWords(self.lexicon)
        found = await asyncio.to_thread(_matched, index, candidates, threshold)
        matched = [
            (paper, Match(score, partial(_explained, expression, paper, words)))
            for paper, hits in zip(candidates, found, strict=True)
            for _, score in hits
        ]
        return sorted(matched, key=lambda pair: (-pair[1].score, -(pair[0].id or 0)))

    async def load(self, session: AsyncSession) -> None:
        """Take up the lexicon that this install has learned; a damaged one starts afresh."""
        row = await install.get(session)
        if row.lexicon is not None:
            try:
                self.lexicon = Lexicon.loads(row.lexicon)
                self._learned_paper = row.lexicon_paper_id
            except ValueError:
                log.warning(
                    "lexicon.damaged", action="learning afresh from the papers of the window"
                )
        self._index = WatchIndex(self.lexicon)

    def _bring_up(self, since: datetime, changed: Sequence[Watch], fresh: Sequence[Paper]) -> None:
        self._forget({key for key, row in self._papers.items() if row.first_seen_at < since})
        self._take(changed, fresh)
        seen = (row.first_seen_at for row in self._papers.values())
        self._oldest = min(seen, default=datetime.max.replace(tzinfo=UTC))

    def _take(self, changed: Sequence[Watch], fresh: Sequence[Paper]) -> None:
        self._learn([paper for paper in fresh if _id(paper) > self._learned_paper])
        expressions = self._take_watches(changed)
        known = self.window_papers
        if expressions and known:
            index = _index_of(self.lexicon, expressions)
            self._note(known, _matched(index, known, LOWEST_THRESHOLD))
        if fresh:
            self._forget({_id(paper) for paper in fresh} & self._papers.keys())
            self._papers.update((_id(paper), paper) for paper in fresh)
            self._newest_paper = max(self._newest_paper, _id(fresh[-1]))
            self._updated = max(self._updated, *(paper.updated_at for paper in fresh))
            self._note(fresh, _matched(self._index, fresh, LOWEST_THRESHOLD))

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

    def _take_watches(self, changed: Sequence[Watch]) -> dict[int, Expression]:
        """Bring the index up to date; returns the expressions that are new to it."""
        added: dict[int, Expression] = {}
        for watch in changed:
            self._revision = max(self._revision, watch.revision)
            self._drop(_id(watch))
            expression = None if watch.removed_at else _read(watch.text)
            if expression is not None:
                self._watches[_id(watch)] = _Held(watch.channel_id, watch.text)
                self._index.add(_id(watch), expression)
                added[_id(watch)] = expression
        return added

    def _drop(self, watch_id: int) -> None:
        watch = self._watches.pop(watch_id, None)
        if watch is not None:
            self._index.remove(watch_id)
            self._found.drop_watch(watch.channel_id, watch_id)

    def _note(self, matched: Sequence[Paper], found: Iterable[Sequence[tuple[int, float]]]) -> None:
        revision = self.lexicon.revision
        self._found.add(
            Row(self._watches[watch_id].channel_id, watch_id, _id(paper), score, revision)
            for paper, hits in zip(matched, found, strict=True)
            for watch_id, score in hits
        )

    def _forget(self, paper_ids: Set[int]) -> None:
        for key in paper_ids:
            del self._papers[key]
        self._found.forget(paper_ids)

    async def _keep_lexicon(self) -> None:
        blob = await asyncio.to_thread(self.lexicon.dumps)
        async with self._database.write() as session:
            row = await install.get(session)
            row.lexicon, row.lexicon_paper_id = blob, self._newest_paper
            session.add(row)
        self._learned_paper = self._newest_paper


def _explained(tree: Expression, paper: Paper, words: KnownWords) -> tuple[Evidence, ...]:
    try:
        match = evaluated(tree, paper, words, LOWEST_THRESHOLD)
    except Exception:
        # One paper that cannot be explained must not cost a channel its round.
        log.exception("paper.unexplained", paper_id=paper.id)
        return ()
    return match.evidence if match else ()


def _index_of(lexicon: Lexicon, expressions: Mapping[int, Expression]) -> WatchIndex[int]:
    index: WatchIndex[int] = WatchIndex(lexicon)
    for key, expression in expressions.items():
        index.add(key, expression)
    return index


def _matched(
    index: WatchIndex[int], candidates: Sequence[Paper], threshold: float
) -> list[list[tuple[int, float]]]:
    """Keys and scores for each paper; one that cannot be matched has none, and is told once."""
    try:
        return [found.scores() for found in index.match(candidates, threshold)]
    except Exception:
        if len(candidates) == 1:
            log.exception("paper.unmatched", paper_id=candidates[0].id)
            return [[]]
    half = len(candidates) // 2
    parts = candidates[:half], candidates[half:]
    return [found for part in parts for found in _matched(index, part, threshold)]


def _read(text: str) -> Expression | None:
    # A watch stored by another version may no longer parse; it must not stop the others.
    try:
        return parse(text)
    except ExpressionError:
        return None


def _id(row: Paper | Watch) -> int:
    assert row.id is not None  # noqa: S101 - rows come from storage
    return row.id
