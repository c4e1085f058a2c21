"""Expressions of the simplest kinds, read in one step: most watches are, and a start reads all.

Words wanted, words in quotes, `author:` and `title:`, and these joined by AND, NOT and dashes. It
gives what the grammar gives, or leaves a text to it.
"""

import re
from collections.abc import Iterator

from bot.matching.grammar import LONGEST, MOST_NAMES, MOST_WORDS, wants
from bot.matching.text import phrase_terms
from bot.matching.tidy import canonical
from bot.matching.tree import And, Expression, Named, Not, Phrase, Scope
from bot.matching.vocabulary import FUNCTION_WORDS

_WORDS = re.compile(r"\w[\w'+.,/&-]*(?: \w[\w'+.,/&-]*)*").fullmatch
"""Words without any sign of the grammar, one blank apart."""

_OPERATORS = frozenset(("AND", "OR", "NOT"))
_AUTHOR, _TITLE, _AND, _NOT, _DASH = "author:", "title:", " AND ", "NOT ", " -"


def simple(text: str) -> Expression | None:
    """Return the tree of a simple expression; None for others, and for faulty ones."""
    if len(text) > LONGEST:
        return None
    if _AND not in text and _DASH not in text:
        return _part(text)
    parts = list(_parts(text))
    trees = [part for part in parts if part is not None]
    return And(tuple(trees)) if len(trees) == len(parts) and any(map(wants, trees)) else None


def _parts(text: str) -> Iterator[Expression | None]:
    """Yield the parts that are joined by AND, negated ones among them."""
    for part in text.split(_AND):
        first, *left_out = part.split(_DASH)
        yield _negated(first[len(_NOT) :]) if first.startswith(_NOT) else _part(first)
        for word in left_out:
            # A dash takes one word; what may follow is for the grammar.
            yield None if " " in word else _negated(word)


def _negated(text: str) -> Not | None:
    part = _part(text)
    return Not(part) if part else None


def _part(text: str) -> Phrase | Named | None:
    if text.startswith(_AUTHOR):
        return _author(text.removeprefix(_AUTHOR))
    if text.startswith(_TITLE):
        return _phrase(text.removeprefix(_TITLE), "title")
    return _phrase(text, "anywhere")


def _author(name: str) -> Named | None:
    quoted = name[:1] == name[-1:] == '"' and len(name) > 1
    if quoted:
        name = name[1:-1]
    words = _plain(name)
    return Named("author", name) if words and (quoted or len(words) <= MOST_NAMES) else None


def _phrase(text: str, scope: Scope) -> Phrase | None:
    exact = text[:1] == text[-1:] == '"' and len(text) > 1
    if exact:
        text = text[1:-1]
    words = _plain(text)
    if not words:
        return None
    if not (exact or text.islower()):
        text = canonical(text)
    fits = _fits(text, words) or 0 < len(phrase_terms(text)) <= MOST_WORDS
    return Phrase(text, exact, scope) if fits else None


def _fits(text: str, words: list[str]) -> bool:
    """Tell a phrase that surely has a content word, and too few letters for too many words."""
    short = len(text) < 2 * MOST_WORDS and text.isascii()
    return short and any(w.isalpha() and w.lower() not in FUNCTION_WORDS for w in words)


def _plain(text: str) -> list[str]:
    """Return the words of a text that has no sign of the grammar, else none."""
    if not _WORDS(text):
        return []
    words = text.split(" ")
    return words if _OPERATORS.isdisjoint(words) else []
