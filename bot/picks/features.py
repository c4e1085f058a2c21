"""What taste reads of a paper: its words, word pairs, authors and subject classes, hashed."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from bot.matching.paper import PaperText

SIZE = 1 << 14
"""How many places features are hashed into; an index fits in 16 bits."""

_ABSTRACT = 0.5
_PAIR = 0.7
_AUTHOR = 0.5
_CATEGORY = 0.3
_AUTHORS_READ = 12

_WORD = re.compile(r"[a-z0-9]+")
_LATEX = re.compile(r"\\[A-Za-z]+|'s\b")
_SUFFIXES = (
    ("isations", "ize"), ("izations", "ize"), ("isation", "ize"), ("ization", "ize"),
    ("ations", "at"), ("ation", "at"), ("ities", ""), ("ity", ""), ("ments", ""), ("ment", ""),
    ("ings", ""), ("ing", ""), ("ises", "ize"), ("ise", "ize"), ("ically", "ic"), ("ical", "ic"),
    ("ies", "y"), ("sses", "ss"), ("ives", "iv"), ("ive", "iv"), ("edly", ""), ("ed", ""),
    ("ally", ""), ("al", ""), ("ly", ""), ("es", ""), ("s", ""), ("e", ""),
)  # fmt: skip
_FUNCTION_WORDS = (
    "a about above across after again all also although among an and any are as at be because been "
    "before being between both but by can could do does during each either few for from further "
    "had has have here how however i if in into is it its itself just may might more most much "
    "must near nor not of off on once one only onto or other our ours out over own per rather same "
    "should show shows since so some such than that the their them then there these they this "
    "those through thus to too toward towards two under until up upon us use used using via very "
    "was we well were what when where whether which while who whose why will with within without "
    "would yet you"
)
_ROOT = 3
_STOP = frozenset(_FUNCTION_WORDS.split())


@dataclass(frozen=True, slots=True)
class Features:
    """A paper as a sparse vector of length 1 (or 0, where it has no words).

    `places` are distinct, ascending and in 0..SIZE-1; `values` are their weights, and
    `words` a readable surface form of each.
    """

    places: NDArray[np.int64]
    values: NDArray[np.float64]
    words: tuple[str, ...]


def features(paper: PaperText) -> Features:
    """Read a paper: title, abstract, authors and categories, in falling weight."""
    return _unit(
        [
            *_text(paper.title, 1.0),
            *_text(paper.abstract, _ABSTRACT),
            *((f"@{name.casefold()}", name, _AUTHOR) for name in paper.authors[:_AUTHORS_READ]),
            *((f"#{name.casefold()}", name, _CATEGORY) for name in paper.categories),
        ]
    )


def phrase(text: str) -> Features:
    """Read plain words, such as those of a watch, as if they were a title."""
    return _unit(list(_text(text, 1.0)))


def _text(text: str, weight: float) -> Iterator[tuple[str, str, float]]:
    """The stems and neighbouring pairs of a text as (key, surface, weight), repeats damped."""
    terms = _terms(text)
    pairs = [(f"{a} {b}", f"{x} {y}") for (a, x), (b, y) in pairwise(terms)]
    for found, scale in ((terms, weight), (pairs, weight * _PAIR)):
        counts = Counter(key for key, _ in found)
        surfaces = dict(reversed(found))
        for key, count in counts.items():
            yield key, surfaces[key], scale * (1.0 + math.log(count))


def _terms(text: str) -> list[tuple[str, str]]:
    """The content words of a text in order, as (stem, the word in lower case)."""
    folded = unicodedata.normalize("NFKD", _LATEX.sub(" ", text)).casefold()
    plain = "".join(c for c in folded if not unicodedata.combining(c))
    return [(_stem(word), word) for word in _WORD.findall(plain) if word not in _STOP]


@lru_cache(maxsize=1 << 16)
def _stem(word: str) -> str:
    """Cut one ending, so that the forms of a word fall together; `_ROOT` letters always stay."""
    for ending, instead in _SUFFIXES:
        if word.endswith(ending) and len(word) - len(ending) >= _ROOT and not word.endswith("ss"):
            return word[: -len(ending)] + instead
    return word


@lru_cache(maxsize=1 << 16)
def _place(key: str) -> int:
    """Where a feature is hashed, the same on every machine."""
    return crc32(key.encode()) % SIZE


def _unit(found: list[tuple[str, str, float]]) -> Features:
    """Add up what falls on one place and scale the whole to length 1."""
    sums: dict[int, float] = {}
    words: dict[int, str] = {}
    for key, word, weight in found:
        place = _place(key)
        sums[place] = sums.get(place, 0.0) + weight
        words.setdefault(place, word)
    places = np.array(sorted(sums), dtype=np.int64)
    values = np.array([sums[place] for place in places.tolist()], dtype=np.float64)
    length = float(np.linalg.norm(values))
    return Features(
        places,
        values / length if length > 0.0 else values,
        tuple(words[place] for place in places.tolist()),
    )
