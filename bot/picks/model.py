"""Online linear models: one a person, all of a channel's people, and their sum."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bot.picks.features import SIZE
from bot.picks.vectors import Floats, PaperVector, products

STEP = 0.4
"""How much of the surprise in a first vote is learned."""

SETTLED = 200.0
"""Votes after which steps shrink with the square root of their number."""

CONTRAST = 0.0
"""How far below neutral a paper voted down is put, once it is known what is voted up."""


@dataclass(slots=True)
class PersonModel:
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
    def empty(cls, dimensions: int) -> "PersonModel":
        """A person who has not voted."""
        return cls(np.zeros(SIZE, dtype=np.float32), np.zeros(dimensions, dtype=np.float32))

    def copy(self) -> "PersonModel":
        """The same, apart."""
        sums, meaning = self.sums.copy(), self.meaning.copy()
        return PersonModel(sums, meaning, self.votes, self.ups, self.latest, self.cast)

    def vote(self, read: PaperVector, value: int, lives: float, epoch: int) -> int:
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

    def pull(self, read: PaperVector, target: float, step: float, lives: float, epoch: int) -> int:
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


PEOPLE = 24
"""People with a model of their own; all later ones share one."""

ENTRIES = 6144
"""Features remembered over all people; beyond it the weakest are forgotten."""

SILENT_ENTRIES = 1024
"""Features remembered of papers that nobody voted on."""

SILENT = 0
"""The key of those who saw a paper and did not vote; they stand apart from all others."""

CROWD = 1
"""The key that latecomers share."""

_KNOWN = 1 << 10
_SEEN_ONCE = 0.1
_REBASE = 48


@dataclass(frozen=True, slots=True)
class CastVote:
    """A vote that stands: `lives` is its time in half-lives since 1970, `value` -1, 0 or +1."""

    lives: float
    digest: int
    person: int
    value: int
    read: PaperVector

    @property
    def order(self) -> tuple[float, int, int]:
        """Where it comes among others, whenever it was cast."""
        return self.lives, self.digest, self.person


@dataclass(slots=True)
class PersonModels:
    """A model for each person; `epoch` is the time (whole half-lives) in whose units they are kept.

    `entries` is how many features they remember together. Applying equal votes in equal order
    gives equal bits: that is what makes a replay exact.
    """

    dimensions: int
    entries: int = ENTRIES
    epoch: int | None = None
    models: dict[int, PersonModel] = field(default_factory=dict)
    known: Floats = field(default_factory=lambda: np.zeros(_KNOWN, dtype=np.float32))
    filled: int = 0

    def copy(self) -> "PersonModels":
        """The same, apart."""
        models = {key: model.copy() for key, model in self.models.items()}
        return PersonModels(
            self.dimensions, self.entries, self.epoch, models, self.known.copy(), self.filled
        )

    def apply(self, vote: CastVote) -> None:
        """Let a person's model learn a vote."""
        epoch = self._reach(vote.lives)
        new = self._model(vote.person).vote(vote.read, vote.value, vote.lives, epoch)
        np.add.at(self.known, vote.read.places % _KNOWN, vote.read.values**2)
        self._forget(new)

    def silence(self, read: PaperVector, target: float, step: float, lives: float) -> None:
        """Let the model of the silent learn that a paper was passed over.

        Keep it in a room apart from those who vote: what is forgotten for want of room would
        otherwise depend on when silence was noted, and a replay would not be exact.
        """
        epoch = self._reach(lives)
        self._forget(self._model(SILENT).pull(read, target, step, lives, epoch))

    def _model(self, person: int) -> PersonModel:
        if person not in self.models and len(self.models) >= PEOPLE:
            person = CROWD
        if person not in self.models:
            self.models[person] = PersonModel.empty(self.dimensions)
        return self.models[person]

    def _reach(self, lives: float) -> int:
        """The epoch, moved on if votes of this time would weigh too much in its units."""
        if self.epoch is None:
            self.epoch = int(lives)
        elif lives > self.epoch + _REBASE:
            moved = int(lives) - self.epoch
            for model in self.models.values():
                model.scale(0.5 ** min(moved, 1000))
            self.epoch += moved
        return self.epoch

    def _forget(self, added: int) -> None:
        """Keep the strongest features over all people, once there are a quarter too many.

        `filled` is how many there are at most: someone who leaves takes some along uncounted.
        """
        self.filled += added
        if self.filled <= self.entries * 5 // 4:
            return
        held = [(model.sums, model.places()) for model in self.models.values()]
        sizes = np.abs(np.concatenate([sums[places] for sums, places in held]))
        self.filled = len(sizes)
        if self.filled > self.entries:
            bar = np.partition(sizes, -self.entries)[-self.entries]
            for sums, places in held:
                sums[places[np.abs(sums[places]) < bar]] = 0.0
            self.filled = int(np.count_nonzero(sizes >= bar))

    def age_anew(self, ratio: float) -> None:
        """Count time in units that are `1 / ratio` as long, all weighing what it does now.

        "Now" is the newest time seen; what is older fades from then on by the new measure.
        """
        if self.epoch is None:
            return
        newest = max((model.latest for model in self.models.values()), default=float(self.epoch))
        epoch = int(newest * ratio)
        kept = 2.0 ** ((self.epoch - newest) - (epoch - newest * ratio))
        for model in self.models.values():
            model.scale(kept)
            model.latest *= ratio
        self.epoch = epoch

    def uncertainty(self, read: PaperVector) -> float:
        """How little of a paper was voted on before, 0..1."""
        seen = self.known[read.places % _KNOWN]
        weights = read.values**2
        total = float(weights.sum())
        return 1.0 - float(weights @ (seen / (seen + _SEEN_ONCE))) / total if total else 1.0


