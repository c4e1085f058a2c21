"""The durable engine of one process: a tick a minute starts what is due."""

import asyncio
import contextlib
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any

import structlog
from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID, WorkflowHandleAsync
from dbos import error as dbos_error

from bot.errors import DatabaseError
from bot.rounds.engine.client import QUEUE, RETRIED_AFTER, VERSION, Asking, Given, again, slot_name
from bot.rounds.engine.serializer import json_rows, refuse_pickles
from bot.rounds.engine.shutdown import halt
from bot.rounds.engine.workflows import WORKFLOWS, Services, drop_others, employ, employs
from bot.rounds.process.heartbeat import Dead, ProcessRegistry
from bot.rounds.scheduling.due import due_channels, due_sources
from bot.rounds.scheduling.schedule import Slot
from storage import claims, clock_marks, processes
from storage.models import Post

_OLDEST, _FROM_PYTHON = (3, 42), (3, 12)


def refuse_old_sqlite(url: str) -> None:
    """Raise DatabaseError where the engine asks more of SQLite than this Python's has.

    From Python 3.12 on it reads the time in a way that SQLite knows since 3.42.
    """
    old = sys.version_info >= _FROM_PYTHON and sqlite3.sqlite_version_info < _OLDEST
    if old and url.startswith("sqlite"):
        raise DatabaseError(
            f"This Python's SQLite is {sqlite3.sqlite_version}; on Python 3.12 and newer rounds "
            "need 3.42. Use Python 3.11, or a Python with a newer SQLite (such as uv's or the "
            "container's), or Postgres by PAPERROUND_DATABASE_URL."
        )


_AT_ONCE = 50
_ASKED_AT_ONCE = 500
_LOOK_SECONDS = 0.25
_TICK_SECONDS = 60.0
_GATHER_SECONDS = 0.5
_STALLED_SECONDS = 300.0
_LATE = timedelta(hours=1)
_GRACE = timedelta(minutes=3)
_CLOCK_MOVED_SECONDS = 60.0

log = structlog.get_logger(__name__)


