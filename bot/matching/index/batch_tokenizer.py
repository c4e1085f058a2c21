"""Splits many texts into tokens, held as arrays; each token is worked out once.

What `text.analyse` sees around the core of a token is seen here for all tokens at once.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bot.matching.index.arrays import (
    WINDOW,
    Array,
    Column,
    HashNumbers,
    Rows,
    hash_tokens,
    ranges,
    where,
)
from bot.matching.index.terms import Terms
from bot.matching.text.acronyms import acronyms
from bot.matching.text.definitions import acronym_key
from bot.matching.text.tokenizer import (
    BRACKET,
    CLAUSE,
    COMMA,
    FIELD,
    SENTENCE,
    TITLE_END,
    Piece,
    analyse,
    body,
    evenly_spaced,
    inner_pause,
    is_abbreviation,
    is_joining,
    is_plural,
    raw_tokens,
    spoken,
)
from bot.matching.types import PaperText

_BLOCK = 1 << 16
_LONGEST = 64
"""Bytes of a token whose punctuation is looked at here; a longer one is taken whole."""

_SPACE, _DELETE = 32, 127
_END, _DOT, _CLAUSE, _COMMA, _OPEN, _CLOSE, _EMPTY = (1 << bit for bit in range(7))
_SIGNS = {b".!?": _END, b".": _DOT, b";:": _CLAUSE, b",)]": _COMMA, b"([": _OPEN, b")]": _CLOSE}
_SIGN = np.zeros(256, np.uint8)
for _characters, _flag in _SIGNS.items():
    _SIGN[list(_characters)] |= _flag
_OUTER = np.zeros(256, np.bool_)
_OUTER[list(b"!\"$%&'()*,-./:;<=>?@[\\]^`{|}~")] = True
_ODD = tuple(b"$\\^*")
_ODD_FROM = ord("{")
"""Bytes of LaTeX and of names such as A*, and all from "{" on, as in other scripts. What tokens
with such bytes mean is left to `analyse`."""


def _pause(flags: int) -> int:
    if flags & _END:
        return SENTENCE
    if flags & _CLAUSE:
        return CLAUSE
    return COMMA if flags & (_COMMA | _EMPTY) else 0


_PAUSE = np.array([_pause(flags) for flags in range(_EMPTY << 1)], np.int16)
"""Units that the punctuation behind a word takes, by its signs."""

_SPARED = np.where(np.arange(len(_PAUSE)) & _DOT, 0, _PAUSE).astype(np.int16)
"""The same behind an abbreviation, whose dot ends no sentence."""

_A, _ALPHABET = np.uint8(ord("A")), 26
_WHOLE_SALT = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Split:
    """The tokens of some texts: `lengths` says how many each text has.

    `hashes` are of a token's core, or of the whole token where `whole`: there its signs mean more
    than a pause. `signs` are those behind it, `opened` is whether a bracket opens in front.
    """

    lengths: Array
    hashes: Array
    whole: Array
    signs: Array
    opened: Array
    begins: Array
    ends: Array
    data: bytes

    def texts(self, places: Array) -> Iterator[tuple[str, bool]]:
        """Yield what the hashes at these places are of, and whether they are of whole tokens."""
        begins, ends, whole = self.begins[places], self.ends[places], self.whole[places]
        spans = zip(begins.tolist(), ends.tolist(), whole.tolist(), strict=True)
        if self.data.isascii():
            text = self.data.decode("ascii")
            return ((text[begin:end], all_) for begin, end, all_ in spans)
        return (
            (self.data[begin:end].decode("utf-8", "surrogatepass"), all_)
            for begin, end, all_ in spans
        )

    def pauses(self, abbreviated: Array) -> Array:
        """Units of pause that punctuation makes behind each token (int16, n_tokens)."""
        pauses: Array = _PAUSE[self.signs]
        spared = where(abbreviated)
        pauses[spared] = _SPARED[self.signs[spared]]
        return pauses


def split(texts: Sequence[str]) -> Split:
    """Return the tokens of the texts, at white space and control characters.

    64 bits tell tokens apart: of 200,000, two share a hash once in a billion runs.
    """
    data, bounds = _joined(texts)
    letters = np.frombuffer(data, np.uint8)
    blocks = [_tokens(letters[start : stop + WINDOW], start) for start, stop in _blocks(bounds)]
    columns = blocks[0] if len(blocks) == 1 else map(np.concatenate, zip(*blocks, strict=True))
    starts, hashes, whole, signs, opened, begins, ends = columns
    before = starts.searchsorted(bounds)
    lengths = before[1:] - before[:-1]
    return Split(lengths, hashes, whole, signs, opened, begins, ends, data)


_BLANKS = b" " * (WINDOW + 1)


def _joined(texts: Sequence[str]) -> tuple[bytes, Array]:
    """Return the texts as bytes, a blank behind each and `WINDOW` more, and where each begins."""
    joined = " ".join(texts)
    if joined.isascii():
        lengths = [len(text) + 1 for text in texts]
        data = joined.encode() + _BLANKS
    else:
        encoded = [evenly_spaced(text).encode("utf-8", "surrogatepass") for text in texts]
        lengths = [len(text) + 1 for text in encoded]
        data = b" ".join(encoded) + _BLANKS
    return data, np.cumsum([0, *lengths])


def _blocks(bounds: Array) -> Iterator[tuple[int, int]]:
    """Yield runs of whole texts that fit the processor's cache."""
    start = 0
    for stop in bounds[1:].tolist():
        if stop - start >= _BLOCK:
            yield start, stop
            start = stop
    if start < bounds[-1] or len(bounds) == 1:
        yield start, int(bounds[-1])


