"""Variants of all phrases as columns, for the index."""

from itertools import pairwise

import numpy as np

from bot.matching.acronyms import SHORT_FORM
from bot.matching.columns import Array, Column
from bot.matching.lexicon import Lexicon
from bot.matching.phrase import Slot, Variant
from bot.matching.terms import FORM_CODE, Terms
from bot.matching.vocabulary import FUNCTION_WORDS

DEFINITIONS = tuple((short, long) for long, short in SHORT_FORM.items())
"""Acronyms with their long forms, numbered: a variant names the one it rests on."""

_NUMBER = {definition: number for number, definition in enumerate(DEFINITIONS)}
_EVERYWHERE = 1 << 30

_MOST_NEW = 40_000
_ANCHOR = 2  # slots, neighbours, from which a match grows
"""Numbers that are kept as objects until the columns are next looked at."""

TITLE, LINKED = 1, 2
"""Flags of a variant: in titles only; with an "of" between its first two words."""


_COLUMNS = {
    "phrase": np.int32, "first": np.int32, "length": np.int8, "anchor": np.int8,
    "penalty": np.int8, "floor": np.int8, "slack": np.int8, "definition": np.int16,
    "glue": np.int8, "flags": np.int8, "third": np.int32,
}  # fmt: skip
_SLOT_COLUMNS = {"term": np.int32, "form": np.int8, "gap": np.int16}
"""Costs are whole numbers: narrow columns stay in the processor's cache."""


class Variants:
    """One row a variant: whose phrase, which slots, what it costs, and by which pair it is found.

    `anchor` is the first slot of its rarest adjacent pair, and `third` the row of the slot looked
    for next, or of its first where it has two at most. Slots are rows of `term`, `form` and `gap`,
    from `first` on, `length` of them. Rows are only ever added, and seen after `view`.
    """

    phrase: Array
    first: Array
    length: Array
    anchor: Array
    penalty: Array
    floor: Array
    slack: Array
    definition: Array
    glue: Array
    flags: Array
    third: Array
    term: Array
    form: Array
    gap: Array

    def __init__(self, terms: Terms, lexicon: Lexicon) -> None:
        self._terms = terms
        self._lexicon = lexicon
        self._columns = {name: Column(kind) for name, kind in _COLUMNS.items()}
        self._slots = {name: Column(kind) for name, kind in _SLOT_COLUMNS.items()}
        self._new: list[int] = []
        self._new_terms, self._new_forms, self._new_gaps = (c.new for c in self._slots.values())
        self._count = self._slot_count = 0
        self._show()

    def __len__(self) -> int:
        return self._count

    def add(self, phrase: int, variant: Variant, *, title: bool) -> None:
        """Add a variant of a phrase."""
        slots = variant.slots
        anchor = self._rarest(slots)
        rests_on = (variant.acronym, variant.long)
        self._new += (
            phrase,
            self._slot_count,
            len(slots),
            anchor,
            int(variant.penalty),
            int(variant.floor),
            variant.slack,
            _NUMBER[rests_on] if variant.acronym else -1,
            int(variant.glue),
            TITLE * title + LINKED * variant.linked,
            self._slot_count + _third(len(slots), anchor),
        )
        self._count += 1
        self._slot_count += len(slots)
        self._new_terms += self._terms.numbers([term for term, _ in slots])
        self._new_forms += [FORM_CODE[form] for _, form in slots]
        self._new_gaps += variant.gaps
        self._new_gaps.append(0)
        if len(self._new) > _MOST_NEW:
            self.view()

    def _rarest(self, slots: tuple[Slot, ...]) -> int:
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
        """Return how many bytes the columns hold."""
        return sum(column.nbytes for column in (self._columns | self._slots).values())


def _third(length: int, anchor: int) -> int:
    """Return the slot that a match is extended to first, from its anchor and the slot behind."""
    if length <= _ANCHOR:
        return 0
    return anchor + _ANCHOR if anchor + _ANCHOR < length else anchor - 1


def _extend(columns: dict[str, Column], rows: list[int]) -> None:
    """Move rows, which lie flat one after the other, to the ends of the columns."""
    matrix = np.array(rows, np.int32).reshape(-1, len(columns))
    for column, values in zip(columns.values(), matrix.T, strict=True):
        column.add(values)
    rows.clear()
