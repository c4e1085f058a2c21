"""Text to terms: each raw token becomes terms at positions, by a pure function of the token alone.

Positions are in units: a content word is 4 wide, a function word 1, a sentence end in an abstract
100, a field boundary 1000; an acronym in brackets lies over the word before it and takes no room.
Pauses are counted apart from positions: a comma is 2 units, a bracket 2, a colon or semicolon 8, a
sentence end in a title 11, a word such as "we" or "the" 5.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from operator import itemgetter
from typing import Literal, NamedTuple

from bot.matching.text.normalize import fold_joined, fold_word, lower, plain
from bot.matching.text.word_lists import (
    BREAKING,
    BY_MEANS,
    DIRECTIONS,
    FUNCTION_WORDS,
    JOINING,
    LINK,
    MANNERS,
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
    """Return the words of a token: at hyphens and other signs, and "text2image" in three.

    "non-linear" is one word, as "nonlinear" is: whoever watches *linear* does not mean it.
    """
    parts = _parts(core)
    if len(parts) > 1 and _turns(parts[0].lower(), parts[1].lower()):
        parts[:2] = [parts[0] + parts[1].lower()]
    return parts


def _turns(prefix: str, word: str) -> bool:
    """Tell a prefix that makes a word another one; most leave it what it is: self-attention."""
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
    """Return one part a character for scripts written without spaces, else the run itself."""
    if run.isascii() or not _WIDE.search(run):
        return [run]
    return [part for part in re.split(f"({_WIDE.pattern})", run) if part]


def is_wide(term: str) -> bool:
    """Tell a term in a script that is written without spaces, or with particles at its words."""
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
            return _pair(_part(one), _part(other), glued=_glues(core))
        case parts:
            return _compound([_part(part) for part in parts], glued=_glues(core))


def _glues(core: str) -> bool:
    """Tell a compound in which each word changes what its neighbour means."""
    return "/" not in core and not is_wide(core)


def _single(part: str) -> tuple[tuple[Piece, ...], int, int]:
    found, width, link, _ = _part(part)
    return tuple([_piece((term, 0, 0, kind, 0, 0)) for term, kind in found]), width, link


_piece: Callable[[tuple[str, int, int, Part, int, int]], Piece] = partial(tuple.__new__, Piece)
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
    pieces = [_piece((term, 0, 0, kind, after, 0)) for term, kind in first]
    if first and second:
        joined = fold_joined(first[0][0] + second[0][0])[:_LONGEST]
        pieces.append(_piece((joined, 0, at, "joined", 0, 0)))
    for term, kind in second:
        pieces.append(_piece((term, at, at, kind, before, 0)))
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
        here = [_piece((term, at, at, kind, flags, 0)) for term, kind in found]
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
    if word in BY_MEANS:
        return terms, SMALL, 1, True
    return terms, WORD, 0, word[:1].isalpha()


def _capitals(part: str) -> _Terms:
    found = _CAPITALS.match(part)
    return ((found[0], "acronym"),) if found else ()


def _lower_word(part: str) -> str:
    word = lower(part)
    if "'" in word:
        word = _ELIDED.sub("", word).removesuffix("'s").replace("'", "")
    return word.replace(",", "")


_ELIDED = re.compile(
    r"^(?:[ldjmnstc]|qu|jusqu|lorsqu|puisqu|dell|all|nell|sull|dall|un|quest|quell)'(?=[aeiouyh])"
)
"""What French and Italian leave of a word in front of a vowel: l'apprentissage."""


def _joins(parts: list[Piece]) -> list[Piece]:
    """Return the joined forms of a compound: of neighbours that are words, and of all parts."""
    joined = [_joined(a, b) for a, b in pairwise(parts) if a.part == b.part == "word"]
    whole = fold_joined("".join([part.term for part in parts]))[:_LONGEST]
    return [*joined, Piece(whole, parts[0].start, parts[-1].end, "joined")]


