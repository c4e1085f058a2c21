"""What one vote costs, and that it costs the same however many came before it."""

from collections.abc import Callable, Sequence
from itertools import cycle, islice
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter_ns

from bot.picks.backtest.dataset import Day, ReplayedPaper
from bot.picks.shared_model import SharedModel
from bot.picks.taste import Taste
from tests.bench.results import table
from tests.quality import curator

BEFORE = (0, 100, 1_000, 10_000)
TIMED = 500
TEXTS = 6_000
VOTERS = 12


def cost(data: Path) -> str:
    """Our own time for a vote on a paper with an abstract, by how many votes came before.

    One of 12 people votes, votes the other way, takes it back and votes again as at first; the
    paper is read already, as it was when it was picked. In brackets: 95 % took no longer. "First
    reading" is what the next pick pays once, however many votes came since the last. Storing is
    what `Taste.dumps` and `Taste.loads` take, the database not included.
    """
    channel, _ = curator.read(data)
    shown = [(day, entry) for day in channel.days for entry in day.entries]
    shared = SharedModel.of_papers((entry for _, entry in shown[:TEXTS]), remember=len(shown))
    for _, entry in shown[: BEFORE[-1] + TIMED]:
        shared.read(entry)
    rows = [_row(shared, shown, before) for before in BEFORE]
    votes = ["added, µs", "changed, µs", "taken back, µs"]
    rest = ["first reading, µs", "storing, µs", "loading, µs", "KB"]
    return table(["votes before", *votes, *rest], rows)


def _row(shared: SharedModel, shown: list[tuple[Day, ReplayedPaper]], before: int) -> list[str]:
    taste = Taste(shared=shared)
    voters = cycle(f"person {n}" for n in range(VOTERS))
    for (day, entry), person in zip(shown[:before], voters, strict=False):
        _vote(taste, day, entry, person)
    timed = zip(islice(shown, before, before + TIMED), voters, strict=False)
    taken = [_taken(taste, day, entry, person) for (day, entry), person in timed]
    kinds = [_spread(times) for times in zip(*taken, strict=True)]
    blob = taste.dumps()
    storing = _typical(taste.dumps)
    loading = _typical(lambda: Taste.loads(blob, shared))
    return [f"{before:,}", *kinds, *(f"{one:.0f}" for one in (storing, loading, len(blob) / 1024))]


def _taken(taste: Taste, day: Day, entry: ReplayedPaper, person: str) -> tuple[float, ...]:
    """Microseconds for a vote, its change, its end, and a reading once it was cast again."""
    said, read = day.votes[entry.id], taste.shared.read(entry)

    def learn(before: int, after: int) -> float:
        return _micros(
            lambda: taste.learn(entry, person=person, before=before, after=after, at=day.at)
        )

    cast, changed, ended = learn(0, said), learn(said, -said), learn(-said, 0)
    learn(0, said)
    return cast, changed, ended, _micros(lambda: taste.values([read], day.at))


def _vote(taste: Taste, day: Day, entry: ReplayedPaper, person: str) -> None:
    taste.learn(entry, person=person, before=0, after=day.votes[entry.id], at=day.at)


def _spread(taken: Sequence[float]) -> str:
    return f"{median(taken):.0f} ({quantiles(taken, n=20)[-1]:.0f})"


def _typical(work: Callable[[], object]) -> float:
    """The median time of doing it 50 times, in µs."""
    return median([_micros(work) for _ in range(50)])


def _micros(work: Callable[[], object]) -> float:
    start = perf_counter_ns()
    work()
    return (perf_counter_ns() - start) / 1000
