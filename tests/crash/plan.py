"""Which crossings are tried, and which of them in one trial."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from tests.crash.points import AGAIN, START, Crossing, Kill, Moment
from tests.crash.story import SCENES

ORDER = (START, AGAIN, *(scene.name for scene in SCENES))
"""Where a kill can be, as time passes."""

_MOMENTS: tuple[Moment, ...] = ("before", "after")

Counts = Counter[Crossing]


def every(counts: Counts) -> list[Kill]:
    """Each crossing, before and after."""
    return [
        Kill(each.scene, each.name, number, moment)
        for each, count in sorted(counts.items(), key=str)
        for number in range(1, count + 1)
        for moment in _MOMENTS
    ]


def thinned(counts: Counts, *, reads: bool = True) -> list[Kill]:
    """The first and the last crossing of each point in all of the story, before and after.

    What only reads leaves nothing behind: of each such point the first crossing, before it, and
    none without `reads`.
    """
    wanted = [name for name in points(counts) if reads or not _reads(name)]
    return [kill for name in wanted for kill in _of_point(name, counts)]


def points(counts: Counts) -> list[str]:
    """The names of all crossings."""
    return sorted({each.name for each in counts})


def chained(kills: Iterable[Kill]) -> list[list[Kill]]:
    """Kills put together in trials, each with at most one in a scene, as time passes.

    Each scene comes to its end, and is looked at, before the next kill.
    """
    by_scene: defaultdict[str, list[Kill]] = defaultdict(list)
    for kill in kills:
        by_scene[kill.scene].append(kill)
    trials = range(max(map(len, by_scene.values()), default=0))
    rows = [by_scene[scene] for scene in ORDER]
    return [[row[number] for row in rows if number < len(row)] for number in trials]


def _of_point(name: str, counts: Counts) -> Iterator[Kill]:
    scenes = [scene for scene in ORDER if counts[Crossing(scene, name)]]
    if _reads(name):
        yield Kill(scenes[0], name, 1, "before")
        return
    for scene, number in _ends(scenes, [counts[Crossing(scene, name)] for scene in scenes]):
        for moment in _MOMENTS:
            yield Kill(scene, name, number, moment)


def _reads(name: str) -> bool:
    # Before it may stand whose crossing it is.
    return name.rpartition(": ")[2].startswith("read ")


def _ends(scenes: Sequence[str], counts: Sequence[int]) -> Iterable[tuple[str, int]]:
    first, last = (scenes[0], 1), (scenes[-1], counts[-1])
    return (first,) if first == last else (first, last)
