"""Ways to order a day's papers that a backtest compares."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bot.picks.backtest.dataset import BacktestError, Day, ReplayedChannel, ReplayedPaper
from bot.picks.selection import TASTE
from bot.picks.shared_model import SharedModel
from bot.picks.taste import Taste

Matcher = Callable[[Sequence[str], Sequence[ReplayedPaper]], Sequence[float]]
"""Scores 0-100 of papers against a channel's watches: the best watch counts."""

Floats = NDArray[np.float64]

_FEW = 100
_WORD = r"(?u)\b[a-zA-Z_][a-zA-Z0-9_]+\b"
_VOTER = "voter"


class Policy(Protocol):
    """One channel's way to order papers: asked for a day's values, then told what it revealed."""

    def values(self, day: Day) -> Floats:
        """How much each of the day's entries is wanted; only the order counts."""
        ...

    def learn(self, day: Day, told: Sequence[int]) -> None:
        """Take in the votes on the entries of these indices, in this order."""
        ...


class Paperround:
    """What this bot does: taste beside the match score, as `choose` weighs them, ungated.

    Texts are read when it is made, papers and watches alike, as they are once in an install. What
    was liked beforehand is learned when it is first asked or told, as `Svm` does.
    """

    def __init__(
        self, channel: ReplayedChannel, shared: SharedModel, matcher: Matcher | None
    ) -> None:
        self._watches = channel.watches
        self._matcher = matcher
        self._taste = Taste(words=channel.watches, shared=shared)
        self._taste.values((), channel.days[0].at)
        self._reads = {id(day): [shared.read(one) for one in day.entries] for day in channel.days}
        self._first, self._liked = channel.days[0].at, channel.liked
        for entry in channel.liked:
            shared.read(entry)

    def values(self, day: Day) -> Floats:
        """How much each entry is wanted."""
        self._begin()
        values = self._taste.values(self._reads[id(day)], day.at)
        if self._matcher is None:
            return values
        return np.asarray(self._matcher(self._watches, day.entries)) / 100 + TASTE * values

    def learn(self, day: Day, told: Sequence[int]) -> None:
        """Take in what was revealed."""
        self._begin()
        for place, index in enumerate(told):
            entry, at = day.entries[index], day.at + timedelta(seconds=place)
            if vote := day.votes.get(entry.id):
                self._taste.learn(entry, person=_VOTER, before=0, after=vote, at=at)
            else:
                self._taste.shown(entry, viewers=1, at=at)

    def _begin(self) -> None:
        """Learn once what was liked before the first day."""
        liked, self._liked = self._liked, ()
        for place, entry in enumerate(liked):
            at = self._first - timedelta(seconds=len(liked) - place)
            self._taste.learn(entry, person=_VOTER, before=0, after=1, at=at)


class MatchPolicy:
    """The match score alone."""

    def __init__(self, channel: ReplayedChannel, matcher: Matcher | None) -> None:
        if matcher is None:
            raise BacktestError("the policy match needs a matcher")
        self._matcher = matcher
        self._watches = channel.watches

    def values(self, day: Day) -> Floats:
        """How much each entry is wanted."""
        return np.asarray(self._matcher(self._watches, day.entries), dtype=np.float64)

    def learn(self, day: Day, told: Sequence[int]) -> None:
        """Nothing is learned."""


class Popularity:
    """Upvotes alone."""

    def values(self, day: Day) -> Floats:
        """How much each entry is wanted."""
        return np.array([entry.upvotes for entry in day.entries])

    def learn(self, day: Day, told: Sequence[int]) -> None:
        """Nothing is learned."""


class Chance:
    """A lottery, the same for one seed."""

    def __init__(self, seed: str) -> None:
        self._random = np.random.default_rng(list(seed.encode()))

    def values(self, day: Day) -> Floats:
        """How much each entry is wanted."""
        return self._random.random(len(day.entries))

    def learn(self, day: Day, told: Sequence[int]) -> None:
        """Nothing is learned."""


class Vectors:
    """tf-idf vectors of all entries as arxiv-sanity-lite makes them; needs scikit-learn.

    Single words and pairs, logarithmic counts, the 20,000 most frequent terms in at most a tenth
    of the papers. Its lower limit of 5 papers a term is left out, which favours it on titles.
    """

    def __init__(self, entries: Sequence[ReplayedPaper]) -> None:
        vectorizer = _sklearn("feature_extraction.text").TfidfVectorizer(
            strip_accents="unicode",
            stop_words="english",
            token_pattern=_WORD,
            ngram_range=(1, 2),
            max_features=20_000,
            max_df=0.1 if len(entries) > _FEW else 1.0,
            sublinear_tf=True,
        )
        self.rows = {entry.id: number for number, entry in enumerate(entries)}
        try:
            self.matrix: Any = vectorizer.fit_transform(
                f"{entry.title} {entry.abstract}" for entry in entries
            ).tocsr()
        except ValueError as error:
            raise BacktestError("the policy svm finds no word in these papers") from error


class Svm:
    """arxiv-sanity-lite's: each day a linear SVM anew, wanted papers against all others seen.

    `every` is after how many days it is trained again, for streams too long to do so daily.
    """

    def __init__(self, channel: ReplayedChannel, vectors: Vectors, *, every: int = 1) -> None:
        self._new = _sklearn("svm").LinearSVC
        self._vectors = vectors
        self._every = every
        self._days = 0
        self._machine: Any = None
        self._wanted = [vectors.rows[entry.id] for entry in channel.liked]
        self._seen: list[int] = []

    def values(self, day: Day) -> Floats:
        """How much each entry is wanted."""
        rows = [self._vectors.rows[entry.id] for entry in day.entries]
        if self._days % self._every == 0:
            self._train(rows)
        self._days += 1
        if self._machine is None:
            return np.zeros(len(rows))
        return np.asarray(
            self._machine.decision_function(self._vectors.matrix[rows]), dtype=np.float64
        )

    def _train(self, today: Sequence[int]) -> None:
        wanted = set(self._wanted)
        others = [row for row in [*self._seen, *today] if row not in wanted]
        if not wanted or not others:
            return
        labels = np.repeat([1, 0], [len(self._wanted), len(others)])
        self._machine = self._new(
            class_weight="balanced", max_iter=10_000, tol=1e-6, C=0.01, random_state=0
        ).fit(self._vectors.matrix[self._wanted + others], labels)

    def learn(self, day: Day, told: Sequence[int]) -> None:
        """Take in what was revealed."""
        self._seen += [self._vectors.rows[entry.id] for entry in day.entries]
        voted = [day.entries[index] for index in told]
        self._wanted += [
            self._vectors.rows[entry.id] for entry in voted if day.votes.get(entry.id) == 1
        ]


def _sklearn(module: str) -> ModuleType:
    """A module of scikit-learn, which is optional and slow to import."""
    try:
        return import_module(f"sklearn.{module}")
    except ImportError as error:
        raise BacktestError(
            "the policy svm needs scikit-learn: install paperround[bench]"
        ) from error
