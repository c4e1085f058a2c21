"""Everybody's seats side by side, and what they say of papers together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.picks.features import SIZE
from bot.picks.people import People
from bot.picks.reading import Floats, Reading, products

STEEP = 1.5
"""How fast what people say, added up, becomes opinion."""

_FAR = 64.0


@dataclass(frozen=True, slots=True)
class Voices:
    """All seats, and last the watches' words: sparse parts, dense parts (rows by dimensions).

    `epochs` are those of the seats, `left` what the watches' words count for by now.
    """

    sums: Sequence[Floats]
    meaning: Floats
    epochs: NDArray[np.int64]
    left: float

    @classmethod
    def of(cls, rooms: Sequence[People], words: tuple[Floats, Floats], left: float) -> "Voices":
        """Those who sit in `rooms`, and the watches' `words` (sparse and dense)."""
        seats = [seat for people in rooms for seat in people.seats.values()]
        sums, meaning = words
        return cls(
            (*(seat.sums for seat in seats), sums),
            np.array([*(seat.meaning for seat in seats), meaning]),
            np.repeat([room.epoch or 0 for room in rooms], [len(room.seats) for room in rooms]),
            left,
        )

    def values(self, reads: Sequence[Reading], lives: float) -> NDArray[np.float64]:
        """The opinion of each paper, -1..1, at a time in half-lives.

        What one voice says is cut to -1..1 before all are added up.
        """
        said = products(self.sums, self.meaning, reads) * self._faded(lives)[:, None]
        people = np.minimum(np.maximum(said, -1.0), 1.0).sum(axis=0)
        return np.asarray(np.tanh(STEEP * people), dtype=np.float64)

    def parts(self, read: Reading, lives: float) -> NDArray[np.float64]:
        """What each of a paper's features adds to its opinion."""
        rows = np.array([row[read.places] for row in self.sums])
        return np.asarray(self._faded(lives) @ rows * read.values, dtype=np.float64)

    def felt(self) -> Floats:
        """How much each place is liked by all who vote; the watches' words are left out."""
        return sum(self.sums[:-1], np.zeros(SIZE, dtype=np.float32))

    def _faded(self, lives: float) -> NDArray[np.float64]:
        """What turns each row of sums into what it counts for at a time; words do not fade."""
        ages = np.minimum(self.epochs - lives, _FAR)
        return np.append(2.0**ages, self.left)


def spoken(reads: Sequence[Reading], loud: float, dimensions: int) -> tuple[Floats, Floats]:
    """Words as a seat that no vote changes and no time fades, each as `loud`."""
    sums = np.zeros(SIZE, dtype=np.float32)
    meaning = np.zeros(dimensions, dtype=np.float32)
    for read in reads:
        sums[read.places] += np.float32(loud) * read.values
        meaning += np.float32(loud) * read.meaning
    return sums, meaning
