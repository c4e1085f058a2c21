"""Discord as a place to post: messages, first reactions and threads."""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import discord
import structlog

from bot.cards.card import Card
from bot.cards.richtext import Line, plain
from bot.errors import ChannelGoneError, Obstacle, PlatformError, RefusedError
from bot.platforms import server_clock
from bot.platforms.discord import events
from bot.platforms.discord.auth import Place, look_up, obstacle
from bot.platforms.discord.cards import (
    card_message,
    choice_view,
    details_messages,
    find_delivery_id,
    has_votes,
    head_message,
    text_message,
)
from bot.platforms.discord.client import PaperroundClient
from bot.platforms.discord.errors import FAILURES, THREAD_EXISTS, UNKNOWN_MESSAGE, meaning
from bot.platforms.discord.events import (
    below,
    day_name,
    guild_id_of,
    partial,
    place_of,
    spot,
    threadless,
)
from bot.platforms.discord.forums import Forums, no_room
from bot.platforms.discord.gateway import Connection
from bot.platforms.discord.history import History
from bot.platforms.discord.lifecycle import tell_directly, tell_owner
from bot.platforms.discord.manage_form import Look, Looks, LooksBook
from bot.platforms.discord.records import Records
from bot.platforms.discord.shards import Sharing
from bot.ports import ChannelRef, Choice, Inbox, MessageRef

SEEDED = ("👍", "👎", "🔖")
"""What is put on a post."""

_SECONDS = 20.0

log = structlog.get_logger(__name__)


