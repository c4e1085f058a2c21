"""Raw tokens as numbers, for the index: each is analysed once, when it is first seen."""

from collections.abc import Sequence
from operator import itemgetter
from typing import get_args

import numpy as np

from bot.matching.acronyms import SHORT_FORMS
from bot.matching.columns import Array, Column, Rows, ranges
from bot.matching.terms import Terms
from bot.matching.text import AFTER, BEFORE, Part, analyse

WORD = 4
"""Flag of a piece beside `BEFORE` and `AFTER`: a word of its own, which may be a typo."""

_FLAGS = {
    (part, glued): WORD * (part == "word") + glued
    for part in get_args(Part)
    for glued in range(BEFORE + AFTER + 1)
}


class Tokens(dict[str, int]):
    """A number for each raw token, given when it is first looked up by `numbers`.

    `defines` has the tokens that are an acronym of our table in brackets;
    `pieces` has a row of term, start, end and flags for each piece, token after token; `new_words`
    collects words never seen in a paper before, until someone clears it.
    """

    def __init__(self, terms: Terms) -> None:
        super().__init__()
        self.defines: dict[int, str] = {}
        self.pieces = Rows(4)
        self.new_words: list[int] = []
        self._terms = terms
        self._measures = Rows(4)
        self._new: list[str] = []
        self._spoken: set[int] = set()

    def __missing__(self, raw: str) -> int:
        number = self[raw] = len(self)
        self._new.append(raw)
        return number

    def numbers(self, raw: Sequence[str]) -> Array:
        """Return the numbers of many tokens, and analyse those that are new."""
        # For two and more, itemgetter is the fastest way through a dictionary.
        found = itemgetter(*raw)(self) if len(raw) > 1 else map(self.__getitem__, raw)
        numbers = np.fromiter(found, np.int32, len(raw))
        self._analyse_new()
        return numbers

    def _analyse_new(self) -> None:
        """Analyse the new ones in one go, which is twice as fast as one now and then."""
        ids, id_of = self._terms.ids, self._terms.id
        measures, rows, spoken = self._measures.new, self.pieces.new, self._spoken
        for number, raw in enumerate(self._new, len(self) - len(self._new)):
            pieces, advance, defines, links = analyse(raw)
            defining = defines in SHORT_FORMS
            measures += (advance, links, len(pieces), defining)
            if defining:
                self.defines[number] = defines
            for term, start, end, part, glued in pieces:
                term_id = ids.get(term)
                if term_id is None:
                    term_id = id_of(term)
                if part == "word" and term_id not in spoken:
                    spoken.add(term_id)
                    self.new_words.append(term_id)
                rows += (term_id, start, end, _FLAGS[part, glued])
        self._new.clear()

    @property
    def measures(self) -> Array:
        """A row for each token: its advance, links, number of pieces, and whether it `defines`."""
        return self._measures.view()

    def nbytes(self) -> int:
        """Return about how many bytes the tokens hold."""
        return 170 * len(self) + self.pieces.nbytes + self._measures.nbytes


class WantedPieces:
    """The pieces of tokens that some watch wants; it follows `Tokens` as they grow."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._count = Column(np.int32)
        self._first = Column(np.int32)
        self._pieces = Rows(4)
        self._seen = 0

    def follow(self, wanted_terms: Array) -> None:
        """Take in tokens new since the last call, with the pieces whose terms are wanted."""
        counts = self._tokens.measures[len(self._count) :, 2]
        if not len(counts):
            return
        pieces = self._tokens.pieces.view()[self._seen :]
        self._seen += len(pieces)
        kept = wanted_terms[pieces[:, 0]]
        before = np.concatenate(([0], np.cumsum(kept)))
        ends = np.cumsum(counts)
        self._first.add(before[ends - counts] + len(self._pieces))
        self._count.add(before[ends] - before[ends - counts])
        self._pieces.add(pieces[kept])

    def of(self, tokens: Array) -> tuple[Array, Array]:
        """Return the wanted pieces of these tokens, and which token each is of."""
        counts = self._count.view()[tokens]
        having = np.flatnonzero(counts)
        counts = counts[having]
        rows = ranges(self._first.view()[tokens[having]], counts)
        return self._pieces.view()[rows], np.repeat(having, counts)

    def nbytes(self) -> int:
        """Return how many bytes the columns hold."""
        return self._count.nbytes + self._first.nbytes + self._pieces.nbytes
