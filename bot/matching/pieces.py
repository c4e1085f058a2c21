"""The pieces of a token: what the words that it is made of are called, and where they stand.

Lower-case terms are folded words, upper-case terms are acronyms: "MoE" is "moe" and "MOE".
"""

import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from operator import itemgetter
from typing import Literal, NamedTuple

from bot.matching.letters import lower
from bot.matching.parts import split
from bot.matching.vocabulary import FUNCTION_WORDS, LINK, MANNERS, PARTICLES
from bot.matching.words import fold_word

WORD, SMALL = 4, 1
"""Widths of words in position units."""

BEFORE, AFTER = 1, 2
"""Flags of a word in a compound: what it is glued to."""

Part = Literal["word", "small", "joined", "acronym", "name"]


FREE_CAPITALS = 5
"""Letters from which an acronym is matched as a word too."""


class Piece(NamedTuple):
    """A term of a token, from `start` to the start of its last part `end`, relative to the token.

    `part` says what it is: a "word" or a "small" function word stands for itself; "joined",
    "acronym" and "name" lie over words. `glued` has the flags `BEFORE` and `AFTER` where another
    word of the same compound stands there.
    """

    term: str
    start: int
    end: int
    part: Part = "word"
    glued: int = 0


_CAPITALS = re.compile(r"(?=(?:[a-z]*[A-Z]){2})[A-Za-z]{1,4}[A-Z](?=s?$)")
_VERSIONED = re.compile(r"^([a-z]{3,}?)-?v?\d+(?:\.\d+)*$")
_LONGEST = 60
_MOST_JOINED = 4


def is_capitals(word: str) -> bool:
    """Tell a word of 2-4 letters such as RAG or MoE, a plural s allowed: matched in capitals only.

    Two of the letters are capitals, the last one among them.
    """
    found = _CAPITALS.match(word)
    return found is not None and len(found[0]) < FREE_CAPITALS


def body(core: str) -> tuple[tuple[Piece, ...], int, int]:
    """Return pieces, width and number of links of a token without its outer punctuation."""
    if core.isalnum() and core.isascii() and "2" not in core:
        return _single(core)
    match split(core):
        case [part]:
            return _single(part)
        case [one, other]:
            return _pair(_part(one), _part(other), glued="/" not in core)
        case parts:
            return _compound([_part(part) for part in parts], glued="/" not in core)


def _single(part: str) -> tuple[tuple[Piece, ...], int, int]:
    found, width, link, _ = _part(part)
    return tuple([_piece((term, 0, 0, kind, 0)) for term, kind in found]), width, link


_piece: Callable[[tuple[str, int, int, Part, int]], Piece] = partial(tuple.__new__, Piece)
"""A `Piece` of its values, at half the cost: two are made for each word never seen before."""

_Terms = tuple[tuple[str, Part], ...]
_Word = tuple[_Terms, int, int, bool]
"""A word's terms, width and links, and whether it changes what its neighbour in a compound means:
function words and numbers do not."""


def _pair(one: _Word, two: _Word, *, glued: bool) -> tuple[tuple[Piece, ...], int, int]:
    (first, at, link, leads), (second, width, another, follows) = one, two
    glued = glued and first[:1] != second[:1]
    before = BEFORE if glued and leads else 0
    after = AFTER if glued and follows and second[0][0] not in MANNERS else 0
    pieces = [_piece((term, 0, 0, kind, after)) for term, kind in first]
    if first and second:
        joined = (first[0][0] + second[0][0])[:_LONGEST]
        pieces.append(_piece((joined, 0, at, "joined", 0)))
    for term, kind in second:
        pieces.append(_piece((term, at, at, kind, before)))
    return tuple(pieces), at + width, link + another


def _compound(parts: list[_Word], *, glued: bool) -> tuple[tuple[Piece, ...], int, int]:
    pieces: list[Piece] = []
    alone: list[Piece] = []
    at = links = 0
    before = 0
    for i, (found, width, link, leads) in enumerate(parts):
        flags = before
        if glued and i + 1 < len(parts) and parts[i + 1][3]:
            flags += AFTER * (parts[i + 1][0][0][0] not in MANNERS)
        before = BEFORE if glued and leads else 0
        here = [_piece((term, at, at, kind, flags)) for term, kind in found]
        pieces += here
        alone += here[:1]
        at += width
        links += link
    if 0 < len(alone) == len(parts) <= _MOST_JOINED:
        pieces += _joins(alone)
        pieces.sort(key=_start)
    return tuple(pieces), at, links


_start = itemgetter(1)


def _part(part: str) -> _Word:
    """Return the terms of one word, itself first, its width, and 1 for the link word.

    No terms for a function word that never counts.
    """
    part = part[:_LONGEST]
    word = part.lower() if part.isascii() and part.isalpha() else _lower_word(part)
    capitals = () if part.islower() else _capitals(part)
    if word in FUNCTION_WORDS:
        small: _Terms = ((word, "small"),) if word in PARTICLES else ()
        return (*small, *capitals), SMALL, int(word == LINK), False
    terms: _Terms = ((fold_word(word), "word"), *capitals)
    if not word.isalpha() and (cut := _VERSIONED.match(word)):
        terms = (terms[0], (fold_word(cut[1]), "name"), *capitals)
    return terms, WORD, 0, word[:1].isalpha()


def _capitals(part: str) -> _Terms:
    found = _CAPITALS.match(part)
    return ((found[0].upper(), "acronym"),) if found else ()


def _lower_word(part: str) -> str:
    word = lower(part)
    if "'" in word:
        word = word.removesuffix("'s").replace("'", "")
    return word.replace(",", "")


def _joins(parts: list[Piece]) -> list[Piece]:
    """Return the joined forms of a compound: of neighbours that are words, and of all parts."""
    joined = [_joined(a, b) for a, b in pairwise(parts) if a.part == b.part == "word"]
    whole = "".join([part.term for part in parts])[:_LONGEST]
    return [*joined, Piece(whole, parts[0].start, parts[-1].end, "joined")]


def _joined(one: Piece, two: Piece) -> Piece:
    glued = (one.glued & BEFORE) | (two.glued & AFTER)
    return Piece((one.term + two.term)[:_LONGEST], one.start, two.end, "joined", glued)


def moved(pieces: Sequence[Piece], by: int) -> tuple[Piece, ...]:
    """Return the pieces some units further on."""
    return tuple([_piece((term, a + by, b + by, part, x)) for term, a, b, part, x in pieces])
