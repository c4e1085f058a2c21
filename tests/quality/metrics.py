"""How rankings and choices are judged: nDCG, P@k, average precision, F1 and paired intervals.

All are for two-valued relevance (wanted or not). Nothing here breaks ties: hand over the order
in which the ranker really shows its items.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import ArrayLike, NDArray


def ndcg(ranked: ArrayLike, k: int, wanted: int | None = None) -> float:
    """Discounted gain of the first `k` items over that of the best possible order, 0-1.

    `ranked` holds one truth value an item, best-ranked first. `wanted` is how many wanted items
    exist in all, where `ranked` does not hold every one; 0 wanted gives 0. The gain of place i
    (from 1) is 1 / log2(i + 1), after Järvelin and Kekäläinen (2002).
    """
    gains = np.asarray(ranked, dtype=bool)
    total = int(gains.sum()) if wanted is None else wanted
    if total == 0:
        return 0.0
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    return float(discount[: len(gains)] @ gains[:k] / discount[:total].sum())


def precision_at(ranked: ArrayLike, k: int) -> float:
    """Share of wanted among the first `k` places, 0-1; a place left empty counts as unwanted."""
    return float(np.asarray(ranked, dtype=bool)[:k].sum() / k)


def average_precision(ranked: ArrayLike, wanted: int | None = None) -> float:
    """Mean, over all wanted items, of the precision at each one's place, 0-1.

    Wanted items that `ranked` never shows count as precision 0; 0 wanted gives 0.
    """
    gains = np.asarray(ranked, dtype=bool)
    total = int(gains.sum()) if wanted is None else wanted
    if total == 0:
        return 0.0
    places = np.flatnonzero(gains) + 1
    return float((np.arange(1, len(places) + 1) / places).sum() / total)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a yes-or-no decision chose: `right` of `chosen` were wanted, of `wanted` in all."""

    right: int
    chosen: int
    wanted: int

    @property
    def precision(self) -> float:
        """Share of the chosen that is wanted, 0-1; choosing nothing gives 0."""
        return self.right / self.chosen if self.chosen else 0.0

    @property
    def recall(self) -> float:
        """Share of the wanted that was chosen, 0-1; nothing wanted gives 0."""
        return self.right / self.wanted if self.wanted else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0-1."""
        return 2 * self.right / (self.chosen + self.wanted) if self.right else 0.0


@dataclass(frozen=True, slots=True)
class Mean:
    """Macro-averages over topics, each 0-1; `silent` is the share of topics that chose nothing.

    A silent topic counts with precision 0, recall 0 and F1 0, the same for every method.
    """

    precision: float
    recall: float
    f1: float
    silent: float


def macro(choices: Sequence[Choice]) -> Mean:
    """The average over topics, each topic weighing the same. Raises ValueError for none."""
    if not choices:
        raise ValueError("a macro-average needs at least one topic")
    return Mean(
        precision=fmean(choice.precision for choice in choices),
        recall=fmean(choice.recall for choice in choices),
        f1=fmean(choice.f1 for choice in choices),
        silent=fmean(choice.chosen == 0 for choice in choices),
    )


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean difference with the bounds of its confidence interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:+.3f} [{self.low:+.3f}, {self.high:+.3f}]"


def paired_interval(
    ours: ArrayLike, theirs: ArrayLike, *, level: float = 0.95, rounds: int = 10_000, seed: int = 0
) -> Interval:
    """Percentile bootstrap interval of the mean of `ours - theirs` over paired subjects.

    Both are of shape (subjects,), in the same order; subjects are redrawn with replacement
    `rounds` times (Efron and Tibshirani, 1993). Raises ValueError for shapes that differ or are
    empty. It says nothing about noise within a subject.
    """
    gains = np.asarray(ours, dtype=float) - _shaped_like(ours, theirs)
    means = _redrawn_means(gains, rounds, np.random.default_rng(seed))
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(gains.mean()), float(low), float(high))


def _shaped_like(ours: ArrayLike, theirs: ArrayLike) -> NDArray[np.float64]:
    other = np.asarray(theirs, dtype=float)
    if np.shape(ours) != other.shape or other.ndim != 1 or not len(other):
        raise ValueError(
            f"paired values need one common shape (subjects,), got {np.shape(ours)}, {other.shape}"
        )
    return other


def _redrawn_means(
    values: NDArray[np.float64], rounds: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    # One draw at a time: rounds x subjects indices at once would take gigabytes for a big stream.
    return np.array(
        [values[rng.integers(len(values), size=len(values))].mean() for _ in range(rounds)]
    )
