"""Which unknown words of papers may be typos of which words of watches, for the index."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.matching.columns import Array
from bot.matching.lexicon import KnownWords, Lexicon, typos
from bot.matching.score import ONE_TYPO, TWO_TYPOS
from bot.matching.terms import Terms

_MOST = 2
_SHORTEST = 4


class Misspelt:
    """Pairs of a paper's word and a watch's word one or two typos apart, by first letter.

    Whether a pair counts depends on what the lexicon knows by now, and is asked anew when it has
    learnt a word.
    """

    def __init__(self, terms: Terms, lexicon: Lexicon) -> None:
        self._terms = terms
        self._lexicon = lexicon
        self._wanted: dict[str, list[int]] = defaultdict(list)
        self._doubtful: dict[str, list[int]] = defaultdict(list)
        self._pairs: dict[int, list[tuple[int, float]]] = defaultdict(list)
        self._new_wanted: list[int] = []
        self._valid: dict[int, list[tuple[int, float]]] = {}
        self._revision = -1

    def want(self, term: int) -> None:
        """Add a word of a watch that takes typos; each once."""
        self._new_wanted.append(term)

    def update(self, new_words: Iterable[int]) -> None:
        """Pair the words new since the last call; `new_words` are the papers'."""
        found = len(self._pairs)
        texts = self._terms.texts
        words = KnownWords(self._lexicon)
        doubtful = [t for t in new_words if texts[t].isalpha() and len(texts[t]) >= _SHORTEST]
        doubtful = [t for t in doubtful if words.doubtful(texts[t])]
        new_wanted = self._by_letter(self._new_wanted)
        self._new_wanted = []
        for letter, wanted in new_wanted.items():
            self._pair(self._doubtful[letter], wanted)
            self._wanted[letter] += wanted
        for letter, seen in self._by_letter(doubtful).items():
            self._pair(seen, self._wanted[letter])
            self._doubtful[letter] += seen
        if found != len(self._pairs) or new_wanted or self._revision != self._lexicon.revision:
            self._revision = self._lexicon.revision
            self._valid = dict(self._still_valid())

    def _by_letter(self, terms: Iterable[int]) -> dict[str, list[int]]:
        groups: dict[str, list[int]] = defaultdict(list)
        for term in terms:
            groups[self._terms.texts[term][0]].append(term)
        return groups

    def _pair(self, seen: list[int], wanted: list[int]) -> None:
        if not seen or not wanted:
            return
        texts = self._terms.texts
        ours, theirs = [texts[t] for t in wanted], [texts[t] for t in seen]
        distances = process.cdist(
            theirs, ours, scorer=OSA.distance, score_cutoff=_MOST, dtype=np.uint8
        )
        for row, column in zip(*np.nonzero(distances <= _MOST), strict=True):
            if distance := typos(ours[column], theirs[row]):
                alike = ONE_TYPO if distance == 1 else TWO_TYPOS
                self._pairs[seen[row]].append((wanted[column], alike))

    def _still_valid(self) -> Iterable[tuple[int, list[tuple[int, float]]]]:
        texts, words = self._terms.texts, KnownWords(self._lexicon)
        for term, pairs in self._pairs.items():
            valid = [pair for pair in pairs if words.known(texts[pair[0]])]
            if valid and words.doubtful(texts[term]):
                yield term, valid

    @property
    def readings(self) -> dict[int, list[tuple[int, float]]]:
        """What each misspelt word may stand for, with the similarity."""
        return self._valid

    def possible(self) -> Array:
        """Return for each term whether it was ever paired."""
        flags = np.zeros(len(self._terms), np.bool_)
        flags[list(self._pairs)] = True
        return flags
