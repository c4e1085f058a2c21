"""Text to terms: each raw token becomes terms at positions, by a pure function of the token alone.

Positions are in units: a content word is 4 wide, a function word 1, a sentence end in an abstract
100, a field boundary 1000; an acronym in brackets lies over the word before it and takes no room.
Pauses are counted apart from positions: a comma is 2 units, a bracket 2, a colon or semicolon 8, a
sentence end in a title 11, a word such as "we" or "the" 5.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from bot.matching.text.normalize import fold_word, plain
from bot.matching.text.pieces import WORD, Piece, body, moved
from bot.matching.text.word_lists import BREAKING, JOINING, words

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
    alone in brackets, or ""; `links` tells an "of" or a "to".
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
OUTER = "!\"$%&'()*,-./:;<=>?@[\\]^`{|}~"
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
    """The tokens of a text, between white space and control characters."""
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
    """The text with a blank for every other space, or control character beyond ASCII."""
    return text if text.isascii() else _SPACES.sub(" ", text)


def analyse(raw: str) -> Token:
    """What one white-space-delimited token says; any text is taken, none raises.

    Linear in the token: of a run longer than 60 letters only the first 60 are kept.
    """
    if "(" in raw[1:] or "~" in raw:
        whole = [part for part in _INSIDE.split(raw.replace("(s)", "s")) if part]
        return _sequence([_analyse(part) for part in whole])
    return _analyse(raw)


def _sequence(tokens: list[Token]) -> Token:
    """As one the tokens that lack a space between them: "scaling~(TTS)", "model(DLM)"."""
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
    core = text.strip(OUTER)
    if not core.isascii():
        core = bare(core)
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
    """The units of pause that a function word is, 0 for any other word."""
    return _INNER_PAUSE.get(core.lower(), 0) if len(core) <= _LONGEST_SMALL else 0


def is_plural(raw: str) -> bool:
    """Whether the last word of a token is a plural: then no noun behind belongs to it."""
    core = raw.rstrip(OUTER)
    if core[-1:] not in ("s", "S"):
        return False
    last = _LAST_WORD.search(core)
    word = last[0].lower() if last else ""
    return word != fold_word(word)


_LAST_WORD = re.compile(r"[A-Za-z]{1,40}$")


def is_joining(raw: str) -> bool:
    """Whether a token is a word such as "and" or "in"."""
    return len(raw) <= _LONGEST_SMALL and raw.lower() in JOINING


_INNER_PAUSE = dict.fromkeys(BREAKING, BROKEN_BY)
_LONGEST_SMALL = max(map(len, _INNER_PAUSE))


def _with_sign(text: str, core: str) -> str:
    """The core of a token with the sign that belongs to its name: A*, .NET."""
    if _STARRED(core) and f"{core}*" in text:
        return f"{core}*"
    return f".{core}" if _CAPITAL_NAME(core) and text.startswith(f".{core}") else core


_STARRED = re.compile(r"(?:.*\W)?[A-Z]{1,4}").fullmatch
_CAPITAL_NAME = re.compile(r"[A-Z]{2,}\w*").fullmatch


def _dotted(core: str) -> tuple[tuple[Piece, ...], int, int]:
    return (Piece(core.lower(), 0, 0),), WORD, 0


def bare(text: str) -> str:
    """A text without the signs at its ends; linear, as a regular expression is not."""
    first, last = _INNER.search(text), _INNER.search(text[::-1])
    return text[first.start() : len(text) - last.start()] if first and last else ""


def _pause(core: str, after: str) -> int:
    """The units that the punctuation behind a word takes."""
    units = _pause_of(after)
    if units == SENTENCE and "." in after:
        return 0 if is_abbreviation(core) else units
    return COMMA if not core and after and not units else units


def is_abbreviation(core: str) -> bool:
    """Whether a word's dot ends no sentence: "Fig.", "e.g.", an initial."""
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
