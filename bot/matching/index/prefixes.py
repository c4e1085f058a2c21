"""Which words of papers begin as a wildcard of a watch does, for the index: transform*."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from bot.matching.index.arrays import Array, where
from bot.matching.index.terms import Terms
from bot.matching.text.phrase_terms import SHORTEST_PREFIX


class Prefixes:
    """Pairs of a paper's word and a wildcard that it fits."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._wanted: dict[str, int] = {}
        self._new_wanted: list[int] = []
        self._seen: list[int] = []
        self._pairs: dict[int, list[int]] = defaultdict(list)

    def want(self, term: int) -> None:
        """Add a wildcard of a watch by the number of its term; each once."""
        self._new_wanted.append(term)

    def update(self, new_words: Iterable[int]) -> tuple[set[int], set[int]]:
        """Pairs the words new since the last call; gives the papers' words paired, old and new."""
        texts = self._terms.texts
        fresh = {texts[term]: term for term in self._new_wanted}
        self._new_wanted.clear()
        old = {word for word in self._seen if self._pair(word, fresh)} if fresh else set()
        self._wanted.update(fresh)
        words = list(new_words)
        self._seen += words
        new = {word for word in words if self._pair(word, self._wanted)} if self._wanted else set()
        return old, new

    def _pair(self, word: int, wanted: dict[str, int]) -> bool:
        text = self._terms.texts[word]
        ends = range(SHORTEST_PREFIX, len(text) + 1)
        found = [wanted[key] for end in ends if (key := f"{text[:end]}*") in wanted]
        if found:
            self._pairs[word] += found
        return bool(found)

    def read(self, terms: Array) -> list[tuple[int, int]]:
        """Pairs of a place in `terms` (int32, n_terms) and the wildcard that its word fits."""
        if not self._pairs:
            return []
        lists = self._pairs
        return [
            (place, wanted)
            for place in where(np.isin(terms, list(lists))).tolist()
            for wanted in lists[int(terms[place])]
        ]

    @property
    def paired(self) -> list[int]:
        """All words of papers that were ever paired."""
        return list(self._pairs)
