"""Scores watches of several parts from the scores of their phrases."""

from collections.abc import Callable

import numpy as np

from bot.matching.evaluate import REMOVES_FROM
from bot.matching.index.arrays import Array, Rows, ranges, where
from bot.matching.query.ast import And, Expression, FactFilter, NameFilter, Not, Or, Phrase

Leaf = Phrase | NameFilter | FactFilter
"""A part that is scored on its own."""


def with_phrases(tree: Expression, shared: Callable[[Phrase], Phrase]) -> Expression:
    """An equal tree with each phrase replaced by what `shared` gives for it."""
    if isinstance(tree, Phrase):
        return shared(tree)
    if isinstance(tree, Not):
        return Not(with_phrases(tree.part, shared))
    if isinstance(tree, And | Or):
        return type(tree)(tuple([with_phrases(part, shared) for part in tree.parts]))
    return tree


def score(tree: Expression, score_of: Callable[[Leaf], float], threshold: float) -> float | None:
    """The score of a tree from those of its leaves (0 for none), or None below threshold.

    It is what `evaluate` gives, without evidence.
    """
    if isinstance(tree, Phrase | NameFilter | FactFilter):
        found = score_of(tree)
        return found if found >= threshold else None
    if isinstance(tree, Or):
        scores = [s for part in tree.parts if (s := score(part, score_of, threshold)) is not None]
        return max(scores, default=None)
    if isinstance(tree, Not):
        return None
    return _lowest(tree, score_of, threshold)


def _lowest(tree: And, score_of: Callable[[Leaf], float], threshold: float) -> float | None:
    lowest = 100.0
    for part in tree.parts:
        if isinstance(part, Not):
            if score(part.part, score_of, REMOVES_FROM) is not None:
                return None
        else:
            found = score(part, score_of, threshold)
            if found is None:
                return None
            lowest = min(lowest, found)
    return lowest


def triggers(tree: Expression, frequency: Callable[[Leaf], float]) -> tuple[Leaf, ...]:
    """Leaves without any of which the tree cannot match: those of its rarest part."""
    if isinstance(tree, Phrase | NameFilter | FactFilter):
        return (tree,)
    if isinstance(tree, Or):
        return tuple(leaf for part in tree.parts for leaf in triggers(part, frequency))
    if isinstance(tree, Not):
        return ()
    wanted = [triggers(part, frequency) for part in tree.parts]
    return min(
        (leaves_ for leaves_ in wanted if leaves_),
        key=lambda leaves_: sum(map(frequency, leaves_)),
    )


Scores = tuple[Array, Array, Array]
"""Place of the paper in its batch, number of a phrase or watch, score; rows are by place."""


def two_phrases(tree: Expression) -> tuple[Phrase, Phrase, bool] | None:
    """The phrases of such a watch, a wanted one first, and whether the other is negated."""
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
        """The watches found, from the scores of phrases, of which there are `count`."""
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
        """How many bytes the columns hold."""
        return self._rows.nbytes + self._sorted.nbytes + self._first.nbytes
