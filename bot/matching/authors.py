"""Which author watches a paper's authors may mean, for the index: some too many, none missed."""

from collections.abc import Iterator, Sequence

import numpy as np

from bot.matching.columns import Array, ranges, where
from bot.matching.name_forms import wanted_forms, written_forms
from bot.matching.paper import PaperText

_BITS_A_KEY = 8
_MOST_NEW = 4_000


class AuthorKeys:
    """Numbers of watches by hashed forms of the name they want; `names.same_person` decides."""

    def __init__(self) -> None:
        self._new: list[tuple[str, int]] = []
        self._unsorted: list[tuple[Array, Array]] = []
        self._hashes: Array = np.empty(0, np.uint64)
        self._watches: Array = np.empty(0, np.int32)
        self._shift = np.uint64(63)
        self._bitmap: Array = np.zeros(2, np.bool_)

    def add(self, watch: int, name: str) -> None:
        """Add the number of a watch for an author."""
        self._new.append((name, watch))
        if len(self._new) > _MOST_NEW:
            self._take_in()

    def _take_in(self) -> None:
        if self._new:
            names, watches = zip(*self._new, strict=True)
            whose, hashes = wanted_forms(names)
            self._unsorted.append((hashes, np.array(watches, np.int32)[whose]))
            self._new.clear()

    def candidates(self, papers: Sequence[PaperText]) -> Iterator[tuple[int, int, str]]:
        """Yield (place in `papers`, number of a watch, author) where the author may be meant."""
        self._sort()
        names = [name for paper in papers for name in paper.authors]
        if not len(self._hashes) or not names:
            return
        whose, hashes = written_forms(names)
        maybe = where(self._bitmap[hashes >> self._shift])
        hashes, whose = hashes[maybe], whose[maybe]
        first = self._hashes.searchsorted(hashes)
        found = self._hashes.searchsorted(hashes, side="right") - first
        if not found.any():
            return
        watches = self._watches[ranges(first, found)]
        codes = np.unique((whose.repeat(found).astype(np.int64) << 32) | watches)
        author, watch = codes >> 32, codes & 0xFFFFFFFF
        counts = [len(paper.authors) for paper in papers]
        place = np.arange(len(papers)).repeat(counts)[author]
        for at, number, who in zip(place.tolist(), watch.tolist(), author.tolist(), strict=True):
            yield at, number, names[who]

    def _sort(self) -> None:
        """Bring new names in. It sorts all of them: at 100,000 in about 10 ms."""
        self._take_in()
        if not self._unsorted:
            return
        parts = [(self._hashes, self._watches), *self._unsorted]
        hashes, watches = map(np.concatenate, zip(*parts, strict=True))
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._watches = hashes[order], watches[order]
        self._unsorted.clear()
        bits = (_BITS_A_KEY * len(hashes) - 1).bit_length()
        self._shift = np.uint64(64 - bits)
        self._bitmap = np.zeros(1 << bits, np.bool_)
        self._bitmap[self._hashes >> self._shift] = True

    def nbytes(self) -> int:
        """Return how many bytes the keys hold."""
        columns = self._hashes.nbytes + self._watches.nbytes + self._bitmap.nbytes
        return columns + 200 * len(self._new) + sum(a.nbytes for a, _ in self._unsorted) * 3 // 2
