"""Holds scorers against a judged task: thresholds from one half, figures from the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from tests.quality.matching.judged import Judged, Scores
from tests.quality.metrics import Choice, Mean, average_precision, macro, ndcg

_STEPS = 101


@dataclass(frozen=True)
class Standing:
    """How one scorer did: the mean at its threshold on the reporting half, ranks on all topics.

    `f1` holds one value a topic of the reporting half, for pairing. `map_` breaks ties by the
    order of the collection, `map_ties` by BM25.
    """

    name: str
    threshold: float
    mean: Mean
    f1: NDArray[np.float64]
    ndcg10: float
    map_: float
    map_ties: float


def reporting_half(topics: Sequence[str]) -> NDArray[np.bool_]:
    """True for topics that figures are reported on, false for those that thresholds come from."""
    return np.array([sha256(topic.encode()).digest()[0] % 2 == 1 for topic in topics])


def standing(
    name: str, task: Judged, scores: Scores, ties: Scores, threshold: float | None = None
) -> Standing:
    """Judge `scores`, at `threshold` or else at the best one on the half not reported.

    `scores` and `ties` (BM25) are of shape (topics, papers). A score of 0 is never a match.
    """
    held = reporting_half(task.topics)
    if threshold is None:
        threshold = best_threshold(scores[~held], task.wanted[~held])
    found = choices(scores[held], task.wanted[held], threshold)
    ranks = [_ranks(*rows) for rows in zip(scores, ties, task.wanted, strict=True)]
    return Standing(
        name,
        threshold,
        macro(found),
        np.array([choice.f1 for choice in found]),
        *(fmean(column) for column in zip(*ranks, strict=True)),
    )


def choices(scores: Scores, wanted: NDArray[np.bool_], threshold: float) -> list[Choice]:
    """What each topic chooses at or above `threshold`."""
    chosen = scores >= threshold
    counts = (chosen & wanted).sum(axis=1), chosen.sum(axis=1), wanted.sum(axis=1)
    return [Choice(*(int(count) for count in row)) for row in zip(*counts, strict=True)]


def best_threshold(scores: Scores, wanted: NDArray[np.bool_]) -> float:
    """The threshold of highest macro F1 among 101 even steps between least and greatest score."""
    steps = np.linspace(scores[scores > 0].min(), scores.max(), _STEPS)
    f1 = np.zeros(_STEPS)
    for row, truth in zip(scores, wanted, strict=True):
        chosen, right = _at_least(row, steps), _at_least(row[truth], steps)
        f1 += 2 * right / (chosen + truth.sum())
    return float(steps[f1.argmax()])


def micro(found: Sequence[Choice]) -> tuple[float, float]:
    """Precision and recall over all decisions together, busy topics weighing more."""
    right, chosen, wanted = (
        sum(getattr(choice, part) for choice in found) for part in ("right", "chosen", "wanted")
    )
    return right / max(chosen, 1), right / max(wanted, 1)


def _at_least(values: Scores, steps: NDArray[np.float64]) -> NDArray[np.intp]:
    """How many values reach each step, by one count instead of a comparison a step."""
    reached = np.bincount(np.searchsorted(steps, values, side="right"), minlength=len(steps) + 1)
    return reached[::-1].cumsum()[::-1][1:]


def _ranks(scores: Scores, ties: Scores, wanted: NDArray[np.bool_]) -> tuple[float, float, float]:
    plain = wanted[np.argsort(-scores, kind="stable")]
    by_ties = wanted[np.lexsort((-ties, -scores))]
    return ndcg(plain, 10), average_precision(plain), average_precision(by_ties)
