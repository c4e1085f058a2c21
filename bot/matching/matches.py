"""What an index found, kept in columns until someone reads it."""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bot.matching.columns import Array
from bot.matching.evaluate import evaluated
from bot.matching.expression import Expression
from bot.matching.lexicon import KnownWords
from bot.matching.paper import Evidence, Match, PaperText

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Batch(Generic[K]):
    """What a batch of papers and its finds have in common; rows are finds, by paper."""

    papers: Sequence[PaperText]
    words: KnownWords
    threshold: float
    trees: Sequence[Expression]
    keys: Sequence[Collection[K]]
    watches: Array
    scores: Array


class Matches(Mapping[K, Match]):
    """The watches that match one paper, by key.

    Built when first read: at 200,000 watches most finds are looked at by nobody but their channel,
    and objects for all would cost more than finding them. A watch removed before is left out.
    """

    __slots__ = ("_batch", "_found", "_place", "_rows")

    def __init__(self, batch: Batch[K], place: int, rows: slice) -> None:
        self._batch = batch
        self._place = place
        self._rows = rows
        self._found: dict[K, Match] | None = None

    def _read(self) -> dict[K, Match]:
        if self._found is None:
            batch = self._batch
            watches, scores = batch.watches[self._rows], batch.scores[self._rows]
            self._found = {}
            for watch, score in zip(watches.tolist(), scores.tolist(), strict=True):
                match = _Explained(score, watch, self)
                for key in batch.keys[watch]:
                    self._found[key] = match
        return self._found

    def scores(self) -> list[tuple[K, float]]:
        """Return keys and scores, at a fraction of what reading the matches costs."""
        keys = self._batch.keys
        watches, scores = self._batch.watches[self._rows], self._batch.scores[self._rows]
        pairs = zip(watches.tolist(), scores.tolist(), strict=True)
        return [(key, score) for watch, score in pairs for key in keys[watch]]

    def explain(self, watch: int) -> tuple[Evidence, ...]:
        """Return the evidence of the watch with this number in the index."""
        batch = self._batch
        paper = batch.papers[self._place]
        match = evaluated(batch.trees[watch], paper, batch.words, batch.threshold)
        return match.evidence if match else ()

    def __getitem__(self, key: K) -> Match:
        return self._read()[key]

    def __iter__(self) -> Iterator[K]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return repr(self._read())


class _Explained(Match):
    """A match that works out its evidence when it is read, as it would have been when found."""

    __slots__ = ("_among", "_watch")

    def __init__(self, score: float, watch: int, among: Matches[K]) -> None:
        self.score = score
        self._watch = watch
        self._among = among

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Why it matched, best phrase first."""
        return self._among.explain(self._watch)
