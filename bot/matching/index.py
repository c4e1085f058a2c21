"""All watches at once: which watches match each paper, exactly as evaluating each alone."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Sequence
from functools import partial

import numpy as np

from bot.matching import compound
from bot.matching.authors import AuthorKeys
from bot.matching.columns import Array
from bot.matching.evaluate import LEAST, REMOVES_FROM, evaluated, named
from bot.matching.expression import Expression
from bot.matching.lexicon import KnownWords, Lexicon
from bot.matching.names import name_words
from bot.matching.paper import Evidence, Match, PaperText
from bot.matching.phrases import PhraseTable
from bot.matching.tree import Named, Phrase

_BATCH = 1_000
_DEAD_TO_BEAR = 1_000


class WatchIndex:
    """Watches under keys of the caller's, equal ones held once; papers come in batches.

    Adding and removing cost time in proportion to that watch. What the index learns of words it
    keeps for the next papers, within bounds. It keeps no papers, and is not safe across threads.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._watch_of: dict[Hashable, int] = {}
        self._clear()

    def _clear(self) -> None:
        self._phrases = PhraseTable(self._lexicon)
        self._authors = AuthorKeys()
        self._named: dict[tuple[str, ...], list[int]] = defaultdict(list)
        self._triggered: dict[int, list[int]] = defaultdict(list)
        self._number_of: dict[Expression, int] = {}
        self._trees: list[Expression] = []
        self._keys: list[Collection[Hashable]] = []
        self._whole: dict[int, int] = {}
        self._dead = 0

    def __len__(self) -> int:
        return len(self._watch_of)

    def add(self, key: Hashable, expression: Expression) -> None:
        """Add a watch, or change the one under this key."""
        if key in self._watch_of:
            self.remove(key)
        number = self._number_of.get(expression)
        if number is None:
            number = self._take_in(expression)
        keys = self._keys[number]
        self._keys[number] = _with(keys, key)
        self._watch_of[key] = number

    def remove(self, key: Hashable) -> None:
        """Remove a watch; raise KeyError where there is none."""
        number = self._watch_of.pop(key)
        self._keys[number] = _without(self._keys[number], key)
        if not self._keys[number]:
            self._dead += 1
            if self._dead > max(_DEAD_TO_BEAR, len(self._watch_of)):
                self._rebuild()

    def _take_in(self, tree: Expression) -> int:
        number = self._number_of[tree] = len(self._trees)
        self._trees.append(tree)
        self._keys.append(())
        if isinstance(tree, Phrase):
            self._whole[self._phrases.number(tree)] = number
            return number
        for leaf in compound.leaves(tree):
            if isinstance(leaf, Phrase):
                self._phrases.number(leaf)
        for leaf in compound.triggers(tree, self._lexicon):
            self._trigger(leaf, number)
        return number

    def _trigger(self, leaf: compound.Leaf, number: int) -> None:
        if isinstance(leaf, Phrase):
            self._triggered[self._phrases.number(leaf)].append(number)
        elif leaf.field == "author":
            self._authors.add(number, leaf.name)
        else:
            self._named[_named_key(leaf)].append(number)

    def _rebuild(self) -> None:
        """Start anew with the watches that are left."""
        watches = [(key, self._trees[number]) for key, number in self._watch_of.items()]
        self._watch_of.clear()
        self._clear()
        for key, tree in watches:
            self.add(key, tree)

    def match(
        self, papers: Sequence[PaperText], threshold: float = LEAST
    ) -> list[dict[Hashable, Match]]:
        """Return for each paper the watches that score at or above the threshold (60-100)."""
        threshold = max(threshold, LEAST)
        starts = range(0, len(papers), _BATCH)
        return [
            found
            for start in starts
            for found in self._matched(papers[start : start + _BATCH], threshold)
        ]

    def _matched(
        self, papers: Sequence[PaperText], threshold: float
    ) -> list[dict[Hashable, Match]]:
        columns = self._phrases.hits(papers, min(threshold, REMOVES_FROM))
        results: list[dict[Hashable, Match]] = [{} for _ in papers]
        words = KnownWords(self._lexicon)
        keys_of, trees, whole = self._keys, self._trees, self._whole
        for place, phrase, score in zip(*(column.tolist() for column in columns), strict=True):
            number = whole.get(phrase)
            if number is None or score < threshold:
                continue
            why = partial(_evidence, trees[number], papers[place], words, threshold)
            match, result = Match(score, why), results[place]
            for key in keys_of[number]:
                result[key] = match
        for place, number, score in self._compounds(papers, columns, threshold):
            why = partial(_evidence, trees[number], papers[place], words, threshold)
            match = Match(score, why)
            results[place].update(dict.fromkeys(keys_of[number], match))
        return results

    def _compounds(
        self,
        papers: Sequence[PaperText],
        columns: tuple[Array, Array, Array],
        threshold: float,
    ) -> Iterator[tuple[int, int, float]]:
        """Yield (place, watch, score) of watches of several parts or of a name."""
        scores_of = _Scores(columns, self._phrases)
        for place, number in sorted(set(self._candidates(papers, columns))):
            if self._keys[number]:
                score_of = partial(scores_of.leaf, place, papers[place])
                score = compound.score(self._trees[number], score_of, threshold)
                if score is not None:
                    yield place, number, score

    def _candidates(
        self, papers: Sequence[PaperText], columns: tuple[Array, Array, Array]
    ) -> Iterator[tuple[int, int]]:
        yield from self._authors.candidates(papers)
        if self._triggered:
            places, phrases, _ = columns
            flags = np.zeros(len(self._phrases), np.bool_)
            flags[list(self._triggered)] = True
            chosen = np.flatnonzero(flags[phrases])
            for place, phrase in zip(
                places[chosen].tolist(), phrases[chosen].tolist(), strict=True
            ):
                for number in self._triggered[phrase]:
                    yield place, number
        if self._named:
            for place, paper in enumerate(papers):
                for key in _paper_keys(paper):
                    for number in self._named.get(key, ()):
                        yield place, number

    def memory(self) -> int:
        """Return about how many bytes the index holds."""
        own = 420 * len(self._trees) + 110 * len(self._watch_of)
        return own + self._phrases.nbytes() + self._authors.nbytes()


