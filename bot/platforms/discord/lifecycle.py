"""Reports servers and channels that come, go or change their permissions to the inbox."""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Sequence
from datetime import datetime

import discord
import structlog

from bot.cards.richtext import Line, line, link
from bot.errors import ChannelGoneError, Obstacle
from bot.platforms.discord import events
from bot.platforms.discord.auth import Place, can_be_greeted, obstacle
from bot.platforms.discord.cards import text_message, text_messages
from bot.platforms.discord.errors import FAILURES, lost_place
from bot.platforms.discord.records import KnownChannel, Records
from bot.ports import ChannelChange, ChannelEvent, ChannelRef, Inbox

_NO_COMMANDS = "But this server gave it no leave for commands: please let whoever manages it "
_ONCE = " once more."
_SILENT = (
    "Paperround is in your server {guild} now, but may not write in any channel there. Give it "
    "View Channel and Send Messages in one, then type /papers watch there."
)
_AFTER_TIME_OUT = 1.0
"""Seconds after a time-out, for clocks that differ a little."""

log = structlog.get_logger(__name__)


class Guilds:
    """Follows the servers that the bot is in.

    Every method may be called again: the inbox ignores what it knows already. Events of one server
    are handled in order, events of different servers at the same time. `now` is the time (UTC).
    """

    def __init__(
        self,
        client: discord.Client,
        inbox: Inbox,
        records: Records,
        invitation: str,
        now: Callable[[], datetime],
    ) -> None:
        self._client = client
        self._invitation = invitation
        self._inbox = inbox
        self._records = records
        self._now = now
        self._turns: dict[int, asyncio.Lock] = {}
        self._time_outs: dict[int, asyncio.Task[None]] = {}

    async def joined(self, guild: discord.Guild) -> None:
        """Greet where the bot may speak, and resume what the server's channels had.

        Where it may speak nowhere, the server's owner is told.
        """
        async with self._turn(guild.id):
            await self._join(guild)
        if can_be_greeted(guild) is None:
            await tell_owner(self._client, guild, line(_SILENT.format(guild=guild.name)))

    async def left(self, guild: discord.Guild) -> None:
        """Stop deliveries to a server that removed the bot."""
        async with self._turn(guild.id):
            await self._inbox.workspace_gone(events.NAME, str(guild.id))

    async def place_changed(self, place: Place) -> None:
        """Report a channel's or thread's new name, and whether the bot may post there."""
        async with self._turn(place.guild.id):
            known = await self._records.channel(_ref(place))
            if known is None:
                return
            if known.name != place.name:
                renamed = ChannelEvent(known.ref, ChannelChange.RENAMED, name=place.name)
                await self._inbox.channel_changed(renamed)
            await self._judge(known, place)

    async def channel_deleted(self, guild_id: int, channel_id: int) -> None:
        """Report a deleted channel."""
        async with self._turn(guild_id):
            ref = events.channel_ref(guild_id, channel_id, 0)
            await self._lose(ref, _deleted("channel"))

    async def thread_deleted(self, guild_id: int, parent_id: int, thread_id: int) -> None:
        """Report a deleted thread, and the posts that were in it."""
        above = events.channel_ref(guild_id, parent_id, 0)
        async with self._turn(guild_id):
            ref = events.channel_ref(guild_id, thread_id, 0)
            await self._lose(ref, _deleted("thread"))
            for message in await self._records.posts_below(above, thread_id):
                await self._inbox.message_gone(message)

    async def permissions_changed(self, guild: discord.Guild) -> None:
        """Check every known channel of a server again, after a role or the bot itself changed."""
        async with self._turn(guild.id):
            await self._recheck(guild, await self._known(guild))

    async def compare(self, guilds: Sequence[discord.Guild], gone: Collection[str]) -> None:
        """Check all channels of servers after a connection; `gone` are servers without the bot."""
        for workspace in gone:
            async with self._turn(int(workspace)):
                await self._inbox.workspace_gone(events.NAME, workspace)
        known = await self._records.channels([str(guild.id) for guild in guilds])
        for guild in guilds:
            async with self._turn(guild.id):
                theirs = known.get(str(guild.id), ())
                await (self._recheck(guild, theirs) if theirs else self._join(guild))

    async def workspaces(self) -> set[str]:
        """The ids of servers with a known channel; direct messages are left out."""
        return {each for each in await self._records.channels() if not each.startswith("@")}

    async def conversations(self) -> set[str]:
        """The workspaces of direct messages with a known channel, as `@USER`."""
        return {each for each in await self._records.channels() if each.startswith("@")}

    async def stop(self) -> None:
        """Cancel the waits for time-outs; the next start checks again."""
        for task in self._time_outs.values():
            task.cancel()
        await asyncio.gather(*self._time_outs.values(), return_exceptions=True)

    def _turn(self, guild_id: int) -> asyncio.Lock:
        return self._turns.setdefault(guild_id, asyncio.Lock())

    async def _join(self, guild: discord.Guild) -> None:
        place = can_be_greeted(guild)
        if place is None:
            log.warning("guild.silent", guild=guild.id, reason="the bot may speak nowhere there")
        else:
            event = ChannelEvent(_ref(place), ChannelChange.JOINED, name=place.name)
            await self._inbox.channel_changed(event)
            await self._miss_commands(guild, place)
        await self._recheck(guild, await self._known(guild))

    async def _miss_commands(self, guild: discord.Guild, place: discord.TextChannel) -> None:
        """Say so in the channel where the invitation did not let the bot offer commands."""
        application = self._client.application_id or 0
        try:
            await self._client.http.get_guild_commands(application, guild.id)
        except FAILURES as error:
            if lost_place(error) is None:
                log.info("guild.commands_unread", guild=guild.id, reason=str(error))
                return
            log.warning("guild.without_commands", guild=guild.id)
            told = line(_NO_COMMANDS, link("open the invitation", self._invitation), _ONCE)
            with contextlib.suppress(*FAILURES):
                await place.send(**text_message(told))

    async def _known(self, guild: discord.Guild) -> Sequence[KnownChannel]:
        workspace = str(guild.id)
        return (await self._records.channels([workspace])).get(workspace, ())

    async def _recheck(self, guild: discord.Guild, known: Collection[KnownChannel]) -> None:
        for each in known:
            place = await self._find(guild, int(each.ref.channel), ask=each.active)
            if place is not None:
                await self._judge(each, place)

    async def _find(self, guild: discord.Guild, place_id: int, *, ask: bool) -> Place | None:
        """The channel or thread; with `ask`, one that discord.py does not hold is fetched.

        A sleeping thread is not held, and still exists.
        """
        place = guild.get_channel_or_thread(place_id)
        if place is not None or not ask:
            return place
        ref = events.channel_ref(guild.id, place_id, 0)
        try:
            return await guild.fetch_channel(place_id)
        except FAILURES as error:
            lost = lost_place(error)
            if lost is not None:
                await self._lose(ref, lost)
            else:
                log.info("channel.unread", channel=place_id, reason=str(error))
        return None

    async def _judge(self, known: KnownChannel, place: Place) -> None:
        lost = obstacle(place)
        if lost is not None and known.active:
            await self._lose(known.ref, lost)
        elif lost is None and not known.active:
            event = ChannelEvent(known.ref, ChannelChange.RESTORED, name=place.name)
            await self._inbox.channel_changed(event)
        if lost is not None and lost.until is not None:
            self._look_again(place.guild, lost.until)

    def _look_again(self, guild: discord.Guild, until: datetime) -> None:
        """Check a server when the bot's time-out there ends: Discord sends no event for that."""
        before = self._time_outs.get(guild.id)
        if before is not None and before is not asyncio.current_task():
            before.cancel()

        async def wait() -> None:
            left = (until - self._now()).total_seconds()
            await asyncio.sleep(max(0.0, left) + _AFTER_TIME_OUT)
            heard = self._client.get_guild(guild.id)
            if heard is not None:
                await self.permissions_changed(heard)

        self._time_outs[guild.id] = asyncio.create_task(wait(), name="discord time-out")

    async def _lose(self, ref: ChannelRef, lost: ChannelGoneError) -> None:
        await self._inbox.channel_changed(ChannelEvent(ref, ChannelChange.LEFT, lost=lost))


async def tell_owner(client: discord.Client, guild: discord.Guild, text: Line) -> bool:
    """Send a line to a server's owner by direct message; False where that fails."""
    return guild.owner_id is not None and await tell_directly(client, guild.owner_id, [text])


async def tell_directly(client: discord.Client, person: int, lines: Sequence[Line]) -> bool:
    """Send lines to a person by direct message; False where that fails."""
    try:
        theirs = await client.create_dm(discord.Object(person))
        for each in text_messages(lines):
            await theirs.send(**each)
    except FAILURES as error:
        log.info("person.not_told", reason=str(error))
        return False
    return True


def _deleted(kind: str) -> ChannelGoneError:
    return ChannelGoneError(f"the {kind} was deleted", obstacle=Obstacle.DELETED)


def _ref(place: Place) -> ChannelRef:
    return events.channel_ref(place.guild.id, place.id, 0)
