"""A paper as a vector for taste, and a cache of such vectors."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_PAIR = np.dtype([("place", np.int32), ("value", np.float32)])
_TELLING = 0.01
_SAID = 2
_LOOKED_AT = 8


@dataclass(frozen=True, slots=True)
class PaperVector:
    """A paper as a vector of length 1 (or 0, of a paper without words).

    `places` (distinct, ascending, 0..SIZE-1) and `values` are its sparse part, `words` their
    readable forms; `meaning` is its dense part; `digest` tells papers apart. `sparse` and `dense`
    hold the numbers once more as bytes, for `products`.
    """

    sparse: bytes = field(init=False, repr=False)
    dense: bytes = field(init=False, repr=False)
    places: NDArray[np.int64]
    values: Floats
    words: tuple[str, ...]
    meaning: Floats
    digest: int

    def __post_init__(self) -> None:
        """Lay the numbers out as bytes."""
        pairs = np.empty(len(self.places), _PAIR)
        pairs["place"], pairs["value"] = self.places, self.values
        dense = self.meaning.tobytes()
        object.__setattr__(self, "sparse", pairs.tobytes())
        object.__setattr__(self, "dense", dense)
        object.__setattr__(self, "meaning", np.frombuffer(dense, np.float32))


def products(sums: Sequence[Floats], meaning: Floats, reads: Sequence[PaperVector]) -> Floats:
    """The product of every row (`sums` of SIZE, `meaning` by dimensions) with every paper."""
    if not reads:
        return np.zeros((len(sums), 0), dtype=np.float32)
    # Most papers are in none of the processor's caches: a join of bytes touches them the least.
    sparse = [read.sparse for read in reads]
    pairs = np.frombuffer(b"".join(sparse), _PAIR)
    dense = np.frombuffer(b"".join([read.dense for read in reads]), np.float32)
    out: Floats = meaning @ dense.reshape(len(reads), -1).T
    sizes = np.fromiter(map(len, sparse), np.int64, len(reads)) // _PAIR.itemsize
    places, values = pairs["place"].astype(np.intp), pairs["value"]
    parts = np.array([row.take(places) for row in sums]) * values
    starts = sizes.cumsum() - sizes
    if sizes.all():
        out += np.add.reduceat(parts, starts, axis=1)
    elif sizes.any():
        # Of a paper without words, reduceat would give a neighbour's.
        out[:, sizes > 0] += np.add.reduceat(parts, starts[sizes > 0], axis=1)
    return out


def speaks(word: str) -> bool:
    """Whether a word tells a reader something: a number or a single Latin letter does not."""
    return not word.isdecimal() and (len(word) > 1 or not word.isascii())


def _is_phrase(word: str) -> bool:
    return " " in word and not word.endswith((" authors", " author"))


def decisive(read: PaperVector, parts: NDArray[np.float64]) -> tuple[str, ...]:
    """At most two phrases of a paper whose `parts` weigh most, neither within the other.

    A lone word tells a reader little of a taste, and the size of a team less: pairs of words and
    full names are named alone.
    """
    chosen: list[str] = []
    for place in np.argsort(-parts, kind="stable")[:_LOOKED_AT].tolist():
        word = read.words[place]
        apart = not any(word in one or one in word for one in chosen)
        if parts[place] > _TELLING and _is_phrase(word) and apart and len(chosen) < _SAID:
            chosen.append(word)
    return tuple(chosen)


class Remembered:
    """The readings last made, at most `most` of them, in two ages.

    `forget` lets go of what was not asked for since it was last called, so that whoever calls it
    now and then holds about what is in use, and not `most` of what once was.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._used: dict[Hashable, PaperVector] = {}
        self._older: dict[Hashable, PaperVector] = {}

    def __len__(self) -> int:
        """How many are held."""
        return len(self._used) + len(self._older)

    def of(self, key: Hashable, make: Callable[[], PaperVector]) -> PaperVector:
        """The reading of `key`, made if it is not held; one that is too many pushes out another."""
        found = self._used.get(key)
        if found is not None:
            return found
        older = self._older.pop(key, None)
        made = self._used[key] = make() if older is None else older
        if len(self) > self._most:
            held = self._older or self._used
            # Another thread may have pushed out the same one.
            held.pop(next(iter(held)), None)
        return made

    def forget(self) -> None:
        """Let go of what was not asked for since the last call."""
        self._older, self._used = self._used, {}
