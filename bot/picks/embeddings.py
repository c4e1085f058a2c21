"""Word embeddings by latent semantic analysis, and a metric learned from channels' likes.

Deerwester et al. 1990; the truncated decomposition is the randomised one of Halko, Martinsson
and Tropp 2011, with power iterations, on a sparse matrix held as three flat arrays.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bot.picks.features import GRAMS, SIZE

DIMENSIONS = 256
"""How many directions of meaning are kept."""

Row = dict[int, float]
"""A text as weights by place in 0..SIZE+GRAMS-1."""

Dense = NDArray[np.float32]

_WIDTH = SIZE + GRAMS
_SPARE = 16
_POWERS = 3
_PAPERS_A_DIMENSION = 4
_CHUNK = 1 << 10


class Packed(NamedTuple):
    """A row in two arrays: 8 bytes an entry, where a dict takes 100."""

    places: NDArray[np.int32]
    values: Dense

    @classmethod
    def of(cls, row: Row) -> "Packed":
        """Pack a row, its entries in the same order."""
        places = np.fromiter(row, dtype=np.int32, count=len(row))
        return cls(places, np.fromiter(row.values(), dtype=np.float32, count=len(row)))


@dataclass(frozen=True, slots=True)
class Likeness:
    """Directions of meaning for each place, weights of places, and where texts lie on average.

    `spread` is the covariance of where they lie (dimensions by dimensions).
    """

    telling: Dense
    directions: NDArray[np.float16]
    centre: Dense
    spread: Dense

    @classmethod
    def none(cls) -> "Likeness":
        """No likeness known: every text lies at a point without dimensions."""
        return cls(
            np.ones(_WIDTH, dtype=np.float32),
            np.zeros((_WIDTH, 0), dtype=np.float16),
            np.zeros(0, dtype=np.float32),
            np.zeros((0, 0), dtype=np.float32),
        )

    def place(self, row: Row) -> Dense:
        """Where a text lies: a vector of length 1, or of zeros where nothing is known."""
        if not row or not len(self.centre):
            return np.zeros_like(self.centre)
        places, values = Packed.of(row)
        values = values * self.telling[places]
        values /= np.linalg.norm(values)
        lies: Dense = values @ self.directions[places].astype(np.float32) - self.centre
        return lies / np.float32(float(np.linalg.norm(lies)) or 1.0)


def likeness(papers: Sequence[Packed], dimensions: int) -> Likeness:
    """Learn which places are alike from papers.

    Small collections get fewer dimensions. Equal input gives an equal result.
    """
    counts = np.zeros(_WIDTH)
    for row in papers:
        counts[row.places] += 1.0
    telling = (np.log((1.0 + len(papers)) / (1.0 + counts)) + 1.0).astype(np.float32)
    kept = min(dimensions, len(papers) // _PAPERS_A_DIMENSION)
    texts = _Texts.of(papers, telling)
    if kept < 1 or not len(texts.values):
        return Likeness.none()
    directions = _decompose(texts, kept).astype(np.float16)
    lies = texts.times(directions.astype(np.float32))
    centre = lies.mean(axis=0)
    lies -= centre
    lies /= np.maximum(np.linalg.norm(lies, axis=1, keepdims=True), 1e-9)
    return Likeness(telling, directions, centre, np.atleast_2d(np.cov(lies.T)).astype(np.float32))


@dataclass(frozen=True, slots=True)
class _Texts:
    """A sparse matrix of texts by places, in coordinates: `rows`, `places`, `values`."""

    count: int
    rows: NDArray[np.int32]
    places: NDArray[np.int32]
    values: Dense

    @classmethod
    def of(cls, rows: Sequence[Packed], telling: Dense) -> "_Texts":
        """Weigh the rows and give each length 1."""
        places = np.concatenate([row.places for row in rows])
        values = np.concatenate([row.values for row in rows]) * telling[places]
        owner = np.repeat(np.arange(len(rows), dtype=np.int32), [len(row.places) for row in rows])
        lengths = np.sqrt(np.bincount(owner, values.astype(np.float64) ** 2, len(rows)))
        scale = 1.0 / np.maximum(lengths, 1e-9)
        return cls(len(rows), owner, places, (values * scale[owner]).astype(np.float32))

    def times(self, right: Dense) -> Dense:
        """The matrix times `right` (places by any)."""
        return _gathered(self.rows, self.places, self.values, right, self.count)

    def turned(self) -> "_Texts":
        """The transposed matrix, its entries in the order of its rows."""
        order = np.argsort(self.places, kind="stable")
        return _Texts(_WIDTH, self.places[order], self.rows[order], self.values[order])


def _gathered(
    rows: NDArray[np.int32], places: NDArray[np.int32], values: Dense, right: Dense, count: int
) -> Dense:
    """Sum `values * right[places]` by row, a chunk of entries at a time; rows are in order."""
    out = np.zeros((count, right.shape[1]), dtype=np.float32)
    for start in range(0, len(values), _CHUNK):
        part = slice(start, start + _CHUNK)
        owners, first = np.unique(rows[part], return_index=True)
        products = values[part, None] * right[places[part]]
        out[owners] += np.add.reduceat(products, first, axis=0)
    return out


def _decompose(texts: _Texts, kept: int) -> Dense:
    """The `kept` leading right singular vectors, as columns."""
    turned = texts.turned()
    basis = texts.times(_start(kept + _SPARE))
    for _ in range(_POWERS):
        basis = texts.times(turned.times(np.linalg.qr(basis)[0]))
    basis = np.linalg.qr(basis)[0]
    small = turned.times(basis)
    squares, turn = np.linalg.eigh(_products(small))
    best = np.argsort(-squares)[:kept]
    sizes = np.sqrt(np.maximum(squares[best], 1e-12))
    return np.asarray(small @ turn[:, best] / sizes, dtype=np.float32)


def _start(count: int) -> Dense:
    """Random directions, the same ones each time."""
    return np.random.default_rng(0).standard_normal((_WIDTH, count)).astype(np.float32)


def _products(columns: Dense) -> NDArray[np.float64]:
    """The product of each pair of columns, in double precision."""
    wide = columns.astype(np.float64)
    products: NDArray[np.float64] = wide.T @ wide
    return products


FEWEST_LIKED = 5
"""Papers that a channel must have liked to be counted."""

DOUBT = 300.0
"""Channels after which what was learned counts for half; before, papers lie as their texts say.

