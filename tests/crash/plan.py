"""Which crossings are tried."""

from collections import Counter
from collections.abc import Iterable

from tests.crash.points import Kill, Moment

_MOMENTS: tuple[Moment, ...] = ("before", "after")


def every(counts: Counter[str]) -> list[Kill]:
    """Each crossing, before and after."""
    return _kills((name, n) for name, count in sorted(counts.items()) for n in range(1, count + 1))


def thinned(counts: Counter[str]) -> list[Kill]:
    """The first, the second and the last crossing of each point, before and after."""
    return _kills(
        (name, n) for name, count in sorted(counts.items()) for n in sorted({1, min(2, count), count})
    )


def _kills(crossings: Iterable[tuple[str, int]]) -> list[Kill]:
    return [Kill(name, number, moment) for name, number in crossings for moment in _MOMENTS]
