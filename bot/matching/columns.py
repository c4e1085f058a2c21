"""Growing columns and rows of numbers, read as numpy arrays."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]
"""Numbers or truth values."""


class Column:
    """A numpy array that grows at its end in amortised constant time.

    `append` only notes a value; `view` brings it in. A view is good until the next.
    """

    def __init__(self, dtype: DTypeLike, width: int = 0) -> None:
        self._width = width
        self._array = np.empty((64, width) if width else 64, dtype)
        self._size = 0
        self.new: list[float] = []
        self.append = self.new.append

    def __len__(self) -> int:
        return self._size + len(self.new) // (self._width or 1)

    @property
    def nbytes(self) -> int:
        """Bytes held, room to grow included."""
        return self._array.nbytes + 8 * len(self.new)

    def add(self, values: Array) -> None:
        """Add an array at the end."""
        self.view()
        self._put(values)

    def put(self, place: int, value: float) -> None:
        """Change the value at a place."""
        if place < self._size:
            self._array[place] = value
        else:
            self.new[place - self._size] = value

    def view(self) -> Array:
        """Return all values, without a copy."""
        if self.new:
            fresh = np.array(self.new, self._array.dtype)
            self.new.clear()
            self._put(fresh.reshape(-1, self._width) if self._width else fresh)
        return self._array[: self._size]

    def _put(self, values: Array) -> None:
        needed = self._size + len(values)
        if needed > len(self._array):
            shape = (max(needed, len(self._array) * 3 // 2), *self._array.shape[1:])
            larger = np.empty(shape, self._array.dtype)
            larger[: self._size] = self._array[: self._size]
            self._array = larger
        self._array[self._size : needed] = values
        self._size = needed


class Rows(Column):
    """Rows of `width` whole numbers each; `new` takes them flat, one row after the other."""

    def __init__(self, width: int) -> None:
        super().__init__(np.int32, width)


def where(mask: Array) -> Array:
    """Return the places of what is true, at half the cost of `np.flatnonzero` on small arrays."""
    return mask.nonzero()[0]


def ranges(starts: Array, counts: Array) -> Array:
    """Return start, start + 1, … for each row, `counts` of them, all in one array."""
    ends = counts.cumsum()
    total = int(ends[-1]) if len(ends) else 0
    offsets: Array = (starts - (ends - counts)).repeat(counts)
    return np.arange(total) + offsets
