"""One person's taste: a linear model that each of their votes corrects by one step."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.picks.features import SIZE
from bot.picks.reading import Floats, Reading

STEP = 0.4
"""How much of the surprise in a first vote is learned."""

SETTLED = 200.0
"""Votes after which steps shrink with the square root of their number."""

CONTRAST = 0.0
"""How far below neutral a paper voted down is put, once it is known what is voted up."""


@dataclass(slots=True)
class Seat:
    """`sums` and `meaning` are the model's sparse and dense part, `votes` and `ups` what it took.

    All four are in the units of the taste's epoch and so need no touch to decay: what counts at
    a time is their size divided by 2 to the power of the half-lives since the epoch. `latest`
    is the newest time seen, in half-lives. A step goes from what the model said to the target
    (least mean squares; Widrow and Hoff 1960) and so what one person can say of any paper stays
    about within -1..1, however many votes they cast. `cast` is how many of them stand.
    """

    sums: Floats
    meaning: Floats
    votes: float = 0.0
    ups: float = 0.0
    latest: float = -np.inf
    cast: int = 0

    @classmethod
    def empty(cls, dimensions: int) -> "Seat":
        """A person who has not voted."""
        return cls(np.zeros(SIZE, dtype=np.float32), np.zeros(dimensions, dtype=np.float32))

    def copy(self) -> "Seat":
        """The same, apart."""
        sums, meaning = self.sums.copy(), self.meaning.copy()
        return Seat(sums, meaning, self.votes, self.ups, self.latest, self.cast)

    def vote(self, read: Reading, value: int, lives: float, epoch: int) -> int:
        """Learn a vote (-1, 0 or +1; 0 corrects towards neutral) of a time in half-lives.

        A person who never voted up is believed in what they vote down; one who did has said
        what they like, and a vote down then mostly says that this is not it.
        Returns how many features it had nothing on before.
        """
        newest = 2.0 ** (max(lives, self.latest) - epoch)
        weight = 2.0 ** (lives - epoch)
        ups, votes = self.ups / newest, self.votes / newest
        target = value if value >= 0 else -CONTRAST - (1.0 - CONTRAST) / (1.0 + ups) ** 2
        step = STEP / (1.0 + votes / SETTLED) ** 0.5
        new = self.pull(read, target, step, lives, epoch)
        self.votes += weight
        self.ups += weight * (value > 0)
        self.cast += abs(value)
        return new

    def pull(self, read: Reading, target: float, step: float, lives: float, epoch: int) -> int:
        """Move what is said of a paper towards `target` by a share `step` of the way.

        Returns how many features it had nothing on before.
        """
        self.latest = max(lives, self.latest)
        newest = 2.0 ** (self.latest - epoch)
        places, values = read.places, read.values
        sums = self.sums[places]
        said = float(values @ sums + read.meaning @ self.meaning) / newest
        move = np.float32(step * (target - said) * 2.0 ** (lives - epoch))
        self.sums[places] = sums + move * values
        self.meaning += move * read.meaning
        return len(sums) - int(np.count_nonzero(sums))

    def places(self) -> NDArray[np.int64]:
        """Where `sums` is other than 0, in ascending order."""
        # Of a mask this is ten times faster than of the sums themselves.
        return np.flatnonzero(self.sums != 0.0)

    def scale(self, by: float) -> None:
        """Multiply by a power of two, which is exact, as when the epoch moves on."""
        self.sums *= np.float32(by)
        self.meaning *= np.float32(by)
        self.votes *= by
        self.ups *= by
