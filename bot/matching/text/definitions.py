"""Acronyms that a paper defines itself, and whether two long forms mean the same."""

import re
from collections.abc import Iterable, Iterator, Sequence
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


def definitions_in(text: str) -> Iterator[tuple[str, str]]:
    """Yields each acronym that a text surely defines in brackets, with its long form.

    Every letter must be the first of a word: what is learned from it is used for other papers.
    """
    for found in _BRACKETED.finditer(text):
        short = found[1]
        before = text[max(0, found.start() - _READ_BEFORE) : found.start()]
        if sum(map(str.isupper, short)) >= _LEAST_CAPITALS and (long := _led_by(short, before)):
            yield short, _singular(long) if found[2] else long


def _singular(long: str) -> str:
    *before, last = long.split()
    return " ".join((*before, fold_word(last)))


def _led_by(short: str, before: str) -> str:
    """The words at the end of a text whose first letters are an acronym's, or ""."""
    letters = acronym_key(short)
    words = _WORD.findall(before.lower())
    left, at = len(letters), len(words)
    while left and at:
        at -= 1
        if words[at][0] == letters[left - 1]:
            left -= 1
        elif words[at] not in FUNCTION_WORDS or left == len(letters):
            return ""
    return "" if left else " ".join(words[at:])


_BRACKETED = re.compile(r"\(([A-Z][A-Za-z0-9-]{1,9}?)(s?)\)")
_LEAST_CAPITALS, _READ_BEFORE = 2, 150


class Definitions:
    """How many papers define which acronym as what; bounded, the rarest go first.

    What many papers say alike is known by `common`.
    """

    def __init__(self, counts: dict[tuple[str, str], int] | None = None) -> None:
        self.counts = {} if counts is None else counts

    def learn(self, title: str, abstract: str) -> None:
        """Count each definition of a paper once."""
        if "(" not in abstract and "(" not in title:
            return
        for one in {*definitions_in(title), *definitions_in(abstract)}:
            self.counts[one] = self.counts.get(one, 0) + 1
        if len(self.counts) > _MOST:
            for least in range(1, KNOWN_FROM):
                if len(self.counts) > _MOST // 2:
                    self.counts = {one: n for one, n in self.counts.items() if n > least}

    def common(self) -> list[tuple[str, str, bool]]:
        """Acronym and long form that enough papers agree on, commonest first.

        The last says whether nearly all who define the acronym mean this.
        """
        whole: dict[str, int] = {}
        for (short, _), count in self.counts.items():
            whole[acronym_key(short)] = whole.get(acronym_key(short), 0) + count
        ordered = sorted(self.counts.items(), key=lambda one: (-one[1], one[0]))
        return [
            (short, long, count >= _NEARLY_ALL * whole[acronym_key(short)])
            for (short, long), count in ordered
            if count >= KNOWN_FROM
        ]


KNOWN_FROM = 5
"""Papers that must define an acronym alike before it is known without their definition."""

_MOST, _NEARLY_ALL = 20_000, 0.8


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
