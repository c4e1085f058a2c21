"""A paper as taste sees it, and what rows of a model say of many of them at once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_TELLING = 0.01
_SAID = 2
_LOOKED_AT = 8


@dataclass(frozen=True, slots=True)
class Reading:
    """A paper as a vector of length 1 (or 0, of a paper without words).

    `places` (distinct, ascending, 0..SIZE-1) and `values` are its sparse part, `words` their
    readable forms; `meaning` is its dense part; `digest` tells papers apart.
    """

    places: NDArray[np.int64]
    values: Floats
    words: tuple[str, ...]
    meaning: Floats
    digest: int


def products(sums: Sequence[Floats], meaning: Floats, reads: Sequence[Reading]) -> Floats:
    """The product of every row (`sums` of SIZE, `meaning` by dimensions) with every paper."""
    if not reads:
        return np.zeros((len(sums), 0), dtype=np.float32)
    dense = np.concatenate([read.meaning for read in reads]).reshape(len(reads), -1)
    out: Floats = meaning @ dense.T
    sizes = np.array([len(read.places) for read in reads])
    places = np.concatenate([read.places for read in reads])
    values = np.concatenate([read.values for read in reads])
    # Of a paper without words, reduceat would give a neighbour's.
    full = sizes > 0
    if full.any():
        starts = (sizes.cumsum() - sizes)[full]
        parts = np.array([row.take(places) for row in sums]) * values
        out[:, full] += np.add.reduceat(parts, starts, axis=1)
    return out


def speaks(word: str) -> bool:
    """Whether a word tells a reader something: a number or a single Latin letter does not."""
    return not word.isdecimal() and (len(word) > 1 or not word.isascii())


def decisive(read: Reading, parts: NDArray[np.float64]) -> tuple[str, ...]:
    """At most two words of a paper whose `parts` weigh most, neither within the other."""
    chosen: list[str] = []
    for place in np.argsort(-parts, kind="stable")[:_LOOKED_AT].tolist():
        word = read.words[place]
        apart = not any(word in one or one in word for one in chosen)
        if parts[place] > _TELLING and speaks(word) and apart and len(chosen) < _SAID:
            chosen.append(word)
    return tuple(chosen)
