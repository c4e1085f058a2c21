"""Growing columns of numbers, read as numpy arrays."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]
"""One dimension of numbers or truth values."""


class Column:
    """A numpy array that grows at its end in amortised constant time.

    `append` and `extend` only note values; `view` brings them in. A view is good until the next.
    """

    def __init__(self, dtype: DTypeLike) -> None:
        self._array = np.empty(64, dtype)
        self._size = 0
        self._new: list[float] = []
        self.append = self._new.append

    def __len__(self) -> int:
        return self._size + len(self._new)

    @property
    def nbytes(self) -> int:
        """Bytes held, room to grow included."""
        return self._array.nbytes + 8 * len(self._new)

    def extend(self, values: Iterable[float]) -> None:
        """Add values at the end."""
        self._new.extend(values)

    def add(self, values: Array) -> None:
        """Add an array at the end."""
        self.view()
        self._room(len(values))
        self._array[self._size : self._size + len(values)] = values
        self._size += len(values)

    def view(self) -> Array:
        """Return all values, without a copy."""
        if self._new:
            self._room(len(self._new))
            self._array[self._size : self._size + len(self._new)] = self._new
            self._size += len(self._new)
            self._new.clear()
        return self._array[: self._size]

    def _room(self, more: int) -> None:
        needed = self._size + more
        if needed > len(self._array):
            larger = np.empty(max(needed, len(self._array) * 3 // 2), self._array.dtype)
            larger[: self._size] = self._array[: self._size]
            self._array = larger


def ranges(starts: Array, counts: Array) -> Array:
    """Return start, start + 1, … for each row, `counts` of them, all in one array."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    offsets: Array = np.repeat(starts - (ends - counts), counts)
    return np.arange(total) + offsets
