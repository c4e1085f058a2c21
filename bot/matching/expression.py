"""Watch expressions: text to a tree, or an error with the nearest valid text."""

import re

from bot.errors import ExpressionError
from bot.matching.grammar import DEEPEST, LONGEST, MOST_WORDS, Parser, UnwantedError
from bot.matching.lexemes import FaultError
from bot.matching.simple import simple
from bot.matching.tree import Expression, phrases

__all__ = ["DEEPEST", "LONGEST", "MOST_WORDS", "Expression", "parse", "phrases"]

_MOST_REPAIRS = 12
_INVISIBLE = re.compile(r"[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe0f\ufeff]")


def parse(text: str) -> Expression:
    """Return the tree of an expression; raise ExpressionError with position and suggestion.

    Characters that nobody sees are left out first: they would hide an operator.
    """
    return simple(text) or _parsed(text)


def _parsed(text: str) -> Expression:
    seen = _INVISIBLE.sub("", text)
    try:
        return Parser(seen).parse()
    except FaultError as fault:
        nearest = None if isinstance(fault, UnwantedError) else _nearest(fault)
        at = fault.position if seen == text else _typed_at(text, fault.position)
        raise ExpressionError(fault.reason, position=at, suggestion=nearest) from None


def _typed_at(text: str, position: int) -> int:
    """Return where in the text a character stands, counted without the invisible ones."""
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
