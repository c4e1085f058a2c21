"""Discord as a place to post: each message once, its outcome always told."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import discord
import structlog

from bot.cards.card import Card
from bot.cards.spans import Line
from bot.chat import ChannelRef, Inbox, MessageRef
from bot.errors import PlatformError, RefusedError
from bot.platforms.discord import payloads
from bot.platforms.discord.client import PaperroundClient
from bot.platforms.discord.connection import Connection
from bot.platforms.discord.forums import Forums, no_room
from bot.platforms.discord.history import History
from bot.platforms.discord.looks import Look, Looks, LooksBook
from bot.platforms.discord.marks import find_delivery_id, has_votes
from bot.platforms.discord.messages import (
    card_message,
    details_messages,
    head_message,
    text_message,
)
from bot.platforms.discord.outcomes import FAILURES, UNKNOWN_MESSAGE
from bot.platforms.discord.places import below, day_name, partial, place_of, spot, threadless
from bot.platforms.discord.records import Records
from bot.platforms.discord.seeds import Seeds
from bot.platforms.discord.sharing import Sharing
from bot.platforms.discord.threads import PostThreads, refused

_DETAILS = "Details"

log = structlog.get_logger(__name__)


class DiscordChat:
    """A `ChatPlatform`; it posts without a gateway connection too, as the command line does.

    discord.py keeps to Discord's rate limits, a bucket at a time, and waits out short ones; a
    longer one comes back as NotSentError. `seeds` puts 👍 👎 🔖 on every new post. With `sharing`
    other processes hear a part of the shards.
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
        sharing: Sharing | None = None,
    ) -> None:
        self.client = client
        self._connection = Connection(client, token, sharing)
        self._records = records
        self._looks = looks
        self._now = now
        self._seeds = Seeds(client) if seeds else None
        self._forums = Forums(client)
        self._threads = PostThreads(client)
        self._history = History(client, self._forums, lambda: self._connection.bot_id)

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
        if self._seeds is not None:
            await self._seeds.finish()
        await self._connection.close()

    async def introduce(self) -> str:
        """Who the bot is, as Discord says."""
        async with self._connection.calling():
            return f"takes the token; the bot is number {self._connection.bot_id}"

    async def catch_up_on(self, message: MessageRef) -> None:
        """Record what stands on a post that was known too late for its events."""
        await self.client.catch_up_on(message)

    async def connected(self) -> bool:
        """Whether the gateway of every shard that falls to this process is ready."""
        return self._connection.ready

    async def head(
        self, channel: ChannelRef, lines: Sequence[Line], *, delivery_id: str
    ) -> MessageRef:
        """Send the list above a round's posts and open its thread; within minutes once (nonce).

        Raises RefusedError where there are no threads, and nothing stands there then.
        """
        async with self._connection.calling():
            if threadless(self.client, channel) or self._forums.known(channel) is not None:
                raise RefusedError(f"{channel} has no threads below its messages.")
            day = await self._records.today(channel, self._now())
            made = head_message(lines, delivery_id)
            place = place_of(self.client, channel)
            sent = await place.send(**made, nonce=payloads.nonce(delivery_id))
            head = MessageRef(channel, str(sent.id))
            await self._open(head, day)
            if Look.PUBLISH in await self._looks.of(channel):
                self.client.publishing.publish(int(channel.channel), sent.id)
        return head

    async def post(
        self,
        channel: ChannelRef,
        card: Card,
        *,
        delivery_id: str,
        under: MessageRef | None = None,
    ) -> MessageRef:
        """Send a card once, in the thread of its head where it has one.

        Sent again within minutes, Discord answers with the message of the first time (nonce);
        later than that ask `find_post` first.
        """
        async with self._connection.calling():
            looks = await self._looks.of(channel)
            if under is not None:
                made = card_message(card, delivery_id, looks)
                sent = await self._send_under(under, made, delivery_id)
            else:
                sent = await self._send(channel, card, delivery_id, looks)
        place_id, message_id = spot(sent)
        if self._seeds is not None:
            self._seeds.put(place_id, message_id)
        if Look.PUBLISH in looks and under is None:
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
        """Look for the delivery's mark below `under` and in the channel since then, oldest first.

        Raises UnaskableError where the history cannot be read, or is too long to be read.
        """
        async with self._connection.calling():
            return await self._history.find(channel, delivery_id, since, under)

    async def edit(self, message: MessageRef, card: Card) -> None:
        """Replace a post's content in place; mark and style stay. RefusedError if it is gone."""
        async with self._connection.calling():
            posted = await partial(self.client, message).fetch()
            parts = [component.to_dict() for component in posted.components]
            looks = set() if posted.flags.components_v2 else {Look.EMBEDS}
            looks |= {Look.BUTTONS} if has_votes(parts) else set()
            delivery_id = find_delivery_id(parts)
            await posted.edit(**card_message(card, delivery_id, Looks(frozenset(looks))))

    async def edit_head(
        self, message: MessageRef, lines: Sequence[Line], *, delivery_id: str
    ) -> None:
        """Replace the list above a round's posts in place; RefusedError if it is gone."""
        async with self._connection.calling():
            await partial(self.client, message).edit(**head_message(lines, delivery_id))

    async def delete(self, message: MessageRef) -> None:
        """Remove a post; one that is gone already is no error."""
        async with self._connection.calling():
            try:
                await partial(self.client, message).delete()
            except discord.NotFound as error:
                if error.code != UNKNOWN_MESSAGE:
                    raise

    async def announce(self, channel: ChannelRef, text: Line) -> None:
        """Say one line to everyone in the channel; nobody is pinged and no link previewed."""
        async with self._connection.calling():
            if self._forums.known(channel) is not None:
                raise no_room(channel)
            await place_of(self.client, channel).send(**text_message(text))

    async def thread(
        self, message: MessageRef, lines: Sequence[Line], *, delivery_id: str | None = None
    ) -> None:
        """Answer in the thread of a post, opened where there is none yet.

        Raises RefusedError where there can be no thread.
        """
        async with self._connection.calling():
            if threadless(self.client, message.channel):
                raise RefusedError(f"{message.channel} has no threads below its messages.")
            thread = await self._threads.open(message, _DETAILS)
            made = (
                [text_message(each) for each in lines]
                if delivery_id is None
                else details_messages(lines, delivery_id)
            )
            try:
                for each in made:
                    await thread.send(**each)
            except discord.HTTPException as error:
                raise refused(error) from error

    async def _open(self, head: MessageRef, day: date) -> None:
        """Open a head's thread; without one the head is taken back, for its list would mislead.

        Any other failure is left to the first post: the head stands, and must not be sent again.
        """
        try:
            await self._threads.open(head, day_name(day))
        except RefusedError:
            with contextlib.suppress(discord.HTTPException):
                await partial(self.client, head).delete()
            raise
        except (PlatformError, *FAILURES) as error:
            log.info("thread.not_opened", message=head.message, reason=str(error))

    async def _send_under(
        self, under: MessageRef, made: Mapping[str, Any], delivery_id: str
    ) -> MessageRef:
        day = await self._records.today(under.channel, self._now())
        thread = await self._threads.open(under, day_name(day))
        try:
            sent = await thread.send(**made, nonce=payloads.nonce(delivery_id))
        except discord.HTTPException as error:
            raise refused(error) from error
        return MessageRef(under.channel, below(thread.id, sent.id))

    async def _send(
        self, channel: ChannelRef, card: Card, delivery_id: str, looks: Looks
    ) -> MessageRef:
        made, nonce = card_message(card, delivery_id, looks), payloads.nonce(delivery_id)
        forum = self._forums.known(channel)
        if forum is None:
            try:
                sent = await place_of(self.client, channel).send(**made, nonce=nonce)
            except discord.HTTPException as error:
                forum = await self._forums.ask(channel, error)
            else:
                return MessageRef(channel, str(sent.id))
        phrases = await self._records.phrases(delivery_id)
        if Look.DAILY not in looks:
            return MessageRef(channel, await self._forums.post(forum, card.title, made, phrases))
        name = day_name(await self._records.today(channel, self._now()))
        return MessageRef(channel, await self._forums.post_daily(forum, name, made, phrases, nonce))
