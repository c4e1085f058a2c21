"""Asking for a slot or a post, in this process or another, and waiting a while for it."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Protocol

import structlog
from dbos import DBOSClient, EnqueueOptions, WorkflowHandleAsync
from dbos import error as dbos_error

from bot.errors import PaperroundError
from bot.rounds.engine.names import QUEUE, post_name, slot_name
from bot.rounds.schedule import Slot
from storage import channels, posts
from storage.database import Database

GLANCE_SECONDS = 0.1
"""How often a result that somebody waits for is looked for."""

_PATIENCE_SECONDS = 20.0
_UNFINISHED = "The round is not finished yet; it is tried again by itself, and the log says more."

log = structlog.get_logger(__name__)


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
            "queue_name": QUEUE,
            "workflow_name": "slot",
            "workflow_id": slot_name(slot),
        }
        handle: WorkflowHandleAsync[list[int]] = await self._client.enqueue_async(
            options, slot.channel_id, slot.at.isoformat()
        )
        await wait_a_while(handle.get_result(polling_interval_sec=GLANCE_SECONDS))
        return await slot_ids(self._database, slot)

    async def run_post(self, post_id: int, *, again: str = "") -> None:
        """Enqueue a post and wait a while for the other process to deliver it."""
        options: EnqueueOptions = {
            "queue_name": QUEUE,
            "workflow_name": "posts",
            "workflow_id": post_name(post_id, again),
        }
        handle: WorkflowHandleAsync[None] = await self._client.enqueue_async(options, [post_id])
        await wait_a_while(handle.get_result(polling_interval_sec=GLANCE_SECONDS))

    async def close(self) -> None:
        """Let go of the database."""
        await asyncio.to_thread(self._client.destroy)


async def wait_a_while(result: Awaitable[object]) -> None:
    """Deliveries that take longer, as when a platform is down, go on by themselves."""
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await result
    except TimeoutError:
        return
    except dbos_error.DBOSException as error:
        log.exception("workflow.failed")
        raise PaperroundError(_UNFINISHED) from error


async def slot_ids(database: Database, slot: Slot) -> list[int]:
    """The posts of a slot; raises PaperroundError while its picks are not made."""
    async with database.read() as session:
        channel = await channels.get(session, slot.channel_id)
        made = await posts.list_slot(session, slot.channel_id, slot.at)
    if channel.last_slot_at is None or channel.last_slot_at < slot.at:
        raise PaperroundError(_UNFINISHED)
    return [post.id for post in made if post.id is not None]
