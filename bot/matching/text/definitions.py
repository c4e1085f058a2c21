"""Acronyms that a paper defines itself, and whether two long forms mean the same."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from bot.matching.text.normalize import fold_word, plain
from bot.matching.text.word_lists import FUNCTION_WORDS

_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"-?\d+$")
_MORE_WORDS, _ALIKE = 2, 4


def acronym_key(short: str) -> str:
    """The key under which an acronym is known: its letters in lower case, "MCP-1" being "mcp"."""
    cut = _NUMBER.sub("", short)
    return (cut if len(cut) > 1 else short).replace("-", "").lower()


def reach(key: str) -> int:
    """How many words in front of an acronym may spell it, at most, by the acronym's key."""
    return len(key) + _MORE_WORDS


@lru_cache(maxsize=1 << 12)
def _spelled(letters: str, text: str) -> tuple[str, ...]:
    at = len(text)
    for place in range(len(letters) - 1, -1, -1):
        at = _before(text, letters[place], at, first=place == 0)
        if at < 0:
            return ()
    found = text[at:].split()
    if 2 * _initials(letters, found) < len(letters):
        return ()
    return content_words(found)


def spelled(short: str, before: Sequence[str]) -> tuple[str, ...]:
    """The folded content words in front of a bracketed acronym that spell it, or ().

    `before` are the raw tokens in front, of which the last few are read. Letters are matched from
    the last to the first, the first at the beginning of a word and half of them at beginnings of
    words, as Schwartz and Hearst do (PSB 2003): "Ministry of Education (MOE)".
    """
    letters = acronym_key(short)
    most = reach(letters)
    words = _WORD.findall(plain(" ".join(before[-most:])).lower())
    return _spelled(letters, " ".join(words[-most:]))


def _before(text: str, letter: str, end: int, *, first: bool) -> int:
    """The last place of a letter before `end`, for the first letter at a word; -1 if none."""
    at = text.rfind(letter, 0, end)
    while first and at > 0 and text[at - 1] != " ":
        at = text.rfind(letter, 0, at)
    return at


def _initials(letters: str, words: Sequence[str]) -> int:
    """How many words begin, in order, with letters of an acronym."""
    at = count = 0
    for word in words:
        if (found := letters.find(word[0], at)) >= 0:
            at, count = found + 1, count + 1
    return count


def content_words(words: Iterable[str]) -> tuple[str, ...]:
    """The folded words without function words."""
    return tuple(fold_word(word) for word in words if word not in FUNCTION_WORDS)


@lru_cache(maxsize=1 << 12)
def same_meaning(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two long forms of an acronym, as folded content words, mean the same.

    They do if the words of one stand in the other in order, where words that begin alike are one
    ("automated", "automatic"; also "modal", "multimodal") and one word may be more:
    vision-language-action (model).
    """
    short, long = sorted((one, other), key=len)
    if "".join(one) == "".join(other):
        return True
    at = 0
    for word in long:
        at += at < len(short) and _alike(short[at], word)
    return at == len(short) and len(long) - len(short) <= (len(short) > 1)


def _alike(one: str, other: str) -> bool:
    if one == other or (one[:_ALIKE] == other[:_ALIKE] and min(len(one), len(other)) >= _ALIKE):
        return True
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) >= _ALIKE - 1 and longer.startswith(shorter):
        return True
    return len(shorter) > _ALIKE and longer.endswith(shorter)
