"""All watches at once: which watches match each paper, exactly as evaluating each alone."""

import gc
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Generic

import numpy as np

from bot.matching.authors.name_index import AuthorKeys
from bot.matching.authors.names import same_person
from bot.matching.evaluate import LEAST, REMOVES_FROM, fact_score, named_score
from bot.matching.index import boolean
from bot.matching.index.arrays import Column, where
from bot.matching.index.boolean import Scores, TwoParts, two_phrases
from bot.matching.index.phrase_table import PhraseTable
from bot.matching.index.results import Batch, K, PaperMatches, WatchKeys
from bot.matching.query.ast import FactFilter, NameFilter, Phrase
from bot.matching.query.categories import label_key, label_keys
from bot.matching.query.expression import Expression
from bot.matching.query.facts import ANY_PAPER
from bot.matching.text.lexicon import KnownWords, Lexicon
from bot.matching.types import PaperText


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the collector still while many things are built that all stay.

    It would walk all of them again and again: a fifth of the time of a start. Once it is let go, it
    finds whatever cycles came up meanwhile.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


_BATCH = 500
_DEAD_TO_BEAR = 1_000
_EVERY_PAPER = 1e9


class WatchIndex(Generic[K]):
    """Watches under keys of the caller's, equal ones held once; papers come in batches.

    Adding and removing cost time in proportion to that watch. What the index learns of words it
    keeps for the next papers, within bounds. It keeps no papers, and is not safe across threads.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._watch_of: dict[K, int] = {}
        self._clear()

    def _clear(self) -> None:
        self._phrases = PhraseTable(self._lexicon)
        self._authors = AuthorKeys()
        self._named: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._triggered: dict[int, list[int]] = defaultdict(list)
        self._number_of: dict[Expression, int] = {}
        self._trees: list[Expression] = []
        self._keys: WatchKeys[K] = WatchKeys()
        self._whole = Column(np.int32)
        self._triggers = Column(np.bool_)
        self._two_parts = TwoParts()
        self._dead = 0

    def __len__(self) -> int:
        return len(self._watch_of)

    def add(self, key: K, expression: Expression) -> None:
        """Add a watch, or change the one under this key."""
        if key in self._watch_of:
            self.remove(key)
        number = self._number_of.get(expression)
        if number is None:
            number = self._take_in(expression)
        self._keys.add(number, key)
        self._watch_of[key] = number

    def add_all(self, watches: Iterable[tuple[K, Expression]]) -> None:
        """Add many watches, a fifth faster than one by one."""
        with uncollected():
            for key, expression in watches:
                self.add(key, expression)

    def remove(self, key: K) -> None:
        """Remove a watch; raise KeyError where there is none."""
        number = self._watch_of.pop(key)
        self._keys.remove(number, key)
        if not self._keys[number]:
            self._dead += 1
            if self._dead > max(_DEAD_TO_BEAR, len(self._watch_of)):
                self._rebuild()

    def _take_in(self, tree: Expression) -> int:
        # Combinations are many and phrases few: trees that are kept share theirs.
        tree = boolean.with_phrases(tree, self._shared)
        number = self._number_of[tree] = len(self._trees)
        self._trees.append(tree)
        self._keys.append()
        if isinstance(tree, Phrase):
            self._whole.put(self._phrases.number(tree), number)
        elif two := two_phrases(tree):
            self._take_in_two(number, *two)
        else:
            for leaf in boolean.triggers(tree, self._frequency):
                self._trigger(leaf, number)
        return number

    def _shared(self, phrase: Phrase) -> Phrase:
        """Take a phrase in, and return the one that is held for it."""
        number = self._phrases.number(phrase)
        while len(self._whole) < len(self._phrases):
            self._whole.append(-1)
            self._triggers.append(False)
        return self._phrases.phrase(number)

    def _take_in_two(self, number: int, wanted: Phrase, other: Phrase, negated: bool) -> None:
        first, second = self._phrases.number(wanted), self._phrases.number(other)
        if not negated and self._phrases.frequency(second) < self._phrases.frequency(first):
            first, second = second, first
        self._two_parts.add(number, first, second, negated=negated)

    def _frequency(self, leaf: boolean.Leaf) -> float:
        """In about how many papers a part of a watch is found."""
        if isinstance(leaf, FactFilter):
            # Nothing speaks for it beforehand: all else is a better beginning.
            return 2 * _EVERY_PAPER
        if isinstance(leaf, NameFilter):
            return 0.0 if leaf.field == "author" else _EVERY_PAPER
        return self._phrases.frequency(self._phrases.number(leaf))

    def _trigger(self, leaf: boolean.Leaf, number: int) -> None:
        if isinstance(leaf, Phrase):
            phrase = self._phrases.number(leaf)
            self._triggered[phrase].append(number)
            self._triggers.put(phrase, True)
        elif isinstance(leaf, FactFilter):
            self._named[ANY_PAPER].append(number)
        elif leaf.field == "author":
            self._authors.add(number, leaf.name)
        else:
            self._named[label_key(leaf)].append(number)

    def _rebuild(self) -> None:
        """Start anew with the watches that are left."""
        watches = [(key, self._trees[number]) for key, number in self._watch_of.items()]
        self._watch_of.clear()
        self._clear()
        self.add_all(watches)

    def match(self, papers: Sequence[PaperText], threshold: float = LEAST) -> list[PaperMatches[K]]:
        """For each paper the watches that score at or above the threshold (60-100).

        Evidence is worked out when it is first read, as it would have been now.
        """
        threshold = max(threshold, LEAST)
        return [
            found
            for start in range(0, len(papers), _BATCH)
            for found in self._matched(papers[start : start + _BATCH], threshold)
        ]

    def _matched(self, papers: Sequence[PaperText], threshold: float) -> Iterator[PaperMatches[K]]:
        columns = self._phrases.hits(papers, min(threshold, REMOVES_FROM))
        places, watches, scores = self._found(papers, columns, threshold)
        words = KnownWords(self._lexicon)
        batch = Batch(papers, words, threshold, self._trees, self._keys, watches, scores)
        ends = places.searchsorted(np.arange(len(papers) + 1)).tolist()
        for place, (start, end) in enumerate(pairwise(ends)):
            yield PaperMatches(batch, place, slice(start, end))

    def _found(self, papers: Sequence[PaperText], columns: Scores, threshold: float) -> Scores:
        """Place, watch and score of all that match, by place."""
        places, phrases, scores = columns
        watches = self._whole.view()[phrases]
        chosen = where((watches >= 0) & (scores >= threshold))
        whole = places[chosen], watches[chosen], scores[chosen]
        found = [whole, self._two_parts.found(columns, len(self._phrases), threshold)]
        names, compounds = self._named_in(papers, threshold)
        compounds.update(self._triggered_by(columns))
        if compounds:
            names += self._compounds(papers, columns, compounds, threshold)
        if names:
            rows = np.array(names)
            found.append((rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64), rows[:, 2]))
        place, watch, score = map(np.concatenate, zip(*found, strict=True))
        order = np.argsort(place, kind="stable")
        return place[order], watch[order], score[order]

    def _named_in(
        self, papers: Sequence[PaperText], threshold: float
    ) -> tuple[list[tuple[int, int, float]], set[tuple[int, int]]]:
        """The finds of watches that are one author, and other watches a name speaks for.

        Those are (place, watch), and have to be looked at as a whole.
        """
        best: dict[tuple[int, int], float] = {}
        others: set[tuple[int, int]] = set()
        for place, number, author in self._authors.candidates(papers):
            tree = self._trees[number]
            if isinstance(tree, NameFilter):
                score = same_person(tree.name, author)
                best[place, number] = max(score, best.get((place, number), 0.0))
            else:
                others.add((place, number))
        if self._named:
            for place, paper in enumerate(papers):
                for key in label_keys(paper):
                    others.update((place, number) for number in self._named.get(key, ()))
        finds = [(*at, score) for at, score in best.items() if score >= threshold]
        return finds, others

    def _triggered_by(self, columns: Scores) -> Iterator[tuple[int, int]]:
        """Yields (place, watch) of watches of several parts, one of which was found."""
        places, phrases, _ = columns
        chosen = where(self._triggers.view()[phrases])
        for place, phrase in zip(places[chosen].tolist(), phrases[chosen].tolist(), strict=True):
            for number in self._triggered[phrase]:
                yield place, number

    def _compounds(
        self,
        papers: Sequence[PaperText],
        columns: Scores,
        candidates: Collection[tuple[int, int]],
        threshold: float,
    ) -> list[tuple[int, int, float]]:
        scores_of = _Leaves(columns, self._phrases)
        found = []
        for place, number in candidates:
            if self._keys[number]:
                score_of = partial(scores_of.score, place, papers[place])
                score = boolean.score(self._trees[number], score_of, threshold)
                if score is not None:
                    found.append((place, number, score))
        return found

    def memory(self) -> int:
        """About how many bytes the index holds."""
        own = 420 * len(self._trees) + 110 * len(self._watch_of)
        return own + self._phrases.nbytes() + self._authors.nbytes() + self._two_parts.nbytes()


class _Leaves:
    """Scores of leaves in a batch."""

    def __init__(self, columns: Scores, phrases: PhraseTable) -> None:
        places, numbers, self._scores = columns
        self._codes: list[int] = (places * len(phrases) + numbers).tolist()
        self._phrases = phrases

    def score(self, place: int, paper: PaperText, leaf: boolean.Leaf) -> float:
        """The score of a leaf in a paper, 0 where it is not found."""
        if isinstance(leaf, NameFilter):
            return named_score(leaf, paper)
        if isinstance(leaf, FactFilter):
            return fact_score(leaf, paper)
        code = place * len(self._phrases) + self._phrases.number(leaf)
        at = bisect_left(self._codes, code)
        found = at < len(self._codes) and self._codes[at] == code
        return float(self._scores[at]) if found else 0.0