class _Scores:
    """Scores of leaves in a batch."""

    def __init__(self, columns: tuple[Array, Array, Array], phrases: PhraseTable) -> None:
        self._places, self._phrase, self._score = columns
        self._phrases = phrases
        self._of: dict[int, dict[int, float]] = {}

    def leaf(self, place: int, paper: PaperText, leaf: compound.Leaf) -> float:
        """Return the score of a leaf in a paper, 0 where it is not found."""
        if isinstance(leaf, Named):
            match = named(leaf, paper)
            return match.score if match else 0.0
        scores = self._of.get(place)
        if scores is None:
            first, last = np.searchsorted(self._places, (place, place + 1))
            rows = slice(int(first), int(last))
            pairs = zip(self._phrase[rows].tolist(), self._score[rows].tolist(), strict=True)
            scores = self._of[place] = dict(pairs)
        return scores.get(self._phrases.number(leaf), 0.0)


def _evidence(
    tree: Expression, paper: PaperText, words: KnownWords, threshold: float
) -> tuple[Evidence, ...]:
    match = evaluated(tree, paper, words, threshold)
    return match.evidence if match else ()


def _named_key(leaf: Named) -> tuple[str, ...]:
    words = name_words(leaf.name)
    return ("source", "".join(words)) if leaf.field == "source" else ("category", *words)


def _paper_keys(paper: PaperText) -> set[tuple[str, ...]]:
    keys: set[tuple[str, ...]] = {("source", "".join(name_words(paper.source)))}
    for category in paper.categories:
        words = name_words(category)
        keys.update(("category", *words[: i + 1]) for i in range(len(words)))
    return keys


def _with(keys: Collection[Hashable], key: Hashable) -> Collection[Hashable]:
    """Return the keys with one more: a tuple for one, which most watches have, a dict for many."""
    if isinstance(keys, dict):
        keys[key] = None
        return keys
    return {**dict.fromkeys(keys), key: None} if keys else (key,)


def _without(keys: Collection[Hashable], key: Hashable) -> Collection[Hashable]:
    if isinstance(keys, dict):
        del keys[key]
        return keys
    return ()
