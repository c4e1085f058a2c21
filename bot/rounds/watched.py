"""All live watches of all channels, in one index, with the lexicon that it reads papers by."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import structlog

from bot.errors import ExpressionError
from bot.matching.evaluate import evaluated
from bot.matching.expression import Expression, parse
from bot.matching.index import WatchIndex
from bot.matching.lexicon import KnownWords, Lexicon
from bot.matching.paper import Evidence
from storage.models import Paper
from storage.watches import Change

LOWEST_THRESHOLD = 60
"""What a channel may set at least, so that no match below it need be held."""

log = structlog.get_logger(__name__)


class Taken(NamedTuple):
    """What changes came to: (channel, watch) that are gone or were changed, and trees now there."""

    dropped: list[tuple[int, int]]
    added: dict[int, Expression]


class Watched:
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

    def take(self, changes: Iterable[Change]) -> Taken:
        """Bring the index up to date."""
        taken = Taken([], {})
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
