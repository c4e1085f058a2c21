"""Asks an engine for slots, posts and polls; workflow ids say what a workflow does."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from dbos import DBOSClient, EnqueueOptions, PortableWorkflowError, WorkflowHandleAsync
from dbos import error as dbos_error

from bot.errors import PaperroundError
from bot.rounds.engine.serializer import json_rows, refuse_pickles
from bot.rounds.scheduling.schedule import Slot
from storage import channels, posts, sources
from storage.database import Database
from storage.models import Source

VERSION = "3"
"""Version of the workflows. Raise it when unfinished ones of the version before cannot go on.

A step added at the end of one does not need it.
"""

QUEUE = "rounds"
"""The one queue of all workflows."""


RETRIED_AFTER = timedelta(minutes=10)
"""How late a slot is when one whose workflow failed is tried anew."""

_HOUR = timedelta(hours=1)


# The version is part of a name, so that an upgrade's work never waits for a workflow of old code.
def slot_name(slot: Slot) -> str:
    """The workflow that picks and delivers a slot."""
    return f"{VERSION}:slot:{slot.channel_id}:{slot.at.isoformat()}"


def again(slot: Slot, now: datetime) -> str:
    """What tells another try of a slot from those before: after 10, 20, 40 minutes, then hourly."""
    late = now - slot.at
    if late > _HOUR:
        return f":{now:%Y-%m-%dT%H}"
    return f":late{(late // RETRIED_AFTER).bit_length()}"


def post_name(post_id: int, again: str) -> str:
    """The workflow that delivers one post; `again` is there for one that was tried before."""
    return f"{VERSION}:post:{post_id}{again}"


def poll_name(source: Source, now: datetime) -> str:
    """The workflow that reads a source; with the time, so that one that failed is tried anew."""
    minutes = f"{now:%Y-%m-%dT%H:%M}"[:-1]
    return f"{VERSION}:poll:{source.id}:{source.polls}:{minutes}"


_GLANCE_SECONDS = 0.1
_PATIENCE_SECONDS = 20.0
_UNFINISHED = "The round is not finished yet; it is tried again by itself, and the log says more."

Given = int | str | list[int]
"""What a workflow is started with: plain values, for they are stored."""

log = structlog.get_logger(__name__)


class Runs(Protocol):
    """Who can run a slot or a post durably: this process's engine, or another's."""

    async def run_slot(self, slot: Slot) -> Sequence[int]:
        """Run a slot and wait a while for its deliveries; returns its posts' ids in order."""
        ...

    async def run_post(self, post_id: int, *, again: str = "") -> None:
        """Deliver one post that was made outside a slot, and wait a while for it."""
        ...


class Asking(ABC):
    """Puts workflows on the engine's queue, each at most once, however often it is asked for."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    @abstractmethod
    async def _enqueue(self, work: str, name: str, *given: Given) -> WorkflowHandleAsync[Any]:
        """Put one workflow on the queue, unless one of this name was there before."""

    async def start_slot(self, slot: Slot, *, again: str = "") -> WorkflowHandleAsync[list[int]]:
        """Start a slot's workflow unless it was started before."""
        name = slot_name(slot) + again
        return await self._enqueue("slot", name, slot.channel_id, slot.at.isoformat())

    async def run_slot(self, slot: Slot) -> Sequence[int]:
        """Run a slot and wait a while for its deliveries; returns its posts' ids in order."""
        handle = await self.start_slot(slot)
        await _wait_a_while(handle.get_result(polling_interval_sec=_GLANCE_SECONDS))
        return await _slot_ids(self._database, slot)

    async def run_post(self, post_id: int, *, again: str = "") -> None:
        """Deliver one post that was made outside a slot, and wait a while for it.

        A post that was tried before is tried `again`: any text that was not used for it yet.
        """
        handle = await self._enqueue("posts", post_name(post_id, again), [post_id])
        await _wait_a_while(handle.get_result(polling_interval_sec=_GLANCE_SECONDS))

    async def poll_all(self) -> int:
        """Poll every source now and wait; returns how many papers were new."""
        async with self._database.read() as session:
            polled = await sources.list_polled(session)
        return await self.poll(polled)

    async def poll(self, polled: Sequence[Source]) -> int:
        """Poll these sources now and wait; returns how many papers were new."""
        handles = [await self.start_poll(source) for source in polled]
        results = [handle.get_result(polling_interval_sec=_GLANCE_SECONDS) for handle in handles]
        taken = await asyncio.gather(*results, return_exceptions=True)
        for failure in [one for one in taken if isinstance(one, Exception)]:
            log.error("poll.failed", reason=str(failure))
        return sum(one for one in taken if isinstance(one, int))

    async def start_poll(self, source: Source) -> WorkflowHandleAsync[int]:
        """Start reading a source unless that was started before."""
        return await self._enqueue("poll-source", poll_name(source, self._now()), source.id or 0)


class RemoteEngine(Asking):
    """Asks the engines of other processes, by way of their database."""

    def __init__(self, url: str, database: Database, now: Callable[[], datetime]) -> None:
        super().__init__(database, now)
        refuse_pickles()
        self._client = DBOSClient(system_database_url=url, serializer=json_rows())

    async def _enqueue(self, work: str, name: str, *given: Given) -> WorkflowHandleAsync[Any]:
        options: EnqueueOptions = {
            "queue_name": QUEUE,
            "workflow_name": work,
            "workflow_id": name,
        }
        return await self._client.enqueue_async(options, *given)

    async def close(self) -> None:
        """Close the connections to the engine's database."""
        await asyncio.to_thread(self._client.destroy)


async def _wait_a_while(result: Awaitable[object]) -> None:
    """Deliveries that take longer, as when a platform is down, go on by themselves."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await result
    except TimeoutError:
        return
    except (dbos_error.DBOSException, PortableWorkflowError) as error:
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
