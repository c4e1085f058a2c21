"""The votes of a channel in order: older ones sunk into models, the latest kept as cast."""

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
    """`trunk` holds what sank, up to the vote at `folded`; `window` the votes since, in order.

    `silent` learns from papers that nobody voted on. People's models after every vote (`now`) are a
    function of the standing votes in order, to the bit, as long as nothing is put in before
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

    def take_out(self, vote: CastVote) -> bool:
        """Remove the person's earlier vote on the paper if it is in the window; whether it was."""
        for index, one in enumerate(self.window):
            if one.digest == vote.digest and one.person == vote.person:
                del self.window[index]
                self._tip = None
                return True
        return False

    def put_in(self, vote: CastVote) -> bool:
        """Add a vote in its place; the oldest of too many sinks. False if it came too late."""
        in_time = self.folded is None or vote.order > self.folded
        if not self.window or vote.order > self.window[-1].order:
            self.window.append(vote)
            if self._tip is not None:
                self._tip.apply(vote)
        else:
            insort(self.window, vote, key=lambda one: one.order)
            self._tip = None
        while len(self.window) > WINDOW:
            oldest = self.window.pop(0)
            self.trunk.apply(oldest)
            self.folded = max(oldest.order, self.folded or oldest.order)
        return in_time

    def now(self) -> PersonModels:
        """People's models after every vote."""
        if self._tip is None:
            self._tip = self.trunk.copy()
            for vote in self.window:
                self._tip.apply(vote)
        return self._tip

    def leave_out(self, person: int) -> int:
        """Take a person out, and what they taught; returns how many of their votes stood.

        Of latecomers who share a model nobody is known, so where the person has none of their own
        that one is vacated.
        """
        self._tip = None
        recent = [one for one in self.window if one.person == person]
        self.window = [one for one in self.window if one.person != person]
        model = self.trunk.models.pop(person, None) or self.trunk.models.pop(CROWD, None)
        return sum(abs(one.value) for one in recent) + (model.cast if model else 0)

    def age_anew(self, ratio: float) -> None:
        """Count time in units that are `1 / ratio` as long."""
        self._tip = None
        self.trunk.age_anew(ratio)
        self.silent.age_anew(ratio)
        self.window = [replace(one, lives=one.lives * ratio) for one in self.window]
        if self.folded is not None:
            self.folded = (self.folded[0] * ratio, *self.folded[1:])

    def carry(self, shared: SharedModel) -> None:
        """Keep what is known of words, placed anew among another shared model's directions."""
        self._tip = None
        for people in (self.trunk, self.silent):
            people.dimensions = shared.dimensions
            for model in people.models.values():
                model.meaning = shared.carried(model.sums)
        self.window = [replace(one, read=_carried(one.read, shared)) for one in self.window]


def _carried(read: PaperVector, shared: SharedModel) -> PaperVector:
    sums = np.zeros(SIZE, dtype=np.float32)
    sums[read.places] = read.values
    return replace(read, meaning=shared.carried(sums))
