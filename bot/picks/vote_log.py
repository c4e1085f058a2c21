"""The votes of a channel in order: older ones sunk into seats, the latest kept as cast."""

from bisect import insort
from dataclasses import dataclass, field, replace

import numpy as np

from bot.picks.features import SIZE
from bot.picks.model import CROWD, SILENT_ENTRIES, CastVote, PersonModels
from bot.picks.shared_model import SharedModel
from bot.picks.vectors import PaperVector

WINDOW = 24
"""Votes that can be changed or come late without a trace; older ones are only corrected."""


@dataclass(slots=True)
class Ledger:
    """`trunk` holds what sank, up to the ballot at `folded`; `window` the ballots since, in order.

    `silent` learns from papers that nobody voted on. The seats after every vote (`now`) are a
    function of the standing ballots in order, to the bit, as long as nothing is put in before
    `folded`.
    """

    trunk: PersonModels
    silent: PersonModels
    window: list[CastVote] = field(default_factory=list)
    folded: tuple[float, int, int] | None = None
    _tip: PersonModels | None = None

    @classmethod
    def empty(cls, dimensions: int) -> "Ledger":
        """A channel in which nobody has voted."""
        return cls(PersonModels(dimensions), PersonModels(dimensions, SILENT_ENTRIES))

    def take_out(self, ballot: CastVote) -> bool:
        """Remove the person's earlier vote on the paper if it is in the window; whether it was."""
        for index, one in enumerate(self.window):
            if one.digest == ballot.digest and one.person == ballot.person:
                del self.window[index]
                self._tip = None
                return True
        return False

    def put_in(self, ballot: CastVote) -> bool:
        """Add a vote in its place; the oldest of too many sinks. False if it came too late."""
        in_time = self.folded is None or ballot.order > self.folded
        if not self.window or ballot.order > self.window[-1].order:
            self.window.append(ballot)
            if self._tip is not None:
                self._tip.apply(ballot)
        else:
            insort(self.window, ballot, key=lambda one: one.order)
            self._tip = None
        while len(self.window) > WINDOW:
            oldest = self.window.pop(0)
            self.trunk.apply(oldest)
            self.folded = max(oldest.order, self.folded or oldest.order)
        return in_time

    def now(self) -> PersonModels:
        """The seats after every vote."""
        if self._tip is None:
            self._tip = self.trunk.copy()
            for ballot in self.window:
                self._tip.apply(ballot)
        return self._tip

    def leave_out(self, person: int) -> int:
        """Take a person out, and what they taught; returns how many of their votes stood.

        Of latecomers who share a seat nobody is known, so where the person has none of their own
        that one is vacated.
        """
        self._tip = None
        recent = [one for one in self.window if one.person == person]
        self.window = [one for one in self.window if one.person != person]
        seat = self.trunk.seats.pop(person, None) or self.trunk.seats.pop(CROWD, None)
        return sum(abs(one.value) for one in recent) + (seat.cast if seat else 0)

    def age_anew(self, ratio: float) -> None:
        """Count time in units that are `1 / ratio` as long."""
        self._tip = None
        self.trunk.age_anew(ratio)
        self.silent.age_anew(ratio)
        self.window = [replace(one, lives=one.lives * ratio) for one in self.window]
        if self.folded is not None:
            self.folded = (self.folded[0] * ratio, *self.folded[1:])

    def carry(self, base: SharedModel) -> None:
        """Keep what is known of words, and place it anew among another base's directions."""
        self._tip = None
        for people in (self.trunk, self.silent):
            people.dimensions = base.dimensions
            for seat in people.seats.values():
                seat.meaning = base.carried(seat.sums)
        self.window = [replace(one, read=_carried(one.read, base)) for one in self.window]


def _carried(read: PaperVector, base: SharedModel) -> PaperVector:
    sums = np.zeros(SIZE, dtype=np.float32)
    sums[read.places] = read.values
    return replace(read, meaning=base.carried(sums))
