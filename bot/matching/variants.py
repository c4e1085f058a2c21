"""Variants of all phrases as columns, for the index."""

from itertools import pairwise

import numpy as np

from bot.matching.acronyms import SHORT_FORM
from bot.matching.columns import Array, Column
from bot.matching.lexicon import Lexicon
from bot.matching.phrase import Slot, Variant
from bot.matching.terms import Terms, form_code
from bot.matching.vocabulary import FUNCTION_WORDS

DEFINITIONS = tuple((short, long) for long, short in SHORT_FORM.items())
"""Acronyms with their long forms, numbered: a variant names the one it rests on."""

_NUMBER = {definition: number for number, definition in enumerate(DEFINITIONS)}
_EVERYWHERE = 1 << 30


class Variants:
    """One row a variant: whose phrase, which slots, what it costs, and by which pair it is found.

    `anchor` is the first slot of its rarest adjacent pair; slots are rows of `term`, `form` and
    `gap`, from `first` on, `length` of them. Rows are only ever added.
    """

    def __init__(self, terms: Terms, lexicon: Lexicon) -> None:
        self._terms = terms
        self._lexicon = lexicon
        self._phrase = Column(np.int32)
        self._title = Column(np.bool_)
        self._first = Column(np.int32)
        self._length = Column(np.int8)
        self._anchor = Column(np.int8)
        self._penalty = Column(np.float32)
        self._floor = Column(np.float32)
        self._slack = Column(np.int8)
        self._definition = Column(np.int16)
        self._linked = Column(np.bool_)
        self._glue = Column(np.float32)
        self._term = Column(np.int32)
        self._form = Column(np.int8)
        self._gap = Column(np.int16)
        self.view()

    def __len__(self) -> int:
        return len(self._phrase)

    def add(self, phrase: int, variant: Variant, *, title: bool) -> None:
        """Add a variant of a phrase."""
        slots = variant.slots
        self._phrase.append(phrase)
        self._title.append(title)
        self._first.append(len(self._term))
        self._length.append(len(slots))
        self._anchor.append(self._rarest(slots))
        self._penalty.append(variant.penalty)
        self._floor.append(variant.floor)
        self._slack.append(variant.slack)
        rests_on = (variant.acronym, variant.long)
        self._definition.append(_NUMBER[rests_on] if variant.acronym else -1)
        self._linked.append(variant.linked)
        self._glue.append(variant.glue)
        for slot, gap in zip(slots, (*variant.gaps, 0), strict=True):
            self._term.append(self._terms.id(slot.term))
            self._form.append(form_code(slot.form))
            self._gap.append(gap)

    def _rarest(self, slots: tuple[Slot, ...]) -> int:
        counts = [self._frequency(slot.term) for slot in slots]
        products = [a * b for a, b in pairwise(counts)]
        return products.index(min(products)) if products else 0

    def _frequency(self, term: str) -> int:
        return _EVERYWHERE if term in FUNCTION_WORDS else self._lexicon.frequency(term) + 1

    def view(self) -> None:
        """Bring the columns up to date: they are plain arrays, good until the next `add`."""
        self.phrase: Array = self._phrase.view()
        self.title: Array = self._title.view()
        self.first: Array = self._first.view()
        self.length: Array = self._length.view()
        self.anchor: Array = self._anchor.view()
        self.penalty: Array = self._penalty.view()
        self.floor: Array = self._floor.view()
        self.slack: Array = self._slack.view()
        self.definition: Array = self._definition.view()
        self.linked: Array = self._linked.view()
        self.glue: Array = self._glue.view()
        self.term: Array = self._term.view()
        self.form: Array = self._form.view()
        self.gap: Array = self._gap.view()

    def renumber(self, terms: Terms, numbers: Array) -> None:
        """Take new numbers for all terms, by a map from the old ones."""
        self._terms = terms
        renumbered = Column(np.int32)
        renumbered.add(numbers[self.term])
        self._term = renumbered
        self.view()

    def nbytes(self) -> int:
        """Return how many bytes the columns hold."""
        columns = [value for value in vars(self).values() if isinstance(value, Column)]
        return sum(column.nbytes for column in columns)
