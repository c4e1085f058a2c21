"""One trial: the story with kills in it, each followed by a new start."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.crash.actor import play_story
from tests.crash.facts import Facts
from tests.crash.life import Life, Play
from tests.crash.plan import Counts
from tests.crash.points import Kill
from tests.crash.process import KILLED, Ended, Hear, live_through
from tests.crash.rooms import Rooms
from tests.crash.scenario import TERMINAL, WORKER, Scenario
from tests.crash.terminal import type_one
from tests.crash.worker import work

LATE = timedelta(seconds=20)
"""How long after a kill somebody starts the program again."""

_TYPED_AGAIN = 8


@dataclass(slots=True)
class Trial:
    """One install and its rooms; what people remember of it no kill can take."""

    rooms: Rooms
    settings: Mapping[str, Any]
    folder: Path
    scenario: Scenario
    counts: Counts = field(default_factory=Counter)
    done: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    met: list[Kill] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    early: int = 0
    _kills: Sequence[Kill] = ()
    _lives: int = 0
    _working: asyncio.Task[None] | None = None
    _typing: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    _answering: set[asyncio.Task[None]] = field(default_factory=set)

    async def play(self, kills: Sequence[Kill]) -> Ended:
        """Live until a life comes to its end by itself."""
        self._kills = kills
        try:
            if self.scenario.beside:
                await self._hire()
            ended, killed = await self._live(play_story)
            while killed:
                self.early = self.rooms.meanwhile()
                ended, killed = await self._live(play_story, late=LATE)
            return ended
        finally:
            await self._let_go()

    async def _live(self, play: Play, hear: Hear | None = None, **how: Any) -> tuple[Ended, bool]:
        """One life from where the last one ended; tells whether it ended by one of the kills."""
        self._lives += 1
        life = Life(
            self.settings,
            self.rooms.addresses,
            self.folder,
            self.folder / f"killed {self._lives}",
            **{
                "kills": tuple(kill for kill in self._kills if kill not in self.met),
                "done": frozenset(self.done),
                "answered": frozenset(self.answered),
                "early": self.early,
                "typed": self.scenario.typed,
                "terminal": self.scenario.terminal,
                "shared": bool(self.scenario.beside),
                "again": self.scenario.again and "late" in how,
                "version": str(self._lives) if self.scenario.upgraded else "",
                **how,
            },
        )
        ended = await live_through(play, life, hear or self._hear)
        self.counts |= ended.counts
        told = life.told.read_text() if ended.code == KILLED else ""
        if told:
            self.met.append(life.kills[int(told)])
        return ended, bool(told)

    async def _hire(self) -> None:
        """A worker begins, and another one in its place where that is so in this scenario."""
        up = asyncio.Event()

        async def hear(_said: tuple[Any, ...], _wire: Connection) -> None:
            up.set()

        self._working = asyncio.create_task(self._work(hear))
        waiting = asyncio.create_task(up.wait())
        await asyncio.wait((waiting, self._working), return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()

    async def _work(self, hear: Hear) -> None:
        far = self.scenario.beside == "elsewhere"
        ended, killed = await self._live(work, hear, whose=WORKER, far=far)
        while killed and not far:
            ended, killed = await self._live(work, hear, whose=WORKER)
        if not killed and ended.code != 0:
            self.troubles.append(f"the worker ended by itself with {ended.code}\n{self.tail}")

    async def _type_all(self, scene: str) -> None:
        """One person types the commands of a scene, again where one got no answer."""
        for typed in self.scenario.typed.get(scene, ()):
            for _ in range(_TYPED_AGAIN):
                words = {scene: (typed,)}
                ended, _killed = await self._live(type_one, whose=TERMINAL, typed=words)
                if ended.code == 0:
                    break
            else:
                self.troubles.append(f"{typed.text} was never answered\n{self.tail}")

    async def _let_go(self) -> None:
        tasks = [*self._typing.values(), *self._answering]
        if self._working is not None:
            tasks.append(self._working)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

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

    async def _hear(self, said: tuple[Any, ...], wire: Connection) -> None:
        match said:
            case ("done", scene):
                self.done.add(scene)
            case ("answered", what):
                self.answered.add(what)
            case ("vote",):
                await self.rooms.vote()
                _answer(wire)
            case ("type", scene):
                if scene not in self._typing:
                    self._typing[scene] = asyncio.create_task(self._type_all(scene))
            case ("typed", scene):
                self._answer_after(self._typing[scene], wire)
            case ("over",):
                self._answer_after(self._working, wire)

    def _answer_after(self, task: asyncio.Task[None] | None, wire: Connection) -> None:
        """Not in this call: who waits may be killed, and somebody must notice."""

        async def answer() -> None:
            if task is not None:
                await asyncio.wait((task,))
            _answer(wire)

        answering = asyncio.create_task(answer())
        self._answering.add(answering)
        answering.add_done_callback(self._answering.discard)


def _answer(wire: Connection) -> None:
    # Nobody may be there any more.
    with contextlib.suppress(OSError):
        wire.send("so")
