"""One trial: the story until a kill, the story again from there, and what came of it."""

import asyncio
import contextlib
import multiprocessing
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.crash.databases import Databases
from tests.crash.facts import Facts
from tests.crash.life import Life, live
from tests.crash.points import Kill
from tests.crash.rooms import PLATFORMS, Rooms

LATE = timedelta(seconds=20)
"""How long after a kill somebody starts the program again."""

_EARLY = "saved while the program was down"
_PATIENCE = 240.0
_WARM = ["tests.crash.life", "bot.platforms.slack.build", "bot.platforms.discord.build"]


@dataclass(slots=True)
class Ended:
    """How a life ended, and what it told."""

    code: int | None = None
    facts: Facts = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    stuck: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial found: was it killed, and what is missing or too much at the end."""

    kill: Kill
    reached: bool
    lost: Facts
    doubled: Facts
    trouble: str = ""


@dataclass(slots=True)
class Diary:
    """What the people of a trial remember, which no kill can take."""

    done: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)


class Stage:
    """Where trials of one platform and one database are held; `source` is the source's address."""

    def __init__(self, platform: str, database: Databases, source: str, seats: int) -> None:
        self.platform = platform
        self.database = database
        self._source = source
        self._seats = asyncio.Semaphore(seats)
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(_WARM)
        self.expected: Facts = Counter()

    async def rehearse(self) -> Counter[str]:
        """The story without a kill: what is to come of it, and how often each port is crossed."""
        async with self._held() as (rooms, settings, folder):
            ended = await self._live(rooms, settings, folder, Diary(), count=True)
            if ended.code != 0:
                raise RuntimeError(f"no kill, and yet: {ended.stuck}\n{_tail(folder)}")
            self.expected = _told(ended, rooms)
            return ended.counts

    async def try_kill(self, kill: Kill) -> Outcome:
        """Kill at a point, start again, and compare."""
        async with self._seats, self._held() as (rooms, settings, folder):
            diary = Diary()
            first = await self._live(rooms, settings, folder, diary, kill=kill)
            if first.code == 0:
                return Outcome(kill, False, Counter(), Counter())
            early = rooms.meanwhile()
            second = await self._live(rooms, settings, folder, diary, late=LATE, early=early)
            expected = self.expected + Counter({_EARLY: early})
            found = _told(second, rooms)
            trouble = ""
            if second.code != 0:
                trouble = f"{second.stuck or second.code}\n{_tail(folder)}"
            if first.code != -9:
                trouble = f"ended by itself with {first.code}: {first.stuck}\n{_tail(folder)}"
            return Outcome(kill, True, expected - found, found - expected, trouble)

    @asynccontextmanager
    async def _held(self) -> AsyncIterator[tuple[Rooms, dict[str, Any], Path]]:
        folder = Path(tempfile.mkdtemp(prefix="crash"))
        try:
            async with PLATFORMS[self.platform]() as rooms, self.database.fresh(folder) as place:
                settings = {
                    "data_dir": folder,
                    "huggingface_url": self._source,
                    "database_url": place,
                    **rooms.settings,
                }
                yield rooms, settings, folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    async def _live(
        self,
        rooms: Rooms,
        settings: dict[str, Any],
        folder: Path,
        diary: Diary,
        **how: Any,
    ) -> Ended:
        life = Life(
            settings,
            rooms.addresses,
            done=frozenset(diary.done),
            answered=frozenset(diary.answered),
            log=folder / "log",
            **how,
        )
        ours, theirs = self._context.Pipe()
        child = self._context.Process(target=live, args=(life, theirs))
        await asyncio.to_thread(child.start)
        theirs.close()
        try:
            async with asyncio.timeout(_PATIENCE):
                ended = await _listen(ours, rooms, diary)
                await asyncio.to_thread(child.join)
        except TimeoutError:
            child.kill()
            await asyncio.to_thread(child.join)
            ended = Ended(stuck=f"no end within {_PATIENCE:.0f} s")
        ended.code = child.exitcode
        child.close()
        ours.close()
        return ended


async def _listen(wire: Connection, rooms: Rooms, diary: Diary) -> Ended:
    ended = Ended()
    while True:
        try:
            said = await asyncio.to_thread(wire.recv)
        except (EOFError, ConnectionResetError):
            return ended
        match said:
            case ("done", scene):
                diary.done.add(scene)
            case ("answered", what):
                diary.answered.add(what)
            case ("stuck", what, facts):
                ended.stuck, ended.facts = what, facts
            case ("vote",):
                await rooms.vote()
                with contextlib.suppress(BrokenPipeError):
                    wire.send("voted")
            case ("end", facts, counts):
                ended.facts, ended.counts = facts, Counter(counts)


def _told(ended: Ended, rooms: Rooms) -> Facts:
    """What is stored and what stands in the rooms, in the story's own names."""
    facts: Facts = Counter()
    for line, count in (ended.facts + rooms.facts()).items():
        told = line
        for theirs, ours in rooms.names.items():
            told = told.replace(theirs, ours)
        facts[told] += count
    return facts


def _tail(folder: Path) -> str:
    return (folder / "log").read_text(encoding="utf-8")[-3000:]
