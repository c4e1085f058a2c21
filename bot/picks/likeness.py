"""Which words are alike: latent semantic analysis of what an install has read, with numpy alone.

Deerwester et al. 1990; the truncated decomposition is the randomised one of Halko, Martinsson
and Tropp 2011, with power iterations, on a sparse matrix held as three flat arrays.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
        places = np.fromiter(row, dtype=np.int64, count=len(row))
        values = np.fromiter(row.values(), dtype=np.float32, count=len(row))
        values = values * self.telling[places]
        values /= np.linalg.norm(values)
        lies: Dense = values @ self.directions[places].astype(np.float32) - self.centre
        return lies / np.float32(float(np.linalg.norm(lies)) or 1.0)


def likeness(papers: Sequence[Row], dimensions: int) -> Likeness:
    """Learn which places are alike from papers.

    Small collections get fewer dimensions. Equal input gives an equal result.
    """
    counts = np.zeros(_WIDTH)
    for row in papers:
        counts[list(row)] += 1.0
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
    rows: NDArray[np.int64]
    places: NDArray[np.int64]
    values: Dense

    @classmethod
    def of(cls, rows: Sequence[Row], telling: Dense) -> "_Texts":
        """Weigh the rows and give each length 1."""
        sizes = [len(row) for row in rows]
        places = np.fromiter((p for row in rows for p in row), np.int64, sum(sizes))
        values = np.fromiter((v for row in rows for v in row.values()), np.float32, sum(sizes))
        values = values * telling[places]
        owner = np.repeat(np.arange(len(rows)), sizes)
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
    rows: NDArray[np.int64], places: NDArray[np.int64], values: Dense, right: Dense, count: int
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
    start = np.random.default_rng(0).standard_normal((_WIDTH, kept + _SPARE))
    basis = texts.times(start.astype(np.float32))
    for _ in range(_POWERS):
        basis = texts.times(turned.times(np.linalg.qr(basis)[0]))
    basis = np.linalg.qr(basis)[0]
    small = turned.times(basis)
    squares, turn = np.linalg.eigh(small.T.astype(np.float64) @ small.astype(np.float64))
    best = np.argsort(-squares)[:kept]
    sizes = np.sqrt(np.maximum(squares[best], 1e-12))
    return np.asarray(small @ turn[:, best] / sizes, dtype=np.float32)
