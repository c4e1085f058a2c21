"""Tokens of papers as numbers, for the index: what each says is worked out once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bot.matching.acronyms import SHORT_FORMS
from bot.matching.columns import Array, Column, Rows, ranges, where
from bot.matching.hashes import HashNumbers
from bot.matching.paper import PaperText
from bot.matching.pieces import Piece, body
from bot.matching.split import Split, split
from bot.matching.terms import Terms
from bot.matching.text import BRACKET, FIELD, analyse, is_abbreviation

WORD = 4
"""Flag of a piece beside `BEFORE` and `AFTER`: a word of its own, which may be a typo."""

_COUNT, _FACTS = 3, 5
"""Of a token are noted its width, links and kind, and the count and first of its pieces."""

_ABBREVIATED, _DEFINING = 1, 2
"""Kinds of tokens; most are 0."""


@dataclass(frozen=True, slots=True)
class Text:
    """Titles and abstracts of a batch, field after field: a number for each token.

    `start` is where a token begins in units, fields far apart; `field` is twice the number of the
    paper, plus 1 in its abstract; `links` counts the word "of" in all tokens before. `defining` has
    the places of acronyms in brackets that are in our table.
    """

    papers: int
    numbers: Array
    start: Array
    field: Array
    links: Array
    defining: Array


class Tokens:
    """What tokens say, by number: of a core without its punctuation, or of a token taken whole.

    `pieces` has a row of term, start, end and flags for each piece, token after token, `counts` of
    them each; `new_words` collects words never seen in a paper before, until someone clears it.
    """

    def __init__(self, terms: Terms) -> None:
        self.pieces = Rows(4)
        self.new_words: list[int] = []
        self._terms = terms
        self._numbers = HashNumbers()
        self._facts = Rows(_FACTS)
        self._defines: dict[int, str] = {}
        self._words: dict[int, tuple[str, ...]] = {}
        self._spoken: set[int] = set()

    def __len__(self) -> int:
        return len(self._numbers)

    def read(self, papers: Sequence[PaperText]) -> Text:
        """Return the tokens of papers, taking in those that are new."""
        found = split([text for paper in papers for text in (paper.title, paper.abstract)])
        numbers = self._numbers.find(found.hashes)
        if len(new := where(numbers < 0)):
            numbers[new] = self._take_in(found, new)
        width, links, kind = self._facts.view()[numbers, :_COUNT].T
        advance = width + found.pauses(kind == _ABBREVIATED)
        field = np.arange(len(found.lengths)).repeat(found.lengths)
        start = advance.cumsum(dtype=np.int64) - advance + field * FIELD
        start += BRACKET * found.opened
        links = links.cumsum(dtype=np.int64) - links
        return Text(len(papers), numbers, start, field, links, where(kind == _DEFINING))

    def _take_in(self, found: Split, places: Array) -> Array:
        """Work out what new tokens say, in one go, and return the number of each.

        That is twice as fast as one now and then.
        """
        hashes, first, which = np.unique(
            found.hashes[places], return_index=True, return_inverse=True
        )
        order = first.argsort()
        number = len(self)
        numbers = np.empty(len(order), np.int64)
        numbers[order] = np.arange(number, number + len(order))
        self._numbers.add(hashes[order])
        self._say(found.texts(places[first[order]]), number)
        return numbers[which]

    def _say(self, texts: Iterable[tuple[str, bool]], number: int) -> None:
        """Note what tokens say, from a number on: of whole ones, and of those without signs."""
        note, rows, row = self._facts.new.extend, self.pieces.new, len(self.pieces)
        for text, whole in texts:
            if whole:
                pieces, width, defines, links = analyse(text)
                if defines in SHORT_FORMS:
                    self._defines[number] = defines
                kind = _DEFINING * (defines in SHORT_FORMS)
            else:
                pieces, width, links = body(text)
                kind = _ABBREVIATED * is_abbreviation(text)
            note((width, links, kind, len(pieces), row))
            rows += self._rows(pieces)
            row += len(pieces)
            number += 1

    def _rows(self, pieces: Sequence[Piece]) -> list[int]:
        """Return the pieces as flat rows, noting words never seen before."""
        ids, id_of, spoken = self._terms.ids.get, self._terms.id, self._spoken
        rows: list[int] = []
        for term, start, end, part, glued in pieces:
            flags = glued
            term_id = ids(term)
            if term_id is None:
                term_id = id_of(term)
            if part == "word":
                flags += WORD
                if term_id not in spoken:
                    spoken.add(term_id)
                    self.new_words.append(term_id)
            rows += (term_id, start, end, flags)
        return rows

    @property
    def counts(self) -> Array:
        """The number of pieces of each token."""
        counts: Array = self._facts.view()[:, _COUNT]
        return counts

    def defines(self, number: int) -> str:
        """Return the acronym of our table that a defining token is, in brackets."""
        return self._defines[number]

    def words(self, number: int) -> tuple[str, ...]:
        """Return the words of a token, in order."""
        found = self._words.get(number)
        if found is None:
            *_, count, first = self._facts.view()[number].tolist()
            rows = self.pieces.view()[first : first + count].tolist()
            texts = self._terms.texts
            found = tuple([texts[term] for term, _, _, flags in rows if flags & WORD])
            self._words[number] = found
        return found

    def nbytes(self) -> int:
        """Return about how many bytes the tokens hold."""
        columns = self._numbers.nbytes() + self.pieces.nbytes + self._facts.nbytes
        return columns + 200 * len(self._words)


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
        counts = self._tokens.counts[len(self._count) :]
        if not len(counts):
            return
        pieces = self._tokens.pieces.view()[self._seen :]
        self._seen += len(pieces)
        kept = wanted_terms[pieces[:, 0]]
        before = np.concatenate(([0], kept.cumsum()))
        ends = counts.cumsum()
        self._first.add(before[ends - counts] + len(self._pieces))
        self._count.add(before[ends] - before[ends - counts])
        self._pieces.add(pieces[kept])

    def of(self, tokens: Array) -> tuple[Array, Array]:
        """Return the wanted pieces of these tokens, and which token each is of."""
        counts = self._count.view()[tokens]
        having = where(counts)
        counts = counts[having]
        rows = ranges(self._first.view()[tokens[having]], counts)
        return self._pieces.view()[rows], having.repeat(counts)

    def nbytes(self) -> int:
        """Return how many bytes the columns hold."""
        return self._count.nbytes + self._first.nbytes + self._pieces.nbytes
