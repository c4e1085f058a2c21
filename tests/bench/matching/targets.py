"""The targets of matching, and whether a run met them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.matching.cell import OURS, Figures
from tests.bench.matching.obstacles import of_batches, of_calls, of_seen
from tests.bench.results import table

Run = Mapping[tuple[str, int], Figures]
"""Figures by subject and number of watches."""

AT, MOST = 20_000, 200_000
_SECONDS = 15
"""What "in seconds" is taken to mean."""


@dataclass(frozen=True, slots=True)
class Target:
    """A figure that is to be at least, or else at most, its bound; `obstacle` is why it is not."""

    what: str
    value: float
    bound: float
    at_least: bool = False
    obstacle: str = ""

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
    yield from _in_the_way([target for target in targets if not target.met and target.obstacle])


def _in_the_way(missed: Sequence[Target]) -> Iterator[str]:
    if missed:
        yield "What stands in the way of those that are missed, by the figures of this run:"
        yield "\n".join(f"- {target.what}: {target.obstacle}" for target in missed)


def _row(target: Target) -> list[str]:
    sign = "≥" if target.at_least else "≤"
    verdict = "met" if target.met else "**missed**"
    return [target.what, f"{sign} {target.bound:g}", f"{target.value:,.3g}", verdict]


def _speed(run: Run) -> Iterator[Target]:
    ours = run.get((OURS, AT))
    if ours is None:
        return
    times = {subject: figures for (subject, size), figures in run.items() if size == AT}
    for subject, name, bound in _FASTER:
        if peer := times.get(subject):
            faster, why = peer.unseen / ours.unseen, of_batches(ours, peer.unseen / bound)
            yield Target(f"times faster than {name}", faster, bound, at_least=True, obstacle=why)
        if peer and peer.tens and subject == _IN_TENS:
            faster, why = peer.tens / ours.tens, of_calls(ours, ours.tens, peer.tens / _TENS)
            yield Target("the same, in tens", faster, _TENS, at_least=True, obstacle=why)
    if peer := times.get("Aho-Corasick"):
        ratio, why = ours.unseen / peer.unseen, of_batches(ours, peer.unseen * _UNSEEN)
        yield Target("time of exact Aho-Corasick", ratio, _UNSEEN, obstacle=why)
        ratio, why = ours.warm / peer.unseen, of_seen(ours, peer.unseen * _WARM)
        yield Target("the same, warm", ratio, _WARM, obstacle=why)
    yield _alone("one paper alone, ms", ours)


_FASTER = (("cdist partial_ratio", "cdist", 600), ("tantivy fuzzy", "tantivy fuzzy", 50),
           ("FTS5 porter", "FTS5", 3))  # fmt: skip
_IN_TENS, _TENS = "FTS5 porter", 50
_UNSEEN, _WARM = 2.5, 1.5
_ALONE_US = 1000


def _alone(what: str, ours: Figures) -> Target:
    why = of_calls(ours, ours.alone, _ALONE_US, ours.alone_shares)
    return Target(what, ours.alone / 1000, 1, obstacle=why)


def _start(starts: Sequence[Figures]) -> Iterator[Target]:
    for it in starts:
        if it.watches == MOST:
            yield Target(f"start out of SQLite with {MOST:,}, s", it.build_s, _SECONDS)


def _size(run: Run) -> Iterator[Target]:
    most, at = run.get((OURS, MOST)), run.get((OURS, AT))
    if most:
        yield Target(f"peak memory at {MOST:,}, MB", most.peak_mb, 300)
        yield _alone(f"one paper alone at {MOST:,}, ms", most)
    if most and at:
        yield Target(f"growth exponent, {AT:,} to {MOST:,}", growth(at, most), 0.5)
