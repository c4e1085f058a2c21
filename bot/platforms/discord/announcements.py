"""Publishes posts of announcement channels to the servers that follow them, in the background.

Discord allows ten an hour and channel; the others wait their turn. Posts that a restart kept from
being published are found again when the latest posts are compared.
"""

import asyncio
from collections.abc import Awaitable, Callable

import discord
import structlog

from bot.errors import ChannelGoneError, RefusedError
from bot.platforms.discord.errors import FAILURES, meaning

_TRIES = 5
_PAUSE = 10.0

log = structlog.get_logger(__name__)


class Publishing:
    """Publishes messages one after the other for each channel; `sleep` waits some seconds."""

    def __init__(
        self,
        client: discord.Client,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._sleep = sleep
        self._waiting: dict[int, list[int]] = {}
        self._at_work: dict[int, asyncio.Task[None]] = {}

    def publish(self, channel_id: int, message_id: int) -> None:
        """Publish a message as soon as Discord's limit allows it."""
        queue = self._waiting.setdefault(channel_id, [])
        if message_id not in queue:
            queue.append(message_id)
        if channel_id not in self._at_work:
            self._at_work[channel_id] = asyncio.create_task(self._work(channel_id))

    async def stop(self) -> None:
        """Stop at once; the messages left are found again after the next start."""
        tasks = list(self._at_work.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, channel_id: int) -> None:
        queue = self._waiting[channel_id]
        try:
            while queue:
                await self._publish(channel_id, queue[0])
                queue.pop(0)
        except asyncio.CancelledError:
            log.info("publishing.stopped", channel=channel_id, left=len(queue))
            raise
        finally:
            del self._waiting[channel_id], self._at_work[channel_id]

    async def _publish(self, channel_id: int, message_id: int) -> None:
        tries = 0
        while tries < _TRIES:
            try:
                await self._client.http.publish_message(channel_id, message_id)
            except discord.RateLimited as error:
                log.info("publishing.waits", channel=channel_id, seconds=error.retry_after)
                await self._sleep(error.retry_after)
                continue
            except FAILURES as error:
                failure = meaning(error) if isinstance(error, discord.HTTPException) else error
                if isinstance(failure, RefusedError | ChannelGoneError):
                    log.warning("publishing.refused", message=message_id, reason=str(error))
                    return
                tries += 1
                pause = getattr(failure, "retry_after", None)
                await self._sleep(pause or _PAUSE * tries)
                continue
            log.info("published", channel=channel_id, message=message_id)
            return
        log.error("publishing.gave_up", channel=channel_id, message=message_id, tries=tries)
