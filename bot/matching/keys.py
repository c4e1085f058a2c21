"""How variants are found from a paper's words: by their one word, or by their anchor pair."""

import numpy as np

from bot.matching.columns import Array, ranges
from bot.matching.terms import Terms
from bot.matching.variants import Variants

_BITS_A_PAIR = 16
_FEWEST_BITS = 1 << 10
_MIX_A, _MIX_B = np.int64(0x9E3779B1), np.int64(0x85EBCA77)


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
        self._by_pair(several, classes[anchors], classes[anchors + 1])
        slots = classes[variants.first[start] : _stop_slot(variants, stop)]
        self.classes: Array = np.unique(slots)

    def _by_class(self, rows: Array, classes: Array, class_count: int) -> None:
        self._one_rows = rows[np.argsort(classes, kind="stable")].astype(np.int32)
        counts = np.bincount(classes, minlength=class_count)
        self._one_ends = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)

    def _by_pair(self, rows: Array, left: Array, right: Array) -> None:
        codes = _code(left, right)
        order = np.argsort(codes, kind="stable")
        self._pair_rows = rows[order].astype(np.int32)
        self._codes, first, counts = np.unique(codes[order], return_index=True, return_counts=True)
        self._pair_first, self._pair_count = first.astype(np.int32), counts.astype(np.int32)
        bits = _FEWEST_BITS
        while bits < _BITS_A_PAIR * len(self._codes):
            bits *= 2
        self._mask = np.int64(bits - 1)
        self._bitmap = np.zeros(bits, np.bool_)
        self._bitmap[_hash(left, right) & self._mask] = True

    def single(self, classes: Array) -> tuple[Array, Array]:
        """Return (place in `classes`, variant) for variants of one word of these classes."""
        known = np.minimum(classes, len(self._one_ends) - 2)
        firsts = self._one_ends[known]
        counts = np.where(classes == known, self._one_ends[known + 1] - firsts, 0)
        having = np.flatnonzero(counts)
        counts = counts[having]
        rows = self._one_rows[ranges(firsts[having], counts)]
        return np.repeat(having, counts), rows

    def maybe(self, left: Array, right: Array) -> Array:
        """Return where pairs of classes may be anchors; few others pass."""
        return np.flatnonzero(self._bitmap[_hash(left, right) & self._mask])

    def anchored(self, left: Array, right: Array) -> tuple[Array, Array]:
        """Return (place in the pairs, variant) for variants anchored at these pairs of classes."""
        if not len(self._codes):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        codes = _code(left, right)
        at = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
        found = np.flatnonzero(self._codes[at] == codes)
        at = at[found]
        counts = self._pair_count[at]
        return np.repeat(found, counts), self._pair_rows[ranges(self._pair_first[at], counts)]

    def nbytes(self) -> int:
        """Return how many bytes the keys hold."""
        return sum(v.nbytes for v in vars(self).values() if isinstance(v, np.ndarray))


def _stop_slot(variants: Variants, stop: int) -> int:
    return int(variants.first[stop]) if stop < len(variants.first) else len(variants.term)


def _code(left: Array, right: Array) -> Array:
    return (left.astype(np.int64) << 32) | right


def _hash(left: Array, right: Array) -> Array:
    mixed = left.astype(np.int64) * _MIX_A + right.astype(np.int64) * _MIX_B
    folded: Array = mixed ^ (mixed >> 29)
    return folded
