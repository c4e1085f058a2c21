"""Text to terms: each raw token becomes terms at positions, by a pure function of the token alone.

Positions are in units: a content word is 4 wide, a function word 1, a comma adds 2, a colon or
semicolon 8, a sentence end 100, a field boundary 1000; an acronym in brackets lies over the word
before it and takes no room.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from bot.matching.letters import plain
from bot.matching.pieces import FREE_CAPITALS, WORD, Piece, body, moved
from bot.matching.vocabulary import DIRECTIONS, words

COMMA, BRACKET, CLAUSE, SENTENCE, FIELD = 2, 2, 8, 100, 1000
"""Pauses in position units."""


class Token(NamedTuple):
    """What a raw token says: its pieces, and how far it moves the position on.

    `defines` is the acronym that stands alone in brackets, or ""; `links` counts the word "of".
    """

    pieces: tuple[Piece, ...]
    advance: int
    defines: str = ""
    links: int = 0


_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_SPACES = re.compile(r"[\x80-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_INNER = re.compile(r"[\w+#]")
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
    for token in tokens:
        pieces += moved(token.pieces, at)
        at += token.advance
    defines = next((token.defines for token in tokens if token.defines), "")
    return Token(tuple(pieces), at, defines, sum(token.links for token in tokens))


def _analyse(raw: str) -> Token:
    text = raw if raw.isascii() and not _MARKED(raw) else plain(raw)
    core = text.strip(_ASCII_OUTER)
    if not core.isascii():
        core = _bare(core)
    pieces, width, links = body(core)
    if core == text:
        return Token(pieces, width, "", links)
    at = text.find(core)
    before, after = text[:at], text[at + len(core) :]
    opened = "(" in before or "[" in before
    if opened and (")" in after or "]" in after) and _DEFINES(core):
        over = moved(pieces, -WORD - pieces[0].start) if pieces else ()
        return Token(over, _pause(core, after.lstrip(")]")), core.removesuffix("s"))
    if opened:
        pieces, width = moved(pieces, BRACKET), width + BRACKET
    return Token(pieces, width + _pause(core, after), "", links)


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
    capitals the acronym alone. Punctuation between words makes no pause here. Empty where the text
    holds no content word.
    """
    terms: list[Piece] = []
    at = 0
    for raw in text.split():
        chosen, width = _needed(raw) if terms else _needed_in_front(raw)
        terms += moved(chosen, at) if at else chosen
        at += width
    return tuple(terms) if any(p.part != "small" for p in terms) else ()


@lru_cache(maxsize=1 << 12)
def _needed(raw: str) -> tuple[tuple[Piece, ...], int]:
    """Return the pieces of a token that a phrase needs, and the token's width."""
    pieces, width, _ = body(_bare(plain(raw)))
    return _chosen(pieces, compound=len(pieces) > 1), width


@lru_cache(maxsize=1 << 12)
def _needed_in_front(raw: str) -> tuple[tuple[Piece, ...], int]:
    """Return the same for a token with which a phrase begins."""
    pieces, width, _ = body(_bare(plain(raw)))
    return _chosen(pieces, compound=True), width


def _chosen(pieces: tuple[Piece, ...], *, compound: bool) -> tuple[Piece, ...]:
    chosen = {p.start: p for p in pieces if _counts(p, compound=compound)}
    capitals = (p for p in pieces if p.part == "acronym" and len(p.term) < FREE_CAPITALS)
    chosen |= {p.start: p for p in capitals}
    return tuple(chosen.values())


def _counts(piece: Piece, *, compound: bool) -> bool:
    if piece.part == "small":
        return compound or piece.term in DIRECTIONS
    return piece.part == "word"
