"""The story's time and scene, shared by the processes of one trial."""

import mmap
import struct
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.rounds.scheduling.due import Clock
from tests.crash.plan import ORDER

OVER = "over"
"""The scene after all others."""

_SCENES = (*ORDER, OVER)
_LAYOUT = struct.Struct("=dq")


class SharedClock(Clock):
    """Goes on as the wall's does from wherever it was set, in whichever process that was."""

    def __init__(self, place: Path) -> None:
        super().__init__()
        if not place.exists():
            place.write_bytes(_LAYOUT.pack(0.0, 0))
        with place.open("r+b") as file:
            self._there = mmap.mmap(file.fileno(), _LAYOUT.size)

    def begin(self, scene: str, at: datetime) -> None:
        """A scene begins, at its time."""
        _LAYOUT.pack_into(self._there, 0, at.timestamp() - time.monotonic(), _SCENES.index(scene))

    def advance_by(self, by: timedelta) -> None:
        """Time passes at once."""
        lead, scene = _LAYOUT.unpack_from(self._there)
        _LAYOUT.pack_into(self._there, 0, lead + by.total_seconds(), scene)

    def scene(self) -> str:
        """The scene that is being played."""
        return _SCENES[_LAYOUT.unpack_from(self._there)[1]]

    def __call__(self) -> datetime:
        """The time now, UTC."""
        lead, _ = _LAYOUT.unpack_from(self._there)
        return datetime.fromtimestamp(lead + time.monotonic(), UTC)

    async def load(self, database: object) -> None:
        """There is nothing to load."""
