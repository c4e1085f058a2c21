"""A watch's own typos, corrected once, when it is added, and said."""

import re
from typing import NamedTuple

from rapidfuzz.distance import OSA

from bot.matching.lexicon import Lexicon
from bot.matching.tree import And, Expression, Not, Or, Phrase


class Corrected(NamedTuple):
    """An expression as it will be watched, and each (typed, known) pair of words changed."""

    expression: Expression
    corrections: tuple[tuple[str, str], ...]


_WORDS = re.compile(r"[^\W\d_]+")


def correct(tree: Expression, lexicon: Lexicon) -> Corrected:
    """Return the expression with unknown words replaced by the single best known one.

    A word run together of two common ones is taken apart, and found joined just as well. Quoted
    phrases, names, acronyms and words with inner capitals stay as typed, and so does every word
    that might be right: a real word that was not meant ("modes") is not noticed.
    """
    changed: dict[str, str] = {}

    def known(found: re.Match[str]) -> str:
        word = found[0]
        better = lexicon.correct(word) or lexicon.divide(word) if word.islower() else None
        if better is None:
            return word
        if OSA.distance(word, better + "s") <= OSA.distance(word, better):
            better += "s"
        changed[word] = better
        return better

    def walk(part: Expression) -> Expression:
        if isinstance(part, Phrase):
            return part if part.exact else Phrase(_WORDS.sub(known, part.text), scope=part.scope)
        if isinstance(part, Not):
            return Not(walk(part.part))
        if isinstance(part, And | Or):
            return type(part)(tuple(map(walk, part.parts)))
        return part

    return Corrected(walk(tree), tuple(changed.items()))