def _joined(one: Piece, two: Piece) -> Piece:
    glued = (one.glued & BEFORE) | (two.glued & AFTER)
    return Piece(fold_joined(one.term + two.term)[:_LONGEST], one.start, two.end, "joined", glued)


def moved(pieces: Sequence[Piece], by: int) -> tuple[Piece, ...]:
    """Return the pieces some units further on."""
    return tuple([_piece((term, a + by, b + by, part, x, p)) for term, a, b, part, x, p in pieces])


COMMA, BRACKET, CLAUSE, SENTENCE, FIELD = 2, 2, 8, 100, 1000
"""Pauses and boundaries in units."""

TITLE_END = 11
"""Units of a sentence end within a title: beyond what any phrase bears, unless it has one too."""

BROKEN_BY = 5
"""Units of pause of a word such as "we" or "the"."""


class Token(NamedTuple):
    """What a raw token says: its pieces, and how far it moves the position on.

    `width` is in position units. `lead` and `pause` are the units of pause in front and behind;
    `pause` is `SENTENCE` or more at the end of a sentence. `defines` is the acronym that stands
    alone in brackets, or ""; `links` counts the word "of".
    """

    pieces: tuple[Piece, ...]
    width: int
    pause: int = 0
    defines: str = ""
    links: int = 0
    lead: int = 0


