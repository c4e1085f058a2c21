"""Searches Discord for a delivery's mark, to find out whether a post was sent already."""

from collections.abc import Callable
from datetime import datetime, timedelta

import discord

from bot.errors import UnaskableError
from bot.platforms.discord import events
from bot.platforms.discord.auth import look_up
from bot.platforms.discord.cards import carries
from bot.platforms.discord.errors import UNKNOWN_CHANNEL
from bot.platforms.discord.events import below, place_of, thread_of
from bot.platforms.discord.forums import Forums
from bot.ports import ChannelRef, MessageRef

_LOOKED_THROUGH = 2_000
_CLOCKS_APART = timedelta(minutes=5)
_NONCES_KEPT = timedelta(minutes=2)


class History:
    """Looks through channels and threads; `bot_id` is known once the bot is logged in.

    `now` is Discord's time.
    """

    def __init__(
        self,
        client: discord.Client,
        forums: Forums,
        bot_id: Callable[[], int],
        now: Callable[[], datetime] = discord.utils.utcnow,
    ) -> None:
        self._now = now
        self._client = client
        self._forums = forums
        self._bot_id = bot_id

    async def find(
        self, channel: ChannelRef, delivery_id: str, since: datetime, under: MessageRef | None
    ) -> MessageRef | None:
        """The message with a delivery's mark, oldest first; None if there surely is none.

        Raises UnaskableError where the history cannot be read, or is too long to be read. It is
        not needed while Discord keeps the nonce: until then sending gives what is there already.
        """
        try:
            forum = await self._need_history(channel)
        except UnaskableError:
            kept = self._now() - since < _NONCES_KEPT
            if kept and self._forums.known(channel) is None:
                return None
            raise
        if under is not None:
            found = await self._below(channel, thread_of(under), delivery_id, since)
            if found is not None:
                return found
        if forum is not None:
            async for thread_id in self._forums.threads(forum, since):
                found = await self._below(channel, thread_id, delivery_id, since)
                if found is not None:
                    return found
            return None
        number = await self._look_through(place_of(self._client, channel), delivery_id, since)
        return MessageRef(channel, str(number)) if number is not None else None

    async def _below(
        self, channel: ChannelRef, thread_id: int, delivery_id: str, since: datetime
    ) -> MessageRef | None:
        thread = self._client.get_partial_messageable(thread_id)
        try:
            found = await self._look_through(thread, delivery_id, since)
        except discord.NotFound as error:
            if error.code != UNKNOWN_CHANNEL:
                raise
            # The thread was not opened yet, or was deleted with all that stood there.
            return None
        return MessageRef(channel, below(thread_id, found)) if found is not None else None

    async def _look_through(
        self, place: discord.PartialMessageable, delivery_id: str, since: datetime
    ) -> int | None:
        looked = 0
        history = place.history(
            limit=_LOOKED_THROUGH, after=since - _CLOCKS_APART, oldest_first=True
        )
        async for message in history:
            looked += 1
            parts = [component.to_dict() for component in message.components]
            if message.author.id == self._bot_id() and carries(parts, delivery_id):
                return message.id
        if looked == _LOOKED_THROUGH:
            raise UnaskableError(
                f"discord channel {place.id} has had too many messages since to find a post."
            )
        return None

    async def _need_history(self, ref: ChannelRef) -> discord.ForumChannel | None:
        """The forum at an address, or None for another channel; raises without leave to read.

        Discord would answer with an empty history, whatever was posted there.
        """
        guild_id = events.guild_id_of(ref)
        if guild_id is None:
            return None
        place, me = await look_up(self._client, guild_id, int(ref.channel), self._bot_id())
        if not place.permissions_for(me).read_message_history:
            raise UnaskableError(
                f"{ref} cannot be looked through: give the bot Read Message History there."
            )
        return place if isinstance(place, discord.ForumChannel) else None
