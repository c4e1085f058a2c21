"""What an index found, kept in columns until someone reads it."""

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from bot.matching.evaluate import evaluated
from bot.matching.index.arrays import Array, Column
from bot.matching.query.expression import Expression
from bot.matching.text.lexicon import KnownWords
from bot.matching.types import Evidence, Match, PaperText

K = TypeVar("K", bound=Hashable)


class WatchKeys(Generic[K]):
    """The keys of each watch, by its number: most have one, and most keys are whole numbers.

    Such are kept in a column too, because reading thousands of finds is mostly waiting for memory.
    """

    def __init__(self) -> None:
        self._keys: list[Collection[K]] = []
        self._only = Column(np.int64)

    def __getitem__(self, watch: int) -> Collection[K]:
        return self._keys[watch]

    def append(self) -> None:
        """Make room for the next watch, without a key yet."""
        self._keys.append(())
        self._only.append(_LOOK)

    def add(self, watch: int, key: K) -> None:
        """Give a watch one more key."""
        self._put(watch, _with(self._keys[watch], key))

    def remove(self, watch: int, key: K) -> None:
        """Take a key from a watch."""
        self._put(watch, _without(self._keys[watch], key))

    def _put(self, watch: int, keys: Collection[K]) -> None:
        self._keys[watch] = keys
        only = next(iter(keys)) if len(keys) == 1 else None
        self._only.put(watch, only if type(only) is int and 0 <= only <= _LARGEST else _LOOK)

    def scores(self, watches: Array, scores: Array) -> list[tuple[K, float]]:
        """The keys of these watches, each with the score beside its watch."""
        only = self._only.view()[watches].tolist()
        if _LOOK not in only:
            return list(zip(only, scores.tolist(), strict=True))
        pairs = zip(watches.tolist(), scores.tolist(), strict=True)
        return [(key, score) for watch, score in pairs for key in self._keys[watch]]


_LOOK = -1
_LARGEST = (1 << 63) - 1


def _with(keys: Collection[K], key: K) -> Collection[K]:
    """The keys with one more: a tuple for one, which most watches have, a dict for many."""
    if isinstance(keys, dict):
        keys[key] = None
        return keys
    return {**dict.fromkeys(keys), key: None} if keys else (key,)


def _without(keys: Collection[K], key: K) -> Collection[K]:
    if isinstance(keys, dict):
        del keys[key]
        return keys
    return ()


@dataclass(frozen=True, slots=True)
class Batch(Generic[K]):
    """What a batch of papers and its finds have in common; rows are finds, by paper."""

    papers: Sequence[PaperText]
    words: KnownWords
    threshold: float
    trees: Sequence[Expression]
    keys: WatchKeys[K]
    watches: Array
    scores: Array


class PaperMatches(Mapping[K, Match]):
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
        """Keys and scores, at a fraction of what reading the matches costs."""
        batch = self._batch
        return batch.keys.scores(batch.watches[self._rows], batch.scores[self._rows])

    def explain(self, watch: int, score: float) -> tuple[Evidence, ...]:
        """The evidence of the watch with this number in the index, which has this score."""
        batch = self._batch
        paper = batch.papers[self._place]
        match = evaluated(batch.trees[watch], paper, batch.words, batch.threshold, score)
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

    def __init__(self, score: float, watch: int, among: PaperMatches[K]) -> None:
        self.score = score
        self._watch = watch
        self._among = among

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """Why it matched, best phrase first."""
        return self._among.explain(self._watch, self.score)
