"""How variants are found from a paper's words: by their one word, or by their anchor pair."""

import numpy as np

from bot.matching.columns import Array, ranges, where
from bot.matching.terms import Terms
from bot.matching.variants import Variants

_BITS_A_PAIR = 16
_FEWEST_BITS = 1 << 10
_MIX_LEFT, _MIX_RIGHT = np.uint32(0x9E3779B1), np.uint32(0x85EBCA77)
_TOP_BITS = np.uint32(32)


class Keys:
    """The keys of a run of variants: rows `start` to before `stop`, built once.

    Pairs are tested against a bitmap first, so that most cost one look into a small table.
    """

    def __init__(self, variants: Variants, terms: Terms, start: int, stop: int) -> None:
        self.start, self.stop = start, stop
        rows = np.arange(start, stop)
        classes = terms.classes[variants.term]
        single = variants.length[start:stop] == 1
        ones, several = rows[single], rows[~single]
        self._by_class(ones, classes[variants.first[ones]], terms.class_count)
        anchors = variants.first[several] + variants.anchor[several]
        gaps = variants.gap[anchors]
        left, right = classes[anchors], classes[anchors + 1]
        self._left, self._right = _widest(left, gaps, terms), _widest(right, gaps, terms)
        self._by_pair(several, left, right)
        slots = classes[variants.first[start] : _stop_slot(variants, stop)]
        self.classes: Array = np.unique(slots)

    def _by_class(self, rows: Array, classes: Array, class_count: int) -> None:
        self._one_rows = rows[np.argsort(classes, kind="stable")].astype(np.int32)
        counts = np.bincount(classes, minlength=class_count)
        # One class more, without rows, stands for all that came later.
        self._one_ends = np.concatenate(([0], counts.cumsum(), [len(rows)])).astype(np.int32)

    def _by_pair(self, rows: Array, left: Array, right: Array) -> None:
        codes = _code(left, right)
        order = np.argsort(codes, kind="stable")
        self._pair_rows = rows[order].astype(np.int32)
        self._codes, first, counts = np.unique(codes[order], return_index=True, return_counts=True)
        self._pair_first, self._pair_count = first.astype(np.int32), counts.astype(np.int32)
        bits = max(_FEWEST_BITS, _BITS_A_PAIR * len(self._codes))
        self._shift = _TOP_BITS - np.uint32((bits - 1).bit_length())
        self._bitmap = np.zeros(1 << (bits - 1).bit_length(), np.bool_)
        self._bitmap[self._hash(_mixed_left(left), _mixed_right(right))] = True

    def _hash(self, left: Array, right: Array) -> Array:
        """Return the top bits of what two mixed classes add up to."""
        return (left + right) >> self._shift

    def single(self, classes: Array) -> tuple[Array, Array]:
        """Return (place in `classes`, variant) for variants of one word of these classes."""
        known = np.minimum(classes, len(self._one_ends) - 2)
        firsts = self._one_ends[known]
        counts = self._one_ends[known + 1] - firsts
        having = where(counts)
        counts = counts[having]
        rows = self._one_rows[ranges(firsts[having], counts)]
        return having.repeat(counts), rows

    def gap_after(self, classes: Array) -> Array:
        """Return the widest gap of pairs that begin with a class, 0 where none does."""
        return self._left[np.minimum(classes, len(self._left) - 1)]

    def gap_before(self, classes: Array) -> Array:
        """Return the widest gap of pairs that end with a class, 0 where none does."""
        return self._right[np.minimum(classes, len(self._right) - 1)]

    def maybe(self, lefts: Array, row: Array, rights: Array, column: Array) -> Array:
        """Return which pairs lefts[row], rights[column] may be anchors; few others pass."""
        hashes = self._hash(_mixed_left(lefts)[row], _mixed_right(rights)[column])
        return where(self._bitmap[hashes])

    def anchored(self, left: Array, right: Array) -> tuple[Array, Array]:
        """Return (place in the pairs, variant) for variants anchored at these pairs of classes."""
        if not len(self._codes):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        codes = _code(left, right)
        at = np.minimum(self._codes.searchsorted(codes), len(self._codes) - 1)
        found = where(self._codes[at] == codes)
        at = at[found]
        counts = self._pair_count[at]
        return found.repeat(counts), self._pair_rows[ranges(self._pair_first[at], counts)]

    def nbytes(self) -> int:
        """Return how many bytes the keys hold."""
        return sum(v.nbytes for v in vars(self).values() if isinstance(v, np.ndarray))


def _stop_slot(variants: Variants, stop: int) -> int:
    return int(variants.first[stop]) if stop < len(variants.first) else len(variants.term)


def _widest(classes: Array, gaps: Array, terms: Terms) -> Array:
    """Return the widest gap of each class, and 0 for all classes that come later."""
    widest = np.zeros(terms.class_count + 1, np.int8)
    np.maximum.at(widest, classes, gaps)
    return widest


def _code(left: Array, right: Array) -> Array:
    return (left.astype(np.int64) << 32) | right


def _mixed_left(classes: Array) -> Array:
    return classes.astype(np.uint32) * _MIX_LEFT


def _mixed_right(classes: Array) -> Array:
    return classes.astype(np.uint32) * _MIX_RIGHT
