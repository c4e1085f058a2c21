"""Heartbeats: this process among those that share its database, and which of them died."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from uuid import uuid4

import structlog

from bot.ports import Role
from storage import processes
from storage.database import Database
from storage.models import Worker

BEAT_SECONDS = 10.0
"""How often a process shows that it lives."""

SILENT_SECONDS = 60.0
"""After how long without a new beat, by the watcher's own watch, a process counts as stopped."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Dead:
    """A process that stopped; `surely` is False where a call of it may still be under way."""

    name: str
    surely: bool


TakeOver = Callable[[Sequence[Dead]], Awaitable[None]]
"""Takes over the work of processes that stopped."""


class ProcessRegistry:
    """Beats for this process and watches the others.

    A silent process may only be cut off or asleep, so it is not `surely` dead: what it holds by a
    lease stays its own until the lease ends. One that was itself cut off or asleep has not seen the
    others stand still: it watches them anew. `alone` tells that nobody else can be at work here,
    as on embedded storage, whose folder this process holds.
    """

    def __init__(
        self,
        database: Database,
        now: Callable[[], datetime],
        *,
        role: Role = Role.ALL,
        watch: Callable[[], float] = monotonic,
    ) -> None:
        self._database = database
        self._now = now
        self._watch = watch
        self._seen: dict[str, tuple[int, float]] = {}
        self._looked = watch()
        self._beating: asyncio.Task[None] | None = None
        self.role = role
        self.alone = database.embedded
        self.host, self.pid = _host(), os.getpid()
        self.name = f"{socket.gethostname()}:{self.pid}:{uuid4().hex[:8]}"

    async def start(self, take_over: TakeOver) -> None:
        """Add this process to the table, take over from stopped ones, and beat until `stop`."""
        await self.join()
        await self._look(take_over)
        self._beating = asyncio.create_task(self._beat_for_ever(take_over), name="heart")

    async def stop(self, *, ended: bool = True) -> None:
        """Beat no more, and tell the others that this process has ended, if it surely has."""
        if self._beating is None:
            return
        self._beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._beating
        self._beating = None
        if ended:
            await self.leave()

    async def join(self) -> None:
        """Add this process to the table that the others read."""
        now = self._now()
        async with self._database.write() as session:
            await processes.join(
                session,
                Worker(
                    name=self.name,
                    role=self.role,
                    host=self.host,
                    pid=self.pid,
                    started_at=now,
                    beaten_at=now,
                ),
            )

    async def beat(self) -> None:
        """Raise this process's count of beats; it adds itself again where others removed it."""
        async with self._database.write() as session:
            known = await processes.beat(session, self.name, self._now())
        if not known:
            log.warning("process.taken_for_dead", worker=self.name)
            await self.join()

    async def leave(self) -> None:
        """Mark this process as ended, so that others take over its work at once."""
        async with self._database.write() as session:
            await processes.leave(session, self.name)

    async def dead(self) -> Sequence[Dead]:
        """Processes that ended, that this machine no longer runs, or whose beats stopped."""
        others = [each for each in await self._all() if each.name != self.name]
        watch = self._watch()
        if watch - self._looked > SILENT_SECONDS:
            self._seen.clear()
        self._looked = watch
        self._seen = {each.name: self._since(each, watch) for each in others}
        silent = {name for name, (_, since) in self._seen.items() if watch - since > SILENT_SECONDS}
        found = [Dead(each.name, self._surely_dead(each)) for each in others]
        return [each for each in found if each.surely or each.name in silent]

    async def others(self) -> Sequence[str]:
        """The names of the other processes that are not known to have died."""
        dead = {each.name for each in await self.dead()}
        return [each.name for each in await self._all() if each.name not in {self.name, *dead}]

    async def living(self, *roles: Role) -> Sequence[Worker]:
        """Those in one of these roles who beat less than a minute ago, by the clocks of both."""
        now = self._now()
        return [
            each
            for each in await self._all()
            if each.role in roles
            and not self._surely_dead(each)
            and (now - each.beaten_at).total_seconds() < SILENT_SECONDS
        ]

    async def _beat_for_ever(self, take_over: TakeOver) -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self.beat()
                await self._look(take_over)
            except Exception:
                # A database that is away for a while must not end the process's heart.
                log.exception("process.beat_failed")

    async def _look(self, take_over: TakeOver) -> None:
        dead = await self.dead()
        if dead:
            await take_over(dead)

    async def _all(self) -> Sequence[Worker]:
        async with self._database.read() as session:
            return await processes.list_all(session)

    def _since(self, worker: Worker, watch: float) -> tuple[int, float]:
        seen = self._seen.get(worker.name)
        return seen if seen is not None and seen[0] == worker.beats else (worker.beats, watch)

    def _surely_dead(self, worker: Worker) -> bool:
        if worker.name == self.name:
            return False
        if worker.stopped or self.alone:
            return True
        return worker.host == self.host and (worker.pid == self.pid or not _runs(worker.pid))


def _host() -> str:
    """The name of this machine and its space of process numbers: a container has its own."""
    try:
        space = str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        space = ""
    return f"{socket.gethostname()}/{space}"


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
