"""Servers and their channels come and go; the inbox hears of it as changes of channels."""

import asyncio
import contextlib
from collections.abc import Collection, Sequence

import discord
import structlog

from bot.cards.richtext import line, link
from bot.errors import ChannelGoneError, Obstacle
from bot.platforms.discord import events
from bot.platforms.discord.auth import Place, can_be_greeted, obstacle
from bot.platforms.discord.cards import text_message
from bot.platforms.discord.records import KnownChannel, Records
from bot.ports import ChannelChange, ChannelEvent, ChannelRef, Inbox

_DELETED = "the {kind} was deleted"
_NO_COMMANDS = "But this server gave it no leave for commands: please let whoever manages it "
_ONCE = " once more."

log = structlog.get_logger(__name__)


class Guilds:
    """Follows the servers that the bot is in.

    What happened while nobody listened is found by comparing, so every method may be called
    again: the inbox acts once on what it knows already. One event is followed after the other,
    so that the last word on a channel is the latest.
    """

    def __init__(
        self, client: discord.Client, inbox: Inbox, records: Records, invitation: str
    ) -> None:
        self._client = client
        self._invitation = invitation
        self._inbox = inbox
        self._records = records
        self._turn = asyncio.Lock()

    async def joined(self, guild: discord.Guild) -> None:
        """Greet where the bot may speak, and resume what the server's channels had."""
        async with self._turn:
            await self._join(guild)

    async def left(self, guild: discord.Guild) -> None:
        """Stop deliveries to a server that removed the bot."""
        async with self._turn:
            await self._inbox.workspace_gone(events.NAME, str(guild.id))

    async def place_changed(self, place: Place) -> None:
        """Follow a channel's or thread's name and whether the bot may post there."""
        ref = _ref(place)
        async with self._turn:
            known = [each for each in await self._records.channels() if each.ref == ref]
            if known:
                renamed = ChannelEvent(ref, ChannelChange.RENAMED, name=place.name)
                await self._inbox.channel_changed(renamed)
                await self._judge(known[0], place)

    async def channel_deleted(self, guild_id: int, channel_id: int) -> None:
        """Stop deliveries to a channel that is no more."""
        async with self._turn:
            ref = events.channel_ref(guild_id, channel_id, 0)
            await self._lose(ref, _DELETED.format(kind="channel"), Obstacle.DELETED)

    async def thread_deleted(self, guild_id: int, parent_id: int, thread_id: int) -> None:
        """Stop deliveries to a thread that is no more, and note the posts that stood in it."""
        above = events.channel_ref(guild_id, parent_id, 0)
        async with self._turn:
            ref = events.channel_ref(guild_id, thread_id, 0)
            await self._lose(ref, _DELETED.format(kind="thread"), Obstacle.DELETED)
            for message in await self._records.posts_below(above, thread_id):
                await self._inbox.message_gone(message)

    async def permissions_changed(self, guild: discord.Guild) -> None:
        """Look again at every channel of a server whose roles changed."""
        async with self._turn:
            await self._recheck(guild, await self._known(guild))

    async def compare(self, guilds: Sequence[discord.Guild], gone: Collection[str]) -> None:
        """Catch up with servers after a connection; `gone` are those without the bot now."""
        async with self._turn:
            known = await self._records.channels()
            for workspace in gone:
                await self._inbox.workspace_gone(events.NAME, workspace)
            for guild in guilds:
                theirs = [each for each in known if each.ref.workspace == str(guild.id)]
                await (self._recheck(guild, theirs) if theirs else self._join(guild))

    async def workspaces(self) -> set[str]:
        """Every server that has a channel kept here; direct messages are not servers."""
        kept = await self._records.channels()
        return {each.ref.workspace for each in kept if not each.ref.workspace.startswith("@")}

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
        """Say so where the invitation gave the bot no leave to offer commands."""
        application = self._client.application_id or 0
        try:
            await self._client.http.get_guild_commands(application, guild.id)
        except discord.Forbidden:
            log.warning("guild.without_commands", guild=guild.id)
            told = line(_NO_COMMANDS, link("open the invitation", self._invitation), _ONCE)
            with contextlib.suppress(discord.HTTPException):
                await place.send(**text_message(told))
        except discord.HTTPException as error:
            log.info("guild.commands_unread", guild=guild.id, reason=str(error))

    async def _known(self, guild: discord.Guild) -> list[KnownChannel]:
        kept = await self._records.channels()
        return [each for each in kept if each.ref.workspace == str(guild.id)]

    async def _recheck(self, guild: discord.Guild, known: Collection[KnownChannel]) -> None:
        for each in known:
            place = await self._find(guild, int(each.ref.channel), ask=each.active)
            if place is not None:
                await self._judge(each, place)

    async def _find(self, guild: discord.Guild, place_id: int, *, ask: bool) -> Place | None:
        """The channel or thread; one that is not in memory is asked for, if `ask`.

        A thread that went to sleep is not in memory, and is not gone.
        """
        place = guild.get_channel_or_thread(place_id)
        if place is not None or not ask:
            return place
        try:
            found = await guild.fetch_channel(place_id)
        except discord.NotFound:
            ref = events.channel_ref(guild.id, place_id, 0)
            await self._lose(ref, _DELETED.format(kind="channel"), Obstacle.DELETED)
        except discord.Forbidden:
            ref = events.channel_ref(guild.id, place_id, 0)
            await self._lose(ref, "the bot may not see it; give it View Channel to resume")
        except discord.HTTPException as error:
            log.info("channel.unread", channel=place_id, reason=str(error))
        else:
            return found
        return None

    async def _judge(self, known: KnownChannel, place: Place) -> None:
        reason = obstacle(place)
        if reason is not None and known.active:
            await self._lose(known.ref, reason)
        elif reason is None and not known.active:
            event = ChannelEvent(known.ref, ChannelChange.RESTORED, name=place.name)
            await self._inbox.channel_changed(event)

    async def _lose(
        self, ref: ChannelRef, reason: str, obstacle: Obstacle = Obstacle.NO_PERMISSION
    ) -> None:
        lost = ChannelGoneError(reason, obstacle=obstacle)
        await self._inbox.channel_changed(ChannelEvent(ref, ChannelChange.LEFT, lost=lost))


def _ref(place: Place) -> ChannelRef:
    return events.channel_ref(place.guild.id, place.id, 0)
