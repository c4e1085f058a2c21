"""Discord as a place to post: each message once, its outcome always told."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeVar

import aiohttp
import discord
import structlog

from bot.cards.card import Card
from bot.cards.spans import Line
from bot.chat import ChannelRef, Inbox, MessageRef
from bot.errors import UnaskableError
from bot.platforms.discord import payloads
from bot.platforms.discord.cards import CardStyle, buttons, embed, layout
from bot.platforms.discord.client import PaperroundClient
from bot.platforms.discord.connection import Connection
from bot.platforms.discord.markdown import markdown
from bot.platforms.discord.marks import find_delivery_id
from bot.platforms.discord.outcomes import THREAD_EXISTS, UNKNOWN_MESSAGE
from bot.platforms.discord.sizes import CONTENT

_LOOKED_THROUGH = 2_000
_CLOCKS_APART = timedelta(minutes=5)
_NONCES_KEPT = timedelta(minutes=2)
_THREAD = "Discussion"
_THREAD_MINUTES: Literal[1440] = 1440
_SEED_SECONDS = 20.0

SEEDED = ("👍", "👎", "🔖")
"""The reactions that the bot may put on a post so that people need only tap them."""

V = TypeVar("V", discord.ui.View, discord.ui.LayoutView)

log = structlog.get_logger(__name__)


class DiscordChat:
    """A `ChatPlatform`; it posts without a gateway connection too, as the command line does.

    discord.py keeps to Discord's rate limits, a bucket at a time, and waits out short ones; a
    longer one comes back as NotSentError. `style` is how cards look; `seeds` puts 👍 👎 🔖 on
    every new post, `voting` buttons to vote with.
    """

    def __init__(
        self,
        client: PaperroundClient,
        token: str,
        *,
        style: CardStyle = "components",
        seeds: bool = False,
        voting: bool = False,
    ) -> None:
        self.client = client
        self._connection = Connection(client, token)
        self._style = style
        self._seeds = seeds
        self._voting = voting
        self._seeding: set[asyncio.Task[None]] = set()

    @property
    def name(self) -> str:
        """The prefix of its channels."""
        return payloads.NAME

    async def start(self, inbox: Inbox) -> None:
        """Log in, publish the commands where they changed, and connect to the gateway.

        Raises SettingsError for a token that Discord does not take, NotSentError when Discord
        cannot be reached. Returns once connected, or after a minute while it keeps trying.
        """
        await self._connection.open(inbox, self.announce)

    async def stop(self) -> None:
        """Finish what is being answered and disconnect; stopping twice is no error."""
        await asyncio.gather(*self._seeding)
        await self._connection.close()

    async def connected(self) -> bool:
        """Whether every shard's gateway is ready."""
        return self._connection.ready

    async def post(self, channel: ChannelRef, card: Card, *, delivery_id: str) -> MessageRef:
        """Send a card once.

        Sent again within minutes, Discord answers with the message of the first time (nonce);
        later than that ask `find_post` first.
        """
        async with self._connection.calling():
            message = await self._send(self._place(channel), card, delivery_id)
        if self._seeds:
            task = asyncio.create_task(_seed(message))
            self._seeding.add(task)
            task.add_done_callback(self._seeding.discard)
        return MessageRef(channel, str(message.id))

    async def find_post(
        self, channel: ChannelRef, delivery_id: str, *, since: datetime
    ) -> MessageRef | None:
        """Look for the delivery's mark in the channel's history since then, oldest first.

        Raises UnaskableError where the history cannot be read, or is too long to be read. It is
        not needed while Discord keeps the nonce: until then `post` gives what is there already.
        """
        async with self._connection.calling():
            try:
                await self._need_history(channel)
            except UnaskableError:
                if discord.utils.utcnow() - since < _NONCES_KEPT:
                    return None
                raise
            looked = 0
            history = self._place(channel).history(
                limit=_LOOKED_THROUGH, after=since - _CLOCKS_APART, oldest_first=True
            )
            async for message in history:
                looked += 1
                if self._is_ours(message) and _mark(message) == delivery_id:
                    return MessageRef(channel, str(message.id))
        if looked == _LOOKED_THROUGH:
            raise UnaskableError(f"{channel} has had too many messages since to find a post.")
        return None

    async def edit(self, message: MessageRef, card: Card) -> None:
        """Replace a post's content in place; mark and style stay. RefusedError if it is gone."""
        async with self._connection.calling():
            posted = await self._partial(message).fetch()
            if posted.flags.components_v2:
                view = _deaf(layout(card, delivery_id=_mark(posted), voting=self._voting))
                await posted.edit(view=view, allowed_mentions=_NONE)
            else:
                below = _deaf(buttons(card, _mark(posted), voting=self._voting))
                await posted.edit(embed=embed(card), view=below, allowed_mentions=_NONE)

    async def delete(self, message: MessageRef) -> None:
        """Remove a post; one that is gone already is no error."""
        async with self._connection.calling():
            try:
                await self._partial(message).delete()
            except discord.NotFound as error:
                if error.code != UNKNOWN_MESSAGE:
                    raise

    async def announce(self, channel: ChannelRef, text: Line) -> None:
        """Say one line to everyone in the channel; nobody is pinged and no link previewed."""
        async with self._connection.calling():
            await self._place(channel).send(
                markdown(text, CONTENT), suppress_embeds=True, allowed_mentions=_NONE
            )

    async def thread(self, message: MessageRef, lines: Sequence[Line]) -> None:
        """Answer in the thread of a post, opened where there is none yet."""
        async with self._connection.calling():
            thread = await self._thread_of(message)
            for line in lines:
                await thread.send(
                    markdown(line, CONTENT), suppress_embeds=True, allowed_mentions=_NONE
                )

    async def _thread_of(self, message: MessageRef) -> discord.PartialMessageable:
        try:
            await self.client.http.start_thread_with_message(
                int(message.channel.channel),
                int(message.message),
                name=_THREAD,
                auto_archive_duration=_THREAD_MINUTES,
            )
        except discord.HTTPException as error:
            if error.code != THREAD_EXISTS:
                raise
        # The thread that was started from a message has the message's id.
        return self.client.get_partial_messageable(int(message.message))

    async def _send(
        self, place: discord.PartialMessageable, card: Card, delivery_id: str
    ) -> discord.Message:
        nonce = payloads.nonce(delivery_id)
        if self._style == "components":
            view = _deaf(layout(card, delivery_id=delivery_id, voting=self._voting))
            return await place.send(view=view, nonce=nonce, allowed_mentions=_NONE)
        return await place.send(
            embed=embed(card),
            view=_deaf(buttons(card, delivery_id, voting=self._voting)),
            nonce=nonce,
            allowed_mentions=_NONE,
        )

    async def _need_history(self, ref: ChannelRef) -> None:
        """Raise where Discord would answer with an empty history whatever stands there."""
        guild_id = payloads.guild_id(ref)
        if guild_id is None:
            return
        guild = self.client.get_guild(guild_id) or await self.client.fetch_guild(guild_id)
        place_id = int(ref.channel)
        place = guild.get_channel_or_thread(place_id) or await guild.fetch_channel(place_id)
        if isinstance(place, discord.Thread):
            place = place.parent or await guild.fetch_channel(place.parent_id)
        me = guild.me or await guild.fetch_member(self._connection.bot_id)
        if not place.permissions_for(me).read_message_history:
            raise UnaskableError(
                f"{ref} cannot be looked through: give the bot Read Message History there."
            )

    def _is_ours(self, message: discord.Message) -> bool:
        return message.author.id == self._connection.bot_id

    def _place(self, ref: ChannelRef) -> discord.PartialMessageable:
        return self.client.get_partial_messageable(
            int(ref.channel), guild_id=payloads.guild_id(ref)
        )

    def _partial(self, message: MessageRef) -> discord.PartialMessage:
        return self._place(message.channel).get_partial_message(int(message.message))


_NONE = discord.AllowedMentions.none()


async def _seed(message: discord.Message) -> None:
    """Put the votes on a post that people need only tap; without them the post is as good."""
    try:
        async with asyncio.timeout(_SEED_SECONDS):
            for emoji in SEEDED:
                await message.add_reaction(emoji)
    except (discord.DiscordException, OSError, aiohttp.ClientError) as error:
        log.info("votes.not_seeded", message=message.id, reason=str(error))


def _mark(message: discord.Message) -> str | None:
    return find_delivery_id([component.to_dict() for component in message.components])


def _deaf(view: V) -> V:
    """A view that listens to nothing: discord.py would keep each that does for as long as it runs.

    The buttons of posts are found by their custom ids instead.
    """
    view.stop()
    return view
