"""Watches to suggest: phrases of recent titles, and what would have brought a missed paper."""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bot.errors import ExpressionError
from bot.matching.query.expression import Expression, parse
from bot.matching.text.word_lists import FUNCTION_WORDS
from bot.matching.types import Match
from storage.models import Paper

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


def example_watches(
    titles: Iterable[str], count: int = 3, *, usual: Sequence[str] = USUAL
) -> tuple[str, ...]:
    """The `count` commonest two-word phrases of the titles that share no word, commonest first.

    A phrase counts once a title and must stand in two of them; what is missing then comes from
    `usual`. Ties go by alphabet, so that the same papers give the same examples.
    """
    found = Counter(phrase for title in titles for phrase in set(title_phrases(title)))
    common = [
        phrase
        for phrase, times in sorted(found.items(), key=lambda each: (-each[1], each[0]))
        if times >= _LEAST_TITLES
    ]
    return _apart((*common, *usual), count)


@dataclass(frozen=True, slots=True)
class MissedBy:
    """The watch that would have brought a paper, and the other recent papers that it matches."""

    watch: str
    others: Sequence[Paper]


Find = Callable[[Expression, Sequence[Paper], float], Awaitable[Sequence[tuple[Paper, Match]]]]
"""What finds the papers that an expression matches at or above a score."""


async def missed_by(
    paper: Paper, window: Sequence[Paper], find: Find, threshold: float
) -> MissedBy | None:
    """The narrowest phrase of the paper's title that matches it; None where the title has none.

    Of the phrases that match other papers of the window as well, the one with the fewest is taken,
    for a topic is more than one paper; a phrase that finds this paper alone comes after those.
    """
    phrases = list(_parsed(title_phrases(paper.title)))
    among = [paper, *(each for each in window if each.id != paper.id)]
    found = await asyncio.gather(*(find(phrase, among, threshold) for phrase in phrases))
    having = {
        key: [other for other, _ in hits if other is not paper]
        for key, hits in enumerate(found)
        if any(each is paper for each, _ in hits)
    }
    best = min(having, key=lambda key: (not having[key], len(having[key]), key), default=None)
    return None if best is None else MissedBy(str(phrases[best]), having[best])


def _parsed(phrases: Iterable[str]) -> Iterator[Expression]:
    for phrase in phrases:
        try:
            yield parse(phrase)
        except ExpressionError:
            # A title may have words of the grammar in it.
            continue


def title_phrases(title: str) -> Iterator[str]:
    """The pairs of neighbouring words of a title that may stand for a topic, in its order."""
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
