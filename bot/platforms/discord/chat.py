"""Discord as a place to post: each message once, its outcome always told."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

import aiohttp
import discord
import structlog

from bot.cards.card import Card
from bot.cards.spans import Line
from bot.chat import ChannelRef, Inbox, MessageRef
from bot.errors import UnaskableError
from bot.platforms.discord import payloads
from bot.platforms.discord.cards import buttons, embed, layout
from bot.platforms.discord.client import PaperroundClient
from bot.platforms.discord.connection import Connection
from bot.platforms.discord.forums import Forums, no_room
from bot.platforms.discord.looks import Look, Looks, LooksBook
from bot.platforms.discord.markdown import markdown
from bot.platforms.discord.marks import find_delivery_id, has_votes
from bot.platforms.discord.outcomes import THREAD_EXISTS, UNKNOWN_MESSAGE
from bot.platforms.discord.places import below, spot
from bot.platforms.discord.records import Records
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
    longer one comes back as NotSentError. `seeds` puts 👍 👎 🔖 on every new post.
    """

    def __init__(
        self,
        client: PaperroundClient,
        token: str,
        *,
        records: Records,
        looks: LooksBook,
        now: Callable[[], datetime],
        seeds: bool = False,
    ) -> None:
        self.client = client
        self._connection = Connection(client, token)
        self._records = records
        self._looks = looks
        self._now = now
        self._seeds = seeds
        self._forums = Forums(client)
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
        await self.client.publishing.stop()
        await asyncio.gather(*self._seeding)
        await self._connection.close()

    async def introduce(self) -> str:
        """Who the bot is, as Discord says."""
        async with self._connection.calling():
            return f"takes the token; the bot is number {self._connection.bot_id}"

    async def connected(self) -> bool:
        """Whether every shard's gateway is ready."""
        return self._connection.ready

    async def head(
        self, channel: ChannelRef, lines: Sequence[Line], *, delivery_id: str
    ) -> MessageRef:
        """Send the message above a round's posts; within minutes it is sent once (nonce)."""
        text = "\n".join(markdown(each, CONTENT) for each in lines)[:CONTENT]
        async with self._connection.calling():
            if self._forums.known(channel) is not None:
                raise no_room(channel)
            message = await self._place(channel).send(
                text,
                nonce=payloads.nonce(delivery_id),
                suppress_embeds=True,
                allowed_mentions=_NONE,
            )
        return MessageRef(channel, str(message.id))

    async def post(
        self,
        channel: ChannelRef,
        card: Card,
        *,
        delivery_id: str,
        under: MessageRef | None = None,
    ) -> MessageRef:
        """Send a card once; it stands in the channel, after its head.

        Sent again within minutes, Discord answers with the message of the first time (nonce);
        later than that ask `find_post` first.
        """
        async with self._connection.calling():
            looks = await self._looks.of(channel)
            sent = await self._send(channel, card, delivery_id, looks)
        place_id, message_id = spot(sent)
        if self._seeds:
            self._seed_later(place_id, message_id)
        if Look.PUBLISH in looks:
            self.client.publishing.publish(place_id, message_id)
        return sent

    async def find_post(
        self,
        channel: ChannelRef,
        delivery_id: str,
        *,
        since: datetime,
        under: MessageRef | None = None,
    ) -> MessageRef | None:
        """Look for the delivery's mark in the channel's history since then, oldest first.

        Raises UnaskableError where the history cannot be read, or is too long to be read. It is
        not needed while Discord keeps the nonce: until then `post` gives what is there already.
        """
        async with self._connection.calling():
            try:
                forum = await self._need_history(channel)
            except UnaskableError:
                kept = discord.utils.utcnow() - since < _NONCES_KEPT
                if kept and self._forums.known(channel) is None:
                    return None
                raise
            if forum is not None:
                async for thread_id in self._forums.threads(forum, since):
                    thread = self.client.get_partial_messageable(thread_id)
                    found = await self._look_through(thread, delivery_id, since)
                    if found is not None:
                        return MessageRef(channel, below(thread_id, found))
                return None
            found = await self._look_through(self._place(channel), delivery_id, since)
        return MessageRef(channel, str(found)) if found is not None else None

    async def edit(self, message: MessageRef, card: Card) -> None:
        """Replace a post's content in place; mark and style stay. RefusedError if it is gone."""
        async with self._connection.calling():
            posted = await self._partial(message).fetch()
            parts = [component.to_dict() for component in posted.components]
            looks = set() if posted.flags.components_v2 else {Look.EMBEDS}
            looks |= {Look.BUTTONS} if has_votes(parts) else set()
            await posted.edit(**content(card, find_delivery_id(parts), Looks(frozenset(looks))))

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
            if self._forums.known(channel) is not None:
                raise no_room(channel)
            await self._place(channel).send(
                markdown(text, CONTENT), suppress_embeds=True, allowed_mentions=_NONE
            )

    async def thread(
        self, message: MessageRef, lines: Sequence[Line], *, delivery_id: str | None = None
    ) -> None:
        """Answer in the thread of a post, opened where there is none yet."""
        async with self._connection.calling():
            thread = await self._thread_of(message)
            for line in lines:
                await thread.send(
                    markdown(line, CONTENT), suppress_embeds=True, allowed_mentions=_NONE
                )

    async def _look_through(
        self, place: discord.PartialMessageable, delivery_id: str, since: datetime
    ) -> int | None:
        """The message with the delivery's mark in a channel or thread; None if there is none."""
        looked = 0
        history = place.history(
            limit=_LOOKED_THROUGH, after=since - _CLOCKS_APART, oldest_first=True
        )
        async for message in history:
            looked += 1
            if self._is_ours(message) and _mark(message) == delivery_id:
                return message.id
        if looked == _LOOKED_THROUGH:
            raise UnaskableError(
                f"discord channel {place.id} has had too many messages since to find a post."
            )
        return None

    async def _thread_of(self, message: MessageRef) -> discord.PartialMessageable:
        place_id, message_id = spot(message)
        if place_id != int(message.channel.channel):
            return self.client.get_partial_messageable(place_id)
        try:
            await self.client.http.start_thread_with_message(
                place_id, message_id, name=_THREAD, auto_archive_duration=_THREAD_MINUTES
            )
        except discord.HTTPException as error:
            if error.code != THREAD_EXISTS:
                raise
        # The thread that was started from a message has the message's id.
        return self.client.get_partial_messageable(message_id)

    async def _send(
        self, channel: ChannelRef, card: Card, delivery_id: str, looks: Looks
    ) -> MessageRef:
        forum = self._forums.known(channel)
        if forum is None:
            try:
                made, nonce = content(card, delivery_id, looks), payloads.nonce(delivery_id)
                sent = await self._place(channel).send(**made, nonce=nonce)
            except discord.HTTPException as error:
                forum = await self._forums.ask(channel, error)
            else:
                return MessageRef(channel, str(sent.id))
        name = await self._send_below(channel, forum, card, delivery_id, looks)
        return MessageRef(channel, name)

    async def _send_below(
        self,
        channel: ChannelRef,
        forum: discord.ForumChannel,
        card: Card,
        delivery_id: str,
        looks: Looks,
    ) -> str:
        made = content(card, delivery_id, looks)
        phrases = await self._records.phrases(delivery_id)
        if Look.DAILY not in looks:
            return await self._forums.post(forum, card.title, made, phrases)
        day = await self._records.today(channel, self._now())
        nonce = payloads.nonce(delivery_id)
        return await self._forums.post_daily(forum, day, made, phrases, nonce)

    async def _need_history(self, ref: ChannelRef) -> discord.ForumChannel | None:
        """Raise where Discord would answer with an empty history whatever stands there.

        Returns the forum, where it is one.
        """
        guild_id = payloads.guild_id(ref)
        if guild_id is None:
            return None
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
        # Of a thread it was the parent that was asked.
        return place if isinstance(place, discord.ForumChannel) and place.id == place_id else None

    def _seed_later(self, place_id: int, message_id: int) -> None:
        """Put the votes on a post beside the path: the next post does not wait for them."""
        task = asyncio.create_task(_seed(self.client, place_id, message_id))
        self._seeding.add(task)
        task.add_done_callback(self._seeding.discard)

    def _is_ours(self, message: discord.Message) -> bool:
        return message.author.id == self._connection.bot_id

    def _place(self, ref: ChannelRef) -> discord.PartialMessageable:
        return self.client.get_partial_messageable(
            int(ref.channel), guild_id=payloads.guild_id(ref)
        )

    def _partial(self, message: MessageRef) -> discord.PartialMessage:
        place_id, message_id = spot(message)
        place = self.client.get_partial_messageable(
            place_id, guild_id=payloads.guild_id(message.channel)
        )
        return place.get_partial_message(message_id)


