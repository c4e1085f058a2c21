"""What one vote costs, and that it costs the same however many came before it."""

from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter_ns

from bot.picks.base import Base
from bot.picks.replayed import Day, Entry
from bot.picks.taste import Taste
from tests.bench.results import table
from tests.quality import curator

BEFORE = (0, 100, 1_000, 10_000)
TIMED = 500
TEXTS = 6_000
VOTERS = 12


def cost(data: Path) -> str:
    """Our own time for a vote on a paper with an abstract, by how many votes came before.

    A vote by one of 12 people is added; the paper is read already, as it was when it was picked.
    Storing is what `Taste.dumps` and `Taste.loads` take, the database not included.
    """
    channel, _ = curator.read(data)
    shown = [(day, entry) for day in channel.days for entry in day.entries]
    base = Base.of_papers((entry for _, entry in shown[:TEXTS]), remember=len(shown))
    for _, entry in shown[: BEFORE[-1] + TIMED]:
        base.read(entry)
    rows = [_row(base, shown, before) for before in BEFORE]
    header = ["votes before", "median, µs", "95 % within, µs", "storing, µs", "reading, µs", "KB"]
    return table(header, rows)


def _row(base: Base, shown: list[tuple[Day, Entry]], before: int) -> list[str]:
    taste = Taste(base=base)
    voters = cycle(f"person {n}" for n in range(VOTERS))
    for (day, entry), person in zip(shown[:before], voters, strict=False):
        _vote(taste, day, entry, person)
    taken = []
    for (day, entry), person in zip(islice(shown, before, before + TIMED), voters, strict=False):
        start = perf_counter_ns()
        _vote(taste, day, entry, person)
        taken.append((perf_counter_ns() - start) / 1000)
    blob = taste.dumps()
    storing = _typical(taste.dumps)
    reading = _typical(lambda: Taste.loads(blob, base))
    figures = (median(taken), quantiles(taken, n=20)[-1], storing, reading, len(blob) / 1024)
    return [f"{before:,}", *(f"{figure:.0f}" for figure in figures)]


def _vote(taste: Taste, day: Day, entry: Entry, person: str) -> None:
    taste.learn(entry, person=person, before=0, after=day.votes[entry.id], at=day.at)


def _typical(work: Callable[[], object]) -> float:
    """The median time of doing it 50 times, in µs."""
    taken = []
    for _ in range(50):
        start = perf_counter_ns()
        work()
        taken.append((perf_counter_ns() - start) / 1000)
    return median(taken)
