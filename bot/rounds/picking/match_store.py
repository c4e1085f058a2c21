"""All live watches in one index, and all their matches as columns."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import structlog
from numpy.typing import NDArray

from bot.errors import ExpressionError
from bot.matching.evaluate import evaluated
from bot.matching.index.watch_index import WatchIndex
from bot.matching.query.expression import Expression, parse
from bot.matching.text.lexicon import KnownWords, Lexicon
from bot.matching.types import Evidence
from storage.models import Paper
from storage.watches import Change

_NOBODY = 0
_FIELDS = [("watch", "i4"), ("paper", "i4"), ("score", "f8"), ("revision", "i4")]

Rows = NDArray[Any]
"""Matches: `watch`, `paper`, `score` and the `revision` of the lexicon that they were found by."""


class _Part(NamedTuple):
    """Rows sorted by channel: those of `channels[i]` are `starts[i]` to `starts[i + 1]`."""

    channels: NDArray[np.int32]
    starts: NDArray[np.int64]
    rows: Rows


class MatchColumns:
    """All matches of a window, at 20 bytes each, where objects in dicts took some 400.

    Matches come in parts, which are joined as they grow, so there are few. What is dropped is
    crossed out and leaves when its part is next made anew.
    """

    def __init__(self) -> None:
        self._parts: list[_Part] = []

    def __len__(self) -> int:
        return sum(int(np.count_nonzero(part.rows["watch"])) for part in self._parts)

    def add(
        self,
        channels: Sequence[int],
        watches: Sequence[int],
        papers: NDArray[Any],
        scores: Sequence[float],
        revision: int,
    ) -> None:
        """Take matches in, column by column, all found by one `revision` of the lexicon.

        One of a watch and paper that is here already is not replaced.
        """
        rows = np.empty(len(channels), _FIELDS)
        rows["watch"], rows["paper"], rows["score"] = watches, papers, scores
        rows["revision"] = revision
        self._parts.append(_part(np.array(channels, np.int32), rows))
        while len(self._parts) > 1 and len(self._parts[-2].rows) <= 2 * len(self._parts[-1].rows):
            newer, older = self._parts.pop(), self._parts.pop()
            channel = np.concatenate([_channel(older), _channel(newer)])
            self._parts.append(_part(channel, np.concatenate([older.rows, newer.rows])))

    def of_channel(self, channel: int) -> Rows:
        """The matches of a channel's watches, in no order."""
        slices = [part.rows[_place(part, channel)] for part in self._parts]
        found: Rows = np.concatenate(slices) if slices else np.empty(0, _FIELDS)
        kept: Rows = found[found["watch"] != _NOBODY]
        return kept

    def drop_watch(self, channel: int, watch: int) -> None:
        """Forget what a watch matched."""
        for part in self._parts:
            mine = part.rows[_place(part, channel)]["watch"]
            mine[mine == watch] = _NOBODY

    def forget(self, papers: Iterable[int]) -> None:
        """Forget all matches of these papers."""
        gone = np.array(sorted(papers), np.int32)
        kept = [_without(part, gone) for part in self._parts] if len(gone) else self._parts
        self._parts = [part for part in kept if len(part.rows)]


def _part(channel: NDArray[np.int32], rows: Rows) -> _Part:
    """Rows of these channels, sorted; without what was crossed out."""
    kept = rows["watch"] != _NOBODY
    channel, rows = channel[kept], rows[kept]
    order = np.argsort(channel, kind="stable")
    channels, starts = np.unique(channel[order], return_index=True)
    return _Part(channels, np.append(starts, len(order)), rows[order])


def _channel(part: _Part) -> NDArray[np.int32]:
    return np.repeat(part.channels, np.diff(part.starts))


def _place(part: _Part, channel: int) -> slice:
    at = int(np.searchsorted(part.channels, channel))
    if at == len(part.channels) or part.channels[at] != channel:
        return slice(0, 0)
    return slice(int(part.starts[at]), int(part.starts[at + 1]))


def _without(part: _Part, gone: NDArray[np.int32]) -> _Part:
    papers = part.rows["paper"]
    if gone[-1] < papers.min() or gone[0] > papers.max():
        return part
    kept = ~np.isin(papers, gone)
    return part if kept.all() else _part(_channel(part)[kept], part.rows[kept])


LOWEST_THRESHOLD = 60
"""What a channel may set at least, so that no match below it need be held."""

log = structlog.get_logger(__name__)


class WatchChanges(NamedTuple):
    """What changes came to: (channel, watch) that are gone or were changed, and trees now there."""

    dropped: list[tuple[int, int]]
    added: dict[int, Expression]


class WatchSet:
    """Watches by id: whose each is, its text, and the index of all. It reads no database."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.revision = 0
        """Of the newest change taken in."""
        self._channel_of: dict[int, int] = {}
        self._text_of: dict[int, str] = {}
        self._index: WatchIndex[int] = WatchIndex(lexicon)

    def __len__(self) -> int:
        return len(self._text_of)

    def memory(self) -> int:
        """About how many bytes the index takes."""
        return self._index.memory()

    def text(self, watch: int) -> str:
        """The text of a live watch."""
        return self._text_of[watch]

    def channels(self, watches: Iterable[int]) -> list[int]:
        """Whose these watches are."""
        return [self._channel_of[watch] for watch in watches]

    def take(self, changes: Iterable[Change]) -> WatchChanges:
        """Bring the index up to date."""
        taken = WatchChanges([], {})
        for watch, channel, text, revision in changes:
            self.revision = max(self.revision, revision)
            if watch in self._text_of:
                taken.dropped.append((self._channel_of[watch], watch))
                self._drop(watch)
            tree = _read(text) if text else None
            if text and tree:
                self._channel_of[watch], self._text_of[watch] = channel, text
                self._index.add(watch, tree)
                taken.added[watch] = tree
        return taken

    def _drop(self, watch: int) -> None:
        del self._channel_of[watch], self._text_of[watch]
        self._index.remove(watch)

    def find(self, candidates: Sequence[Paper]) -> list[list[tuple[int, float]]]:
        """Which watches match each paper, and how well."""
        return matched(self._index, candidates, LOWEST_THRESHOLD)

    def explain(self, watch: int, paper: Paper, words: KnownWords) -> tuple[Evidence, ...]:
        """Why a watch matched, as it would have been told when it was found."""
        text = self._text_of.get(watch)
        tree = _read(text) if text else None
        return explained(tree, paper, words) if tree else ()


def explained(tree: Expression, paper: Paper, words: KnownWords) -> tuple[Evidence, ...]:
    """Why an expression matches a paper; nothing where that cannot be told."""
    try:
        match = evaluated(tree, paper, words, LOWEST_THRESHOLD)
    except Exception:
        # One paper that cannot be explained must not cost a channel its round.
        log.exception("paper.unexplained", paper_id=paper.id)
        return ()
    return match.evidence if match else ()


def index_of(lexicon: Lexicon, expressions: Mapping[int, Expression]) -> WatchIndex[int]:
    """An index of some expressions alone."""
    index: WatchIndex[int] = WatchIndex(lexicon)
    for key, expression in expressions.items():
        index.add(key, expression)
    return index


def matched(
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
    return [found for part in parts for found in matched(index, part, threshold)]


def _read(text: str) -> Expression | None:
    # A watch stored by another version may no longer parse; it must not stop the others.
    try:
        return parse(text)
    except ExpressionError:
        return None