_NONE = discord.AllowedMentions.none()


async def _seed(client: discord.Client, place_id: int, message_id: int) -> None:
    """Put the votes on a post that people need only tap; without them the post is as good."""
    message = client.get_partial_messageable(place_id).get_partial_message(message_id)
    try:
        async with asyncio.timeout(_SEED_SECONDS):
            for emoji in SEEDED:
                await message.add_reaction(emoji)
    except (discord.DiscordException, OSError, aiohttp.ClientError) as error:
        log.info("votes.not_seeded", message=message.id, reason=str(error))


def content(card: Card, delivery_id: str | None, looks: Looks) -> dict[str, Any]:
    """A card as what discord.py's ways to send and edit take; nobody is mentioned."""
    voting = Look.BUTTONS in looks
    if Look.EMBEDS in looks:
        view = _deaf(buttons(card, delivery_id, voting=voting))
        return {"embed": embed(card), "view": view, "allowed_mentions": _NONE}
    view_ = _deaf(layout(card, delivery_id=delivery_id, voting=voting))
    return {"view": view_, "allowed_mentions": _NONE}


def _mark(message: discord.Message) -> str | None:
    return find_delivery_id([component.to_dict() for component in message.components])


def _deaf(view: V) -> V:
    """A view that listens to nothing: discord.py would keep each that does for as long as it runs.

    The buttons of posts are found by their custom ids instead.
    """
    view.stop()
    return view
