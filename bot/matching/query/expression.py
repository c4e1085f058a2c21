"""Watch expressions: text to a tree, or an error with the nearest valid text."""

import re
from collections.abc import Iterator

from bot.errors import ExpressionError
from bot.matching.query.ast import And, Expression, NameFilter, Not, Phrase, Scope, phrases
from bot.matching.query.categories import category_named
from bot.matching.query.elsewhere import means_nothing
from bot.matching.query.lexer import FaultError
from bot.matching.query.parser import (
    DEEPEST,
    LONGEST,
    MOST_NAMES,
    MOST_WORDS,
    Parser,
    UnwantedError,
    canonical,
    wants,
)
from bot.matching.text.phrase_terms import phrase_terms
from bot.matching.text.word_lists import FUNCTION_WORDS

_WORDS = re.compile(r"\w[\w'+.,/&-]*(?: \w[\w'+.,/&-]*)*").fullmatch
"""Words without any sign of the grammar, one blank apart."""

_OPERATORS = frozenset(("AND", "OR", "NOT", "ANDNOT", "or", "and", "not"))
_AUTHOR, _TITLE, _AND, _NOT, _DASH = "author:", "title:", " AND ", "NOT ", " -"


def simple(text: str) -> Expression | None:
    """The tree of a simple expression; None for others, and for faulty ones."""
    if len(text) > LONGEST:
        return None
    if _AND not in text and _DASH not in text:
        return _part(text)
    parts = list(_parts(text))
    trees = [part for part in parts if part is not None]
    return And(tuple(trees)) if len(trees) == len(parts) and any(map(wants, trees)) else None


def _parts(text: str) -> Iterator[Expression | None]:
    """Yields the parts that are joined by AND, negated ones among them."""
    for part in text.split(_AND):
        first, *left_out = part.split(_DASH)
        yield _negated(first[len(_NOT) :]) if first.startswith(_NOT) else _part(first)
        for word in left_out:
            # A dash takes one word; what may follow is for the grammar.
            yield None if " " in word else _negated(word)


def _negated(text: str) -> Not | None:
    part = _part(text)
    return Not(part) if part else None


def _part(text: str) -> Phrase | NameFilter | None:
    if text.startswith(_AUTHOR):
        return _author(text.removeprefix(_AUTHOR))
    if text.startswith(_TITLE):
        return _phrase(text.removeprefix(_TITLE), "title")
    return _phrase(text, "anywhere")


def _author(name: str) -> NameFilter | None:
    quoted = name[:1] == name[-1:] == '"' and len(name) > 1
    if quoted:
        name = name[1:-1]
    if name[:1].isdecimal():
        # An ORCID asks for a person otherwise than a name does.
        return None
    words = _plain(name)
    return NameFilter("author", name) if words and (quoted or len(words) <= MOST_NAMES) else None


def _phrase(text: str, scope: Scope) -> Phrase | None:
    exact = text[:1] == text[-1:] == '"' and len(text) > 1
    if exact:
        text = text[1:-1]
    words = _plain(text)
    if not words or (len(text) == 1 and not text.isascii()):
        return None
    if not exact and "." in text and category_named(text):
        return None
    if not (exact or text.islower()):
        text = canonical(text)
    fits = _fits(text, words) or 0 < len(phrase_terms(text)) <= MOST_WORDS
    return Phrase(text, exact, scope) if fits else None


def _fits(text: str, words: list[str]) -> bool:
    """Whether a phrase surely has a content word, and is too short for too many words."""
    short = len(text) < 2 * MOST_WORDS and text.isascii()
    return short and any(w.isalpha() and w.lower() not in FUNCTION_WORDS for w in words)


def _plain(text: str) -> list[str]:
    """The words of a text that has no sign of the grammar, else none."""
    if not _WORDS(text):
        return []
    if "/" in text or "NEAR" in text or "ADJ" in text:
        # The operators of other search boxes are answered with what to write instead.
        return [] if means_nothing(text) else _unoperated(text)
    return _unoperated(text)


def _unoperated(text: str) -> list[str]:
    words = text.split(" ")
    return words if _OPERATORS.isdisjoint(words) and "," not in text else []


__all__ = ["DEEPEST", "LONGEST", "MOST_WORDS", "Expression", "parse", "phrases"]

_MOST_REPAIRS = 12
_INVISIBLE = re.compile(r"[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe0f\ufeff]")


def parse(text: str) -> Expression:
    """The tree of an expression; raise ExpressionError with position and suggestion.

    Characters that nobody sees are left out first: they would hide an operator.
    """
    return simple(text) or _parsed(text)[0]


def parse_noted(text: str) -> tuple[Expression, tuple[str, ...]]:
    """The tree of an expression, and sentences about what was read otherwise than it was typed.

    Raises ExpressionError as `parse` does.
    """
    tree = simple(text)
    return (tree, ()) if tree is not None else _parsed(text)


def _parsed(text: str) -> tuple[Expression, tuple[str, ...]]:
    seen = _INVISIBLE.sub("", text)
    try:
        parser = Parser(seen)
        return parser.parse(), tuple(dict.fromkeys(parser.notes))
    except FaultError as fault:
        nearest = None if isinstance(fault, UnwantedError) else _nearest(fault)
        at = fault.position if seen == text else _typed_at(text, fault.position)
        raise ExpressionError(fault.reason, position=at, suggestion=nearest) from None


def _typed_at(text: str, position: int) -> int:
    """Where in the text a character stands, counted without the invisible ones."""
    visible = [at for at, sign in enumerate(text) if not _INVISIBLE.match(sign)]
    return visible[position] if position < len(visible) else len(text)


def _nearest(fault: FaultError) -> str | None:
    for _ in range(_MOST_REPAIRS):
        if fault.repaired is None:
            return None
        try:
            return str(Parser(fault.repaired).parse())
        except FaultError as another:
            fault = another
    return None
