"""Watches to start from: phrases that recent titles really use, so that an example finds papers."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from bot.matching.text.word_lists import FUNCTION_WORDS

USUAL = ("large language models", "reinforcement learning", "retrieval-augmented generation")
"""What is suggested where too few papers are known."""

_LEAST_TITLES = 2
_RUN = re.compile(r"[^\s:;,.!?()\[\]]+(?: [^\s:;,.!?()\[\]]+)*")
_WORD = re.compile(r"[a-z]{3,}(?:-[a-z]+)*")
_EMPTY = frozenset(
    [
        "towards",
        "toward",
        "using",
        "beyond",
        "via",
        "efficient",
        "effective",
        "novel",
        "simple",
        "better",
        "more",
        "less",
        "than",
        "new",
        "fast",
        "deep",
        "neural",
        "improving",
        "learning",
        "model",
        "models",
        "method",
        "methods",
        "approach",
        "framework",
        "based",
        "large",
    ]
)


def example_watches(titles: Iterable[str], count: int = 3) -> tuple[str, ...]:
    """The `count` commonest two-word phrases of the titles that share no word, commonest first.

    A phrase counts once a title and must stand in two of them; what is missing then comes from
    `USUAL`. Ties go by alphabet, so that the same papers give the same examples.
    """
    found = Counter(phrase for title in titles for phrase in set(_phrases(title)))
    common = [
        phrase
        for phrase, times in sorted(found.items(), key=lambda each: (-each[1], each[0]))
        if times >= _LEAST_TITLES
    ]
    return _apart((*common, *USUAL), count)


def _phrases(title: str) -> Iterator[str]:
    for run in _RUN.findall(title.lower()):
        for first, second in pairwise(run.split()):
            if _says_something(first, second):
                yield f"{first} {second}"


def _says_something(first: str, second: str) -> bool:
    """Two real words; one of the pair may be a word that says little by itself."""
    both = (first, second)
    return (
        all(_WORD.fullmatch(word) and word not in FUNCTION_WORDS for word in both)
        and first not in _EMPTY
        and not all(word in _EMPTY for word in both)
    )


def _apart(phrases: Sequence[str], count: int) -> tuple[str, ...]:
    chosen: list[str] = []
    used: set[str] = set()
    for phrase in phrases:
        words = {word.rstrip("s") for word in re.split(r"[ -]", phrase)}
        if not words & used:
            chosen.append(phrase)
            used |= words
    return tuple(chosen[:count])
