"""Which author watches a paper's authors may mean, for the index: some too many, none missed."""

from collections.abc import Iterator, Sequence

import numpy as np

from bot.matching.columns import Array, Column, ranges
from bot.matching.names import Name, readings, wanted_readings
from bot.matching.paper import PaperText

_BITS_A_KEY = 8
_FULL_BY_INITIAL, _INITIAL, _BARE = "*", ".", "|"


class AuthorKeys:
    """Numbers of watches by hashed forms of the name they want; `names.same_person` decides."""

    def __init__(self) -> None:
        self._hashes = Column(np.int64)
        self._watches = Column(np.int32)
        self._sorted = 0
        self._mask = np.int64(0)
        self._bitmap: Array = np.zeros(1, np.bool_)
        self._hash_order: Array = np.empty(0, np.int64)
        self._watch_order: Array = np.empty(0, np.int32)

    def add(self, watch: int, name: str) -> None:
        """Add the number of a watch for an author."""
        for reading in wanted_readings(name):
            for key in _wanted(reading):
                self._hashes.append(hash(key))
                self._watches.append(watch)

    def candidates(self, papers: Sequence[PaperText]) -> Iterator[tuple[int, int]]:
        """Yield (place in `papers`, number of a watch) for watches that may match, each once."""
        if not len(self._hashes):
            return
        self._sort()
        hashes: list[int] = []
        counts = []
        for paper in papers:
            before = len(hashes)
            for written in paper.authors:
                for reading in readings(written):
                    hashes += map(hash, _written(reading))
            counts.append(len(hashes) - before)
        wanted = np.array(hashes, np.int64)
        whose = np.repeat(np.arange(len(papers)), counts)
        maybe = np.flatnonzero(self._bitmap[wanted & self._mask])
        wanted, whose = wanted[maybe], whose[maybe]
        first = np.searchsorted(self._hash_order, wanted)
        found = np.searchsorted(self._hash_order, wanted, side="right") - first
        watches = self._watch_order[ranges(first, found)]
        codes = np.unique((np.repeat(whose, found).astype(np.int64) << 32) | watches)
        yield from zip((codes >> 32).tolist(), (codes & 0xFFFFFFFF).tolist(), strict=True)

    def _sort(self) -> None:
        """Bring new names in. It sorts all of them: at 100,000 in about 10 ms."""
        if self._sorted < len(self._hashes):
            hashes = self._hashes.view()
            order = np.argsort(hashes, kind="stable")
            self._hash_order, self._watch_order = hashes[order], self._watches.view()[order]
            self._sorted = len(hashes)
            bits = (_BITS_A_KEY * len(hashes) - 1).bit_length()
            self._mask = np.int64((1 << bits) - 1)
            self._bitmap = np.zeros(1 << bits, np.bool_)
            self._bitmap[hashes & self._mask] = True

    def nbytes(self) -> int:
        """Return how many bytes the keys hold."""
        columns = self._hashes.nbytes + self._watches.nbytes
        columns += self._bitmap.nbytes
        return columns + self._hash_order.nbytes + self._watch_order.nbytes


def _wanted(name: Name) -> Iterator[str]:
    """Yield the keys under which a wanted name is found."""
    surname, given = name
    if not given:
        yield surname + _BARE
        return
    first = given[0]
    if len(first) == 1:
        yield surname + _INITIAL + first
    else:
        yield f"{surname} {first}"
        yield f"{surname} {''.join(given)}"
        yield surname + _FULL_BY_INITIAL + first[0]
    swapped = (*given[1:], surname)
    yield f"{first} {swapped[0]}"


def _written(name: Name) -> tuple[str, ...]:
    """Return the keys to look under for a name as a paper writes it."""
    surname, given = name
    if not given:
        return (surname + _BARE,)
    first = given[0]
    turned = (_key(first, given[1]),) if len(given) > 1 else ()
    if len(first) == 1:
        return (
            surname + _BARE, surname + _INITIAL + first, surname + _FULL_BY_INITIAL + first,
            f"{surname} {first}", *turned,
        )  # fmt: skip
    joined = (f"{surname} {''.join(given)}",) if len(given) > 1 else ()
    return (
        surname + _BARE, surname + _INITIAL + first[0], f"{surname} {first}", *joined, *turned,
    )  # fmt: skip


def _key(surname: str, first: str) -> str:
    """Return the key of a wanted name with this given name or initial."""
    return surname + (_INITIAL if len(first) == 1 else " ") + first
