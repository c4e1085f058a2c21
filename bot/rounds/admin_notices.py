"""One line to a person who can act: a source broke or healed, a channel was lost."""

import asyncio
from collections.abc import Mapping

import structlog

from bot.cards.richtext import Line, bold, line
from bot.errors import PlatformError
from bot.ports import ChannelRef, ChatPlatform
from bot.rounds.polling import Polled
from storage import channels
from storage.database import Database
from storage.models import Channel

SAY_SECONDS = 30.0
"""How long a platform may take over a notice, which nothing waits for longer."""

log = structlog.get_logger(__name__)


class AdminNotices:
    """Tells the admin channels; a notice that cannot be delivered is only logged."""

    def __init__(self, database: Database, platforms: Mapping[str, ChatPlatform]) -> None:
        self._database = database
        self._platforms = platforms

    async def source_turned(self, polled: Polled) -> None:
        """Say that a source broke or healed, to those workspaces alone that read it."""
        if polled.turned == "broke":
            reason = polled.reason or "no reason given"
            text = line("Source ", bold(polled.name), f" stopped answering: {reason}")
        elif polled.turned == "healed":
            text = line("Source ", bold(polled.name), " answers again.")
        else:
            return
        await self._tell(polled.source_id, text)

    async def empty_day(self, address: str) -> None:
        """Say that a channel's slot had nothing, where the channel asked for that line."""
        await self.say(address, line("No new paper matched your watches today."))

    async def channel_stuck(self, channel: Channel, reason: str) -> None:
        """Say in the workspace's admin channel, or else there, that no picks can be made."""
        async with self._database.read() as session:
            admin = await channels.admin_of(session, channel)
        text = line("No papers can be picked for ", bold(channel.name), f" just now ({reason}). ")
        advice = "It is tried again by itself; the log of the bot says more."
        await self.say((admin or channel).address, line(*text, advice))

    async def channel_lost(self, channel: Channel, reason: str) -> None:
        """Say in the workspace's admin channel that another channel gets no more papers."""
        log.warning("channel.lost", channel=channel.address, reason=reason)
        async with self._database.read() as session:
            admin = await channels.admin_of(session, channel)
        if admin is not None and admin.id != channel.id:
            lost = line("No more papers reach ", bold(channel.name), f": {reason}")
            await self.say(admin.address, lost)

    async def _tell(self, source_id: int, text: Line) -> None:
        async with self._database.read() as session:
            addresses = await channels.list_admin(session, source_id)
        for address in addresses:
            await self.say(address, text)

    async def say(self, address: str, text: Line) -> None:
        """Say one line in a channel; where that fails, only the log has it."""
        ref = ChannelRef.parse(address)
        platform = self._platforms.get(ref.platform)
        if platform is None:
            return
        try:
            async with asyncio.timeout(SAY_SECONDS):
                await platform.announce(ref, text)
        except (PlatformError, TimeoutError) as error:
            log.warning("notice.lost", channel=address, reason=str(error))
