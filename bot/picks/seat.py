"""One person's votes, summed into a sparse vector."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_NOTHING = 1e-9


@dataclass(slots=True)
class Seat:
    """`count` is the weight of its votes; `places` (ascending, distinct) and `sums` their vector.

    Weights are in units of the taste's epoch, so that decay costs nothing until they are read.
    """

    count: float = 0.0
    places: NDArray[np.uint16] = field(default_factory=lambda: np.empty(0, dtype=np.uint16))
    sums: NDArray[np.float64] = field(default_factory=lambda: np.empty(0, dtype=np.float64))

    def add(self, count: float, places: NDArray[np.uint16], values: NDArray[np.float64]) -> None:
        """Add a vote's vector and its weight; a seat that falls back to no votes is emptied."""
        self.count += count
        if self.count <= _NOTHING:
            self.count, self.places, self.sums = 0.0, self.places[:0], self.sums[:0]
            return
        together = np.union1d(self.places, places)
        sums = np.zeros(len(together))
        sums[np.searchsorted(together, self.places)] = self.sums
        sums[np.searchsorted(together, places)] += values
        self.places, self.sums = together, sums

    def scale(self, by: float) -> None:
        """Multiply everything, as when the epoch moves on."""
        self.count *= by
        self.sums = self.sums * by

    def keep(self, strongest: float) -> None:
        """Forget the features whose sum is below `strongest` in size."""
        kept = np.abs(self.sums) >= strongest
        self.places, self.sums = self.places[kept], self.sums[kept]
