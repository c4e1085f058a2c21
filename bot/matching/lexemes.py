"""Lexemes of a watch expression, and the fault that says how its text might have been meant."""

import re
from typing import Literal, NamedTuple, cast

from rapidfuzz.distance import OSA

from bot.errors import ExpressionError

_FIELDS = ("title", "author", "category", "source")
_LEXEMES = re.compile(
    r"""(?P<space>\s+)
    |[“”„«»"](?P<quoted>[^“”„«»"]*)[“”„«»"]
    |(?P<unclosed>[“”„«»"])
    |(?P<bracket>[()])
    |(?P<field>title|author|category|source):
    |(?P<dash>[-–—−]+)
    |(?P<word>[^\s()“”„«»"]+)""",
    re.VERBOSE | re.IGNORECASE,
)
INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_FIELD_LIKE = re.compile(r"([A-Za-z]{5,10}):")


class FaultError(ExpressionError):
    """A fault of the text, with the text as it might have been meant."""

    def __init__(self, reason: str, at: int, repaired: str | None = None) -> None:
        super().__init__(reason, position=at)
        self.repaired = repaired


Kind = Literal["word", "quoted", "field", "OR", "AND", "NOT", "-", "(", ")", "end"]
"""What a lexeme is."""


class Lexeme(NamedTuple):
    """A word or sign, from `start` to before `end` in the text."""

    kind: Kind
    text: str
    start: int
    end: int


def lexemes(text: str) -> list[Lexeme]:
    """Return the lexemes of a text and an "end"; raise FaultError for a lone quote or dash."""
    found = []
    at = 0
    while at < len(text):
        match = _LEXEMES.match(text, at)
        assert match is not None  # noqa: S101 - the alternatives cover every character
        lexeme = _lexeme(text, match)
        if lexeme is not None:
            found.append(lexeme)
        at = match.end()
    return [*found, Lexeme("end", "", len(text), len(text))]


def _lexeme(text: str, match: re.Match[str]) -> Lexeme | None:
    start, end = match.span()
    kind, value = match.lastgroup, match[match.lastgroup or 0]
    if kind == "space":
        return None
    if kind == "unclosed":
        raise FaultError("A quote is never closed", start, _closed_quote(text, start))
    if kind == "bracket":
        return Lexeme(cast("Kind", value), value, start, end)
    if kind == "dash":
        return _dash(text, start, end)
    if kind == "word":
        return _word(text, value, start, end)
    return Lexeme("quoted" if kind == "quoted" else "field", value, start, end)


def _closed_quote(text: str, start: int) -> str:
    return text + '"' if text[start + 1 :].strip() else text[:start]


def _dash(text: str, start: int, end: int) -> Lexeme:
    if end == len(text) or text[end].isspace():
        raise FaultError("A dash stands alone", start, text[:start] + text[end:])
    return Lexeme("-", "-", start, end)


def _word(text: str, word: str, start: int, end: int) -> Lexeme | None:
    if word in ("AND", "OR", "NOT"):
        return Lexeme(cast("Kind", word), word, start, end)
    if like := _FIELD_LIKE.match(word):
        for field in _FIELDS:
            if OSA.distance(like[1].lower(), field) == 1:
                repaired = f"{text[:start]}{field}:{text[start + like.end() :]}"
                raise FaultError(f"There is no {like[1]}:", start, repaired)
    word = INVISIBLE.sub("", word)
    return Lexeme("word", word, start, end) if word else None
