"""A life of the program in a child process, which may die at a point of the story."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bot.rounds import round as round_module
from config.logging import configure_logging
from tests.crash.clock import SharedClock
from tests.crash.points import Kill, Points

STUCK = 3
"""The exit code of a program that did not come to the end of a scene."""

_LOT = 7


@dataclass(frozen=True, slots=True)
class Life:
    """What a child is told: its install, the channels of the story, and when to die.

    `done` are the scenes that came to their end in an earlier life, `answered` the commands, and
    `early` is how many papers were saved since. `whose` names the process where there are several.
    """

    settings: Mapping[str, Any]
    addresses: tuple[str, ...]
    folder: Path
    kills: Sequence[Kill] = ()
    watched: bool = True
    whose: str = ""
    done: frozenset[str] = frozenset()
    answered: frozenset[str] = frozenset()
    late: timedelta = timedelta()
    early: int = 0

    @property
    def log(self) -> Path:
        """What it says."""
        return self.folder / "log"

    @property
    def told(self) -> Path:
        """By which kill it ended."""
        return self.folder / f"killed {self.whose}".rstrip(": ")


Play = Callable[[Life, Connection, Points, SharedClock], Coroutine[Any, Any, None]]


def live(play: Play, life: Life, wire: Connection) -> None:
    """Live through what is left of the story; never returns."""
    _write_to(life.log)
    configure_logging("INFO", "text")
    # Whether a round tries something is drawn by the channel's address, which Discord makes anew.
    round_module.__dict__["_seed"] = lambda *_: _LOT
    points = Points(life.kills, life.told, whose=life.whose)
    if life.watched:
        points.install()
    code = STUCK
    try:
        asyncio.run(play(life, wire, points, SharedClock(life.folder / "clock")))
        code = 0
    finally:
        # What is still running must not make a trial longer: a kill would end it as well.
        os._exit(code)


def _write_to(log: Path) -> None:
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
