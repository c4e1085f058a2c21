"""A dash that took one word, where the person may have meant all that follow."""

from itertools import pairwise
from typing import NamedTuple

from bot.matching.lexemes import Lexeme, lexemes


class Dash(NamedTuple):
    """The word that a dash leaves out, the words behind it that are wanted, and both left out."""

    left_out: str
    wanted: str
    instead: str


def ambiguous_dash(text: str) -> Dash | None:
    """Return the first dash of a valid expression whose word is followed by others, or None.

    In "experts -survey paper" it leaves out *survey* and wants *paper*.
    """
    read = lexemes(text)
    for at, (sign, word) in enumerate(pairwise(read)):
        if (sign.kind, word.kind) == ("-", "word") and (behind := _words(read[at + 2 :])):
            both = text[word.start : behind[-1].end]
            instead = f'{text[: word.start]}"{both}"{text[behind[-1].end :]}'
            return Dash(word.text, text[behind[0].start : behind[-1].end], instead)
    return None


def _words(read: list[Lexeme]) -> list[Lexeme]:
    """Return the words at the beginning."""
    ends = (at for at, lexeme in enumerate(read) if lexeme.kind != "word")
    return read[: next(ends)]
