"""Which unknown words of papers may be typos of which words of watches, for the index."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.matching.columns import Array
from bot.matching.lexicon import ONE_TYPO_FROM, TWO_TYPOS_FROM, KnownWords, Lexicon, typos
from bot.matching.score import ONE_TYPO, TWO_TYPOS
from bot.matching.terms import Terms

_SHORTEST = ONE_TYPO_FROM


_Buckets = dict[tuple[str, int], list[int]]


class Misspelt:
    """Pairs of a paper's word and a watch's word one or two typos apart.

    Whether a pair counts depends on what the lexicon knows by now, and is asked anew when it has
    learnt a word.
    """

    def __init__(self, terms: Terms, lexicon: Lexicon) -> None:
        self._terms = terms
        self._lexicon = lexicon
        self._wanted: _Buckets = defaultdict(list)
        self._doubtful: _Buckets = defaultdict(list)
        self._pairs: dict[int, list[tuple[int, float]]] = defaultdict(list)
        self._new_wanted: list[int] = []
        self._valid: dict[int, list[tuple[int, float]]] = {}
        self._flags: Array = np.zeros(1, np.bool_)
        self._revision = -1

    def want(self, term: int) -> None:
        """Add a word of a watch that takes typos; each once."""
        self._new_wanted.append(term)

    def update(self, new_words: Iterable[int]) -> set[int]:
        """Pair the words new since the last call, and return the papers' words that were paired."""
        texts, words = self._terms.texts, KnownWords(self._lexicon)
        fit = (t for t in new_words if len(texts[t]) >= _SHORTEST and texts[t].isalpha())
        doubtful = [term for term in fit if not words.known(texts[term])]
        found = set(self._pair(self._doubtful, self._new_wanted, new_is_wanted=True))
        self._keep(self._wanted, self._new_wanted)
        self._new_wanted = []
        found.update(self._pair(self._wanted, doubtful, new_is_wanted=False))
        self._keep(self._doubtful, doubtful)
        if self._revision != self._lexicon.revision:
            self._revision = self._lexicon.revision
            self._valid = dict(self._counting(self._pairs, words))
            self._flag()
        elif found:
            self._valid.update(self._counting(found, words))
            self._flag()
        return found

    def _flag(self) -> None:
        # One term more, never misspelt, stands for all that come later.
        self._flags = np.zeros(len(self._terms) + 1, np.bool_)
        self._flags[list(self._valid)] = True

    def _keep(self, buckets: _Buckets, terms: Iterable[int]) -> None:
        for term in terms:
            text = self._terms.texts[term]
            buckets[text[0], len(text)].append(term)

    def _pair(self, old: _Buckets, new: Iterable[int], *, new_is_wanted: bool) -> Iterator[int]:
        """Note the pairs of old and new words, and yield the papers' word of each."""
        texts = self._terms.texts
        fresh: _Buckets = defaultdict(list)
        self._keep(fresh, new)
        for (letter, length), terms in fresh.items():
            most = 2 if length >= TWO_TYPOS_FROM else 1
            lengths = range(length - most, length + most + 1)
            others = [term for near in lengths for term in old.get((letter, near), ())]
            for term, other in self._near(terms, others, most):
                seen, wanted = (other, term) if new_is_wanted else (term, other)
                if distance := typos(texts[wanted], texts[seen]):
                    self._pairs[seen].append((wanted, ONE_TYPO if distance == 1 else TWO_TYPOS))
                    yield seen

    def _near(self, terms: list[int], others: list[int], most: int) -> Iterator[tuple[int, int]]:
        """Yield the pairs at most so many edits apart."""
        if not others:
            return
        texts = self._terms.texts
        distances = process.cdist(
            [texts[term] for term in terms],
            [texts[other] for other in others],
            scorer=OSA.distance,
            score_cutoff=most,
            dtype=np.uint8,
        )
        for row, column in np.argwhere(distances <= most).tolist():
            yield terms[row], others[column]

    def _counting(
        self, terms: Iterable[int], words: KnownWords
    ) -> Iterator[tuple[int, list[tuple[int, float]]]]:
        """Yield the words that are doubtful still, with the words known by now."""
        texts = self._terms.texts
        for term in terms:
            valid = [pair for pair in self._pairs[term] if words.known(texts[pair[0]])]
            if valid and words.doubtful(texts[term]):
                yield term, valid

    def read(self, terms: Array) -> list[tuple[int, int, float]]:
        """Return (place in `terms`, term it may stand for, similarity) for misspelt ones."""
        last = len(self._flags) - 1
        places = np.flatnonzero(self._flags[np.minimum(terms, last)])
        return [
            (place, meant, alike)
            for place, term in zip(places.tolist(), terms[places].tolist(), strict=True)
            for meant, alike in self._valid[term]
        ]

    @property
    def paired(self) -> list[int]:
        """All words of papers that were ever paired."""
        return list(self._pairs)
