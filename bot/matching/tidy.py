"""The words of a watch as they are kept: one space apart, without capitals that mean nothing."""

import re

from bot.matching.pieces import is_capitals

_CAPITALISED = re.compile(r"[^\W\d_]{2,}")
_HASH = re.compile(r"(?<!\S)#+(?=\w)")


def tidy(text: str) -> str:
    """Return the words one space apart."""
    return " ".join(text.split())


def canonical(words: str) -> str:
    """Return the words with Capitalised ones in lower case; names with inner capitals stay.

    A # in front of a word, as in posts, goes.
    """
    return _CAPITALISED.sub(_uncapitalised, _HASH.sub("", words))


def _uncapitalised(found: re.Match[str]) -> str:
    word = found[0]
    return word.lower() if word[1:].islower() and not is_capitals(word) else word
