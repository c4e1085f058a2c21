"""Refusals with what to type instead, marked as commands so that they can be taken up."""

import re

from bot.cards.spans import Line, Span, line, slash
from bot.commands.grammar import parse
from bot.commands.verbs import Verb
from bot.errors import CommandError, ExpressionError

_SUGGESTED = re.compile(
    r'Did you mean "(?P<meant>.+?)"(?=\?|, which)|[Ff]or example: (?P<example>.+)$'
    r"|\bType (?P<help>help)\b"
)


def hinted(text: str) -> Line:
    """A sentence in which every suggested command that can be typed is marked as one."""
    parts: list[str | Span] = []
    at = 0
    for found in _SUGGESTED.finditer(text):
        group = found.lastgroup or ""
        if _can_be_typed(found[group]):
            parts += [text[at : found.start(group)], slash(found[group])]
            at = found.end(group)
    return line(*(part for part in (*parts, text[at:]) if part))


def corrected(verb: Verb[str], error: ExpressionError) -> Line:
    """What is wrong with an expression and where, with the whole command that would be right."""
    said = f"{error.reason} (at character {error.position + 1})."
    if error.suggestion is None:
        return line(said)
    return line(said, " Did you mean: ", slash(f"{verb.words} {error.suggestion}"))


def _can_be_typed(text: str) -> bool:
    try:
        parse(text)
    except CommandError:
        return False
    return True
