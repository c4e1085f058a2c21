"""Plain ways to learn from votes that taste is measured beside, on arxiv-sanity-lite's vectors."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.picks.backtest.dataset import Day, ReplayedChannel
from bot.picks.backtest.policies import Vectors
from bot.picks.shared_model import SharedModel

Floats = NDArray[np.float64]


class Cosine:
    """Likeness to what was liked beforehand; votes change nothing."""

    def __init__(self, channel: ReplayedChannel, vectors: Vectors) -> None:
        self.vectors = vectors
        self.heart = self.total([vectors.rows[entry.id] for entry in channel.liked])

    def total(self, rows: Sequence[int]) -> Floats:
        return np.asarray(self.vectors.matrix[list(rows)].sum(axis=0), dtype=np.float64).ravel()

    def values(self, day: Day) -> Floats:
        rows = [self.vectors.rows[entry.id] for entry in day.entries]
        return self.vectors.matrix[rows] @ self.heart

    def learn(self, day: Day, told: Sequence[int]) -> None:
        pass


class Rocchio(Cosine):
    """The mean of what was voted up less half the mean of what was voted down (Rocchio 1971)."""

    def __init__(self, channel: ReplayedChannel, vectors: Vectors) -> None:
        super().__init__(channel, vectors)
        self.up, self.ups = self.heart, len(channel.liked)
        self.down, self.downs = np.zeros_like(self.heart), 0

    def learn(self, day: Day, told: Sequence[int]) -> None:
        voted = [day.entries[index].id for index in told]
        up = [self.vectors.rows[paper] for paper in voted if day.votes.get(paper, 0) > 0]
        down = [self.vectors.rows[paper] for paper in voted if day.votes.get(paper, 0) < 0]
        self.up, self.ups = self.up + self.total(up), self.ups + len(up)
        self.down, self.downs = self.down + self.total(down), self.downs + len(down)
        self.heart = self.up / max(self.ups, 1) - 0.5 * self.down / max(self.downs, 1)


class OnlineLogistic(Cosine):
    """Logistic regression, one step of gradient descent a vote, bias included."""

    def __init__(self, channel: ReplayedChannel, vectors: Vectors, step: float = 1.0) -> None:
        super().__init__(channel, vectors)
        self.heart, self.bias, self.step = np.zeros_like(self.heart), -2.0, step
        for entry in channel.liked:
            self.vote(vectors.rows[entry.id], 1)

    def learn(self, day: Day, told: Sequence[int]) -> None:
        for index in told:
            paper = day.entries[index].id
            self.vote(self.vectors.rows[paper], day.votes.get(paper, 0) > 0)

    def vote(self, row: int, wanted: float) -> None:
        matrix = self.vectors.matrix
        held = slice(matrix.indptr[row], matrix.indptr[row + 1])
        places, values = matrix.indices[held], matrix.data[held]
        said = 1.0 / (1.0 + np.exp(-(values @ self.heart[places] + self.bias)))
        self.heart[places] += self.step * (wanted - said) * values
        self.bias += 0.05 * self.step * (wanted - said)


class MeaningRocchio:
    """Rocchio on a sentence model's vectors alone, as `shared` places them."""

    def __init__(self, channel: ReplayedChannel, shared: SharedModel) -> None:
        self.shared = shared
        self.up = [shared.place(entry) for entry in channel.liked]
        self.down: list[NDArray[np.float32]] = []

    def values(self, day: Day) -> Floats:
        places = np.array([self.shared.place(entry) for entry in day.entries])
        heart = np.zeros(places.shape[1])
        if self.up:
            heart += np.mean(self.up, axis=0)
        if self.down:
            heart -= 0.5 * np.mean(self.down, axis=0)
        return np.asarray(places @ heart, dtype=np.float64)

    def learn(self, day: Day, told: Sequence[int]) -> None:
        for index in told:
            entry = day.entries[index]
            liked = day.votes.get(entry.id, 0) > 0
            (self.up if liked else self.down).append(self.shared.place(entry))
