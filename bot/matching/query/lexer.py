"""Lexemes of a watch expression, and the fault that says how its text might have been meant."""

import re
from collections.abc import Callable
from typing import Literal, NamedTuple, cast

from rapidfuzz.distance import OSA

from bot.errors import ExpressionError
from bot.matching.query.facts import PATTERN as FACT
from bot.matching.query.lists import is_title
from bot.matching.text.word_lists import FUNCTION_WORDS, words

_FIELDS = ("title", "author", "category", "source")
_ALL_FIELDS = "title:, author:, category:, source:, cites:, has:, since: and upvotes>"
_FIELD_LIKE = re.compile(r"([A-Za-z]{2,15}):(?!:)(.?)")
ALIASES = {
    "ti": "title", "intitle": "title", "allintitle": "title", "titles": "title",
    "au": "author", "inauthor": "author", "authors": "author", "cat": "category",
    "cats": "category", "categories": "category", "subject": "category", "src": "source",
    "feed": "source", "abs": "", "abstract": "", "all": "", "text": "", "keyword": "",
    "keywords": "",
}  # fmt: skip
"""Fields as other search boxes call them, arXiv's among them; "" for those that need no field."""

_ELSEWHERE = words("""
venue journal jr year date doi id lang language site filetype tag topic mesh affiliation org from
until before after submitteddate lastupdateddate code conference publisher type
""")
"""Fields of other search boxes that there are none of here."""

_LEXEMES = re.compile(
    rf"""(?P<space>\s+)
    |[“”„«»"](?P<quoted>[^“”„«»"]*)[“”„«»"]
    |(?P<unclosed>[“”„«»"])
    |(?P<bracket>[()])
    |(?P<fact>{FACT})
    |(?P<field>title|author|category|source)\s?:
    |(?P<alias>{"|".join(ALIASES)})\s?:(?=[^\s:])
    |(?P<sign>\|\|?|&&|&(?=\s))
    |(?P<dash>[-–—−]+)
    |(?P<word>(?!(?:AND|OR|NOT)\()[^\s()“”„«»"|]+(?:\([^\s()“”„«»"|]*\)[^\s()“”„«»"|]*)*)
    |(?P<operator>AND|OR|NOT)""",
    re.VERBOSE | re.IGNORECASE,
)
_SIGNS: dict[str, "Kind"] = {"|": "OR", "||": "OR", "&": "AND", "&&": "AND", "ANDNOT": "NOT"}
_NEAR_FIELD = 2


class FaultError(ExpressionError):
    """A fault of the text, with the text as it might have been meant."""

    def __init__(self, reason: str, at: int, repaired: str | None = None) -> None:
        super().__init__(reason, position=at)
        self.repaired = repaired


Kind = Literal["word", "quoted", "field", "fact", "OR", "AND", "NOT", "-", "(", ")", "end"]
"""What a lexeme is."""


class Lexeme(NamedTuple):
    """A word or sign, from `start` to before `end` in the text."""

    kind: Kind
    text: str
    start: int
    end: int


