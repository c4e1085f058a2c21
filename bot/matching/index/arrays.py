"""Arrays that grow, and hash tables from words to numbers, in numpy."""

import secrets
from collections.abc import Sequence
from functools import lru_cache
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
        """All values, without a copy."""
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
    """The places of what is true, at half the cost of `np.flatnonzero` on small arrays."""
    return mask.nonzero()[0]


def ranges(starts: Array, counts: Array) -> Array:
    """Start, start + 1, … for each row, `counts` of them, all in one array."""
    ends = counts.cumsum()
    total = int(ends[-1]) if len(ends) else 0
    offsets: Array = (starts - (ends - counts)).repeat(counts)
    return np.arange(total) + offsets


_FEWEST_BITS = 12
_SLOTS_A_HASH = 3
_WORD_BITS = 64
_SPREAD = np.uint64(0x9E3779B97F4A7C15)

_MULTIPLIER = secrets.randbits(61) << 3 | 5
"""By chance in each process: nobody can write two words that are taken for one."""


def hash_parts(block: Array, begins: Array, ends: Array) -> Array:
    """A hash of the bytes from begin to end: a polynomial in the multiplier, modulo 2^64.

    It is the difference of two sums from the front, so that every byte is looked at once.
    """
    powers, inverses = _powers(len(block).bit_length())
    sums = np.zeros(len(block) + 1, np.uint64)
    np.cumsum(block * powers[: len(block)], out=sums[1:])
    hashes: Array = (sums[ends] - sums[begins]) * inverses[begins]
    return hashes


WINDOW = 8
"""Bytes that `hash_tokens` reads at once, and needs to be there behind the last token."""

_KEPT = np.array([(1 << 8 * size) - 1 for size in range(WINDOW + 1)], np.uint64)
_HALF, _TO_LOWER = np.uint64(32), np.uint64(ord("a") - ord("A"))
_KEY, _FACTOR = (np.uint64(secrets.randbits(_WORD_BITS) | 1) for _ in range(2))


def hash_tokens(block: Array, begins: Array, ends: Array, lowered: Array) -> Array:
    """A hash of the bytes from begin to end, the first letter as if small where `lowered`.

    Most tokens have up to eight bytes, read in one step, and those never share a hash; few have
    more than two steps' worth. `block` has `WINDOW` bytes more than its tokens reach, and no byte
    of a token is 0.
    """
    windows: Array = np.ndarray(len(block) - WINDOW + 1, "<u8", block, strides=(1,))
    sizes = ends - begins
    hashes = _stirred(_window(windows, begins, sizes) + lowered * _TO_LOWER)
    more = where(sizes > WINDOW)
    if len(more):
        rest = _window(windows, begins[more] + WINDOW, sizes[more] - WINDOW)
        hashes[more] = _stirred(hashes[more] + rest)
    longest = where(sizes > 2 * WINDOW)
    if len(longest):
        tails = zip((begins[longest] + 2 * WINDOW).tolist(), ends[longest].tolist(), strict=True)
        rest = np.array([hash(block[begin:end].tobytes()) for begin, end in tails]).view(np.uint64)
        hashes[longest] = _stirred(hashes[longest] + rest)
    return hashes


def _window(windows: Array, at: Array, left: Array) -> Array:
    """Eight bytes from each place as one number, without what is not the token's."""
    window: Array = windows.take(at) & _KEPT.take(left, mode="clip")
    return window


def _stirred(numbers: Array) -> Array:
    """The numbers one to one as others in which each bit depends on all."""
    numbers = numbers ^ _KEY
    numbers = (numbers ^ (numbers >> _HALF)) * _FACTOR
    stirred: Array = numbers ^ (numbers >> _HALF)
    return stirred


def hash_words(words: Sequence[str]) -> Array:
    """The hashes of words, as `hash_parts` gives them for their UTF-8."""
    encoded = [word.encode("utf-8", "surrogatepass") for word in words]
    ends = np.cumsum([0, *map(len, encoded)])
    return hash_parts(np.frombuffer(b"".join(encoded), np.uint8), ends[:-1], ends[1:])


def continued(head: Array, lengths: Array, tail: Array) -> Array:
    """The hashes of words of these lengths, each with another behind it."""
    longest = int(lengths.max(initial=0))
    hashes: Array = head + tail * _powers(longest.bit_length())[0][lengths]
    return hashes


@lru_cache(maxsize=8)
def _powers(bits: int) -> tuple[Array, Array]:
    """The powers of the multiplier and of its inverse, from the 0th on, 2^bits of each."""
    multipliers = _MULTIPLIER, pow(_MULTIPLIER, -1, 1 << _WORD_BITS)
    rows = np.array([[each] * (1 << bits) for each in multipliers], np.uint64)
    rows[:, 0] = 1
    powers, inverses = np.multiply.accumulate(rows, axis=1)
    return powers, inverses


class HashNumbers:
    """A number for each 64-bit hash, from 0 on in the order added: a hash table in columns.

    A place that is taken sends to the next one; most look-ups take one step.
    """

    def __init__(self) -> None:
        self._hashes = Column(np.uint64)
        self._start(_FEWEST_BITS)

    def __len__(self) -> int:
        return len(self._hashes)

    def _start(self, bits: int) -> None:
        self._shift = np.uint64(_WORD_BITS - bits)
        self._mask = (1 << bits) - 1
        self._numbers = np.full(1 << bits, -1, np.int32)

    def find(self, hashes: Array) -> Array:
        """The number of each hash, -1 where it has none."""
        known, at = self._hashes.view(), self._first(hashes)
        found: Array = self._numbers[at]
        if not len(known):
            return found
        others = where((known[found] != hashes) & (found >= 0))
        while len(others):
            at[others] = (at[others] + 1) & self._mask
            found[others] = self._numbers[at[others]]
            wrong = (known[found[others]] != hashes[others]) & (found[others] >= 0)
            others = others[wrong]
        return found

    def add(self, hashes: Array) -> None:
        """Give the next numbers to hashes that have none, each of them once."""
        self._hashes.add(hashes)
        if len(self) * _SLOTS_A_HASH > self._mask:
            self._start((len(self) * 2 * _SLOTS_A_HASH).bit_length())
            self._place(self._hashes.view(), 0)
        else:
            self._place(hashes, len(self) - len(hashes))

    def _place(self, hashes: Array, first: int) -> None:
        numbers = np.arange(first, first + len(hashes), dtype=np.int32)
        at = self._first(hashes)
        while len(numbers):
            free = self._numbers[at] < 0
            self._numbers[at[free]] = numbers[free]
            left = self._numbers[at] != numbers
            numbers, at = numbers[left], (at[left] + 1) & self._mask

    def _first(self, hashes: Array) -> Array:
        # A short word's hash is a small number: the product spreads it.
        return ((hashes * _SPREAD) >> self._shift).astype(np.int64)

    def nbytes(self) -> int:
        """How many bytes the table holds."""
        return self._hashes.nbytes + self._numbers.nbytes
