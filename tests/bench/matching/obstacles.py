"""What stands between our time and a missed target, by what the same run measured."""

from collections.abc import Mapping

from tests.bench.matching.cell import Figures
from tests.bench.matching.stages import NEW_WORDS

_MOST_NAMED = 3


def of_batches(ours: Figures, needed: float) -> str:
    """Say what keeps a batch of unseen papers from taking `needed` µs a paper."""
    new = ours.unseen - ours.warm
    left = "without those it would be met" if ours.warm <= needed else f"{ours.warm:,.0f} are left"
    return (
        f"it asks for {needed:,.0f} µs a paper, and ours takes {ours.unseen:,.0f}; {new:,.0f} of "
        f"them ({_share(new, ours.unseen)}) go when the same papers come again and no word is "
        f"new, for Python reads new words one by one; {left}{_stages(ours.shares)}."
    )


def of_seen(ours: Figures, needed: float) -> str:
    """Say what keeps papers seen before from taking `needed` µs a paper."""
    old = {label: share for label, share in ours.shares.items() if label != NEW_WORDS}
    whole = sum(old.values())
    shares = {label: share / whole for label, share in old.items()}
    return (
        f"it asks for {needed:,.0f} µs a paper, and ours takes {ours.warm:,.0f} though no word is "
        f"new{_stages(shares)}."
    )


def of_calls(
    ours: Figures, taken: float, needed: float, shares: Mapping[str, float] | None = None
) -> str:
    """Say what keeps a call for few papers from taking `needed` µs a paper."""
    fixed = taken - ours.unseen
    return (
        f"it asks for {needed:,.0f} µs a paper, and ours takes {taken:,.0f}; a paper in a large "
        f"batch takes {ours.unseen:,.0f}, so that {fixed:,.0f} ({_share(fixed, taken)}) are what "
        "each call costs, however few its papers: operations on arrays, which take as long for "
        f"ten numbers as for a thousand{_stages(shares or {})}."
    )


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.0%}" if whole else "?"


def _stages(shares: Mapping[str, float]) -> str:
    """Return the largest stages of a match, in brackets."""
    ranked = sorted(shares.items(), key=lambda one: -one[1])[:_MOST_NAMED]
    named = ", ".join(f"{label} {share:.0%}" for label, share in ranked)
    return f" (of all: {named})" if named else ""
