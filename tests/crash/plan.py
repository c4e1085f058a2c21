"""Which crossings are tried."""

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.crash.points import Kill, Moment

_MOMENTS: tuple[Moment, ...] = ("before", "after")


def every(counts: Counter[str]) -> list[Kill]:
    """Each crossing, before and after."""
    return [
        Kill(name, number, moment)
        for name, count in sorted(counts.items())
        for number in range(1, count + 1)
        for moment in _MOMENTS
    ]


def thinned(counts: Counter[str], *, reads: bool = True) -> list[Kill]:
    """The first and the last crossing of each point, before and after.

    What only reads leaves nothing behind: of each such point the first crossing, before it, and
    none without `reads`.
    """
    wanted = [name for name in sorted(counts) if reads or not name.startswith("read ")]
    return [kill for name in wanted for kill in _of_point(name, counts[name])]


def _of_point(name: str, count: int) -> Iterator[Kill]:
    if name.startswith("read "):
        yield Kill(name, 1, "before")
        return
    for number in _ends(count):
        for moment in _MOMENTS:
            yield Kill(name, number, moment)


def _ends(count: int) -> Iterable[int]:
    return (1,) if count == 1 else (1, count)
