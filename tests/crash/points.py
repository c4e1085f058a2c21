"""Crossings of the ports, found by instrumenting them: every one has a name and a number.

A crossing is a statement or a commit on a database (ours or the engine's), a call of a chat
platform, a request over the network, or an event that comes in. Its name says which and from
where in the code, so that a new step is there by itself.
"""

import functools
import inspect
import os
import re
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import aiohttp
import greenlet
from sqlalchemy.engine.default import DefaultDialect

from bot.ports import ChatPlatform, Inbox
from bot.sources.http import Fetcher

Moment = Literal["before", "after"]

START = "start"
"""The part of a life before the first scene that it plays."""

AGAIN = "start again"
"""The part of a life after a kill in which it takes up what was left."""

_OWN = ("bot.", "storage.", "dbos.")
_PLUMBING = frozenset(("storage.database", "dbos._outcome", "dbos._core", "dbos._utils"))
_READING = ("SELECT", "PRAGMA", "BEGIN", "WITH")
_UNNAMED = re.compile(r"\d[\d.]*|[0-9a-f]{16,}|%[0-9A-F]{2}.*|E\d+")


@dataclass(frozen=True, slots=True)
class Crossing:
    """A name's crossing in one scene of the story."""

    scene: str
    name: str


@dataclass(frozen=True, slots=True)
class Kill:
    """Die in a scene at the crossing `number` (from 1, in each life) of a name, before or after."""

    scene: str
    name: str
    number: int
    moment: Moment

    def __str__(self) -> str:
        return f"{self.moment} {self.name} #{self.number} in {self.scene}"


class Points:
    """Counts the crossings of this process, and ends it without a word at one of some kills.

    Which one it was stands in the file `told`, by its place among them. `whose` is the beginning
    of every name, where several processes share a trial.
    """

    def __init__(
        self, kills: Sequence[Kill] = (), told: Path = Path(os.devnull), *, whose: str = ""
    ) -> None:
        self.counts: Counter[Crossing] = Counter()
        self.scene: Callable[[], str] = lambda: START
        self._whose = whose
        self._kills = {kill: place for place, kill in enumerate(kills)}
        self._told = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

    def before(self, name: str) -> tuple[Crossing, int]:
        """Count a crossing that is about to be made; returns it and its number."""
        crossing = Crossing(self.scene(), self._whose + name)
        self.counts[crossing] += 1
        number = self.counts[crossing]
        self._die_at(Kill(crossing.scene, crossing.name, number, "before"))
        return crossing, number

    def after(self, crossing: Crossing, number: int) -> None:
        """A crossing was made."""
        self._die_at(Kill(crossing.scene, crossing.name, number, "after"))

    def _die_at(self, here: Kill) -> None:
        if (place := self._kills.get(here)) is not None:
            os.write(self._told, str(place).encode())
            os.kill(os.getpid(), signal.SIGKILL)

    def install(self) -> None:
        """Instrument the ports that are classes of libraries, and of ours."""
        for verb in ("do_execute", "do_executemany", "do_execute_no_params"):
            self._wrap_database(verb, "statement")
        self._wrap_database("do_commit", "commit")
        self._wrap(aiohttp.ClientSession, "_request", _request)
        self._wrap(Fetcher, "get", lambda *_: "request source")

    def watch_platform(self, platform: ChatPlatform) -> None:
        """Instrument every call of a chat platform that its protocol names."""
        for verb in _coroutines(ChatPlatform):
            self._wrap(platform, verb, functools.partial(_named, f"{platform.name} {verb}"))

    def watch_inbox(self, inbox: Inbox) -> None:
        """Instrument every event that a platform may tell of."""
        for verb in _coroutines(Inbox):
            self._wrap(inbox, verb, functools.partial(_named, f"inbox {verb}"))

    def _wrap_database(self, method: str, what: str) -> None:
        made: Callable[..., None] = getattr(DefaultDialect, method)

        @functools.wraps(made)
        def crossing(*args: Any, **named: Any) -> None:
            reads = what == "statement" and str(args[2]).lstrip().startswith(_READING)
            name = f"{'read' if reads else what} {_caller()}"
            counted = self.before(name)
            made(*args, **named)
            self.after(*counted)

        setattr(DefaultDialect, method, crossing)

    def _wrap(self, owner: object, method: str, name_of: Callable[..., str]) -> None:
        made = getattr(owner, method)

        @functools.wraps(made)
        async def crossing(*args: Any, **named: Any) -> Any:
            name = name_of(*args)
            counted = self.before(name)
            answer = await made(*args, **named)
            self.after(*counted)
            return answer

        setattr(owner, method, crossing)


def _named(name: str, *_: object) -> str:
    return name


def _request(_session: object, method: str, address: object, *_: object) -> str:
    """A request's name: its method and path, without what differs from run to run."""
    path = re.sub(r"^\w+://[^/]+", "", str(address)).partition("?")[0]
    return f"request {method} {_UNNAMED.sub('N', path)}"


def _coroutines(port: type) -> list[str]:
    return [name for name, each in vars(port).items() if inspect.iscoroutinefunction(each)]


def _caller() -> str:
    """The function of ours, or of the engine, that speaks to the database."""
    for frame in _frames():
        module = frame.f_globals.get("__name__", "")
        if module.startswith(_OWN) and module not in _PLUMBING:
            return f"{module}.{frame.f_code.co_name}"
    return "elsewhere"


def _frames() -> Iterator[FrameType]:
    """From the innermost frame outwards, and over to whoever waits for this greenlet."""
    frame: FrameType | None = inspect.currentframe()
    here = greenlet.getcurrent()
    while frame is not None:
        yield frame
        frame = frame.f_back
        if frame is None and here.parent is not None:
            here = here.parent
            frame = here.gr_frame
