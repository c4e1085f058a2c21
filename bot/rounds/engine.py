"""The durable engine: slots and polls as workflows. The only file that knows DBOS.

A workflow may run again after a crash; that things happen once is the work of the claim in
`Delivery` and of the slot's own record in `Rounds`. Ids are derived from what a workflow does, so
that any number of ticks, in any number of processes, start it once.
"""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Protocol

import structlog
from dbos import (
    DBOS,
    DBOSClient,
    DBOSConfig,
    EnqueueOptions,
    SetEnqueueOptions,
    SetWorkflowID,
    WorkflowHandleAsync,
)
from dbos import error as dbos_error

from bot.errors import PaperroundError
from bot.rounds.delivery import Delivery, Left
from bot.rounds.due import due_channels, due_sources
from bot.rounds.notices import Notices
from bot.rounds.polling import Polling
from bot.rounds.round import Rounds
from bot.rounds.schedule import Slot, day_start, parse_schedule
from bot.rounds.upkeep import Upkeep
from storage import channels, posts, sources
from storage.database import Database
from storage.models import Post, Source

VERSION = "2"
"""Raised only when a workflow's steps change: others of the same version may be taken over."""

_QUEUE = "rounds"
_AT_ONCE = 50
_TRIES = 6
_LOOK_SECONDS = 0.25
_TICK_SECONDS = 60.0
_STALLED_SECONDS = 300.0
_LATE = timedelta(hours=1)
_PATIENCE_SECONDS = 20.0
_LONGEST_SLEEP = 60.0
_GRACE = timedelta(minutes=3)
_GLANCE_SECONDS = 0.1
_UNFINISHED = "The round is not finished yet; it is tried again by itself, and the log says more."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Crew:
    """Who does the work of a workflow's steps."""

    database: Database
    rounds: Rounds
    delivery: Delivery
    polling: Polling
    notices: Notices
    upkeep: Upkeep
    now: Callable[[], datetime]


# DBOS finds workflows by name when it recovers them, so they are functions of this module, and
# the crew of the running engine stands here while it runs.
_crew: Crew | None = None


def _at_work() -> Crew:
    if _crew is None:
        raise PaperroundError("The engine is not running.")
    return _crew


@DBOS.step(name="pick", retries_allowed=True, max_attempts=_TRIES)
async def _pick(channel_id: int, slot_at: str) -> list[int]:
    crew = _at_work()
    return await crew.rounds.pick(channel_id, datetime.fromisoformat(slot_at), crew.now())


@DBOS.step(name="deliver", retries_allowed=True, max_attempts=_TRIES)
async def _deliver(post_ids: Sequence[int]) -> Left | None:
    return await _at_work().delivery.deliver_all(post_ids)


@DBOS.step(name="say-empty")
async def _say_empty(channel_id: int) -> None:
    crew = _at_work()
    async with crew.database.read() as session:
        channel = await channels.get(session, channel_id)
        since = day_start(parse_schedule(channel.schedule), crew.now())
        posted = await posts.count_since(session, channel_id, since, posts.KINDS)
    if not channel.quiet and not posted:
        await crew.notices.empty_day(channel.address)


@DBOS.step(name="poll", retries_allowed=True, max_attempts=_TRIES)
async def _poll(source_id: int) -> int:
    crew = _at_work()
    polled = await crew.polling.poll(source_id)
    if polled is None:
        return 0
    await crew.notices.source_turned(polled)
    return polled.taken


@DBOS.workflow(name="slot")
async def _slot(channel_id: int, slot_at: str) -> list[int]:
    post_ids = await _pick(channel_id, slot_at)
    if not post_ids:
        await _say_empty(channel_id)
    await _until_done(post_ids)
    return post_ids


@DBOS.workflow(name="posts")
async def _posts(post_ids: list[int]) -> None:
    await _until_done(post_ids)


@DBOS.step(name="let-go", retries_allowed=True, max_attempts=_TRIES)
async def _let_go() -> int:
    return await _at_work().upkeep.let_go(_at_work().now())


@DBOS.step(name="learn-bases", retries_allowed=True, max_attempts=_TRIES)
async def _learn_bases() -> int:
    return await _at_work().upkeep.learn(_at_work().now())


@DBOS.step(name="follow-bases", retries_allowed=True, max_attempts=_TRIES)
async def _follow_bases() -> int:
    return await _at_work().upkeep.follow(_at_work().now())


@DBOS.workflow(name="upkeep")
async def _upkeep() -> list[int]:
    return [await _let_go(), await _learn_bases(), await _follow_bases()]


@DBOS.workflow(name="poll-source")
async def _poll_source(source_id: int) -> int:
    return await _poll(source_id)


