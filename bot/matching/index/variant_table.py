"""Variants of all phrases as arrays, and how a paper's words find them."""

from itertools import pairwise

import numpy as np

from bot.matching.index.arrays import Array, Column, ranges, where
from bot.matching.index.terms import FORM_CODE, Terms
from bot.matching.phrase import Guard, Variant, WordSlot
from bot.matching.text.lexicon import Lexicon
from bot.matching.text.word_lists import FUNCTION_WORDS, OF, OF_OR_TO

_EVERYWHERE = 1 << 30

_MOST_NEW = 40_000
_ANCHOR = 2  # slots, neighbours, from which a match grows
"""Numbers that are kept as objects until the columns are next looked at."""

TITLE, LINKED, LINKED_TO = 1, 2, 4
"""Flags of a variant: in titles only; with an "of" between its first two words."""


_COLUMNS = {
    "phrase": np.int32, "first": np.int32, "length": np.int8, "anchor": np.int8,
    "penalty": np.int8, "floor": np.int8, "slack": np.int8, "guard": np.int32,
    "glue": np.int8, "flags": np.int8, "third": np.int32,
}  # fmt: skip
_SLOT_COLUMNS = {"term": np.int32, "form": np.int8, "gap": np.int16, "pause": np.int8}
"""Costs are whole numbers: narrow columns stay in the processor's cache."""


_LINKS = {0: 0, OF: LINKED, OF_OR_TO: LINKED + LINKED_TO}


class Variants:
    """One row a variant: whose phrase, which slots, what it costs, and by which pair it is found.

    `guard` is a place in `guards`, or -1.
    `anchor` is the first slot of its rarest adjacent pair, and `third` the row of the slot looked
    for next, or of its first where it has two at most. Slots are rows of `term`, `form`, `gap` and
    `pause`, from `first` on, `length` of them. Rows are only ever added, and seen after `view`.
    """

    phrase: Array
    first: Array
    length: Array
    anchor: Array
    penalty: Array
    floor: Array
    slack: Array
    guard: Array
    glue: Array
    flags: Array
    third: Array
    term: Array
    form: Array
    gap: Array
    pause: Array

    def __init__(self, terms: Terms, lexicon: Lexicon) -> None:
        self._terms = terms
        self._lexicon = lexicon
        self._columns = {name: Column(kind) for name, kind in _COLUMNS.items()}
        self._slots = {name: Column(kind) for name, kind in _SLOT_COLUMNS.items()}
        self._new: list[int] = []
        self._new_terms, self._new_forms, self._new_gaps, self._new_pauses = (
            c.new for c in self._slots.values()
        )
        self._count = self._slot_count = 0
        self.guards: list[Guard] = []
        self._guard_numbers: dict[tuple[int, str, bool], int] = {}
        self._show()

    def __len__(self) -> int:
        return self._count

    def add(self, phrase: int, variant: Variant, *, title: bool) -> None:
        """Add a variant of a phrase."""
        slots = variant.slots
        anchor = self._rarest(slots)
        self._new += (
            phrase,
            self._slot_count,
            len(slots),
            anchor,
            int(variant.penalty),
            int(variant.floor),
            variant.slack,
            self._guard_number(variant.guard),
            int(variant.glue),
            TITLE * title + _LINKS[variant.linked],
            self._slot_count + _third(len(slots), anchor),
        )
        self._count += 1
        self._slot_count += len(slots)
        self._new_terms += self._terms.numbers([term for term, _ in slots])
        self._new_forms += [FORM_CODE[form] for _, form in slots]
        self._new_gaps += variant.gaps
        self._new_gaps.append(0)
        self._new_pauses += variant.pauses
        self._new_pauses.append(0)
        if len(self._new) > _MOST_NEW:
            self.view()

    def _guard_number(self, guard: Guard | None) -> int:
        """The number of a guard, -1 for none."""
        if guard is None:
            return -1
        key = guard.sense.number, guard.term, guard.sure
        number = self._guard_numbers.setdefault(key, len(self.guards))
        if number == len(self.guards):
            self.guards.append(guard)
        return number

    def _rarest(self, slots: tuple[WordSlot, ...]) -> int:
        if len(slots) <= _ANCHOR:
            return 0
        counts = [self._frequency(slot.term) for slot in slots]
        products = [a * b for a, b in pairwise(counts)]
        return products.index(min(products))

    def _frequency(self, term: str) -> int:
        return _EVERYWHERE if term in FUNCTION_WORDS else self._lexicon.frequency(term) + 1

    def view(self) -> None:
        """Bring the columns up to date: they are plain arrays, good until the next `view`."""
        if self._new:
            _extend(self._columns, self._new)
        self._show()

    def _show(self) -> None:
        for name, column in (self._columns | self._slots).items():
            setattr(self, name, column.view())

    def renumber(self, terms: Terms, numbers: Array) -> None:
        """Take new numbers for all terms, by a map from the old ones."""
        self._terms = terms
        self.term[:] = numbers[self.term]

    def nbytes(self) -> int:
        """How many bytes the columns hold."""
        return sum(column.nbytes for column in (self._columns | self._slots).values())


