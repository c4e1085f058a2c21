"""The engine of one process: a tick a minute starts what is due, and others ask for the rest."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from time import monotonic

import structlog
from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID, WorkflowHandleAsync
from dbos import error as dbos_error

from bot.rounds.due import due_channels, due_sources
from bot.rounds.engine.asking import GLANCE_SECONDS, slot_ids, wait_a_while
from bot.rounds.engine.names import QUEUE, VERSION, post_name, slot_name
from bot.rounds.engine.workflows import (
    Crew,
    employ,
    employs,
    keep_up,
    poll_source,
    run_posts,
    run_slot,
)
from bot.rounds.schedule import Slot
from storage import posts, sources
from storage.models import Post, Source

_AT_ONCE = 50
_LOOK_SECONDS = 0.25
_TICK_SECONDS = 60.0
_STALLED_SECONDS = 300.0
_LATE = timedelta(hours=1)
_GRACE = timedelta(minutes=3)

log = structlog.get_logger(__name__)


class Engine:
    """Runs rounds durably in this process: one tick a minute, and whatever is asked for now."""

    def __init__(self, crew: Crew, url: str, holder: str, *, poll_every: timedelta) -> None:
        self._crew = crew
        self._url = url
        self._holder = holder
        self._poll_every = poll_every
        self._ticking: asyncio.Task[None] | None = None
        self._kept_on: date | None = None
        self._ticked = 0.0

    async def start(self, *, tick: bool = True) -> None:
        """Launch, take up what an earlier process left, and begin to tick."""
        employ(self._crew)
        DBOS(config=_config(self._url, self._holder))
        DBOS.launch()
        await DBOS.register_queue_async(
            QUEUE, worker_concurrency=_AT_ONCE, polling_interval_sec=_LOOK_SECONDS
        )
        await self._crew.delivery.take_over(self._holder)
        await self._resume_posts(self._crew.now())
        if tick:
            self._ticked = monotonic()
            self._ticking = asyncio.create_task(self._tick_for_ever(), name="tick")

    async def stop(self) -> None:
        """Rest, give running workflows a moment to note how far they are, and let go."""
        await self.rest()
        await asyncio.to_thread(DBOS.destroy, workflow_completion_timeout_sec=1)
        employ(None)

    async def rest(self) -> None:
        """Start nothing more, and wait a few seconds for the posts that are being sent."""
        if self._ticking is not None:
            self._ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking
        await self._crew.delivery.rest()

    @property
    def launched(self) -> bool:
        """Whether workflows are run here."""
        return employs(self._crew)

    @property
    def ticking(self) -> bool:
        """Whether ticks go on, where they are this engine's business."""
        if self._ticking is None:
            return True
        return not self._ticking.done() and monotonic() - self._ticked < _STALLED_SECONDS

    async def tick(self) -> int:
        """Start every poll and slot that is due; returns how many slots are."""
        now = self._crew.now()
        await self._start_polls(now)
        await self._resume_posts(now - _GRACE)
        await self._start_upkeep(now)
        slots = await due_channels(self._crew.database, now)
        for slot in slots:
            # A slot whose workflow failed for good is still due: it gets a fresh one every hour.
            late = now - slot.at > _LATE
            await self.start_slot(slot, again=f":{now:%Y-%m-%dT%H}" if late else "")
        return len(slots)

    async def start_slot(self, slot: Slot, *, again: str = "") -> WorkflowHandleAsync[list[int]]:
        """Start a slot's workflow unless it was started before."""
        with SetWorkflowID(slot_name(slot) + again):
            return await DBOS.enqueue_workflow_async(
                QUEUE, run_slot, slot.channel_id, slot.at.isoformat()
            )

    async def run_slot(self, slot: Slot) -> Sequence[int]:
        """Run a slot and wait a while for its deliveries; returns its posts' ids in order."""
        handle = await self.start_slot(slot)
        await wait_a_while(handle.get_result(polling_interval_sec=GLANCE_SECONDS))
        return await slot_ids(self._crew.database, slot)

    async def run_post(self, post_id: int, *, again: str = "") -> None:
        """Deliver one post that was made outside a slot, and wait a while for it.

        A post that was tried before is tried `again`: any text that was not used for it yet.
        """
        with SetWorkflowID(post_name(post_id, again)):
            handle = await DBOS.enqueue_workflow_async(QUEUE, run_posts, [post_id])
        await wait_a_while(handle.get_result(polling_interval_sec=GLANCE_SECONDS))

    async def poll_all(self) -> int:
        """Poll every source now and wait; returns how many papers were new."""
        async with self._crew.database.read() as session:
            polled = await sources.list_polled(session)
        return await self._wait_for(polled)

    async def poll_due(self) -> int:
        """Poll every source that is due and wait; returns how many papers were new."""
        now = self._crew.now()
        return await self._wait_for(await due_sources(self._crew.database, now, self._poll_every))

    async def _wait_for(self, polled: Sequence[Source]) -> int:
        handles = [await self._start_poll(source) for source in polled]
        results = [handle.get_result(polling_interval_sec=GLANCE_SECONDS) for handle in handles]
        taken = await asyncio.gather(*results, return_exceptions=True)
        for failure in [one for one in taken if isinstance(one, Exception)]:
            log.error("poll.failed", reason=str(failure))
        return sum(one for one in taken if isinstance(one, int))

    async def _start_poll(self, source: Source) -> WorkflowHandleAsync[int]:
        # The hour is there so that a poll whose workflow failed for good is tried afresh.
        hour = f"{self._crew.now():%Y-%m-%dT%H}"
        with SetWorkflowID(f"{VERSION}:poll:{source.id}:{source.polls}:{hour}"):
            return await DBOS.enqueue_workflow_async(QUEUE, poll_source, source.id or 0)

    async def _start_upkeep(self, now: datetime) -> None:
        """Start the day's upkeep (days are UTC's) unless it was started before."""
        if self._kept_on == now.date():
            return
        with SetWorkflowID(f"{VERSION}:upkeep:{now.date().isoformat()}"):
            await DBOS.enqueue_workflow_async(QUEUE, keep_up)
        self._kept_on = now.date()

    async def _start_polls(self, now: datetime) -> None:
        for source in await due_sources(self._crew.database, now, self._poll_every):
            await self._start_poll(source)

    async def _resume_posts(self, due_by: datetime) -> None:
        """Take up posts that were due by then, and that no workflow seems to look after."""
        async with self._crew.database.read() as session:
            unfinished = await posts.list_unfinished(session, due_by)
        by_channel: defaultdict[int, list[Post]] = defaultdict(list)
        for post in unfinished:
            by_channel[post.channel_id].append(post)
        for channel_id, left in by_channel.items():
            await self._resume(channel_id, [post.id or 0 for post in left])

    async def _resume(self, channel_id: int, post_ids: list[int]) -> None:
        name = f"resume:{channel_id}"
        minute = f"{self._crew.now():%Y-%m-%dT%H:%M}"
        # One at a time for a channel, however long it takes and whichever process finds it.
        with (
            SetWorkflowID(f"{VERSION}:{name}:{post_ids[0]}:{minute}"),
            SetEnqueueOptions(deduplication_id=name),
            contextlib.suppress(dbos_error.DBOSQueueDeduplicatedError),
        ):
            await DBOS.enqueue_workflow_async(QUEUE, run_posts, post_ids)

    async def _tick_for_ever(self) -> None:
        while True:
            self._ticked = monotonic()
            try:
                await self.tick()
            except Exception:
                # One bad tick must not end the rounds.
                log.exception("tick.failed")
            await asyncio.sleep(_TICK_SECONDS)


def _config(url: str, holder: str) -> DBOSConfig:
    return {
        "name": "paperround",
        "system_database_url": url,
        "executor_id": holder,
        "application_version": VERSION,
        "log_level": "WARNING",
    }
