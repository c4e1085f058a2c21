"""Which unknown words of papers may be typos of which words of watches, for the index."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from bot.matching.index.arrays import Array, Column, ranges, where
from bot.matching.index.terms import Terms
from bot.matching.score import ONE_TYPO, TWO_TYPOS
from bot.matching.text.lexicon import KnownWords, Lexicon
from bot.matching.text.word_forms import ONE_TYPO_FROM, TWO_TYPOS_FROM, stem, typos

_LONGEST = 63
_LETTERS = 26
_PAIRS_AT_ONCE = 1 << 18


class Misspelt:
    """Pairs of a paper's word and a watch's word one or two typos apart.

    Whether a pair counts depends on what the lexicon knows by now, and is asked anew when it has
    learnt a word of it.
    """

    def __init__(self, terms: Terms, lexicon: Lexicon) -> None:
        self._terms = terms
        self._lexicon = lexicon
        self._wanted = _Words()
        self._doubtful = _Words()
        self._new_wanted: list[int] = []
        self._pairs: dict[int, list[tuple[int, float]]] = defaultdict(list)
        self._rest_on: dict[str, list[int]] = defaultdict(list)
        self._valid: dict[int, list[tuple[int, float]]] = {}
        self._flags = Column(np.bool_)
        self._revision = lexicon.revision

    def want(self, term: int) -> None:
        """Add a word of a watch that takes typos; each once."""
        self._new_wanted.append(term)

    def update(self, new_words: Iterable[int]) -> tuple[set[int], set[int]]:
        """Pairs the words new since the last call; gives the papers' words paired, old and new."""
        texts, words = self._terms.texts, KnownWords(self._lexicon)
        fit = (t for t in new_words if len(texts[t]) >= ONE_TYPO_FROM and texts[t].isalpha())
        doubtful = {term: texts[term] for term in fit if not words.known(texts[term])}
        wanted = {term: texts[term] for term in self._new_wanted}
        old = {seen for _, seen in self._paired(wanted, self._doubtful, wanted_first=True)}
        self._wanted.add(wanted)
        self._new_wanted.clear()
        new = {seen for _, seen in self._paired(doubtful, self._wanted, wanted_first=False)}
        self._doubtful.add(doubtful)
        self._judge(old | new | self._shaken(), words)
        return old, new

    def _paired(
        self, some: dict[int, str], others: "_Words", *, wanted_first: bool
    ) -> Iterator[tuple[int, int]]:
        """Note the pairs of some words and others, and yield them: the watch's word comes first."""
        texts = self._terms.texts
        for one, other in others.near(some):
            wanted, seen = (one, other) if wanted_first else (other, one)
            if distance := typos(texts[wanted], texts[seen]):
                self._note(wanted, seen, ONE_TYPO if distance == 1 else TWO_TYPOS)
                yield wanted, seen

    def _note(self, wanted: int, seen: int, similarity: float) -> None:
        if seen not in self._pairs:
            text = self._terms.texts[seen]
            key = stem(text).key
            for word in (text, key, key + "e"):
                self._rest_on[word].append(seen)
        self._pairs[seen].append((wanted, similarity))
        self._rest_on[self._terms.texts[wanted]].append(seen)

    def _shaken(self) -> set[int]:
        """Papers' words whose pairs rest on a word that became known since the last call."""
        learnt = self._lexicon.known_since(self._revision)
        self._revision = self._lexicon.revision
        return {seen for word in learnt for seen in self._rest_on.get(word, ())}

    def _judge(self, terms: Iterable[int], words: KnownWords) -> None:
        """Keep of these words those that are doubtful still, with the words known by now."""
        texts = self._terms.texts
        if missing := len(self._terms) - len(self._flags):
            self._flags.add(np.zeros(missing, np.bool_))
        flags = self._flags.view()
        for term in terms:
            valid = [pair for pair in self._pairs[term] if words.known(texts[pair[0]])]
            flags[term] = bool(valid) and words.doubtful(texts[term])
            self._valid[term] = valid

    def read(self, terms: Array) -> list[tuple[int, int, float]]:
        """Pairs (place in `terms`, term it may stand for, similarity) for misspelt ones."""
        places = where(self._flags.view()[terms])
        return [
            (place, meant, alike)
            for place, term in zip(places.tolist(), terms[places].tolist(), strict=True)
            for meant, alike in self._valid[term]
        ]

    @property
    def paired(self) -> list[int]:
        """All words of papers that were ever paired."""
        return list(self._pairs)


class _Words:
    """Words by first letter and length, each with a signature that a typo changes little."""

    def __init__(self) -> None:
        self._new: dict[int, str] = {}
        self._ids: Array = np.empty(0, np.int32)
        self._places: Array = np.empty(0, np.int64)
        self._signatures: Array = np.empty(0, np.int64)

    def add(self, words: dict[int, str]) -> None:
        """Add words by id; they are sorted in when they are next needed."""
        self._new.update(words)

    def near(self, words: dict[int, str]) -> Iterator[tuple[int, int]]:
        """Yields ids of these words with those of ours that are perhaps two typos apart or less.

        None is missed: a typo changes at most two bits of a signature.
        """
        if not words:
            return
        self._sort()
        texts = list(words.values())
        most = np.array([2 if len(text) >= TWO_TYPOS_FROM else 1 for text in texts])
        place, signature = _places(texts), _signatures(texts)
        first = self._places.searchsorted(place - most)
        last = self._places.searchsorted(place + most, side="right")
        ids = np.array(list(words))
        for run in _runs(last - first):
            counts = (last - first)[run]
            whose = np.arange(len(ids))[run].repeat(counts)
            other = ranges(first[run], counts)
            bits = np.bitwise_count(signature[whose] ^ self._signatures[other])
            near = where(bits <= 2 * most[whose])
            yield from zip(ids[whose[near]].tolist(), self._ids[other[near]].tolist(), strict=True)

    def _sort(self) -> None:
        if self._new:
            texts = list(self._new.values())
            places = np.concatenate((self._places, _places(texts)))
            order = np.argsort(places, kind="stable")
            self._places = places[order]
            self._ids = np.concatenate((self._ids, np.array(list(self._new), np.int32)))[order]
            signatures = np.concatenate((self._signatures, _signatures(texts)))
            self._signatures = signatures[order]
            self._new = {}


def _runs(counts: Array) -> Iterator[slice]:
    """Yields runs of rows whose counts add up to little enough to be held at once."""
    ends = counts.cumsum()
    start = 0
    while start < len(counts):
        before = int(ends[start - 1]) if start else 0
        stop = int(ends.searchsorted(before + _PAIRS_AT_ONCE, side="right"))
        yield slice(start, max(stop, start + 1))
        start = max(stop, start + 1)


def _places(texts: Sequence[str]) -> Array:
    """One number for a first letter and a length, near lengths being near."""
    return np.array([(ord(t[0]) << 7) + min(len(t), _LONGEST) for t in texts], np.int64)


def _signatures(texts: Sequence[str]) -> Array:
    """52 bits for each word: which letters it has, and which twice (int64, n_words)."""
    return np.array([_signature(text) for text in texts], np.int64)


def _signature(text: str) -> int:
    once = twice = 0
    for letter in text:
        bit = 1 << ord(letter) % _LETTERS
        twice |= once & bit
        once |= bit
    return once | twice << _LETTERS
