"""One trial: the story with kills in it, each followed by a new start, and what came of it."""

import asyncio
import contextlib
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.crash.actor import play_story
from tests.crash.databases import Databases
from tests.crash.facts import Facts
from tests.crash.life import Life
from tests.crash.plan import Counts
from tests.crash.points import Kill
from tests.crash.process import KILLED, Ended, live_through
from tests.crash.rooms import PLATFORMS, Rooms

LATE = timedelta(seconds=20)
"""How long after a kill somebody starts the program again."""

_EARLY = "saved while the program was down"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a trial found: which kills were met, and what is missing or too much at the end."""

    kills: tuple[Kill, ...]
    met: tuple[Kill, ...]
    lost: Facts
    doubled: Facts
    trouble: str = ""

    @property
    def wrong(self) -> bool:
        """Whether anything is."""
        return bool(self.lost or self.doubled or self.trouble)


class Stage:
    """Where trials of one platform and one database are held; `source` is the source's address."""

    def __init__(self, platform: str, database: Databases, source: str, seats: int) -> None:
        self.platform = platform
        self.database = database
        self._source = source
        self._seats = asyncio.Semaphore(seats)
        self.expected: Facts = Counter()

    @property
    def name(self) -> str:
        """What the table calls it."""
        return f"{self.platform}, {self.database.name}"

    async def rehearse(self) -> Counts:
        """The story without a kill: what is to come of it, and how often each port is crossed."""
        async with self._held() as trial:
            ended = await trial.live(kills=())
            if ended.code != 0:
                raise RuntimeError(f"no kill, and yet: {ended.stuck}\n{trial.tail}")
            self.expected = trial.told(ended)
            return ended.counts

    async def try_kills(self, kills: Sequence[Kill]) -> Outcome:
        """Kill at points of several scenes, start again each time, and compare in the end."""
        async with self._seats, self._held() as trial:
            ended = await trial.play(kills)
            expected = self.expected + Counter({_EARLY: trial.early})
            found = trial.told(ended)
            trouble = ""
            if ended.code != 0:
                trouble = f"{ended.stuck or f'ended by itself with {ended.code}'}\n{trial.tail}"
            lost, doubled = expected - found, found - expected
            return Outcome(tuple(kills), tuple(trial.met), lost, doubled, trouble)

    @asynccontextmanager
    async def _held(self) -> AsyncIterator["_Trial"]:
        folder = Path(tempfile.mkdtemp(prefix="crash"))
        try:
            async with PLATFORMS[self.platform]() as rooms, self.database.fresh(folder) as place:
                settings = {
                    "data_dir": folder,
                    "huggingface_url": self._source,
                    "database_url": place,
                    **rooms.settings,
                }
                yield _Trial(rooms, settings, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(slots=True)
class _Trial:
    """One install and its rooms; what people remember of it no kill can take."""

    rooms: Rooms
    settings: Mapping[str, Any]
    folder: Path
    done: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    met: list[Kill] = field(default_factory=list)
    early: int = 0

    async def play(self, kills: Sequence[Kill]) -> Ended:
        """Live until a life comes to its end by itself."""
        left = list(kills)
        ended = await self.live(kills=left)
        while ended.code == KILLED and (place := self._killed_by()) is not None:
            self.met.append(left[place])
            left = left[place + 1 :]
            self.early = self.rooms.meanwhile()
            ended = await self.live(kills=left, late=LATE)
        return ended

    async def live(self, *, kills: Sequence[Kill], late: timedelta = timedelta()) -> Ended:
        """One life from where the last one ended."""
        life = Life(
            self.settings,
            self.rooms.addresses,
            self.folder,
            kills=tuple(kills),
            done=frozenset(self.done),
            answered=frozenset(self.answered),
            late=late,
            early=self.early,
        )
        return await live_through(play_story, life, self._hear)

    def told(self, ended: Ended) -> Facts:
        """What is stored and what stands in the rooms, in the story's own names."""
        facts: Facts = Counter()
        for line, count in (ended.facts + self.rooms.facts()).items():
            told = line
            for theirs, ours in self.rooms.names.items():
                told = told.replace(theirs, ours)
            facts[told] += count
        return facts

    @property
    def tail(self) -> str:
        """What was said last."""
        return (self.folder / "log").read_text(encoding="utf-8")[-3000:]

    def _killed_by(self) -> int | None:
        told = (self.folder / "killed").read_text()
        return int(told) if told else None

    async def _hear(self, said: tuple[Any, ...], wire: Connection) -> None:
        match said:
            case ("done", scene):
                self.done.add(scene)
            case ("answered", what):
                self.answered.add(what)
            case ("vote",):
                await self.rooms.vote()
                with contextlib.suppress(BrokenPipeError):
                    wire.send("voted")
