"""Whether votes are felt: `python -m tests.quality.felt`.

Personas vote on 15 open days of Daily Papers as teams watch them. A persona likes four of its
team's eight or so watches, drawn by a seed, and dislikes what comes for the others or for none; it
votes on every pick. The product's own index, model, taste and `choose` pick, five a day at most.
Each persona is replayed with its votes, without any, and with its votes reversed. The judgement is
by words alone, so it favours no reading of meaning.
"""

import gzip
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import numpy as np

from bot.meaning.model import DEFAULT, find_model, usual_centre
from bot.picks.backtest.dataset import ReplayedPaper
from bot.picks.selection import choose
from bot.picks.shared_model import Meaning, SharedModel
from bot.picks.taste import Taste
from bot.picks.types import Candidate
from tests.bench.results import QUALITY_PAGE, table, write_section
from tests.quality.metrics import paired_interval
from tests.quality.relevance import A_DAY, THRESHOLD, Judged, World, offered, text_of
from tests.shared import SHARED

COMMAND = "python -m tests.quality.felt"
DAYS = 15
UNTIL = "2026-02-11"
FEWEST_A_DAY = 12
SEEDS = 6
LIKED = 4
FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)
TOLD: Mapping[str, int] = {"with votes": 1, "without": 0, "votes reversed": -1}
"""What each way tells the bot of a vote: the vote times this."""

Liked = frozenset[str]
"""The watches that a persona likes."""


@dataclass(frozen=True)
class Stream:
    """The days, what the product offers a team on each, and the model that reads their papers."""

    world: World
    offers: Mapping[tuple[str, str], list[Candidate]]
    shared: SharedModel

    @classmethod
    def read(cls, data: Path) -> "Stream":
        days = dict(_days(data))
        world = World(Judged(Judged.read(data).channels, days, {}))
        offers = {
            (day, team): offered(world, day, team) for day in days for team in world.judged.channels
        }
        return cls(world, offers, base_of(world))


def _days(data: Path) -> Iterator[tuple[str, tuple[ReplayedPaper, ...]]]:
    """The last `DAYS` of the open days that hold enough papers, in order."""
    with gzip.open(data / "hf_daily_papers" / "papers.jsonl.gz", "rt") as lines:
        rows = sorted(map(json.loads, lines), key=lambda row: row["day"])
    days = {day: list(some) for day, some in groupby(rows, key=lambda row: row["day"])}
    full = [day for day, some in days.items() if day <= UNTIL and len(some) >= FEWEST_A_DAY]
    for day in full[-DAYS:]:
        yield day, tuple(_paper(row) for row in days[day])


def _paper(row: Mapping[str, str]) -> ReplayedPaper:
    return ReplayedPaper(row["id"], " ".join(row["title"].split()), row.get("summary") or "")


def base_of(world: World) -> SharedModel:
    """The shared model of an install that has these days' papers."""
    papers = [paper for some in world.judged.days.values() for paper in some]
    name = find_model(DEFAULT).name()

    def find(_: str, title: str, abstract: str) -> np.ndarray:
        return world.encode([text_of(title, abstract)])[0]

    meaning = Meaning(name, usual_centre(name), find)
    return SharedModel.of_papers(papers, meaning=meaning)


def picked(stream: Stream, team: str, liked: Liked, told: int) -> tuple[int, int]:
    """How many papers a persona got over all days, and how many of them it likes."""
    taste = Taste(words=stream.world.judged.channels[team], shared=stream.shared)
    got = good = 0
    for number, day in enumerate(stream.world.judged.days):
        at, offers = FIRST + timedelta(days=number), stream.offers[day, team]
        picks = choose(
            offers,
            taste,
            limit=A_DAY,
            threshold=THRESHOLD,
            beyond=0,
            at=at,
            seed=number,
        )
        for pick in picks:
            likes = _likes(liked, offers[pick.id])
            got, good = got + 1, good + likes
            if told:
                vote = told if likes else -told
                paper = offers[pick.id].paper
                taste.learn(paper, person="persona", before=0, after=vote, at=at)
    return got, good


def _likes(liked: Liked, offer: Candidate) -> bool:
    """Whether the watch that a paper comes for is one that the persona likes."""
    return offer.score >= THRESHOLD and offer.topic in liked


def felt(data: Path) -> str:
    """The share of liked papers among a persona's picks, with its votes, without and reversed."""
    stream = Stream.read(data)
    personas = [
        (team, frozenset(np.random.default_rng([seed, n]).permutation(texts)[:LIKED].tolist()))
        for n, (team, texts) in enumerate(stream.world.judged.channels.items())
        for seed in range(SEEDS)
    ]
    counts = {
        name: np.array([picked(stream, team, liked, told) for team, liked in personas])
        for name, told in TOLD.items()
    }
    stream.world.close()
    some = np.all([each[:, 0] > 0 for each in counts.values()], axis=0)
    shares = {name: each[some, 1] / each[some, 0] for name, each in counts.items()}
    rows = [
        [name, f"{shares[name].mean():.3f}", *(f"{part:.1f}" for part in each[some].mean(axis=0))]
        for name, each in counts.items()
    ]
    gains = [
        [f"{one} less {other}", paired_interval(shares[one], shares[other])]
        for one, other in (("with votes", "without"), ("votes reversed", "without"))
    ]
    return "\n\n".join(
        [
            table(["persona", "liked of its picks", "picks", "liked"], rows),
            table(["share of liked", "95 % interval"], gains),
            (
                f"{int(some.sum())} personas of {len(personas)} got picks every way; {DAYS} days, "
                f"{len(stream.world.judged.channels)} teams, {SEEDS} seeds each."
            ),
        ]
    )


def main() -> None:
    """Measure and write the section."""
    if SHARED is None:
        sys.exit("no ../shared/data beside the checkout")
    write_section(
        QUALITY_PAGE,
        "Votes felt",
        f"{(felt.__doc__ or '').strip()}\n\n{felt(SHARED)}",
        command=COMMAND,
        today=datetime.now(UTC).date(),
    )


if __name__ == "__main__":
    main()
