"""Whether this process lives and can work, and its figures for Prometheus."""

import asyncio
import math
import shutil
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import PaperroundError, SettingsError
from bot.ports import RUNNERS, ChatPlatform, Role
from bot.rounds.picking.match_cache import MatchCache
from bot.rounds.process.clock_skew import clock_skew
from bot.rounds.process.heartbeat import ProcessRegistry
from bot.rounds.process.metrics import Metrics
from storage import install_state, posts, sources, summaries
from storage.database import Database
from storage.models import PostState

PATIENCE_SECONDS = 5.0
"""How long the database or a platform may take to show that it is there."""

LOST_SECONDS = 600.0
"""How long a platform may be lost before a new start is worth a try."""

LEAST_ROOM = 20_000_000
"""Bytes of disk below which the database counts as full: its journal needs some."""

OK = "ok"

_NO_ROOM = ("is full", "disk I/O", "No space left")

_T = TypeVar("_T")

log = structlog.get_logger(__name__)


class EngineHealth(Protocol):
    """What tells whether the engine runs and its tick goes on."""

    @property
    def launched(self) -> bool:
        """Whether workflows are run here."""
        ...

    @property
    def ticking(self) -> bool:
        """Whether the last tick is not long ago, or none is due here."""
        ...


@dataclass(frozen=True, slots=True)
class Health:
    """Answers of one process about itself: short words, fit for anybody who may ask.

    `platforms` are those that must be connected here; a worker that only posts has none. `engine`
    is None where others run the rounds.
    """

    database: Database
    engine: EngineHealth | None
    platforms: Mapping[str, ChatPlatform]
    matches: MatchCache
    metrics: Metrics
    registry: ProcessRegistry
    now: Callable[[], datetime]
    _lost: dict[str, float] = field(default_factory=dict)

    def ailments(self) -> list[str]:
        """Why this process should be started again, in sentences for its host; none where it lives.

        That the event loop runs is shown by there being an answer. Ask `connections` first: a
        platform that was lost too long is a reason, but not one that waits for somebody to act, for
        a new start would take the others along.
        """
        found = []
        if self.engine is not None and not self.engine.ticking:
            found.append("The rounds have stopped: restart this process.")
        for name, since in self._lost.items():
            lost = time.monotonic() - since
            if lost > LOST_SECONDS:
                found.append(
                    f"{name} was lost {lost:.0f} s ago and is not back: restart this process."
                )
        return found

    async def connections(self) -> dict[str, str]:
        """Each platform that must be connected here, "ok" or what is wrong."""
        return {name: await self._connection(name) for name in self.platforms}

    async def ready(self) -> dict[str, str]:
        """What work needs, each "ok" or what is wrong."""
        found = {"database": await _within(self._database(), "does not answer in time")}
        if self.engine is not None:
            found["engine"] = OK if self.engine.launched else "not launched"
        else:
            found["workers"] = await _within(self._workers(), "not known in time")
        return found | await self.connections()

    async def troubles(self) -> list[str]:
        """What somebody has to mend in single workspaces; the process is ready all the same."""
        told = [_within(each.troubles(), late=()) for each in self.platforms.values()]
        return [trouble for found in await asyncio.gather(*told) for trouble in found]

    async def exposition(self) -> bytes:
        """All figures in Prometheus' text format; raises where the database does not answer."""
        now, metrics = self.now(), self.metrics
        async with self.database.read() as session:
            depths = await posts.depths(session)
            unknown = await posts.count_unknown(session)
            spent = await summaries.spent(session, now.astimezone(UTC).date())
            polled = await sources.list_polled(session)
        for state in posts.OPEN:
            metrics.waiting.labels(state.value).set(depths.get(state.value, (0, now))[0])
        metrics.waiting.labels(PostState.UNKNOWN.value).set(unknown)
        for what, amount in zip(("requests", "tokens"), spent, strict=True):
            metrics.budget.labels(what).set(amount)
        slots = [slot for _, slot in depths.values()]
        metrics.oldest.set((now - min(slots, default=now)).total_seconds())
        # A source that was removed must not stand there with its last age for ever.
        metrics.age.clear()
        for source in polled:
            fresh = source.fresh_at
            age = (now - fresh).total_seconds() if fresh else math.nan
            metrics.age.labels(str(source.id), source.kind).set(age)
        living = [one.role for one in await self.registry.living(*Role)]
        for role in Role:
            metrics.workers.labels(role.value).set(living.count(role.value))
        for what, size in asdict(self.matches.size).items():
            metrics.index.labels(what).set(size)
        metrics.matched(self.matches.noted)
        return metrics.exposition()

    async def _connection(self, name: str) -> str:
        """How a platform is connected; one that is not is remembered with the time."""
        try:
            connected = await _within(self.platforms[name].connected(), late=False)
        except SettingsError:
            self._lost.pop(name, None)
            return "not connected before somebody acts: see paperround doctor"
        if connected:
            self._lost.pop(name, None)
            return OK
        self._lost.setdefault(name, time.monotonic())
        return "not connected"

    async def _workers(self) -> str:
        try:
            return OK if await self.registry.living(*RUNNERS) else "none alive"
        except SQLAlchemyError:
            return "not known"

    async def _database(self) -> str:
        try:
            found, newest = await self.database.revision()
            if found != newest:
                return f"schema {found}, not {newest}"
            async with self.database.write() as session:
                await install_state.touch(session)
        except PaperroundError:
            return "cannot be opened"
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", error))
            log.warning("health.database", reason=reason)
            no_room = any(sign in reason for sign in _NO_ROOM) or not self._has_room()
            return "its disk is full" if no_room else "cannot be written"
        return OK if self._has_room() else "its disk is full"

    def _has_room(self) -> bool:
        """Whether the disk of an embedded database has room; a small write may fit without it."""
        if not self.database.embedded:
            return True
        try:
            return shutil.disk_usage(Path(self.database.place).parent).free >= LEAST_ROOM
        except OSError:
            return True

    def clock(self) -> str | None:
        """How far this machine's clock is apart from the platforms'; None where it is right."""
        return clock_skew(self.platforms)


async def _within(answer: Coroutine[object, object, _T], late: _T) -> _T:
    """The answer, or `late` when it takes too long; what asks is not cancelled half-way."""
    asking = asyncio.create_task(answer)
    done, _ = await asyncio.wait((asking,), timeout=PATIENCE_SECONDS)
    return asking.result() if done else late