Chosen on people outside T1's 200 (tests/quality): pools of 16 channels must not lose by it.
"""

_LEAST = 1e-6


_Exact = NDArray[np.float64]


def learn_metric(spread: Dense, groups: Sequence[Dense]) -> Dense:
    """The matrix to multiply a text's place by (dimensions by dimensions).

    `spread` is the covariance of all texts' places, `groups` the places of what each channel
    liked (papers by dimensions). Only channels' means are read. Equal input gives an equal result.
    """
    dimensions = len(spread)
    means = [group.mean(axis=0) for group in groups if len(group) >= FEWEST_LIKED]
    if not means or not dimensions:
        return np.eye(dimensions, dtype=np.float32)
    apart = np.cov(np.array(means, dtype=np.float64).T, bias=True).reshape(dimensions, dimensions)
    whiten, back = _powers(spread.astype(np.float64))
    told = whiten @ apart @ whiten
    told *= dimensions / max(float(np.trace(told)), _LEAST)
    believed = (len(means) * told + DOUBT * np.eye(dimensions)) / (len(means) + DOUBT)
    return np.asarray(whiten @ believed @ back, dtype=np.float16).astype(np.float32)


def _powers(spread: _Exact) -> tuple[_Exact, _Exact]:
    """The spread to the power of -1/2 and of 1/2, directions without any spread held off zero."""
    sizes, turn = np.linalg.eigh(spread)
    sizes = np.maximum(sizes, max(_LEAST * float(sizes.max()), _LEAST**2))
    return (turn * sizes**-0.5) @ turn.T, (turn * sizes**0.5) @ turn.T
