"""Replay real votes under several policies, and say how good each one's picks were.

Each day a policy orders what arrived; the first `k` are shown, and only their votes are
revealed to it (bandit feedback), or those of all entries with full feedback. An entry without
a vote counts as not wanted. nDCG@10 judges the order of the whole day and leaves out days on
which nothing was wanted; P@k judges what was shown.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.picks.backtest.dataset import (
    BacktestError,
    Day,
    ReplayedChannel,
    ReplayedPaper,
    read_channels,
)
from bot.picks.backtest.policies import (
    Chance,
    Matcher,
    MatchPolicy,
    Paperround,
    Policy,
    Popularity,
    Svm,
    Vectors,
)
from bot.picks.shared_model import SharedModel

__all__ = ["POLICIES", "BacktestError", "PolicyResult", "backtest", "read_channels"]

POLICIES = ("paperround", "match", "popularity", "random", "svm")
"""Every policy's name."""

MEASURES = (
    "p_at_k",
    "ndcg_at_10",
    "p_at_k_second_half",
    "ndcg_at_10_second_half",
    "p_at_k_first_5",
)
"""What is measured of a channel, all 0-1; halves are of its days, the middle day in the second."""

_RANKED = 10
_FIRST = 5
_REDRAWN = 2000

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], None]
"""Called with a policy's name, how many channels it has done, and of how many."""


@dataclass(frozen=True, slots=True)
class PolicyResult:
    """How a policy did: `measured` is channels by `MEASURES`, with NaN where nothing was wanted.

    `seconds` is its own time for each channel: ordering and learning, with the texts read before.
    """

    policy: str
    measured: Floats
    seconds: Floats

    def mean(self, measure: str) -> float:
        """A measure's mean over channels, each channel weighing the same; NaN of none."""
        held = self._of(measure)
        held = held[~np.isnan(held)]
        return float(held.mean()) if len(held) else float("nan")

    def interval(self, measure: str, level: float = 0.95) -> tuple[float, float]:
        """The bootstrap confidence interval of that mean, channels redrawn with replacement."""
        held = self._of(measure)
        held = held[~np.isnan(held)]
        if not len(held):
            return float("nan"), float("nan")
        redrawn = np.random.default_rng(0).integers(len(held), size=(_REDRAWN, len(held)))
        low, high = np.quantile(held[redrawn].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    def as_json(self) -> dict[str, Any]:
        """The means, the seconds a channel, and under `intervals` each mean's 95 % interval.

        Of one channel there is no interval: null.
        """
        alone = len(self.seconds) == 1
        return {
            "policy": self.policy,
            **{measure: self.mean(measure) for measure in MEASURES},
            "seconds_per_channel": float(self.seconds.mean()),
            "intervals": {
                measure: None if alone else list(self.interval(measure)) for measure in MEASURES
            },
        }

    def _of(self, measure: str) -> Floats:
        return self.measured[:, MEASURES.index(measure)]


def backtest(
    channels: Sequence[ReplayedChannel],
    policies: Sequence[str] = POLICIES,
    *,
    full_feedback: bool = False,
    seed: int = 0,
    progress: Progress | None = None,
    matcher: Matcher | None = None,
    shared: SharedModel | None = None,
) -> list[PolicyResult]:
    """Replay the channels under each policy, in the order in which they are named.

    `matcher` scores papers for `match`, and is blended in for `paperround` when given. `shared` is
    what `paperround` shares between channels; by default the texts of all entries, without any
    vote. Raises BacktestError for an unknown policy, no channels, or something that is missing.
    """
    if unknown := [name for name in policies if name not in POLICIES]:
        raise BacktestError(f"no policy is called {unknown[0]!r}; there are {', '.join(POLICIES)}")
    if not channels:
        raise BacktestError("there is no channel to replay")
    kit = _Kit(channels, matcher, shared, seed)
    return [
        replay(name, channels, kit.maker(name), full_feedback=full_feedback, progress=progress)
        for name in policies
    ]


def replay(
    name: str,
    channels: Sequence[ReplayedChannel],
    make: Callable[[ReplayedChannel], Policy],
    *,
    full_feedback: bool = False,
    progress: Progress | None = None,
) -> PolicyResult:
    """Replay the channels under any policy; `make` builds it anew for each channel, untimed."""
    measured, seconds = [], []
    for number, channel in enumerate(channels):
        days, spent = run(make(channel), channel, full_feedback)
        measured.append(_summary(days))
        seconds.append(spent)
        if progress:
            progress(name, number + 1, len(channels))
    return PolicyResult(name, np.array(measured), np.array(seconds))


class _Kit:
    """What policies are built from, each part made when first needed."""

    def __init__(
        self,
        channels: Sequence[ReplayedChannel],
        matcher: Matcher | None,
        shared: SharedModel | None,
        seed: int,
    ) -> None:
        self._entries = _all_entries(channels)
        self._matcher = matcher
        self._given = shared
        self._vectors: Vectors | None = None
        self._seed = seed

    def maker(self, name: str) -> Callable[[ReplayedChannel], Policy]:
        """What builds a policy that has not learned anything yet."""
        makers: dict[str, Callable[[ReplayedChannel], Policy]] = {
            "paperround": lambda one: Paperround(one, self._shared(), self._matcher),
            "match": lambda one: MatchPolicy(one, self._matcher),
            "popularity": lambda _: Popularity(),
            "random": lambda one: Chance(f"{self._seed} {one.name}"),
            "svm": lambda one: Svm(one, self._read()),
        }
        return makers[name]

    def _shared(self) -> SharedModel:
        if self._given is None:
            self._given = SharedModel.of_papers(self._entries, remember=len(self._entries) + 1)
        return self._given

    def _read(self) -> Vectors:
        if self._vectors is None:
            self._vectors = Vectors(self._entries)
        return self._vectors


def _all_entries(channels: Sequence[ReplayedChannel]) -> list[ReplayedPaper]:
    """Every entry once, by id."""
    found: dict[str, ReplayedPaper] = {}
    for channel in channels:
        for entry in (*channel.liked, *(entry for day in channel.days for entry in day.entries)):
            found.setdefault(entry.id, entry)
    return list(found.values())


def run(policy: Policy, channel: ReplayedChannel, full_feedback: bool) -> tuple[Floats, float]:
    """P@k and nDCG@10 of each day (NaN where nothing was wanted), and the policy's seconds."""
    days, spent = [], 0.0
    for day in channel.days:
        start = perf_counter()
        order = np.argsort(-policy.values(day), kind="stable")
        policy.learn(day, (order if full_feedback else order[: day.k]).tolist())
        spent += perf_counter() - start
        days.append(_judged(order, day))
    return np.array(days), spent


def _judged(order: NDArray[np.int64], day: Day) -> tuple[float, float]:
    wanted = np.array([day.votes.get(entry.id, 0) > 0 for entry in day.entries], dtype=bool)[order]
    discount = 1.0 / np.log2(np.arange(2, _RANKED + 2))
    best = discount[: int(wanted.sum())].sum()
    gained = float(discount[: len(wanted)] @ wanted[:_RANKED])
    return float(wanted[: day.k].sum() / day.k), gained / best if best else float("nan")


def _summary(days: Floats) -> list[float]:
    """The MEASURES of one channel."""
    later = days[len(days) // 2 :]
    return [
        float(days[:, 0].mean()),
        _mean(days[:, 1]),
        float(later[:, 0].mean()),
        _mean(later[:, 1]),
        float(days[:_FIRST, 0].mean()),
    ]


def _mean(values: Floats) -> float:
    """The mean of what is known; NaN if nothing is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