def _tokens(whole_block: Array, at: int) -> tuple[Array, ...]:
    """Return where tokens start and the columns of `Split` for a block, which ends with a blank.

    Places are counted from where the data begins: the block stands `at` that place. `WINDOW` bytes
    of what follows stand behind it.
    """
    block = whole_block[:-WINDOW]
    blank = np.concatenate(([True], (block <= _SPACE) | (block == _DELETE)))
    edges = where(blank[1:] != blank[:-1])
    starts, stops = edges[::2].copy(), edges[1::2].copy()
    whole = stops - starts > _LONGEST
    odd = _is_odd(block) & ~blank[1:]
    inside = block == ord("(")
    inside[starts] = block[starts] == ord(".")
    whole[starts.searchsorted(where(odd | inside), side="right") - 1] = True
    ends, signs = _without_tail(block, starts, stops, ~whole)
    begins, opened = _without_head(block, starts, ends, ~whole)
    bracketed = where(opened & (signs & _CLOSE > 0))
    bracketed = bracketed[_may_define(block, begins[bracketed], ends[bracketed])]
    begins[bracketed], ends[bracketed] = starts[bracketed], stops[bracketed]
    whole[bracketed], opened[bracketed], signs[bracketed] = True, False, 0
    signs[begins == ends] |= _EMPTY
    hashes = _hashes(whole_block, begins, ends, whole)
    return starts + at, hashes, whole, signs, opened, begins + at, ends + at


def _may_define(block: Array, begins: Array, ends: Array) -> Array:
    """Return which words in brackets may be acronyms that are defined there."""
    may: Array = (block[begins] - _A < _ALPHABET) & (ends - begins > 1)
    return may


def _is_odd(block: Array) -> Array:
    odd = block >= _ODD_FROM
    for sign in _ODD:
        odd |= block == sign
    return odd


def _without_tail(block: Array, starts: Array, stops: Array, free: Array) -> tuple[Array, Array]:
    """Return where tokens end without their punctuation, and which signs that had."""
    ends, signs = stops.copy(), np.zeros(len(stops), np.uint8)
    left = where(_OUTER[block[ends - 1]] & free)
    while len(left):
        ends[left] -= 1
        signs[left] |= _SIGN[block[ends[left]]]
        left = left[ends[left] > starts[left]]
        left = left[_OUTER[block[ends[left] - 1]]]
    return ends, signs


def _without_head(block: Array, starts: Array, ends: Array, free: Array) -> tuple[Array, Array]:
    """Return where tokens begin without punctuation in front, and whether a bracket opens there."""
    begins, opened = starts.copy(), np.zeros(len(starts), np.bool_)
    left = where(_OUTER[block[begins]] & free & (begins < ends))
    while len(left):
        opened[left] |= _SIGN[block[begins[left]]] & _OPEN > 0
        begins[left] += 1
        left = left[_OUTER[block[begins[left]]]]
    return begins, opened


def _hashes(block: Array, begins: Array, ends: Array, whole: Array) -> Array:
    lowered = np.zeros(len(begins), np.bool_)
    lowered[_capitalised(block, begins, ends)] = True
    hashes = hash_tokens(block, begins, ends, lowered & ~whole)
    hashes[whole] ^= _WHOLE_SALT
    return hashes


def _capitalised(block: Array, begins: Array, ends: Array) -> Array:
    """Return the places of tokens that begin with their only capital.

    They mean what they mean without it, so their first letter is hashed as a small one.
    """
    capital = block - _A < _ALPHABET
    first = where(capital[begins] & (ends - begins > 1))
    capitals = np.concatenate((where(capital), [len(block)]))
    following = capitals[capitals.searchsorted(begins[first]) + 1]
    alone: Array = first[following >= ends[first]]
    return alone


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
    paper, plus 1 in its abstract; `links` counts the word "of" in all tokens before, `pause` sums
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
        """Return the tokens of papers, taking in those that are new."""
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
        """Return the pieces as flat rows, noting words never seen before."""
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
        """Return the acronym of our table that a defining token is, in brackets."""
        return self._defines[number]

    def nbytes(self) -> int:
        """Return about how many bytes the tokens hold."""
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
        """Return the wanted pieces of these tokens, and which token each is of."""
        counts = self._count.view()[tokens]
        having = where(counts)
        counts = counts[having]
        rows = ranges(self._first.view()[tokens[having]], counts)
        return self._pieces.view()[rows], having.repeat(counts)

    def nbytes(self) -> int:
        """Return how many bytes the columns hold."""
        return self._count.nbytes + self._first.nbytes + self._pieces.nbytes