_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_SPACES = re.compile(r"[\x80-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_INNER = re.compile(r"[\w+#\u0900-\u0dff\u0e00-\u0e7f]")
_ASCII_OUTER = "!\"$%&'()*,-./:;<=>?@[\\]^`{|}~"
_DEFINES = re.compile(r"[A-Z][A-Za-z0-9-]{0,8}[A-Z0-9]s?").fullmatch
_MARKED = re.compile(r"[$\\{}^~]").search
_INSIDE = re.compile(r"~|(?<=\w)(?=\()")
_ENDS = re.compile(r"[.!?…]")
_PAUSES = re.compile(r"[,)\]]")
_ABBREVIATIONS = words(
    "e.g i.e eg ie al vs fig figs eq eqs cf etc resp approx dr prof st no sec ref w.r.t i.i.d"
)
_LONGEST_ABBREVIATION = max(map(len, _ABBREVIATIONS))


def raw_tokens(text: str) -> list[str]:
    """Return the tokens of a text, between white space and control characters."""
    return evenly_spaced(_CONTROLS.sub(" ", text)).split()


def spoken(title: Sequence[str]) -> Sequence[str]:
    """The tokens of a title, words of one all in capitals as if written small.

    What stays in capitals there has no vowel, or a sign or digit inside: LLM, GPT-4.
    """
    letters = "".join(title)
    if len(letters) < _SHORTEST_SHOUT or not letters.isupper():
        return title
    return [_SHOUTED.sub(_quietly, token) for token in title]


_SHORTEST_SHOUT = 16
_SHOUTED = re.compile(r"(?<![^\W_])[^\W\d_]{2,}(?![^\W_])")
_VOWEL = re.compile("[AEIOUY]")


def _quietly(found: re.Match[str]) -> str:
    word = found[0]
    return word.capitalize() if _VOWEL.search(word) and word not in _NAMES_IN_CAPITALS else word


_NAMES_IN_CAPITALS = words("""
AI RAG VLA GAN GUI RNA DNA MRNA EEG ECG MRI OCR IOT UAV SLAM VAE PDE ODE SVM NERF LORA MOE COT VIT
AGI HIV AIDS COVID SARS API GIS GDP IMF NASA ESA LIDAR CERN LHC CMB AGN UV IR XAI SAE ICL
""")


def evenly_spaced(text: str) -> str:
    """Return the text with a blank for every other space, or control character beyond ASCII."""
    return text if text.isascii() else _SPACES.sub(" ", text)


def analyse(raw: str) -> Token:
    """Return what one white-space-delimited token says; any text is taken, none raises.

    Linear in the token: of a run longer than 60 letters only the first 60 are kept.
    """
    if "(" in raw[1:] or "~" in raw:
        whole = [part for part in _INSIDE.split(raw.replace("(s)", "s")) if part]
        return _sequence([_analyse(part) for part in whole])
    return _analyse(raw)


def _sequence(tokens: list[Token]) -> Token:
    """Return as one the tokens that lack a space between them: "scaling~(TTS)", "model(DLM)"."""
    pieces: list[Piece] = []
    at = 0
    pause = 0
    for place, token in enumerate(tokens):
        at += pause + (token.lead if place else 0)
        pieces += moved(token.pieces, at)
        at += token.width
        pause = token.pause
    defines = next((token.defines for token in tokens if token.defines), "")
    links = sum(token.links for token in tokens)
    return Token(tuple(pieces), at, pause, defines, links, tokens[0].lead if tokens else 0)


def _analyse(raw: str) -> Token:
    text = raw if raw.isascii() and not _MARKED(raw) else plain(raw)
    core = text.strip(_ASCII_OUTER)
    if not core.isascii():
        core = _bare(core)
    if "*" in text or text[:1] == ".":
        core = _with_sign(text, core)
    pieces, width, links = _dotted(core) if core[:1] == "." else body(core)
    pause = inner_pause(core)
    if core == text:
        return Token(pieces, width, pause, "", links)
    at = text.find(core)
    before, after = text[:at], text[at + len(core) :]
    opened = "(" in before or "[" in before
    if opened and (")" in after or "]" in after) and _DEFINES(core):
        over = moved(pieces, -WORD - pieces[0].start) if pieces else ()
        return Token(over, 0, _pause(core, after.lstrip(")]")), core.removesuffix("s"))
    return Token(pieces, width, pause + _pause(core, after), "", links, BRACKET * opened)


def inner_pause(core: str) -> int:
    """Return the units of pause that a function word is, 0 for any other word."""
    return _INNER_PAUSE.get(core.lower(), 0) if len(core) <= _LONGEST_SMALL else 0


def is_plural(raw: str) -> bool:
    """Tell a token whose last word is a plural: what follows is no noun that it belongs to."""
    core = raw.rstrip(_ASCII_OUTER)
    if core[-1:] not in ("s", "S"):
        return False
    last = _LAST_WORD.search(core)
    word = last[0].lower() if last else ""
    return word != fold_word(word)


_LAST_WORD = re.compile(r"[A-Za-z]{1,40}$")


def is_joining(raw: str) -> bool:
    """Tell a token that is a word such as "and" or "in"."""
    return len(raw) <= _LONGEST_SMALL and raw.lower() in JOINING


_INNER_PAUSE = dict.fromkeys(BREAKING, BROKEN_BY)
_LONGEST_SMALL = max(map(len, _INNER_PAUSE))


def _with_sign(text: str, core: str) -> str:
    """Return the core of a token with the sign that belongs to its name: A*, .NET."""
    if _STARRED(core) and f"{core}*" in text:
        return f"{core}*"
    return f".{core}" if _CAPITAL_NAME(core) and text.startswith(f".{core}") else core


_STARRED = re.compile(r"(?:.*\W)?[A-Z]{1,4}").fullmatch
_CAPITAL_NAME = re.compile(r"[A-Z]{2,}\w*").fullmatch


def _dotted(core: str) -> tuple[tuple[Piece, ...], int, int]:
    return (Piece(core.lower(), 0, 0),), WORD, 0


def _bare(text: str) -> str:
    """Return a text without the signs at its ends; linear, as a regular expression is not."""
    first, last = _INNER.search(text), _INNER.search(text[::-1])
    return text[first.start() : len(text) - last.start()] if first and last else ""


def _pause(core: str, after: str) -> int:
    """Return the units that the punctuation behind a word takes."""
    units = _pause_of(after)
    if units == SENTENCE and "." in after:
        return 0 if is_abbreviation(core) else units
    return COMMA if not core and after and not units else units


def is_abbreviation(core: str) -> bool:
    """Tell a word whose dot ends no sentence: "Fig.", "e.g.", an initial."""
    if len(core) > _LONGEST_ABBREVIATION:
        return False
    return (len(core) == 1 and core.isupper()) or core.lower() in _ABBREVIATIONS


@lru_cache(maxsize=1 << 10)
def _pause_of(after: str) -> int:
    if _ENDS.search(after):
        return SENTENCE
    if ";" in after or ":" in after:
        return CLAUSE
    return COMMA if _PAUSES.search(after) else 0


@lru_cache(maxsize=1 << 10)
def phrase_terms(text: str) -> tuple[Piece, ...]:
    """Return the terms that a phrase of a watch needs, at the positions they would have.

    Content words, `DIRECTIONS`, and `PARTICLES` at the beginning or in a compound; of a word of 2-4
    capitals the acronym alone. Pauses are those typed. An acronym in brackets behind other words is
    left out: papers drop it. Empty where the text holds no content word.
    """
    terms: list[Piece] = []
    at = pause = 0
    for raw in raw_tokens(text):
        chosen, token, inside = _needed(raw, in_front=not terms)
        pause += token.lead
        if not (token.defines and terms):
            terms += [
                _piece((term, a + at, b + at, part, x, pause + p))
                for term, a, b, part, x, p in chosen
            ]
        at += token.width
        pause += inside + min(token.pause, TITLE_END)
    return tuple(terms) if any(p.part != "small" for p in terms) else ()


SHORTEST_PREFIX = 3
"""Letters in front of a wildcard, at least."""

_WILDCARD = re.compile(rf"\W*([^\W\d_]{{{SHORTEST_PREFIX},}})\*\W*").fullmatch


def is_prefix(term: str) -> bool:
    """Tell the term of a wildcard: "transform*"."""
    return len(term) > SHORTEST_PREFIX and term[-1] == "*"


@lru_cache(maxsize=1 << 12)
def _needed(raw: str, *, in_front: bool) -> tuple[tuple[Piece, ...], Token, int]:
    """Return the pieces of a token that a phrase needs, the token, and the pauses inside it."""
    token = analyse(raw)
    if "*" in raw and (wild := _WILDCARD(raw)) and not wild[1].isupper():
        piece = Piece(f"{lower(wild[1])}*", 0, 0)
        return (piece,), token._replace(pieces=(piece,), width=WORD), 0
    if token.defines:
        token = token._replace(pieces=moved(token.pieces, WORD), width=WORD * in_front)
    chosen = _chosen(token.pieces, compound=in_front or len(token.pieces) > 1)
    inside = _pauses_inside(raw) if "-" in raw.strip(_ASCII_OUTER) else ((0, 0),)
    chosen = tuple(
        piece._replace(pause=max((units for at, units in inside if at <= piece.start), default=0))
        for piece in chosen
    )
    return chosen, token, inside[-1][1]


def _pauses_inside(raw: str) -> tuple[tuple[int, int], ...]:
    """Return the units of pause up to places within a compound: 5 before "chip" in on-a-chip."""
    at = units = 0
    found = [(0, 0)]
    for part in split(_bare(plain(raw))):
        units += inner_pause(part)
        at += _part(part)[1]
        found.append((at, units))
    return tuple(found)


def _chosen(pieces: tuple[Piece, ...], *, compound: bool) -> tuple[Piece, ...]:
    chosen = {p.start: p for p in pieces if _counts(p, compound=compound)}
    capitals = (p for p in pieces if p.part == "acronym" and len(p.term) < FREE_CAPITALS)
    chosen |= {p.start: p for p in capitals}
    return tuple(chosen.values())


def _counts(piece: Piece, *, compound: bool) -> bool:
    if piece.part == "small":
        return compound or piece.term in DIRECTIONS
    return piece.part == "word"
