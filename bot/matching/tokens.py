"""Raw tokens as numbers, for the index: each is analysed once, when it is first seen."""

import numpy as np

from bot.matching.columns import Array, Column, ranges
from bot.matching.terms import Terms
from bot.matching.text import analyse


class Tokens(dict[str, int]):
    """A number for each raw token; `tokens[raw]` analyses what it has not seen.

    Pieces of a token are rows of `pieces`, those with terms that some watch wants are rows of
    `wanted`, chosen by `want`.
    """

    def __init__(self, terms: Terms) -> None:
        super().__init__()
        self.defines: dict[int, str] = {}
        self._terms = terms
        self._advance = Column(np.int32)
        self._piece_count = Column(np.int32)
        self.pieces = Pieces()
        self.new_words: list[int] = []

    def __missing__(self, raw: str) -> int:
        number = self[raw] = len(self)
        token = analyse(raw)
        self._advance.append(token.advance)
        self._piece_count.append(len(token.pieces))
        id_of, pieces = self._terms.id, self.pieces
        known = len(self._terms)
        for term, start, end, part, inner in token.pieces:
            term_id = id_of(term)
            pieces.term.append(term_id)
            pieces.start.append(start)
            pieces.end.append(end)
            pieces.inner.append(inner)
            pieces.word.append(part == "word")
            if part == "word" and term_id >= known:
                self.new_words.append(term_id)
        if token.defines:
            self.defines[number] = token.defines
        return number

    @property
    def advance(self) -> Array:
        """How far each token moves the position on."""
        return self._advance.view()

    @property
    def piece_count(self) -> Array:
        """How many pieces each token has, in the order of `pieces`."""
        return self._piece_count.view()

    def nbytes(self) -> int:
        """Return about how many bytes the tokens hold."""
        return 170 * len(self) + self.pieces.nbytes() + self._advance.nbytes * 2


class Pieces:
    """Columns of pieces: term, place within the token, and whether it may be a typo."""

    def __init__(self) -> None:
        self.term = Column(np.int32)
        self.start = Column(np.int32)
        self.end = Column(np.int32)
        self.inner = Column(np.bool_)
        self.word = Column(np.bool_)

    def columns(self) -> tuple[Column, ...]:
        """Return all columns, in the order of their names here."""
        return self.term, self.start, self.end, self.inner, self.word

    def nbytes(self) -> int:
        """Return how many bytes the columns hold."""
        return sum(column.nbytes for column in self.columns())


class WantedPieces:
    """The pieces of tokens that some watch wants; it follows `Tokens` as they grow."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens
        self._count = Column(np.int32)
        self._first = Column(np.int32)
        self._pieces = Pieces()
        self._seen_pieces = 0

    def follow(self, wanted_terms: Array) -> None:
        """Take in tokens new since the last call, with the pieces whose terms are wanted."""
        start = len(self._count)
        counts = self._tokens.piece_count[start:]
        if not len(counts):
            return
        columns = [column.view()[self._seen_pieces :] for column in self._tokens.pieces.columns()]
        self._seen_pieces += len(columns[0])
        kept = wanted_terms[columns[0]]
        before = np.concatenate(([0], np.cumsum(kept)))
        ends = np.cumsum(counts)
        self._first.add(before[ends - counts] + len(self._pieces.term))
        self._count.add(before[ends] - before[ends - counts])
        for column, values in zip(self._pieces.columns(), columns, strict=True):
            column.add(values[kept])

    def of(self, tokens: Array) -> tuple[Array, Array]:
        """Return the row of each wanted piece of these tokens, and which token it is of."""
        counts = self._count.view()[tokens]
        having = np.flatnonzero(counts)
        counts = counts[having]
        return ranges(self._first.view()[tokens[having]], counts), np.repeat(having, counts)

    @property
    def pieces(self) -> Pieces:
        """The rows that `of` names."""
        return self._pieces