async def _until_done(post_ids: Sequence[int]) -> None:
    """Deliver a channel's posts in order; what has to wait long is left to a later tick."""
    while post_ids and (left := await _deliver(post_ids)) is not None:
        if left.pause > _LONGEST_SLEEP:
            return
        await DBOS.sleep_async(left.pause)
        post_ids = left.post_ids


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
        global _crew  # noqa: PLW0603 - see above
        _crew = self._crew
        DBOS(config=_config(self._url, self._holder))
        DBOS.launch()
        await DBOS.register_queue_async(
            _QUEUE, worker_concurrency=_AT_ONCE, polling_interval_sec=_LOOK_SECONDS
        )
        await self._crew.delivery.take_over(self._holder)
        await self._resume_posts(self._crew.now())
        if tick:
            self._ticked = monotonic()
            self._ticking = asyncio.create_task(self._tick_for_ever(), name="tick")

    async def stop(self) -> None:
        """Rest, give running workflows a moment to note how far they are, and let go."""
        global _crew  # noqa: PLW0603 - see above
        await self.rest()
        await asyncio.to_thread(DBOS.destroy, workflow_completion_timeout_sec=1)
        _crew = None

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
        return _crew is self._crew

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
        with SetWorkflowID(_slot_name(slot) + again):
            return await DBOS.enqueue_workflow_async(
                _QUEUE, _slot, slot.channel_id, slot.at.isoformat()
            )

    async def run_slot(self, slot: Slot) -> Sequence[int]:
        """Run a slot and wait a while for its deliveries; returns its posts' ids in order."""
        handle = await self.start_slot(slot)
        await _wait_a_while(handle.get_result(polling_interval_sec=_GLANCE_SECONDS))
        return await _slot_ids(self._crew.database, slot)

    async def run_post(self, post_id: int, *, again: str = "") -> None:
        """Deliver one post that was made outside a slot, and wait a while for it.

        A post that was tried before is tried `again`: any text that was not used for it yet.
        """
        with SetWorkflowID(_post_name(post_id, again)):
            handle = await DBOS.enqueue_workflow_async(_QUEUE, _posts, [post_id])
        await _wait_a_while(handle.get_result(polling_interval_sec=_GLANCE_SECONDS))

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
        results = [handle.get_result(polling_interval_sec=_GLANCE_SECONDS) for handle in handles]
        taken = await asyncio.gather(*results, return_exceptions=True)
        for failure in [one for one in taken if isinstance(one, Exception)]:
            log.error("poll.failed", reason=str(failure))
        return sum(one for one in taken if isinstance(one, int))

    async def _start_poll(self, source: Source) -> WorkflowHandleAsync[int]:
        # The hour is there so that a poll whose workflow failed for good is tried afresh.
        hour = f"{self._crew.now():%Y-%m-%dT%H}"
        with SetWorkflowID(f"{VERSION}:poll:{source.id}:{source.polls}:{hour}"):
            return await DBOS.enqueue_workflow_async(_QUEUE, _poll_source, source.id or 0)

    async def _start_upkeep(self, now: datetime) -> None:
        """Start the day's upkeep (days are UTC's) unless it was started before."""
        if self._kept_on == now.date():
            return
        with SetWorkflowID(f"{VERSION}:upkeep:{now.date().isoformat()}"):
            await DBOS.enqueue_workflow_async(_QUEUE, _upkeep)
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
            await DBOS.enqueue_workflow_async(_QUEUE, _posts, post_ids)

    async def _tick_for_ever(self) -> None:
        while True:
            self._ticked = monotonic()
            try:
                await self.tick()
            except Exception:
                # One bad tick must not end the rounds.
                log.exception("tick.failed")
            await asyncio.sleep(_TICK_SECONDS)


class Runs(Protocol):
    """Who can run a slot or a post durably: this process's engine, or another's."""

    async def run_slot(self, slot: Slot) -> Sequence[int]:
        """Run a slot and wait a while for its deliveries; returns its posts' ids in order."""
        ...

    async def run_post(self, post_id: int, *, again: str = "") -> None:
        """Deliver one post that was made outside a slot, and wait a while for it."""
        ...


class RemoteEngine:
    """Asks the engine of another process, by way of its database, to run a slot."""

    def __init__(self, url: str, database: Database) -> None:
        self._client = DBOSClient(system_database_url=url)
        self._database = database

    async def run_slot(self, slot: Slot) -> Sequence[int]:
        """Enqueue a slot and wait a while for the other process to deliver its posts."""
        options: EnqueueOptions = {
            "queue_name": _QUEUE,
            "workflow_name": "slot",
            "workflow_id": _slot_name(slot),
        }
        handle: WorkflowHandleAsync[list[int]] = await self._client.enqueue_async(
            options, slot.channel_id, slot.at.isoformat()
        )
        await _wait_a_while(handle.get_result(polling_interval_sec=_GLANCE_SECONDS))
        return await _slot_ids(self._database, slot)

    async def run_post(self, post_id: int, *, again: str = "") -> None:
        """Enqueue a post and wait a while for the other process to deliver it."""
        options: EnqueueOptions = {
            "queue_name": _QUEUE,
            "workflow_name": "posts",
            "workflow_id": _post_name(post_id, again),
        }
        handle: WorkflowHandleAsync[None] = await self._client.enqueue_async(options, [post_id])
        await _wait_a_while(handle.get_result(polling_interval_sec=_GLANCE_SECONDS))

    async def close(self) -> None:
        """Let go of the database."""
        await asyncio.to_thread(self._client.destroy)


async def _wait_a_while(result: Awaitable[object]) -> None:
    """Deliveries that take longer, as when a platform is down, go on by themselves."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await result
    except TimeoutError:
        return
    except dbos_error.DBOSException as error:
        log.exception("workflow.failed")
        raise PaperroundError(_UNFINISHED) from error


async def _slot_ids(database: Database, slot: Slot) -> list[int]:
    """The posts of a slot; raises PaperroundError while its picks are not made."""
    async with database.read() as session:
        channel = await channels.get(session, slot.channel_id)
        made = await posts.list_slot(session, slot.channel_id, slot.at)
    if channel.last_slot_at is None or channel.last_slot_at < slot.at:
        raise PaperroundError(_UNFINISHED)
    return [post.id for post in made if post.id is not None]


# The version is part of a name, so that an upgrade's work never waits for a workflow of old code.
def _slot_name(slot: Slot) -> str:
    return f"{VERSION}:slot:{slot.channel_id}:{slot.at.isoformat()}"


def _post_name(post_id: int, again: str) -> str:
    return f"{VERSION}:post:{post_id}{again}"


def _config(url: str, holder: str) -> DBOSConfig:
    return {
        "name": "paperround",
        "system_database_url": url,
        "executor_id": holder,
        "application_version": VERSION,
        "log_level": "WARNING",
    }