def lexemes(text: str) -> list[Lexeme]:
    """The lexemes of a text and an "end".

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
    if not is_title(" ".join(text.split()[:_TITLE_WORDS])):
        found = _with_small_operators(found)
    return [*found, Lexeme("end", "", len(text), len(text))]


_SMALL: dict[str, Kind] = {"and": "AND", "or": "OR", "not": "NOT"}
_TITLE_WORDS = 12
_CLOSES, _OPENS = (")", "quoted", "fact"), ("(", "quoted", "field", "fact")


def _with_small_operators(found: list[Lexeme]) -> list[Lexeme]:
    """The lexemes with and, or, not as operators beside brackets, quotes, fields and filters.

    Between words they may belong to a phrase, and so they may before "the" and the like.
    """
    read = list(found)
    for at, lexeme in enumerate(found[:-1]):
        if lexeme.kind != "word" or lexeme.text not in _SMALL or not at:
            continue
        led = lexeme.text == "not" and found[at - 1].text in ("and", "but") and at > 1
        before, after = found[at - 1 - led], found[at + 1]
        parts = before.kind in (*_CLOSES, "word") and after.kind in (*_OPENS, "word")
        beside = before.kind in _CLOSES or after.kind in _OPENS
        if parts and beside and after.text.lower() not in FUNCTION_WORDS:
            read[at] = lexeme._replace(kind=_SMALL[lexeme.text])
    return [one for at, one in enumerate(read) if not _is_doubled(read, at)]


def _is_doubled(read: list[Lexeme], at: int) -> bool:
    """Whether an "and" or "but" only leads to the "not" behind it."""
    follows = read[at + 1].kind if at + 1 < len(read) else "end"
    return follows == "NOT" and read[at].text in ("and", "but")


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
    read = _READ.get(kind or "")
    if read is not None:
        return read(text, value, start, end)
    if kind in ("space", "alias"):
        return _alias(value, start, end) if kind == "alias" else None
    if kind in ("bracket", "sign"):
        return Lexeme(cast("Kind", _SIGNS.get(value, value)), value, start, end)
    return Lexeme(cast("Kind", kind), value, start, end)


def _alias(name: str, start: int, end: int) -> Lexeme | None:
    """The field that a name such as "au" is; one that needs no field is left out."""
    meant = ALIASES[name.lower()]
    return Lexeme("field", meant, start, end) if meant else None


def _closed_quote(text: str, start: int) -> str:
    return text + '"' if text[start + 1 :].strip() else text[:start]


def _unclosed(text: str, _: str, start: int, end: int) -> Lexeme:
    raise FaultError("A quote is never closed", start, _closed_quote(text, start))


def _dash(text: str, _: str, start: int, end: int) -> Lexeme:
    parts = start and text[start - 1].isspace() and text[end:].strip(" )")
    if parts and text[end].isspace():
        return Lexeme("word", "-", start, end)
    if end == len(text) or text[end].isspace():
        raise FaultError("A dash stands alone", start, text[:start] + text[end:])
    return Lexeme("-", "-", start, end)


def _word(text: str, word: str, start: int, end: int) -> Lexeme:
    if word in ("AND", "OR", "NOT"):
        return Lexeme(cast("Kind", word), word, start, end)
    if sign := _SIGNS.get(word):
        return Lexeme(sign, word, start, end)
    if like := _FIELD_LIKE.match(word):
        _check_field(text, like[1], start, first=like[2])
    return Lexeme("word", word, start, end)


_READ: dict[str, Callable[[str, str, int, int], Lexeme]] = {
    "unclosed": _unclosed, "dash": _dash, "word": _word, "operator": _word,
}  # fmt: skip
"""How lexemes are read that are not taken as they stand, from the text and where they stand."""


def _check_field(text: str, name: str, start: int, *, first: str) -> None:
    """Raise FaultError for a field there is not; `first` is the character behind its colon.

    A word with a colon behind it is none, unless it is nearly a field: titles have such words, and
    some with a capital lack the blank behind the colon.
    """
    if first == "/":
        raise FaultError("A watch is made of words, not of a link", start)
    meant = _field_meant(name.lower())
    if not meant and name.lower() not in _ELSEWHERE and (not first or not name.islower()):
        return
    if not first and not (meant and name.islower()):
        return
    behind = text[start + len(name) + 1 :]
    repaired = f"{text[:start]}{meant}:{behind}" if meant else f"{text[:start]}{name} {behind}"
    raise FaultError(f"There is no field {name}:, only {_ALL_FIELDS}", start, repaired)


def _field_meant(name: str) -> str:
    """The field that a name nearly is, or ""."""
    near = [(OSA.distance(name, field), field) for field in _FIELDS]
    distance, field = min(near)
    return field if distance <= min(_NEAR_FIELD, len(name) // 3) else ""