class Engine(Asking):
    """Runs rounds durably in this process: one tick a minute, and whatever is asked for now.

    Any number of processes may do so on one Postgres; `registry` tells this one of the others.
    """

    def __init__(
        self, services: Services, url: str, registry: ProcessRegistry, *, poll_every: timedelta
    ) -> None:
        super().__init__(services.database, services.now)
        self._services = services
        self._url = url
        self._registry = registry
        self._poll_every = poll_every
        self._ticking: asyncio.Task[None] | None = None
        self._kept_on: date | None = None
        self._ticked = 0.0
        self._led = 0.0

    async def start(self, *, tick: bool = True) -> None:
        """Launch the library, continue what earlier processes left, and begin to tick."""
        refuse_old_sqlite(self._url)
        refuse_pickles()
        employ(self._services)
        DBOS(config=_config(self._url, self._registry.name))
        DBOS.launch()
        await DBOS.register_queue_async(
            QUEUE, worker_concurrency=_AT_ONCE, polling_interval_sec=_LOOK_SECONDS
        )
        if self._database.embedded:
            await drop_others()
        await self._set_back(self._now())
        await self._registry.start(self._inherit)
        await self._resume_posts(self._now())
        if tick:
            self._ticked = monotonic()
            self._ticking = asyncio.create_task(self._tick_for_ever(), name="tick")

    async def stop(self) -> None:
        """End the engine within about eight seconds; open workflows go on at the next start."""
        await self.rest()
        await halt()
        # While a post may still be sent others must not take it over: its lease keeps it.
        await self._registry.stop(ended=self._services.delivery.idle)
        employ(None)

    async def rest(self) -> None:
        """Start nothing more, read nothing more, and wait a few seconds for posts being sent."""
        if self._ticking is not None:
            self._ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking
        await self._services.polling.rest()
        await self._services.delivery.rest()

    @property
    def launched(self) -> bool:
        """Whether workflows are run here."""
        return employs(self._services)

    @property
    def ticking(self) -> bool:
        """Whether ticks go on, where they are this engine's business."""
        if self._ticking is None:
            return True
        return not self._ticking.done() and monotonic() - self._ticked < _STALLED_SECONDS

    async def tick(self) -> int:
        """Start every poll and slot that is due; returns how many slots are."""
        now = self._now()
        if self._led - (now.timestamp() - monotonic()) > _CLOCK_MOVED_SECONDS:
            await self._set_back(now)
        for source in await due_sources(self._database, now, self._poll_every):
            await self.start_poll(source)
        await self._resume_posts(now - _GRACE)
        await self._start_upkeep(now)
        await self._start_webhooks(now)
        await self._start_bulletins(now)
        await self._services.reach.end_over()
        slots = await due_channels(self._database, now)
        failed = await self._failed([each for each in slots if now - each.at >= RETRIED_AFTER])
        # One whose workflow failed for good, or hangs for an hour, is still due: a fresh one.
        anew = {each: again(each, now) for each in slots if now - each.at > _LATE or each in failed}
        started = await self._started([slot_name(each) + anew.get(each, "") for each in slots])
        for slot in slots:
            if slot_name(slot) + anew.get(slot, "") not in started:
                await self.start_slot(slot, again=anew.get(slot, ""))
        return len(slots)

    async def _set_back(self, now: datetime) -> None:
        """Set back what a clock wrote that was ahead, where it may just have been corrected."""
        self._led = now.timestamp() - monotonic()
        async with self._database.write() as session:
            changed = await clock_marks.set_back(session, now)
        if changed:
            log.warning("clock.marks_set_back", count=changed)

    async def _started(self, names: Sequence[str]) -> set[str]:
        """The names among these of workflows that were started before, by any process.

        A large round stays due for many ticks of many workers, to each of which it is one question.
        """
        found: set[str] = set()
        for start in range(0, len(names), _ASKED_AT_ONCE):
            known = await DBOS.list_workflows_async(
                workflow_ids=list(names[start : start + _ASKED_AT_ONCE]),
                load_input=False,
                load_output=False,
            )
            found |= {each.workflow_id for each in known}
        return found

    async def _failed(self, slots: Sequence[Slot]) -> set[Slot]:
        """The slots among these whose first workflow failed."""
        by_name = {slot_name(slot): slot for slot in slots}
        names, ended = list(by_name), set()
        for start in range(0, len(names), _ASKED_AT_ONCE):
            found = await DBOS.list_workflows_async(
                workflow_ids=names[start : start + _ASKED_AT_ONCE],
                status=["ERROR"],
                load_input=False,
                load_output=False,
            )
            ended |= {by_name[each.workflow_id] for each in found}
        return ended

    async def poll_due(self) -> int:
        """Poll every source that is due and wait; returns how many papers were new."""
        return await self.poll(await due_sources(self._database, self._now(), self._poll_every))

    async def _enqueue(self, work: str, name: str, *given: Given) -> WorkflowHandleAsync[Any]:
        with SetWorkflowID(name):
            return await DBOS.enqueue_workflow_async(QUEUE, WORKFLOWS[work], *given)

    async def _inherit(self, dead: Sequence[Dead]) -> None:
        """Continue the unfinished workflows of stopped processes that no other continues now.

        The posts of one that may still be in the middle of a call are left to it until its leases
        end, for a message on its way cannot be called back.
        """
        for each in dead:
            if each.surely:
                await self._services.delivery.take_over(each.name)
        async with self._database.write() as session:
            names = await processes.lock(session, [each.name for each in dead])
            if names:
                # The library has no public name for it; its own console calls the same.
                await asyncio.to_thread(DBOS._recover_pending_workflows, list(names))
                await processes.remove(session, names)
                log.info("engine.inherited", workers=list(names))

    async def _start_upkeep(self, now: datetime) -> None:
        """Start the day's upkeep (days are UTC's) unless it was started before."""
        if self._kept_on == now.date():
            return
        await self._enqueue("upkeep", f"{VERSION}:upkeep:{now.date().isoformat()}")
        self._kept_on = now.date()

    async def _start_webhooks(self, now: datetime) -> None:
        """Send to webhooks what is due, unless that is at work."""
        webhooks = self._services.webhooks
        if webhooks is None or not await webhooks.are_due():
            return
        name = f"{VERSION}:webhooks"
        with (
            SetEnqueueOptions(deduplication_id=name),
            contextlib.suppress(dbos_error.DBOSQueueDeduplicatedError),
        ):
            await self._enqueue("webhooks", f"{name}:{now:%Y-%m-%dT%H:%M:%S}")

    async def _resume_posts(self, due_by: datetime) -> None:
        """Take up posts that were due by then, and that no workflow seems to look after."""
        async with self._database.read() as session:
            unfinished = await claims.list_unfinished(session, due_by)
        by_channel: defaultdict[int, list[Post]] = defaultdict(list)
        for post in unfinished:
            by_channel[post.channel_id].append(post)
        for channel_id, left in by_channel.items():
            await self._resume(channel_id, [post.id or 0 for post in left])

    async def _start_bulletins(self, now: datetime) -> None:
        """Start what is due beside the papers, one workflow at a time for a channel."""
        for channel_id in await self._services.board.due(now):
            name = f"{VERSION}:bulletins:{channel_id}"
            with (
                SetEnqueueOptions(deduplication_id=name),
                contextlib.suppress(dbos_error.DBOSQueueDeduplicatedError),
            ):
                await self._enqueue("bulletins", f"{name}:{now:%Y-%m-%dT%H:%M:%S}", channel_id)

    async def _resume(self, channel_id: int, post_ids: list[int]) -> None:
        # The version is part of it, for what code of another left pending holds its name for ever.
        name = f"{VERSION}:resume:{channel_id}"
        minute = f"{self._now():%Y-%m-%dT%H:%M}"
        # One at a time for a channel, however long it takes and whichever process finds it.
        with (
            SetEnqueueOptions(deduplication_id=name),
            contextlib.suppress(dbos_error.DBOSQueueDeduplicatedError),
        ):
            await self._enqueue("posts", f"{name}:{post_ids[0]}:{minute}", post_ids)

    async def _tick_for_ever(self) -> None:
        while True:
            self._ticked = monotonic()
            self._services.fresh.clear()
            try:
                await self.tick()
            except Exception:
                # One bad tick must not end the rounds.
                log.exception("tick.failed")
            await self._pause()

    async def _pause(self) -> None:
        """Wait for the next minute, or until papers came, for which instant channels wait."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_TICK_SECONDS):
                await self._services.fresh.wait()
                # Other sources, polled at the same time, are about to be done.
                await asyncio.sleep(_GATHER_SECONDS)


def _config(url: str, executor: str) -> DBOSConfig:
    return {
        "name": "paperround",
        "system_database_url": url,
        "executor_id": executor,
        "application_version": VERSION,
        "serializer": json_rows(),
        "log_level": "WARNING",
    }
