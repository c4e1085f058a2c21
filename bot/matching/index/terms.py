"""Terms as numbers, for the index: an id each, its stem class, and how near others may come."""

from collections.abc import Sequence

import numpy as np

from bot.matching.index.arrays import Array, Column
from bot.matching.phrase import Form
from bot.matching.score import SAME, near, soft
from bot.matching.text.word_forms import Kind, Stem, stem

FORMS: tuple[Form, ...] = ("exact", "solo", "modifier", "head")
_KINDS: tuple[Kind, ...] = ("base", "ing", "ed", "ize", "ized", "ics")
FORM_CODE = {form: code for code, form in enumerate(FORMS)}
"""The number of each form."""

_KIND_CODE = {kind: code for code, kind in enumerate(_KINDS)}
_KIND, _SOFT = 7, 8
"""Bits of a term's traits: the form of its stem, and whether it has near forms."""

EXACT = FORM_CODE["exact"]

_TRAITS = 4
"""Bits of a term's traits."""


def _near(form: Form, ours: int, theirs: int) -> float:
    """The similarity of words of one stem, by the traits of both."""
    kinds = [traits & _KIND for traits in (ours, theirs)]
    if not ours & theirs & _SOFT or max(kinds) >= len(_KINDS):
        return 0.0
    one, other = (Stem("", _KINDS[kind]) for kind in kinds)
    return near(form, one, other)


_ALL = range(1 << _TRAITS)
_NEAR = np.array([_near(form, ours, theirs) for form in FORMS for ours in _ALL for theirs in _ALL])
"""Similarity by form of the slot, traits of its word, traits of the paper's word, of one stem."""


class Terms:
    """Every term seen in watches and papers gets a number, from 0 on, and so does every stem."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.ids: dict[str, int] = {}
        self._classes: dict[str, int] = {}
        self._class_of = Column(np.int32)
        self._traits = Column(np.int8)

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def class_count(self) -> int:
        """How many stems there are."""
        return len(self._classes)

    @property
    def classes(self) -> Array:
        """The stem class of each term."""
        return self._class_of.view()

    def id(self, term: str) -> int:
        """The number of a term, a new one if it was never seen."""
        found = self.ids.get(term)
        return self._new(term) if found is None else found

    def numbers(self, terms: Sequence[str]) -> list[int]:
        """The numbers of some terms, as `id` does."""
        try:
            return [self.ids[term] for term in terms]
        except KeyError:
            return [self.id(term) for term in terms]

    def _new(self, term: str) -> int:
        number = self.ids[term] = len(self.texts)
        self.texts.append(term)
        key, kind = stem(term)
        classes = self._classes
        self._class_of.append(classes.setdefault(key, len(classes)))
        self._traits.append(_KIND_CODE[kind] | _SOFT * soft(term))
        return number

    def similarity(self, form: Array, wanted: Array, seen: Array, certain: Array) -> Array:
        """Row by row what `score.similarity` gives for terms of one stem class.

        `certain` is what the seen word is worth if it is the wanted one: 100, or less for a typo
        that was read as `seen`, which then must be that very word and not merely near it.
        """
        traits = self._traits.view()
        row = (form.astype(np.int32) << _TRAITS) | traits[wanted]
        sure = certain == SAME
        alike = _NEAR.take((row << _TRAITS) | traits[seen]) * sure
        same = (wanted == seen) & ((form != EXACT) | sure)
        return np.where(same, certain, alike)

    def renumbered(self, kept: Sequence[int]) -> tuple["Terms", Array]:
        """New terms with only those kept, and a map from old numbers to new ones (or -1)."""
        fresh = Terms()
        numbers = np.full(len(self.texts), -1, np.int32)
        for old in kept:
            numbers[old] = fresh.id(self.texts[old])
        return fresh, numbers

    def nbytes(self) -> int:
        """About how many bytes the terms hold."""
        columns = self._class_of.nbytes + self._traits.nbytes
        return columns + 190 * len(self.texts) + 120 * len(self._classes)