class Seeds:
    """Puts the vote emoji on new posts in the background; a failure is only logged."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._at_work: set[asyncio.Task[None]] = set()

    def put(self, place_id: int, message_id: int, emoji: Sequence[str] = SEEDED) -> None:
        """Start to put the emoji on a message."""
        task = asyncio.create_task(self._put(place_id, message_id, emoji))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    async def finish(self) -> None:
        """Wait for every message that is being worked on."""
        await asyncio.gather(*self._at_work)

    async def _put(self, place_id: int, message_id: int, emoji: Sequence[str]) -> None:
        place = self._client.get_partial_messageable(place_id)
        message = place.get_partial_message(message_id)
        try:
            async with asyncio.timeout(_SECONDS):
                for each in emoji:
                    await message.add_reaction(each)
        except FAILURES as error:
            log.info("votes.not_seeded", message=message.id, reason=str(error))


_REMEMBERED = 1_000


class PostThreads:
    """Opens the threads of messages, and remembers which are open."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._open: OrderedDict[int, None] = OrderedDict()

    async def open(self, message: MessageRef, name: str) -> discord.PartialMessageable:
        """The thread of a message; opened where the message has none yet.

        A message in a thread has no thread of its own: replies to it go into that same thread.
        Raises RefusedError where no thread can be opened; the channel itself stays usable.
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
    """The error of a failed call in a thread: a lost place becomes RefusedError.

    The channel above the thread can still be posted to.
    """
    failure = meaning(error)
    if isinstance(failure, ChannelGoneError):
        return RefusedError(f"No thread can be used there: {failure}.")
    return failure


_DETAILS = "Details"


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
        self._history = History(
            client,
            self._forums,
            lambda: self._connection.bot_id,
            lambda: client.clock() or discord.utils.utcnow(),
        )

    @property
    def name(self) -> str:
        """The prefix of its channels."""
        return events.NAME

    @property
    def shows_within(self) -> float:
        """Seconds within which its history shows what it took."""
        return server_clock.SHOWN_SECONDS

    def time(self) -> datetime | None:
        """Discord's own time, by its last answer."""
        return self.client.clock()

    async def start(self, inbox: Inbox) -> None:
        """Log in, publish the commands where they changed, and connect to the gateway.

        Raises SettingsError for a token that Discord does not take. Returns once connected, or
        while it keeps trying: after a first try that failed, or a minute.
        """
        await self._connection.open(inbox, self.announce)

    async def stop(self) -> None:
        """Finish what is being answered and disconnect; stopping twice is no error."""
        await self.client.publishing.stop()
        if self._seeds is not None:
            await self._seeds.finish()
        await self._connection.close()

    async def introduce(self) -> str:
        """A sentence that says that the token works, with the bot's id."""
        await self._connection.check_token()
        return f"takes the token; the bot is number {self._connection.bot_id}"

    async def troubles(self) -> Sequence[str]:
        """Always empty: Discord has one token for all servers."""
        return ()

    async def check(self, channel: ChannelRef) -> None:
        """Look at the permissions that the gateway reported.

        Raises ChannelGoneError where the bot cannot post; a channel that the gateway did not report
        counts as possible.
        """
        place = self._known_place(channel)
        if place is not None and (lost := obstacle(place)) is not None:
            raise lost

    async def is_public(self, channel: ChannelRef) -> bool:
        """Whether the server's @everyone may see the channel."""
        place = self._known_place(channel)
        if isinstance(place, discord.Thread):
            if place.is_private():
                return False
            place = place.parent
        if place is None:
            return False
        return place.permissions_for(place.guild.default_role).view_channel

    async def tell_installer(self, workspace: str, text: Line) -> bool:
        """Send a line to the server's owner by direct message; False where that fails.

        Who added the bot is in the audit log, which the bot may not read.
        """
        guild = None if workspace.startswith("@") else self.client.get_guild(int(workspace))
        return guild is not None and await tell_owner(self.client, guild, text)

    async def tell_person(self, channel: ChannelRef, person: str, lines: Sequence[Line]) -> bool:
        """Send lines by direct message; False where that fails."""
        return await tell_directly(self.client, int(person), lines)

    @contextlib.asynccontextmanager
    async def _sending_to(self, channel: ChannelRef) -> AsyncIterator[None]:
        """Like `Connection.calling`, with the reason that the place itself shows for a refusal."""
        try:
            async with self._connection.calling():
                yield
        except ChannelGoneError as error:
            raise await self._explained(channel, error) from error

    async def _explained(self, channel: ChannelRef, error: ChannelGoneError) -> ChannelGoneError:
        """The error with a better reason: Discord sends code 50013 for a time-out as well."""
        guild_id = guild_id_of(channel)
        if guild_id is None or error.obstacle is not Obstacle.NO_PERMISSION:
            return error
        try:
            async with self._connection.calling():
                bot_id, place_id = self._connection.bot_id, int(channel.channel)
                place, me = await look_up(self.client, guild_id, place_id, bot_id)
                return obstacle(place, me) or error
        except FAILURES as failure:
            log.info("channel.unread", channel=str(channel), reason=str(failure))
            return error

    def _known_place(self, channel: ChannelRef) -> Place | None:
        guild_id = guild_id_of(channel)
        guild = self.client.get_guild(guild_id) if guild_id is not None else None
        return guild.get_channel_or_thread(int(channel.channel)) if guild is not None else None

    async def catch_up_on(self, message: MessageRef) -> None:
        """Report the reactions on a post whose reaction events could not be assigned to it."""
        await self.client.catch_up_on(message)

    async def connected(self) -> bool:
        """Whether every shard of this process is connected.

        Raises SettingsError where it will not connect again before somebody acts.
        """
        return self._connection.ready

    async def head(
        self, channel: ChannelRef, lines: Sequence[Line], *, delivery_id: str
    ) -> MessageRef:
        """Send the list above a round's posts and open its thread.

        A repetition within minutes returns the same message (nonce). Raises RefusedError where
        there can be no thread; the list is then deleted.
        """
        async with self._sending_to(channel):
            if threadless(self.client, channel) or self._forums.known(channel) is not None:
                raise RefusedError(f"{channel} has no threads below its messages.")
            day = await self._records.today(channel, self._now())
            made = head_message(lines, delivery_id)
            place = place_of(self.client, channel)
            sent = await place.send(**made, nonce=events.nonce(delivery_id))
            head = MessageRef(channel, str(sent.id))
            await self._open(head, day)
            if Look.PUBLISH in await self._looks.of(channel):
                self.client.publishing.publish(int(channel.channel), sent.id)
        return head

    async def notice(
        self,
        channel: ChannelRef,
        lines: Sequence[Line],
        *,
        delivery_id: str,
        choices: Sequence[str] = (),
    ) -> MessageRef:
        """Send a message of its own once; in a forum it is a thread named by its first line."""
        async with self._sending_to(channel):
            made = head_message(lines, delivery_id)
            title = plain(lines[0]) if lines else ""
            sent = await self._place(channel, made, title, delivery_id)
        if choices and self._seeds is not None:
            self._seeds.put(*spot(sent), choices)
        return sent

    async def _place(
        self, channel: ChannelRef, made: Mapping[str, Any], title: str, delivery_id: str
    ) -> MessageRef:
        forum = self._forums.known(channel)
        if forum is None:
            try:
                place = place_of(self.client, channel)
                sent = await place.send(**made, nonce=events.nonce(delivery_id))
            except discord.HTTPException as error:
                forum = await self._forums.ask(channel, error)
            else:
                return MessageRef(channel, str(sent.id))
        return MessageRef(channel, await self._forums.post(forum, title, dict(made), ()))

    async def post(
        self,
        channel: ChannelRef,
        card: Card,
        *,
        delivery_id: str,
        under: MessageRef | None = None,
    ) -> MessageRef:
        """Send a card once, in the thread of `under` where that is given.

        A repetition within minutes returns the same message (nonce); after that, ask `find_post`
        before sending again.
        """
        async with self._sending_to(channel):
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
        """Look for the delivery's mark below `under` and in the channel, oldest message first.

        Raises UnaskableError where the history cannot be read, or has too many messages.
        """
        async with self._connection.calling():
            return await self._history.find(channel, delivery_id, since, under)

    async def edit(self, message: MessageRef, card: Card) -> None:
        """Replace a post's content; its mark and style stay.

        Raises RefusedError if the post was deleted.
        """
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
        """Replace the list above a round's posts; raises RefusedError if it was deleted."""
        async with self._connection.calling():
            await partial(self.client, message).edit(**head_message(lines, delivery_id))

    async def delete(self, message: MessageRef) -> None:
        """Delete a post; a post that is deleted already is no error."""
        async with self._connection.calling():
            try:
                await partial(self.client, message).delete()
            except discord.NotFound as error:
                if error.code != UNKNOWN_MESSAGE:
                    raise

    async def announce(
        self, channel: ChannelRef, text: Line, choices: Sequence[Choice] = ()
    ) -> None:
        """Send one line to the channel; nobody is pinged, and links have no preview."""
        buttons = choice_view(choices)
        below: dict[str, Any] = {"view": buttons} if buttons else {}
        async with self._sending_to(channel):
            if self._forums.known(channel) is not None:
                raise no_room(channel)
            await place_of(self.client, channel).send(**text_message(text), **below)

    async def thread(
        self, message: MessageRef, lines: Sequence[Line], *, delivery_id: str | None = None
    ) -> None:
        """Send lines into the thread of a post; the thread is opened where there is none yet.

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
        """Open the thread of a head; a head that can have none is deleted, and RefusedError raised.

        Any other failure is left to the first post in the thread: the head was sent, and must not
        be sent again.
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
            sent = await thread.send(**made, nonce=events.nonce(delivery_id))
        except discord.HTTPException as error:
            raise refused(error) from error
        return MessageRef(under.channel, below(thread.id, sent.id))

    async def _send(
        self, channel: ChannelRef, card: Card, delivery_id: str, looks: Looks
    ) -> MessageRef:
        made, nonce = card_message(card, delivery_id, looks), events.nonce(delivery_id)
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