def _third(length: int, anchor: int) -> int:
    """The slot that a match is extended to first, from its anchor and the slot behind."""
    if length <= _ANCHOR:
        return 0
    return anchor + _ANCHOR if anchor + _ANCHOR < length else anchor - 1


def _extend(columns: dict[str, Column], rows: list[int]) -> None:
    """Move rows, which lie flat one after the other, to the ends of the columns."""
    matrix = np.array(rows, np.int32).reshape(-1, len(columns))
    for column, values in zip(columns.values(), matrix.T, strict=True):
        column.add(values)
    rows.clear()


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
        """The top bits of what two mixed classes add up to."""
        return (left + right) >> self._shift

    def single(self, classes: Array) -> tuple[Array, Array]:
        """Pairs (place in `classes`, variant) for variants of one word of these classes."""
        known = np.minimum(classes, len(self._one_ends) - 2)
        firsts = self._one_ends[known]
        counts = self._one_ends[known + 1] - firsts
        having = where(counts)
        counts = counts[having]
        rows = self._one_rows[ranges(firsts[having], counts)]
        return having.repeat(counts), rows

    def gap_after(self, classes: Array) -> Array:
        """The widest gap of pairs that begin with a class, 0 where none does."""
        return self._left[np.minimum(classes, len(self._left) - 1)]

    def gap_before(self, classes: Array) -> Array:
        """The widest gap of pairs that end with a class, 0 where none does."""
        return self._right[np.minimum(classes, len(self._right) - 1)]

    def maybe(self, lefts: Array, row: Array, rights: Array, column: Array) -> Array:
        """Which pairs lefts[row], rights[column] may be anchors; few others pass."""
        hashes = self._hash(_mixed_left(lefts)[row], _mixed_right(rights)[column])
        return where(self._bitmap[hashes])

    def anchored(self, left: Array, right: Array) -> tuple[Array, Array]:
        """Pairs (place in the pairs, variant) for variants anchored at these pairs of classes."""
        if not len(self._codes):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        codes = _code(left, right)
        at = np.minimum(self._codes.searchsorted(codes), len(self._codes) - 1)
        found = where(self._codes[at] == codes)
        at = at[found]
        counts = self._pair_count[at]
        return found.repeat(counts), self._pair_rows[ranges(self._pair_first[at], counts)]

    def nbytes(self) -> int:
        """How many bytes the keys hold."""
        return sum(v.nbytes for v in vars(self).values() if isinstance(v, np.ndarray))


def _stop_slot(variants: Variants, stop: int) -> int:
    return int(variants.first[stop]) if stop < len(variants.first) else len(variants.term)


def _widest(classes: Array, gaps: Array, terms: Terms) -> Array:
    """The widest gap of each class, and 0 for all classes that come later."""
    widest = np.zeros(terms.class_count + 1, np.int8)
    np.maximum.at(widest, classes, gaps)
    return widest


def _code(left: Array, right: Array) -> Array:
    return (left.astype(np.int64) << 32) | right


def _mixed_left(classes: Array) -> Array:
    return classes.astype(np.uint32) * _MIX_LEFT


def _mixed_right(classes: Array) -> Array:
    return classes.astype(np.uint32) * _MIX_RIGHT
