"""Whether a task's goal was met: every scorer, ours included, at its own best threshold."""

from collections.abc import Sequence

from tests.quality.matching.compare import Standing
from tests.quality.metrics import paired_interval

MEANT = {
    "M1": "the highest F1, and at the default threshold precision ≥ .30 with recall ≥ .24",
    "M2": "reported without a target: a watch is stricter than a query",
    "M3": "the highest F1",
    "M3S": "reported without a target, beside M3: there a paper on LLMs is unwanted under “llm”",
}
_JUDGED = ("M1", "M3")
_PRECISION, _RECALL = 0.30, 0.24

NAMED = (
    "partial_ratio", "token_set_ratio", "WRatio", "FTS5 porter phrase", "FTS5 porter any word",
    "BM25",
)  # fmt: skip
"""The peers that the goal names; a search for the very spelling, and tf-idf, we added."""


def verdict(task: str, ours: Standing, default: Standing, others: Sequence[Standing]) -> str:
    """Return what was meant and whether it came true, at our best threshold and at the default.

    `ours` and `others` stand at thresholds chosen alike; `default` is ours where channels begin.
    """
    if task not in _JUDGED:
        return f"Goal: {MEANT[task]}. Best baseline by F1: {_said(_best(others))}."
    named = [each for each in others if each.name in NAMED]
    added = [each for each in others if each.name not in NAMED]
    result = "Met" if _first(ours, named) and (task != "M1" or _enough(default)) else "Missed"
    best, own, place = _best(named), _best(added), _first(default, named)
    return (
        f"Goal: {MEANT[task]}, among the scorers that it names, each at its own best threshold. "
        f"**{result}.** Ours {ours.mean.f1:.3f}, the best of those {_said(best)}"
        f"{_by_chance(ours, best)}. At {default.threshold:g}, where a channel begins, ours is "
        f"{default.mean.f1:.3f}, {'first too' if place else 'not first'}. The best of the "
        f"baselines that we added: {_said(own)}, "
        f"{'behind' if _first(ours, added) else 'ahead of'} ours."
    )


def _first(ours: Standing, others: Sequence[Standing]) -> bool:
    return all(ours.mean.f1 > each.mean.f1 for each in others)


def _by_chance(ours: Standing, its: Standing) -> str:
    """Return a doubt where the interval of the difference holds 0."""
    between = paired_interval(ours.f1, its.f1, rounds=2000)
    return ", a difference that may be chance" if between.low <= 0 <= between.high else ""


def _enough(default: Standing) -> bool:
    return default.mean.precision >= _PRECISION and default.mean.recall >= _RECALL


def _best(standings: Sequence[Standing]) -> Standing:
    return max(standings, key=lambda each: each.mean.f1)


def _said(its: Standing) -> str:
    return f"{its.name}, {its.mean.f1:.3f}"
