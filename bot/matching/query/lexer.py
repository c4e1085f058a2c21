"""Lexemes of a watch expression, and the fault that says how its text might have been meant."""

import re
from typing import Literal, NamedTuple, cast

from rapidfuzz.distance import OSA

from bot.errors import ExpressionError

_FIELDS = ("title", "author", "category", "source")
_ALL_FIELDS = "title:, author:, category: and source:"
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
_FIELD_LIKE = re.compile(r"([A-Za-z]{2,12}):(?!:)(.?)")
_OTHER_NAMES = {
    "ti": "title", "titles": "title", "au": "author", "cat": "category", "cats": "category",
    "categories": "category", "subject": "category", "src": "source", "feed": "source",
    "abs": "", "abstract": "", "all": "", "text": "",
}  # fmt: skip
"""Fields as other search boxes call them, arXiv's among them; "" for those that need no field."""

_OTHER_SIGNS = {"|": "OR", "||": "OR", "&&": "AND"}
_NEAR_FIELD = 2


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
    """Return the lexemes of a text and an "end".

    Raises FaultError for a lone quote or dash, an unbalanced bracket and a field there is not.
    """
    found = []
    at = 0
    while at < len(text):
        match = _LEXEMES.match(text, at)
        assert match is not None
        lexeme = _lexeme(text, match)
        if lexeme is not None:
            found.append(lexeme)
        at = match.end()
    _check_brackets(text, found)
    return [*found, Lexeme("end", "", len(text), len(text))]


def _check_brackets(text: str, found: list[Lexeme]) -> None:
    """Raise FaultError for the first bracket without its other half: before words are judged."""
    opened: list[int] = []
    for lexeme in found:
        if lexeme.kind == "(":
            opened.append(lexeme.start)
        elif lexeme.kind == ")":
            if not opened:
                repaired = text[: lexeme.start] + " " + text[lexeme.end :]
                raise FaultError(
                    "A bracket is closed that was never opened", lexeme.start, repaired
                )
            opened.pop()
    if opened:
        raise FaultError("A bracket is never closed", opened[-1], text + ")")


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


def _word(text: str, word: str, start: int, end: int) -> Lexeme:
    if word in ("AND", "OR", "NOT"):
        return Lexeme(cast("Kind", word), word, start, end)
    if meant := _OTHER_SIGNS.get(word):
        repaired = text[:start] + meant + text[end:]
        raise FaultError(f"There is no sign {word}; it is {meant} here", start, repaired)
    if like := _FIELD_LIKE.match(word):
        _check_field(text, like[1], start, first=like[2])
    return Lexeme("word", word, start, end)


def _check_field(text: str, name: str, start: int, *, first: str) -> None:
    """Raise FaultError for a field there is not; `first` is the character behind its colon.

    A word with a colon behind it is none, unless it is nearly a field: titles have such words.
    """
    if first == "/":
        raise FaultError("A watch is made of words, not of a link", start)
    meant = _field_meant(name.lower())
    if not (first or meant):
        return
    behind = text[start + len(name) + 1 :]
    plain = "" if name.lower() in _OTHER_NAMES else f"{name} "
    repaired = f"{text[:start]}{meant}:{behind}" if meant else f"{text[:start]}{plain}{behind}"
    raise FaultError(f"There is no field {name}:, only {_ALL_FIELDS}", start, repaired)


def _field_meant(name: str) -> str:
    """Return the field that a name nearly is, or ""."""
    if name in _OTHER_NAMES:
        return _OTHER_NAMES[name]
    near = [(OSA.distance(name, field), field) for field in _FIELDS]
    distance, field = min(near)
    return field if distance <= min(_NEAR_FIELD, len(name) // 3) else ""
