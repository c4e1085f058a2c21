"""The people of a channel, each with a seat, and what votes do to them in order."""

from dataclasses import dataclass, field

import numpy as np

from bot.picks.reading import Floats, Reading
from bot.picks.seat import Seat

SEATS = 24
"""People with a seat of their own; all later ones share one."""

ENTRIES = 6144
"""Features remembered over all seats; beyond it the weakest are forgotten."""

SILENT_ENTRIES = 1024
"""Features remembered of papers that nobody voted on."""

SILENT = 0
"""The seat of those who saw a paper and did not vote; it is in a room of its own."""

CROWD = 1
"""The seat that latecomers share."""

_KNOWN = 1 << 10
_SEEN_ONCE = 0.1
_REBASE = 48


@dataclass(frozen=True, slots=True)
class Ballot:
    """A vote that stands: `lives` is its time in half-lives since 1970, `value` -1, 0 or +1."""

    lives: float
    digest: int
    person: int
    value: int
    read: Reading

    @property
    def order(self) -> tuple[float, int, int]:
        """Where it comes among others, whenever it was cast."""
        return self.lives, self.digest, self.person


@dataclass(slots=True)
class People:
    """All seats; `epoch` is the time (whole half-lives) in whose units they are kept.

    `entries` is how many features they remember together. Applying equal ballots in equal order
    gives equal bits: that is what makes a replay exact.
    """

    dimensions: int
    entries: int = ENTRIES
    epoch: int | None = None
    seats: dict[int, Seat] = field(default_factory=dict)
    known: Floats = field(default_factory=lambda: np.zeros(_KNOWN, dtype=np.float32))
    filled: int = 0

    def copy(self) -> "People":
        """The same, apart."""
        seats = {key: seat.copy() for key, seat in self.seats.items()}
        return People(
            self.dimensions, self.entries, self.epoch, seats, self.known.copy(), self.filled
        )

    def apply(self, ballot: Ballot) -> None:
        """Let a person's seat learn a vote."""
        epoch = self._reach(ballot.lives)
        new = self._seat(ballot.person).vote(ballot.read, ballot.value, ballot.lives, epoch)
        np.add.at(self.known, ballot.read.places % _KNOWN, ballot.read.values**2)
        self._forget(new)

    def silence(self, read: Reading, target: float, step: float, lives: float) -> None:
        """Let the silent seat learn that a paper was passed over.

        Keep it in a room apart from those who vote: what is forgotten for want of room would
        otherwise depend on when silence was noted, and a replay would not be exact.
        """
        epoch = self._reach(lives)
        self._forget(self._seat(SILENT).pull(read, target, step, lives, epoch))

    def _seat(self, person: int) -> Seat:
        if person not in self.seats and len(self.seats) >= SEATS:
            person = CROWD
        if person not in self.seats:
            self.seats[person] = Seat.empty(self.dimensions)
        return self.seats[person]

    def _reach(self, lives: float) -> int:
        """The epoch, moved on if votes of this time would weigh too much in its units."""
        if self.epoch is None:
            self.epoch = int(lives)
        elif lives > self.epoch + _REBASE:
            moved = int(lives) - self.epoch
            for seat in self.seats.values():
                seat.scale(0.5 ** min(moved, 1000))
            self.epoch += moved
        return self.epoch

    def _forget(self, added: int) -> None:
        """Keep the strongest features over all seats, once there are a quarter too many.

        `filled` is how many there are at most: someone who leaves takes some along uncounted.
        """
        self.filled += added
        if self.filled <= self.entries * 5 // 4:
            return
        held = [(seat.sums, seat.places()) for seat in self.seats.values()]
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
        newest = max((seat.latest for seat in self.seats.values()), default=float(self.epoch))
        epoch = int(newest * ratio)
        kept = 2.0 ** ((self.epoch - newest) - (epoch - newest * ratio))
        for seat in self.seats.values():
            seat.scale(kept)
            seat.latest *= ratio
        self.epoch = epoch

    def uncertainty(self, read: Reading) -> float:
        """How little of a paper was voted on before, 0..1."""
        seen = self.known[read.places % _KNOWN]
        weights = read.values**2
        total = float(weights.sum())
        return 1.0 - float(weights @ (seen / (seen + _SEEN_ONCE))) / total if total else 1.0
