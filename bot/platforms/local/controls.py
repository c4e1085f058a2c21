"""The buttons beside the clock."""

from datetime import datetime
from typing import Protocol


class Controls(Protocol):
    """What the buttons do; a chat without controls has none."""

    @property
    def virtual(self) -> bool:
        """Whether the clock may be moved: only in the demo."""
        ...

    def now(self) -> datetime:
        """The time by which rounds are run."""
        ...

    async def run_round(self) -> int:
        """Run the next round of every active channel; returns how many papers were posted."""
        ...

    async def advance_day(self) -> datetime:
        """Move the clock a day forward; returns the new time."""
        ...
