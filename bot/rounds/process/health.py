"""Whether this process lives and can work, and its figures for Prometheus."""

import asyncio
import math
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Protocol, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import PaperroundError
from bot.ports import RUNNERS, ChatPlatform, Role
from bot.rounds.picking.match_cache import MatchCache
from bot.rounds.process.heartbeat import ProcessRegistry
from bot.rounds.process.metrics import Metrics
from storage import install_state, posts, sources
from storage.database import Database
from storage.models import PostState

PATIENCE_SECONDS = 5.0
"""How long the database or a platform may take to show that it is there."""

OK = "ok"

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

    def alive(self) -> bool:
        """Whether ticks go on; that the event loop runs is shown by there being an answer."""
        return self.engine is None or self.engine.ticking

    async def ready(self) -> dict[str, str]:
        """What work needs, each "ok" or what is wrong."""
        found = {"database": await _within(self._database(), "does not answer in time")}
        if self.engine is not None:
            found["engine"] = OK if self.engine.launched else "not launched"
        else:
            found["workers"] = await _within(self._workers(), "not known in time")
        for name, platform in self.platforms.items():
            connected = await _within(platform.connected(), late=False)
            found[name] = OK if connected else "not connected"
        return found

    async def exposition(self) -> bytes:
        """All figures in Prometheus' text format; raises where the database does not answer."""
        now, metrics = self.now(), self.metrics
        async with self.database.read() as session:
            depths = await posts.depths(session)
            unknown = await posts.count_unknown(session)
            polled = await sources.list_polled(session)
        for state in posts.OPEN:
            metrics.waiting.labels(state.value).set(depths.get(state.value, (0, now))[0])
        metrics.waiting.labels(PostState.UNKNOWN.value).set(unknown)
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
            log.warning("vitals.database", reason=str(getattr(error, "orig", error)))
            return "cannot be written"
        return OK


async def _within(answer: Coroutine[object, object, _T], late: _T) -> _T:
    """The answer, or `late` when it takes too long; what asks is not cancelled half-way."""
    asking = asyncio.create_task(answer)
    done, _ = await asyncio.wait((asking,), timeout=PATIENCE_SECONDS)
    return asking.result() if done else late
