"""The words of one token, as terms with their places: compounds, names, scripts without spaces."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from operator import itemgetter
from typing import Literal, NamedTuple

from bot.matching.text.normalize import fold_joined, fold_word, lower
from bot.matching.text.word_lists import (
    BY_MEANS,
    FUNCTION_WORDS,
    LINK,
    LINK_TO,
    MANNERS,
    OF,
    OF_OR_TO,
    PARTICLES,
    words,
)

_LETTER = r"(?:[^\W_]|[\u0900-\u0dff\u0e00-\u0e7f])"
_PARTS = re.compile(
    rf"\b[A-Z]{{1,4}}\*(?!\w)|\b[A-Za-z]{{1,3}}&[A-Za-z]{{1,3}}\b|\d+(?:[.,]\d+)+"
    rf"|\b[^\W\d_]{{1,30}}\d+(?:\.\d+)+|{_LETTER}+(?:'{_LETTER}+)*[+#]*"
)
"""Words: also A*, AT&T, 2.5, Qwen2.5 and C++. To `re`, vowel signs of India and Thailand are no
letters."""

_WIDE = re.compile(
    r"[\u0e00-\u0e7f\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]"
)
_FROM_TO = re.compile(r"^([A-Za-z]{3,})2([A-Za-z]{3,})$")
_SUPERVISED_OTHERWISE = words("self semi weakly un")


def split(core: str) -> list[str]:
    """The words of a token: at hyphens and other signs, and "text2image" in three.

    "non-linear" is one word, as "nonlinear" is: whoever watches *linear* does not mean it.
    """
    parts = _parts(core)
    if len(parts) > 1 and _turns(parts[0].lower(), parts[1].lower()):
        parts[:2] = [parts[0] + parts[1].lower()]
    return parts


def _turns(prefix: str, word: str) -> bool:
    """Whether a prefix makes a word another one; most do not: self-attention is attention."""
    return prefix == "non" or (word == "supervised" and prefix in _SUPERVISED_OTHERWISE)


def _parts(core: str) -> list[str]:
    if core.isascii() and core.replace("-", "a").isalnum():
        parts = [part for part in core.split("-") if part]
    else:
        parts = [part for run in _PARTS.findall(core) for part in _split_wide(run)]
    if len(parts) == 1 and "2" in core and (crossing := _FROM_TO.match(core)):
        return [crossing[1], "to", crossing[2]]
    return parts


def _split_wide(run: str) -> list[str]:
    """One part a character for scripts written without spaces, else the run itself."""
    if run.isascii() or not _WIDE.search(run):
        return [run]
    return [part for part in re.split(f"({_WIDE.pattern})", run) if part]


def is_wide(term: str) -> bool:
    """Whether a term's script has no spaces, or particles at the end of words."""
    return not term.isascii() and _WIDE.search(term) is not None


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
    word of the same compound stands there. `pause` is used in phrases of watches only: the units
    of pauses in front.
    """

    term: str
    start: int
    end: int
    part: Part = "word"
    glued: int = 0
    pause: int = 0


_CAPITALS = re.compile(r"(?=(?:[a-z]*[A-Z]){2})[A-Za-z]{1,4}[A-Z](?=s?$)")
_VERSIONED = re.compile(r"^([a-z]{3,}?)-?v?\d+(?:\.\d+)*$")
_LONGEST = 60
_MOST_JOINED = 4


def is_capitals(word: str) -> bool:
    """Whether a word has 2-4 letters such as RAG or MoE (and s): matched in capitals only.

    Two of the letters are capitals, the last one among them.
    """
    found = _CAPITALS.match(word)
    return found is not None and len(found[0]) < FREE_CAPITALS


def body(core: str) -> tuple[tuple[Piece, ...], int, int]:
    """Pieces, width and number of links of a token without its outer punctuation."""
    if core.isalnum() and core.isascii() and "2" not in core:
        return _single(core)
    match split(core):
        case [part]:
            return _single(part)
        case [one, other]:
            return _pair(read_part(one), read_part(other), glued=_glues(core))
        case parts:
            return _compound([read_part(part) for part in parts], glued=_glues(core))


def _glues(core: str) -> bool:
    """Whether each word of a compound changes what its neighbour means."""
    return "/" not in core and not is_wide(core)


def _single(part: str) -> tuple[tuple[Piece, ...], int, int]:
    found, width, link, _ = read_part(part)
    return tuple([new_piece((term, 0, 0, kind, 0, 0)) for term, kind in found]), width, link


new_piece: Callable[[tuple[str, int, int, Part, int, int]], Piece] = partial(tuple.__new__, Piece)
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
    pieces = [new_piece((term, 0, 0, kind, after, 0)) for term, kind in first]
    if first and second:
        joined = fold_joined(first[0][0] + second[0][0])[:_LONGEST]
        pieces.append(new_piece((joined, 0, at, "joined", 0, 0)))
    for term, kind in second:
        pieces.append(new_piece((term, at, at, kind, before, 0)))
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
        here = [new_piece((term, at, at, kind, flags, 0)) for term, kind in found]
        pieces += here
        alone += here[:1]
        at += width
        links += link
    if 0 < len(alone) == len(parts) <= _MOST_JOINED:
        pieces += _joins(alone)
        pieces.sort(key=_start)
    return tuple(pieces), at, links


_start = itemgetter(1)


def read_part(part: str) -> _Word:
    """The terms of one word, itself first, its width, and what it adds to the links.

    No terms for a function word that never counts.
    """
    part = part[:_LONGEST]
    word = part.lower() if part.isascii() and part.isalpha() else _lower_word(part)
    capitals = () if part.islower() else _capitals(part)
    if word in FUNCTION_WORDS:
        small: _Terms = ((word, "small"),) if word in PARTICLES else ()
        return (*small, *capitals), SMALL, _LINKS.get(word, 0), False
    terms: _Terms = ((fold_word(word), "word"), *capitals)
    if not word.isalpha() and (cut := _VERSIONED.match(word)):
        terms = (terms[0], (fold_word(cut[1]), "name"), *capitals)
    if word in BY_MEANS:
        return terms, SMALL, OF, True
    return terms, WORD, 0, word[:1].isalpha()


_LINKS = {LINK: OF, LINK_TO: OF_OR_TO}


def _capitals(part: str) -> _Terms:
    found = _CAPITALS.match(part)
    return ((found[0], "acronym"),) if found else ()


def _lower_word(part: str) -> str:
    word = lower(part)
    if "'" in word:
        word = _ELIDED.sub("", word).removesuffix("'s")
        if part[:1].isupper():
            word = _TURKISH.sub("", word)
        word = word.replace("'", "")
    return word.replace(",", "")


_ELIDED = re.compile(
    r"^(?:[ldjmnstc]|qu|jusqu|lorsqu|puisqu|dell|all|nell|sull|dall|un|quest|quell)'(?=[aeiouyh])"
)
"""What French and Italian leave of a word in front of a vowel: l'apprentissage."""


_TURKISH = re.compile(r"(?<=\w\w)'(?:[dt][ae]n?|n[iu]n|[iu]n|y[aeiu]|l[iu]|[dt][ae]ki|yl[ae])$")
"""What Turkish adds to names behind an apostrophe: İstanbul'da, Türkiye'nin."""


def _joins(parts: list[Piece]) -> list[Piece]:
    """The joined forms of a compound: of neighbours that are words, and of all parts."""
    joined = [_joined(a, b) for a, b in pairwise(parts) if a.part == b.part == "word"]
    whole = fold_joined("".join([part.term for part in parts]))[:_LONGEST]
    return [*joined, Piece(whole, parts[0].start, parts[-1].end, "joined")]


def _joined(one: Piece, two: Piece) -> Piece:
    glued = (one.glued & BEFORE) | (two.glued & AFTER)
    return Piece(fold_joined(one.term + two.term)[:_LONGEST], one.start, two.end, "joined", glued)


def moved(pieces: Sequence[Piece], by: int) -> tuple[Piece, ...]:
    """The pieces some units further on."""
    return tuple(
        [new_piece((term, a + by, b + by, part, x, p)) for term, a, b, part, x, p in pieces]
    )
