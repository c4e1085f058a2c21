"""A life of the program in a child process, which may die at a point of the story."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import structlog

from bot.platforms import server_clock
from bot.rounds.engine import client, engine, workflows
from bot.rounds.picking import pick as round_module
from bot.rounds.process import heartbeat
from config.logging import configure_logging
from tests.crash.clock import SharedClock
from tests.crash.points import AGAIN, Kill, Points
from tests.crash.story import Typed

STUCK = 3
"""The exit code of a program that did not come to the end of a scene."""

log = structlog.get_logger(__name__)

_LOT = 7
_BEAT, _SILENT = 0.3, 6.0
_SHOWN = 0.2


@dataclass(frozen=True, slots=True)
class Life:
    """What a child is told: its install, the channels of the story, and when to die.

    `done` are the scenes that came to their end in an earlier life, `answered` the commands, and
    `early` is how many papers were saved since. `whose` names the process where there are several,
    `told` is the file that tells by which kill it ended. With a `terminal` the commands of a scene
    are typed by others; `shared` and `far` tell of a process beside, and whether it is on another
    machine. `version` is what the code is called, where that changes. What is done `again` after
    a kill has a scene of its own.
    """

    settings: Mapping[str, Any]
    addresses: tuple[str, ...]
    folder: Path
    told: Path
    kills: Sequence[Kill] = ()
    watched: bool = True
    whose: str = ""
    done: frozenset[str] = frozenset()
    answered: frozenset[str] = frozenset()
    late: timedelta = timedelta()
    early: int = 0
    typed: Mapping[str, Sequence[Typed]] = field(default_factory=dict)
    terminal: bool = False
    shared: bool = False
    far: bool = False
    version: str = ""
    again: bool = False

    @property
    def log(self) -> Path:
        """What it says."""
        return self.folder / "log"


Play = Callable[[Life, Connection, Points, SharedClock], Coroutine[Any, Any, None]]


def live(play: Play, life: Life, wire: Connection) -> None:
    """Live through what is left of the story; never returns."""
    _write_to(life.log)
    configure_logging("INFO", "text")
    # Whether a round tries something is drawn by the channel's address, which Discord makes anew.
    round_module.__dict__["_seed"] = lambda *_: _LOT
    server_clock.SHOWN_SECONDS = _SHOWN
    if life.shared:
        heartbeat.BEAT_SECONDS, heartbeat.SILENT_SECONDS = _BEAT, _SILENT
    if life.version:
        _be(life.version)
    points = Points(life.kills, life.told, whose=life.whose)
    if life.again:
        points.scene = lambda: AGAIN
    if life.watched:
        points.install()
    code = STUCK
    try:
        asyncio.run(play(life, wire, points, SharedClock(life.folder / "clock")))
        code = 0
    except Exception:
        log.exception("life.failed")
    finally:
        # What is still running must not make a trial longer: a kill would end it as well.
        os._exit(code)


def _be(version: str) -> None:
    """Earlier or later code, as far as the engine can tell."""
    for module in (engine, client, workflows, workflows):
        vars(module)["VERSION"] = version


def _write_to(log: Path) -> None:
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
