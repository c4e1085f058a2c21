"""The buttons beside the clock."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.rounds.service import Ran

_NAMED = 5


class DayControls(Protocol):
    """What the buttons do; a chat without controls has none."""

    @property
    def virtual(self) -> bool:
        """Whether the clock may be moved: only in the demo."""
        ...

    def now(self) -> datetime:
        """The time by which rounds are run."""
        ...

    async def ended(self) -> bool:
        """Whether a stock of papers has been given out, so that no day brings news any more."""
        ...

    async def run_round(self) -> Sequence[Ran]:
        """Run the next round of every active channel; returns what it brought to each."""
        ...

    async def advance_day(self) -> datetime:
        """Move the clock a day forward; returns the new time."""
        ...


def told(ran: Sequence[Ran]) -> str:
    """What a round brought: the papers by channel, and for the others why there are none."""
    papers = sum(one.papers for one in ran)
    said = [f"Posted {papers} {'paper' if papers == 1 else 'papers'}"]
    if papers:
        brought = [f"{one.papers} in #{one.channel}" for one in ran if one.papers]
        said[0] += f": {_listed(brought)}"
    by_reason: defaultdict[str, list[str]] = defaultdict(list)
    for one in ran:
        if not one.papers:
            by_reason[one.reason].append(f"#{one.channel}")
    said += [f"{_listed(names)}: {reason.rstrip('.')}" for reason, names in by_reason.items()]
    return ". ".join(said) + "."


def _listed(words: Sequence[str]) -> str:
    hidden = len(words) - _NAMED
    more = f" and {hidden} more" if hidden > 0 else ""
    return ", ".join(words[:_NAMED]) + more
