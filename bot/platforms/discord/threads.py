"""Threads below our messages: opened once, and never in the way of a paper."""

from collections import OrderedDict

import discord

from bot.chat import MessageRef
from bot.errors import ChannelGoneError, RefusedError
from bot.platforms.discord.outcomes import THREAD_EXISTS, meaning
from bot.platforms.discord.places import spot

_REMEMBERED = 1_000


class PostThreads:
    """Opens threads; those that are known to be open are not asked for again."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._open: OrderedDict[int, None] = OrderedDict()

    async def open(self, message: MessageRef, name: str) -> discord.PartialMessageable:
        """The thread of a message, opened where there is none yet.

        A message that stands in a thread has none of its own: what belongs below it follows it.
        Raises RefusedError where no thread can be, which is no reason to lose the channel.
        """
        place_id, message_id = spot(message)
        if place_id != int(message.channel.channel):
            return self._client.get_partial_messageable(place_id)
        if message_id not in self._open:
            await self._start(place_id, message_id, name)
            self._open[message_id] = None
            if len(self._open) > _REMEMBERED:
                self._open.popitem(last=False)
        # The thread that was started from a message has the message's id.
        return self._client.get_partial_messageable(message_id)

    async def _start(self, place_id: int, message_id: int, name: str) -> None:
        try:
            await self._client.http.start_thread_with_message(
                # A week, the longest: in a thread that went to sleep nobody can vote.
                place_id,
                message_id,
                name=name,
                auto_archive_duration=10_080,
            )
        except discord.HTTPException as error:
            if error.code != THREAD_EXISTS:
                raise refused(error) from error


def refused(error: discord.HTTPException) -> Exception:
    """What a failure in a thread means: the channel above it is as good as before."""
    failure = meaning(error)
    if isinstance(failure, ChannelGoneError):
        return RefusedError(f"No thread can be used there: {failure}.")
    return failure
