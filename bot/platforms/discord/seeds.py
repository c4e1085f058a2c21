"""The reactions that people need only tap, put on new posts beside the path of posts."""

import asyncio

import discord
import structlog

from bot.platforms.discord.outcomes import FAILURES

SEEDED = ("👍", "👎", "🔖")
"""What is put on a post."""

_SECONDS = 20.0

log = structlog.get_logger(__name__)


class Seeds:
    """Puts votes on posts: the next post does not wait for them, and is as good without."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._at_work: set[asyncio.Task[None]] = set()

    def put(self, place_id: int, message_id: int) -> None:
        """Begin to put them on a message."""
        task = asyncio.create_task(self._put(place_id, message_id))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    async def finish(self) -> None:
        """Wait for those that are being put."""
        await asyncio.gather(*self._at_work)

    async def _put(self, place_id: int, message_id: int) -> None:
        place = self._client.get_partial_messageable(place_id)
        message = place.get_partial_message(message_id)
        try:
            async with asyncio.timeout(_SECONDS):
                for emoji in SEEDED:
                    await message.add_reaction(emoji)
        except FAILURES as error:
            log.info("votes.not_seeded", message=message.id, reason=str(error))
