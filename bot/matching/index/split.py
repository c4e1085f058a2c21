"""Splits many texts into tokens, held as arrays, with what stands around the core of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bot.matching.index.arrays import WINDOW, Array, hash_tokens, where
from bot.matching.text.tokenizer import CLAUSE, COMMA, SENTENCE, evenly_spaced

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
        """Yields what the hashes at these places are of, and whether they are of whole tokens."""
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
    """The tokens of the texts, at white space and control characters.

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
    """The texts as bytes, a blank behind each and `WINDOW` more, and where each begins."""
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
    """Yields runs of whole texts that fit the processor's cache."""
    start = 0
    for stop in bounds[1:].tolist():
        if stop - start >= _BLOCK:
            yield start, stop
            start = stop
    if start < bounds[-1] or len(bounds) == 1:
        yield start, int(bounds[-1])


def _tokens(whole_block: Array, at: int) -> tuple[Array, ...]:
    """Where tokens start and the columns of `Split` for a block, which ends with a blank.

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
    """Which words in brackets may be acronyms that are defined there."""
    may: Array = (block[begins] - _A < _ALPHABET) & (ends - begins > 1)
    return may


def _is_odd(block: Array) -> Array:
    odd = block >= _ODD_FROM
    for sign in _ODD:
        odd |= block == sign
    return odd


def _without_tail(block: Array, starts: Array, stops: Array, free: Array) -> tuple[Array, Array]:
    """Where tokens end without their punctuation, and which signs that had."""
    ends, signs = stops.copy(), np.zeros(len(stops), np.uint8)
    left = where(_OUTER[block[ends - 1]] & free)
    while len(left):
        ends[left] -= 1
        signs[left] |= _SIGN[block[ends[left]]]
        left = left[ends[left] > starts[left]]
        left = left[_OUTER[block[ends[left] - 1]]]
    return ends, signs


def _without_head(block: Array, starts: Array, ends: Array, free: Array) -> tuple[Array, Array]:
    """Where tokens begin without punctuation in front, and whether a bracket opens there."""
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
    """The places of tokens that begin with their only capital.

    They mean what they mean without it, so their first letter is hashed as a small one.
    """
    capital = block - _A < _ALPHABET
    first = where(capital[begins] & (ends - begins > 1))
    capitals = np.concatenate((where(capital), [len(block)]))
    following = capitals[capitals.searchsorted(begins[first]) + 1]
    alone: Array = first[following >= ends[first]]
    return alone
