"""The targets of matching, and whether a run met them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.matching.cell import OURS, Figures
from tests.bench.results import table

Run = Mapping[tuple[str, int], Figures]
"""Figures by subject and number of watches."""

AT, MOST = 20_000, 200_000
_SECONDS = 15
"""What "in seconds" is taken to mean."""


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that is to be at least, or else at most, its bound."""

    what: str
    value: float
    bound: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the figure is on the right side of its bound."""
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def growth(before: Figures, after: Figures) -> float:
    """The exponent of time in watches between two sizes: 1 is linear, 0 is none."""
    return math.log(after.unseen / before.unseen) / math.log(after.watches / before.watches)


def verdicts(run: Run, starts: Sequence[Figures] = ()) -> Iterator[str]:
    """A table of targets met and missed; nothing for what the run did not measure."""
    targets = [*_speed(run), *_size(run), *_start(starts)]
    if targets:
        yield f"Targets, on unseen papers at {AT:,} watches unless said otherwise:"
        yield table(["Target", "bound", "measured", ""], map(_row, targets))


def _row(target: Target) -> list[str]:
    sign = "≥" if target.at_least else "≤"
    verdict = "met" if target.met else "**missed**"
    return [target.what, f"{sign} {target.bound:g}", f"{target.value:,.3g}", verdict]


def _speed(run: Run) -> Iterator[Target]:
    ours = run.get((OURS, AT))
    if ours is None:
        return
    times = {subject: figures for (subject, size), figures in run.items() if size == AT}
    if peer := times.get("cdist partial_ratio"):
        yield Target("times faster than cdist", peer.unseen / ours.unseen, 600, at_least=True)
    if peer := times.get("tantivy fuzzy"):
        faster = peer.unseen / ours.unseen
        yield Target("times faster than tantivy fuzzy", faster, 50, at_least=True)
    if peer := times.get("FTS5 porter"):
        yield Target("times faster than FTS5", peer.unseen / ours.unseen, 3, at_least=True)
        yield Target("the same, in tens", peer.tens / ours.tens, 50, at_least=True)
    if peer := times.get("Aho-Corasick"):
        yield Target("time of exact Aho-Corasick", ours.unseen / peer.unseen, 2.5)
        yield Target("the same, warm", ours.warm / peer.unseen, 1.5)
    yield Target("one paper alone, ms", ours.alone / 1000, 1)


def _start(starts: Sequence[Figures]) -> Iterator[Target]:
    for it in starts:
        if it.watches == MOST:
            yield Target(f"start out of SQLite with {MOST:,}, s", it.build_s, _SECONDS)


def _size(run: Run) -> Iterator[Target]:
    most, at = run.get((OURS, MOST)), run.get((OURS, AT))
    if most:
        yield Target(f"peak memory at {MOST:,}, MB", most.peak_mb, 300)
        yield Target(f"one paper alone at {MOST:,}, ms", most.alone / 1000, 1)
    if most and at:
        yield Target(f"growth exponent, {AT:,} to {MOST:,}", growth(at, most), 0.5)