STEEP = 1.5
"""How fast what people say, added up, becomes opinion."""

_FAR = 64.0


@dataclass(frozen=True, slots=True)
class SummedModel:
    """Everybody's models, last the watches' words: sparse parts, dense parts (rows x dimensions).

    `epochs` are those of the models, `left` what the watches' words count for by now.
    """

    sums: Sequence[Floats]
    meaning: Floats
    epochs: NDArray[np.int64]
    left: float

    @classmethod
    def of(
        cls, rooms: Sequence[PersonModels], words: tuple[Floats, Floats], left: float
    ) -> "SummedModel":
        """Those who sit in `rooms`, and the watches' `words` (sparse and dense)."""
        models = [model for people in rooms for model in people.models.values()]
        sums, meaning = words
        return cls(
            (*(model.sums for model in models), sums),
            np.array([*(model.meaning for model in models), meaning]),
            np.repeat([room.epoch or 0 for room in rooms], [len(room.models) for room in rooms]),
            left,
        )

    def values(self, reads: Sequence[PaperVector], lives: float) -> NDArray[np.float64]:
        """The opinion of each paper, -1..1, at a time in half-lives.

        What one voice says is cut to -1..1 before all are added up.
        """
        said = products(self.sums, self.meaning, reads) * self._faded(lives)[:, None]
        people = np.minimum(np.maximum(said, -1.0), 1.0).sum(axis=0)
        return np.asarray(np.tanh(STEEP * people), dtype=np.float64)

    def parts(self, read: PaperVector, lives: float) -> NDArray[np.float64]:
        """What each of a paper's features adds to its opinion, by votes alone."""
        rows = np.array([row[read.places] for row in self.sums[:-1]], dtype=np.float32)
        faded = self._faded(lives)[:-1]
        parts = faded @ rows.reshape(len(faded), len(read.places)) * read.values
        return np.asarray(parts, dtype=np.float64)

    def felt(self) -> Floats:
        """How much each place is liked by all who vote; the watches' words are left out."""
        return sum(self.sums[:-1], np.zeros(SIZE, dtype=np.float32))

    def _faded(self, lives: float) -> NDArray[np.float64]:
        """What turns each row of sums into what it counts for at a time; words do not fade."""
        ages = np.minimum(self.epochs - lives, _FAR)
        return np.append(2.0**ages, self.left)


def spoken(reads: Sequence[PaperVector], loud: float, dimensions: int) -> tuple[Floats, Floats]:
    """Words as a model that no vote changes and no time fades, each as `loud`."""
    sums = np.zeros(SIZE, dtype=np.float32)
    meaning = np.zeros(dimensions, dtype=np.float32)
    for read in reads:
        sums[read.places] += np.float32(loud) * read.values
        meaning += np.float32(loud) * read.meaning
    return sums, meaning
