"""Watches of two phrases, "a AND b" or "a -b", in columns: the commonest of all combinations."""

import numpy as np

from bot.matching.columns import Array, Rows, ranges, where
from bot.matching.evaluate import REMOVES_FROM
from bot.matching.tree import And, Expression, Not, Phrase

Scores = tuple[Array, Array, Array]
"""Place of the paper in its batch, number of a phrase or watch, score; rows are by place."""


def two_phrases(tree: Expression) -> tuple[Phrase, Phrase, bool] | None:
    """Return the phrases of such a watch, a wanted one first, and whether the other is negated."""
    match tree:
        case And(parts=(one, other)):
            pass
        case _:
            return None
    if isinstance(one, Not):
        one, other = other, one
    second = other.part if (negated := isinstance(other, Not)) else other
    if isinstance(one, Phrase) and isinstance(second, Phrase):
        return one, second, negated
    return None


_MOST_NEW = 40_000


class TwoParts:
    """Watches by the phrase that must be found first; new ones are sorted in at the next batch.

    That sorts all of them: at 100,000 about 10 ms.
    """

    def __init__(self) -> None:
        self._rows = Rows(4)
        self._sorted: Array = self._rows.view()
        self._first: Array = np.zeros(1, np.int64)

    def add(self, watch: int, wanted: int, other: int, *, negated: bool) -> None:
        """Add a watch by its number and those of its phrases."""
        self._rows.new += (wanted, other, negated, watch)
        if len(self._rows.new) > _MOST_NEW:
            self._rows.view()

    def found(self, phrases: Scores, count: int, threshold: float) -> Scores:
        """Return the watches found, from the scores of phrases, of which there are `count`."""
        self._sort(count)
        place, phrase, score = phrases
        starts = self._first[phrase]
        counts = self._first[phrase + 1] - starts
        whose = np.arange(len(place)).repeat(counts)
        _, other, negated, watch = self._sorted[ranges(starts, counts)].T
        codes = place * count + phrase
        wanted_code = place[whose] * count + other
        at = codes.searchsorted(wanted_code)
        at = np.minimum(at, max(len(codes) - 1, 0))
        others = np.where(codes[at] == wanted_code, score[at], 0.0)
        own = score[whose]
        both = np.where(negated > 0, own, np.minimum(own, others))
        left_out = (negated > 0) & (others >= REMOVES_FROM)
        chosen = where((both >= threshold) & ~left_out)
        return place[whose][chosen], watch[chosen], both[chosen]

    def _sort(self, count: int) -> None:
        if len(self._sorted) == len(self._rows) and len(self._first) > count:
            return
        rows = self._rows.view()
        self._sorted = rows[np.argsort(rows[:, 0], kind="stable")]
        counts = np.bincount(rows[:, 0], minlength=count)
        self._first = np.concatenate(([0], counts.cumsum()))

    def nbytes(self) -> int:
        """Return how many bytes the columns hold."""
        return self._rows.nbytes + self._sorted.nbytes + self._first.nbytes
