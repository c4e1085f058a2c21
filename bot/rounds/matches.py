"""Every match of every channel in the window: one pass a paper, kept up to date by revision."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import ExpressionError
from bot.matching.expression import Expression, parse
from bot.matching.index import WatchIndex
from bot.matching.lexicon import Lexicon
from bot.matching.paper import Match
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
    """How much is held: watches, papers of the window, and matches between them."""

    watches: int
    papers: int
    matches: int


class Matches:
    """Holds the lexicon, the index and the matches of the last `window`; rereads what changed.

    `refresh` is cheap when nothing changed. It decides nothing: thresholds and limits are a
    round's business.
    """

    def __init__(self, database: Database, window: timedelta) -> None:
        self._database = database
        self._window = window
        self._lock = asyncio.Lock()
        self._papers: dict[int, Paper] = {}
        self._watches: dict[int, Watch] = {}
        self._found: defaultdict[int, dict[int, dict[int, Match]]] = defaultdict(dict)
        self._newest_paper = 0
        self._learned_paper = 0
        self._updated = datetime.min.replace(tzinfo=UTC)
        self._revision = 0
        self.lexicon = Lexicon.shipped()
        self._index: WatchIndex[int] = WatchIndex(self.lexicon)

    async def refresh(self, now: datetime) -> None:
        """Take in watches and papers changed since the last call, and forget old papers."""
        async with self._lock:
            since = now - self._window
            async with self._database.read() as session:
                changed = await watches.changed_since(session, self._revision)
                dated = await papers.changed_since(
                    session, since, after_id=self._newest_paper, updated_from=self._reread_from
                )
                new = [key for key, updated in dated.items() if not self._has(key, updated)]
                fresh = await papers.get_many(session, new) if new else []
            self._forget({key for key, row in self._papers.items() if row.first_seen_at < since})
            if changed or fresh:
                await asyncio.to_thread(self._take, changed, fresh)
            if self._newest_paper > self._learned_paper:
                await self._keep_lexicon()

    @property
    def _reread_from(self) -> datetime:
        """A little before the newest change known: a clock may have been set back since."""
        known = self._updated > datetime.min.replace(tzinfo=UTC)
        return self._updated - _CLOCK_STEP if known else self._updated

    async def papers(self, ids: Iterable[int]) -> list[Paper]:
        """Those of these papers that are in the window, in the order of the ids."""
        async with self._lock:
            return [self._papers[each] for each in ids if each in self._papers]

    async def of_channel(self, channel_id: int) -> dict[int, WatchMatch]:
        """For each paper of the window that any watch of the channel matches, the best match."""
        async with self._lock:
            return self._best(channel_id)

    def _best(self, channel_id: int) -> dict[int, WatchMatch]:
        best: dict[int, WatchMatch] = {}
        for watch_id, found in self._found.get(channel_id, {}).items():
            text = self._watches[watch_id].text
            for paper_id, match in found.items():
                known = best.get(paper_id)
                if known is None or (-match.score, text) < (-known.match.score, known.watch):
                    best[paper_id] = WatchMatch(text, match)
        return best

    @property
    def size(self) -> Size:
        """How much is held now."""
        found = sum(len(each) for watches in self._found.values() for each in watches.values())
        return Size(len(self._watches), len(self._papers), found)

    @property
    def window_papers(self) -> Sequence[Paper]:
        """The papers of the window, oldest first."""
        return list(self._papers.values())

    async def of_expression(
        self, expression: Expression, candidates: Sequence[Paper], threshold: float
    ) -> list[tuple[Paper, Match]]:
        """The papers that one expression matches at or above `threshold`, best first."""
        found = await asyncio.to_thread(
            lambda: _match_all(self.lexicon, {0: expression}, candidates, threshold)
        )
        matched = [(paper, each[0]) for paper, each in zip(candidates, found, strict=True) if each]
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

    def _take(self, changed: Sequence[Watch], fresh: Sequence[Paper]) -> None:
        self.lexicon.learn(paper for paper in fresh if _id(paper) > self._learned_paper)
        expressions = self._take_watches(changed)
        known = self.window_papers
        if expressions and known:
            self._note(known, _match_all(self.lexicon, expressions, known, LOWEST_THRESHOLD))
        if fresh:
            self._forget({_id(paper) for paper in fresh} & self._papers.keys())
            self._papers.update((_id(paper), paper) for paper in fresh)
            self._newest_paper = max(self._newest_paper, _id(fresh[-1]))
            self._updated = max(self._updated, *(paper.updated_at for paper in fresh))
            self._note(fresh, self._index.match(fresh, LOWEST_THRESHOLD))

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
                self._watches[_id(watch)] = watch
                self._index.add(_id(watch), expression)
                added[_id(watch)] = expression
        return added

    def _drop(self, watch_id: int) -> None:
        watch = self._watches.pop(watch_id, None)
        if watch is not None:
            self._index.remove(watch_id)
            self._found[watch.channel_id].pop(watch_id, None)

    def _note(self, matched: Sequence[Paper], found: Iterable[Mapping[int, Match]]) -> None:
        for paper, by_watch in zip(matched, found, strict=True):
            for watch_id, match in by_watch.items():
                channel = self._found[self._watches[watch_id].channel_id]
                channel.setdefault(watch_id, {})[_id(paper)] = match

    def _forget(self, paper_ids: Set[int]) -> None:
        if not paper_ids:
            return
        for key in paper_ids:
            del self._papers[key]
        for channel in self._found.values():
            for found in channel.values():
                for key in paper_ids & found.keys():
                    del found[key]

    async def _keep_lexicon(self) -> None:
        blob = await asyncio.to_thread(self.lexicon.dumps)
        async with self._database.write() as session:
            row = await install.get(session)
            row.lexicon, row.lexicon_paper_id = blob, self._newest_paper
            session.add(row)
        self._learned_paper = self._newest_paper


def _match_all(
    lexicon: Lexicon,
    expressions: dict[int, Expression],
    candidates: Sequence[Paper],
    threshold: float,
) -> Sequence[Mapping[int, Match]]:
    index: WatchIndex[int] = WatchIndex(lexicon)
    for key, expression in expressions.items():
        index.add(key, expression)
    return index.match(candidates, threshold)


def _read(text: str) -> Expression | None:
    # A watch stored by another version may no longer parse; it must not stop the others.
    try:
        return parse(text)
    except ExpressionError:
        return None


def _id(row: Paper | Watch) -> int:
    assert row.id is not None  # noqa: S101 - rows come from storage
    return row.id
