"""What the tokens of papers say; each is worked out once.

What `text.analyse` sees around the core of a token is seen by `split` for all tokens at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bot.matching.index.arrays import Array, Column, HashNumbers, Rows, ranges, where
from bot.matching.index.split import Split, split
from bot.matching.index.terms import Terms
from bot.matching.text.acronyms import acronyms
from bot.matching.text.definitions import acronym_key
from bot.matching.text.pieces import Piece, body
from bot.matching.text.tokenizer import (
    BRACKET,
    FIELD,
    SENTENCE,
    TITLE_END,
    analyse,
    inner_pause,
    is_abbreviation,
    is_joining,
    is_plural,
    raw_tokens,
    spoken,
)
from bot.matching.types import PaperText

WORD = 4
"""Flag of a piece beside `BEFORE` and `AFTER`: a word of its own, which may be a typo."""

_COUNT, _FACTS = 5, 7
"""Facts of a token: its width, pause, lead, links, kind, count of pieces and their first row."""

_ABBREVIATED, _DEFINING, _CONTENT, _JOINING, _PLURAL = 1, 2, 4, 8, 16
"""Bits of a token's kind: of tokens that begin with a content word, of "and", of plurals."""


@dataclass(frozen=True, slots=True)
class Text:
    """Titles and abstracts of a batch, field after field: a number for each token.

    `start` is where a token begins in units, fields far apart; `field` is twice the number of the
    paper, plus 1 in its abstract; `links` sums those of all tokens before, `pause` sums
    the pauses before. `leads` tells whether a content word stands directly behind, `joined`
    whether a word such as "and" stands in front. `defining` has
    the places of acronyms in brackets that are in our table.
    """

    papers: int
    numbers: Array
    start: Array
    field: Array
    links: Array
    pause: Array
    leads: Array
    joined: Array
    defining: Array
    split: Split

    def raw(self, start: int, stop: int) -> list[str]:
        """The tokens from a place to before another, some without their punctuation."""
        split = self.split
        begins, ends = split.begins[start:stop].tolist(), split.ends[start:stop].tolist()
        data = split.data[begins[0] : ends[-1]] if begins else b""
        return [
            data[begin - begins[0] : end - begins[0]].decode("utf-8", "surrogatepass")
            for begin, end in zip(begins, ends, strict=True)
        ]


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
        self._spoken: set[int] = set()

    def __len__(self) -> int:
        return len(self._numbers)

    def read(self, papers: Sequence[PaperText]) -> Text:
        """The tokens of papers, taking in those that are new."""
        titles = (_spoken(paper.title) for paper in papers)
        abstracts = (paper.abstract for paper in papers)
        found = split([text for both in zip(titles, abstracts, strict=True) for text in both])
        numbers = self._numbers.find(found.hashes)
        if len(new := where(numbers < 0)):
            numbers[new] = self._take_in(found, new)
        width, behind, lead, links, kind = self._facts.view()[numbers, :_COUNT].T
        behind = behind + found.pauses(kind & _ABBREVIATED)
        lead = lead + BRACKET * found.opened
        field = np.arange(len(found.lengths)).repeat(found.lengths)
        advance = width + SENTENCE * ((behind >= SENTENCE) & (field & 1))
        start = advance.cumsum(dtype=np.int64) - advance + field * FIELD
        links = links.cumsum(dtype=np.int64) - links
        leads = np.zeros(len(numbers), np.bool_)
        leads[:-1] = (kind[1:] & _CONTENT > 0) & (lead[1:] + behind[:-1] == 0)
        leads[:-1] &= kind[:-1] & _PLURAL == 0
        leads[:-1] &= field[1:] == field[:-1]
        np.minimum(behind, TITLE_END, out=behind, where=field & 1 == 0)
        pause = (behind + lead).cumsum(dtype=np.int64) - behind
        joined = np.zeros(len(numbers), np.bool_)
        joined[1:] = kind[:-1] & _JOINING > 0
        defining = where(kind & _DEFINING)
        return Text(
            len(papers), numbers, start, field, links, pause, leads, joined, defining, found
        )

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
                pieces, width, pause, defines, links, lead = analyse(text)
                known = bool(defines) and acronym_key(defines) in acronyms().by_key
                if known:
                    self._defines[number] = defines
                kind = _DEFINING * known
            else:
                pieces, width, links = body(text)
                kind, pause, lead = _ABBREVIATED * is_abbreviation(text), inner_pause(text), 0
            if pieces and pieces[0].part == "word":
                kind |= _CONTENT
            elif is_joining(text):
                kind |= _JOINING
            kind |= _PLURAL * is_plural(text)
            note((width, pause, lead, links, kind, len(pieces), row))
            rows += self._rows(pieces)
            row += len(pieces)
            number += 1

    def _rows(self, pieces: Sequence[Piece]) -> list[int]:
        """The pieces as flat rows, noting words never seen before."""
        ids, id_of, spoken = self._terms.ids.get, self._terms.id, self._spoken
        rows: list[int] = []
        for term, start, end, part, glued, _ in pieces:
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
        """The acronym of our table that a defining token is, in brackets."""
        return self._defines[number]

    def nbytes(self) -> int:
        """About how many bytes the tokens hold."""
        return self._numbers.nbytes() + self.pieces.nbytes + self._facts.nbytes


def _spoken(title: str) -> str:
    return " ".join(spoken(raw_tokens(title))) if title.isupper() else title


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
        """The wanted pieces of these tokens, and which token each is of."""
        counts = self._count.view()[tokens]
        having = where(counts)
        counts = counts[having]
        rows = ranges(self._first.view()[tokens[having]], counts)
        return self._pieces.view()[rows], having.repeat(counts)

    def nbytes(self) -> int:
        """How many bytes the columns hold."""
        return self._count.nbytes + self._first.nbytes + self._pieces.nbytes
