"""Channels come and go: deliveries stop and resume with them, and a person who can act hears it."""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.cards.richtext import Line, bold, line, slash
from bot.ports import ChannelChange, ChannelEvent
from bot.rounds.admin_notices import AdminNotices
from bot.rounds.picking.example_watches import example_watches
from storage import candidates, channels, watches
from storage.channels import ChannelDefaults
from storage.database import Database
from storage.models import Channel

_REASONS = {
    ChannelChange.LEFT: "the bot was removed from the channel; invite it again to resume",
    ChannelChange.ARCHIVED: "the channel was archived or deleted",
}

log = structlog.get_logger(__name__)


class ChannelLifecycle:
    """Keeps what storage knows of channels true; `defaults` are what a new channel starts with."""

    def __init__(
        self,
        database: Database,
        notices: AdminNotices,
        *,
        defaults: ChannelDefaults,
        window: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._notices = notices
        self._defaults = defaults
        self._window = window
        self._now = now

    async def changed(self, event: ChannelEvent) -> None:
        """Follow one change; a repeated event changes nothing."""
        match event.change:
            case ChannelChange.JOINED:
                await self._join(event)
            case ChannelChange.RENAMED | ChannelChange.MOVED:
                await self._rename(event)
            case ChannelChange.RESTORED:
                await self._restore(event)
            case ChannelChange.LEFT | ChannelChange.ARCHIVED:
                await self._leave(event)

    async def workspace_gone(self, platform: str, workspace: str) -> None:
        """Stop deliveries to all channels of a workspace; there is nobody left there to tell."""
        async with self._database.write() as session:
            for channel in await channels.list_workspace(session, platform, workspace):
                await channels.lose(session, channel.id or 0, "the app was removed from it")
        log.warning("workspace.gone", platform=platform, workspace=workspace)

    async def _join(self, event: ChannelEvent) -> None:
        async with self._database.write() as session:
            channel = await channels.add(session, str(event.channel), self._defaults, self._now())
            channel.name = event.name or channel.name
            session.add(channel)
            await session.flush()
            revived = await channels.revive(session, channel.id or 0)
            greets = await channels.claim_greeting(session, channel.id or 0)
            watching = len(await watches.list_channel(session, channel.id or 0))
        if greets:
            await self._greet(channel, watching)
        elif revived:
            await self._notices.say(channel.address, _back(channel, watching))

    async def _greet(self, channel: Channel, watching: int) -> None:
        """Introduce the bot, with watches that would find something of late."""
        async with self._database.read() as session:
            since = self._now() - self._window
            recent = await candidates.readable(session, channel.id or 0, since)
        examples = example_watches(paper.title for paper in recent)
        await self._notices.say(channel.address, greeting(examples, watching))

    async def _rename(self, event: ChannelEvent) -> None:
        async with self._database.write() as session:
            channel = await channels.find(session, str(event.channel))
            if channel is None:
                return
            channel.name = event.name or channel.name
            session.add(channel)
            if event.moved_to is not None:
                await channels.move(session, channel, str(event.moved_to))

    async def _restore(self, event: ChannelEvent) -> None:
        async with self._database.write() as session:
            channel = await channels.find(session, str(event.channel))
            if channel is not None:
                await channels.revive(session, channel.id or 0)

    async def _leave(self, event: ChannelEvent) -> None:
        async with self._database.read() as session:
            channel = await channels.find(session, str(event.channel))
        if channel is not None:
            reason = str(event.lost) if event.lost else _REASONS[event.change]
            await lose(self._database, self._notices, channel, reason)


async def lose(database: Database, notices: AdminNotices, channel: Channel, reason: str) -> None:
    """Stop deliveries to a channel and say so, once however often and wherever it is noticed."""
    async with database.write() as session:
        lost_now = await channels.lose(session, channel.id or 0, reason)
    if lost_now:
        await notices.channel_lost(channel, reason)


def greeting(examples: tuple[str, ...], watching: int = 0) -> Line:
    """What the bot says when it comes to a channel for the first time.

    One question where nothing is watched yet, else when papers come and how votes count.
    """
    if watching:
        count = f"{watching} watch{'' if watching == 1 else 'es'}"
        return line(
            bold("Paperround"),
            f" is here, with {count} set up already. ",
            slash("now"),
            " brings the first papers. ",
            _ON_VOTES,
        )
    ways = [part for text in examples for part in (slash(f"watch {text}"), ", ")]
    return line(
        bold("What does this channel read?"),
        " Paperround brings the day's papers on it. For example: ",
        *ways,
        "or your own topic in these words. ",
        _ON_VOTES,
    )


_ON_VOTES = "Votes with 👍 and 👎 shift what comes next."


def _back(channel: Channel, watching: int) -> Line:
    count = f"{watching} watch{'' if watching == 1 else 'es'}"
    return line("Back again: ", bold(count), f" here, papers {channel.schedule}.")
