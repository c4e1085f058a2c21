"""Which finds rest on an acronym that a paper of the batch uses in another sense, or in passing."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from bot.matching.index.arrays import Array, where
from bot.matching.index.batch_tokenizer import Text, Tokens
from bot.matching.index.scan import Hits, Stream
from bot.matching.index.terms import Terms
from bot.matching.phrase import Guard
from bot.matching.score import LONG_ABSTRACT, SAME, another_sense
from bot.matching.text.definitions import acronym_key, reach, spelled


class Senses:
    """What the papers of a batch say of acronyms.

    `said` are pairs of a paper and the number of a sense whose long form stands in it.
    """

    def __init__(self, text: Text, tokens: Tokens, items: Stream, terms: Terms) -> None:
        self._defined = Definitions(text, tokens)
        self._items, self._terms = items, terms
        bounds = items.field.searchsorted(2 * np.arange(text.papers + 1)).tolist()
        self._bounds = list(pairwise(bounds))
        self._words = np.bincount(text.field, minlength=2 * text.papers)
        self.said: set[tuple[int, int]] = set()

    def free(self, hits: Hits, guard: Array, guards: Sequence[Guard]) -> Array:
        """Which finds stand (bool, n_hits); `guard` is the place in `guards` of each, or -1."""
        free = np.ones(len(guard), np.bool_)
        resting = where(guard >= 0)
        if not len(resting):
            return free
        codes = hits.paper[resting].astype(np.int64) * len(guards) + guard[resting]
        distinct, which = np.unique(codes, return_inverse=True)
        papers, numbers = np.divmod(distinct, len(guards))
        pairs = zip(papers.tolist(), numbers.tolist(), strict=True)
        stand = np.array([self._stands(paper, guards[number]) for paper, number in pairs], np.bool_)
        free[resting] = stand[which]
        return free

    def _stands(self, paper: int, guard: Guard) -> bool:
        meant = self._defined.of(paper, guard.sense.key)
        if another_sense(guard, meant, lambda sense: (paper, sense.number) in self.said):
            return False
        return not (guard.term and self._in_passing(paper, guard.term))

    def _in_passing(self, paper: int, term: str) -> bool:
        """Whether an acronym stands once in a paper, in a long abstract."""
        abstract = 2 * paper + 1
        if self._words[abstract] < LONG_ABSTRACT:
            return False
        number = self._terms.ids[term]
        found = (self._items.term[slice(*self._bounds[paper])] == number).nonzero()[0]
        found += self._bounds[paper][0]
        places = {
            place
            for place, sure in zip(found.tolist(), self._items.certain[found].tolist(), strict=True)
            if sure == SAME
        }
        starts = {int(self._items.start[place]) for place in places}
        return len(starts) == 1 and int(self._items.field[min(places)]) == abstract


class Definitions:
    """The long forms that papers give acronyms in front of brackets, worked out when asked for."""

    def __init__(self, text: Text, tokens: Tokens) -> None:
        self._text = text
        self._tokens = tokens
        self._places: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
        self._found: dict[tuple[int, str], list[tuple[str, ...]]] = {}
        papers = (text.field[text.defining] >> 1).tolist()
        numbers = text.numbers[text.defining].tolist()
        for paper, number, place in zip(papers, numbers, text.defining.tolist(), strict=True):
            self._places[paper, acronym_key(tokens.defines(number))].append(place)

    def of(self, paper: int, key: str) -> list[tuple[str, ...]]:
        """The long forms of an acronym in a paper, by the paper's place in its batch."""
        if (paper, key) in self._found:
            return self._found[paper, key]
        found: list[tuple[str, ...]] = []
        self._found[paper, key] = found
        for place in self._places.get((paper, key), ()):
            begin = max(int(self._text.field.searchsorted(2 * paper)), place - reach(key))
            short = self._tokens.defines(int(self._text.numbers[place]))
            if long := spelled(short, self._text.raw(begin, place)):
                found.append(long)
        return found
