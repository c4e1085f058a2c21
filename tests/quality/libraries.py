"""T1: people's libraries (CiteULike-a) as channels, whose papers arrive among popular others."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.picks.backtest.dataset import Day, ReplayedChannel, ReplayedPaper

TEST_PEOPLE = 200
SEEDS = 5
OTHERS = 19
A_DAY = 50
SHOWN = 3
WATCHES = 8
FEWEST_A_DAY = 25

_START = datetime(2010, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Libraries:
    """Everyone's papers (numbers into `titles`); read from the folder `citeulike_a`."""

    titles: tuple[str, ...]
    people: tuple[NDArray[np.int64], ...]

    @classmethod
    def read(cls, folder: Path) -> "Libraries":
        titles = (folder / "citeutitles.txt").read_text(encoding="utf-8", errors="replace")
        lines = (folder / "users.dat").read_text().splitlines()
        people = tuple(np.unique(np.array(line.split()[1:], dtype=np.int64)) for line in lines)
        return cls(tuple(titles.split("\n")[:-1]), people)

    @cached_property
    def entries(self) -> tuple[ReplayedPaper, ...]:
        return tuple(
            ReplayedPaper(str(number), title, upvotes=float(popular))
            for number, (title, popular) in enumerate(
                zip(self.titles, self.popularity, strict=True)
            )
        )

    @cached_property
    def popularity(self) -> NDArray[np.int64]:
        return np.bincount(np.concatenate(self.people), minlength=len(self.titles))

    @cached_property
    def by_digest(self) -> list[int]:
        """People with 60-200 papers, by the sha256 of their number: the first 200 are for test."""
        some = [n for n, papers in enumerate(self.people) if 60 <= len(papers) <= 200]
        return sorted(some, key=lambda n: hashlib.sha256(str(n).encode()).hexdigest())

    def test(self) -> list[int]:
        return self.by_digest[:TEST_PEOPLE]

    def development(self) -> list[int]:
        return self.by_digest[TEST_PEOPLE:]

    @cached_property
    def half(self) -> NDArray[np.bool_]:
        """A random half of the papers, for a model that may learn from votes on the other half."""
        return np.random.default_rng(0).random(len(self.titles)) < 0.5

    def channel(
        self, person: int, seed: int = 0, *, only: NDArray[np.bool_] | None = None
    ) -> ReplayedChannel:
        """A person's stream: 5 seeds, then the rest of the library among 19 times as many others.

        The others are drawn without replacement in proportion to popularity + 1/2. With `only`,
        the world holds no papers but those it marks.
        """
        random = np.random.default_rng([seed, person])
        chance = self.popularity + 0.5
        papers = self.people[person]
        if only is not None:
            papers, chance = papers[only[papers]], chance * only
        library = random.permutation(papers)
        seeds, wanted = library[:SEEDS], library[SEEDS:]
        chance[library] = 0.0
        others = random.choice(
            len(self.titles), OTHERS * len(wanted), replace=False, p=chance / chance.sum()
        )
        stream = random.permutation(np.concatenate([wanted, others]))
        days = [stream[start : start + A_DAY] for start in range(0, len(stream), A_DAY)]
        liked = tuple(self.entries[number] for number in seeds)
        kept = [day for day in days if len(day) >= FEWEST_A_DAY]
        return ReplayedChannel(
            str(person),
            _watches(liked, self.telling),
            liked,
            tuple(self._day(n, day, frozenset(wanted.tolist())) for n, day in enumerate(kept)),
        )

    def _day(self, number: int, papers: NDArray[np.int64], wanted: frozenset[int]) -> Day:
        votes = {str(paper): 1 if paper in wanted else -1 for paper in papers.tolist()}
        entries = tuple(self.entries[paper] for paper in papers.tolist())
        return Day(_START + timedelta(days=number), entries, votes, SHOWN)

    @cached_property
    def telling(self) -> dict[str, float]:
        """Inverse document frequency of the words of the titles."""
        counts: dict[str, int] = {}
        for title in self.titles:
            for word in set(_words(title)):
                counts[word] = counts.get(word, 0) + 1
        return {word: float(np.log(len(self.titles) / count)) for word, count in counts.items()}


def _words(title: str) -> list[str]:
    words = "".join(c if c.isalnum() else " " for c in title.casefold()).split()
    return [word for word in words if len(word) > 2]


def _watches(liked: Sequence[ReplayedPaper], telling: dict[str, float]) -> tuple[str, ...]:
    """The 8 words of the seeds' titles with the greatest tf-idf."""
    weights: dict[str, float] = {}
    for entry in liked:
        for word in _words(entry.title):
            weights[word] = weights.get(word, 0.0) + telling[word]
    return tuple(sorted(weights, key=lambda word: (-weights[word], word))[:WATCHES])
