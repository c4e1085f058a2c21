"""One line to a person who can act: a source broke or healed, a channel was lost.

Nothing about a private channel is said outside it, but to whoever installed the bot, in private.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from bot.cards.digest import trouble_line
from bot.cards.richtext import Line, bold, italic, line
from bot.errors import PlatformError
from bot.ports import ChannelRef, ChatPlatform, Choice
from bot.rounds.polling import Polled
from bot.rounds.scheduling.schedule import parse_schedule, zone_of
from bot.text import moment
from storage import channels, sources
from storage.database import Database
from storage.models import Channel
from storage.sources import Trouble

SAY_SECONDS = 30.0
"""How long a platform may take over a notice, which nothing waits for longer."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Greeting:
    """What the bot says when it comes to a channel, with buttons for the first step."""

    text: Line
    choices: tuple[Choice, ...] = ()


class AdminNotices:
    """Tells the admin channels; a notice that cannot be delivered is only logged."""

    def __init__(self, database: Database, platforms: Mapping[str, ChatPlatform]) -> None:
        self._database = database
        self._platforms = platforms

    async def source_turned(self, polled: Polled) -> None:
        """Say that a source broke or healed, to those workspaces alone that read it.

        What only private channels of a workspace read, they hear themselves.
        """
        if polled.turned == "broke":
            reason = polled.reason or "no reason given"
            text = line("Source ", bold(polled.name), f" stopped answering: {reason}")
        elif polled.turned == "healed":
            text = line("Source ", bold(polled.name), " answers again.")
        else:
            return
        for address in await self._concerned(polled.source_id):
            await self.say(address, text)

    async def sources_broken(self, channel: Channel, trouble: Trouble, now: datetime) -> None:
        """Say in a channel, once on its local day, that sources it reads cannot be read."""
        zone = zone_of(parse_schedule(channel.schedule))
        async with self._database.write() as session:
            # Noted before it is said: better untold after a crash than told twice.
            day = now.astimezone(zone).date()
            if not await channels.claim_trouble(session, channel.id or 0, day):
                return
        since = moment(trouble.since, zone) if trouble.since else ""
        await self.say(channel.address, trouble_line(trouble.broken, trouble.read, since))

    async def empty_day(self, address: str, why: str) -> None:
        """Say that a channel's day has brought nothing, and why, as a sentence."""
        await self.say(address, line(f"No papers so far today. {why}"))

    async def channel_stuck(self, channel: Channel, reason: str) -> None:
        """Say in the workspace's admin channel, or else there, that no picks can be made."""
        text = line("No papers can be picked for ", bold(channel.name), f" just now ({reason}). ")
        advice = "It is tried again by itself; the log of the bot says more."
        await self._tell_of(channel, line(*text, advice))

    async def paper_refused(self, channel: Channel, title: str, reason: str) -> None:
        """Say in the workspace's admin channel, or else there, that a paper cannot be posted."""
        text = line("A paper could not be posted in ", bold(channel.name), ": ", italic(title))
        await self._tell_of(channel, line(*text, f". {reason}"))

    async def channel_lost(
        self, channel: Channel, reason: str, *, public: bool | None = None
    ) -> None:
        """Say that a channel gets no more papers: in the workspace's admin channel, or in private.

        `public` is the platform's word on the channel; it is asked where that is None.
        """
        log.warning("channel.lost", channel=channel.address, reason=reason)
        lost = line("No more papers reach ", bold(channel.name), f": {reason}")
        admin = await self._admin_of(channel)
        if admin is not None and admin.id == channel.id:
            admin = None
        if admin is not None and (await self.is_public(channel) if public is None else public):
            await self.say(admin.address, lost)
            return
        ref = ChannelRef.parse(channel.address)
        platform = self._platforms.get(ref.platform)
        if platform is not None:
            await platform.tell_installer(ref.workspace, lost)

    async def say(self, address: str, text: Line, choices: Sequence[Choice] = ()) -> bool:
        """Say one line in a channel; False where that fails, and then only the log has it."""
        try:
            await self.send(address, text, choices)
        except (PlatformError, TimeoutError) as error:
            log.warning("notice.lost", channel=address, reason=str(error))
            return False
        return True

    async def send(self, address: str, text: Line, choices: Sequence[Choice] = ()) -> None:
        """Say one line in a channel; raises PlatformError or TimeoutError where that fails."""
        ref = ChannelRef.parse(address)
        platform = self._platforms.get(ref.platform)
        if platform is not None:
            async with asyncio.timeout(SAY_SECONDS):
                await platform.announce(ref, text, choices)

    async def is_public(self, channel: Channel) -> bool:
        """Whether everybody in the channel's workspace may know of it, as its platform says now."""
        ref = ChannelRef.parse(channel.address)
        platform = self._platforms.get(ref.platform)
        return platform is not None and await platform.is_public(ref)

    async def _tell_of(self, channel: Channel, text: Line) -> None:
        """Say something about a channel to its admin channel, or there if it is not public.

        What filters posts there may hold this back too: then whoever installed the bot hears it.
        """
        admin = await self._admin_of(channel)
        outside = admin is not None and admin.id != channel.id
        tells_admin = admin is not None and outside and await self.is_public(channel)
        where = admin.address if admin is not None and tells_admin else channel.address
        if not await self.say(where, text):
            ref = ChannelRef.parse(channel.address)
            platform = self._platforms.get(ref.platform)
            if platform is not None:
                await platform.tell_installer(ref.workspace, text)

    async def _concerned(self, source_id: int) -> Sequence[str]:
        """The addresses that hear of a source."""
        async with self._database.read() as session:
            source = await sources.get(session, source_id)
            if source is None or source.shared:
                return await channels.list_admin(session, source_id)
            readers = await channels.list_readers(session, source_id)
        return [address for theirs in readers.values() for address in await self._hearers(theirs)]

    async def _hearers(self, readers: Sequence[Channel]) -> Sequence[str]:
        """Who hears of a source that these channels of one workspace read."""
        admin = await self._admin_of(readers[0])
        if admin is None:
            return ()
        if any(each.id == admin.id for each in readers):
            return [admin.address]
        for each in readers:
            if await self.is_public(each):
                return [admin.address]
        return [each.address for each in readers]

    async def _admin_of(self, channel: Channel) -> Channel | None:
        async with self._database.read() as session:
            return await channels.admin_of(session, channel)
