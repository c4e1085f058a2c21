"""Whether a channel takes posts: it is lost when its platform says so, and back when it takes one.

A lost channel gets no picks. Those that were made are freed, and a round brings their papers once
the channel is back. That the bot is started again, or that a platform lists the channel, is no
return yet: the channel has to take a line first.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import structlog

from bot.cards.richtext import Line, bold, line
from bot.errors import ChannelGoneError, PlatformError
from bot.ports import ChannelRef, ChatPlatform
from bot.rounds.admin_notices import AdminNotices, Greeting
from bot.rounds.scheduling.schedule import Slot
from storage import channels, posts, watches
from storage.database import Database
from storage.models import Channel, ChannelState

CHECK_SECONDS = 5.0
"""How long a platform may take to say whether a channel takes posts; a person waits for that."""

StartRound = Callable[[Slot], Awaitable[object]]
"""What begins a round at once."""

log = structlog.get_logger(__name__)


class Reachability:
    """Keeps what storage knows of channels' obstacles true."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, ChatPlatform],
        notices: AdminNotices,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._notices = notices
        self._now = now
        self._returning: set[int] = set()

    async def lose(
        self,
        channel: Channel,
        error: ChannelGoneError,
        *,
        public: bool | None = None,
        quietly: bool = False,
    ) -> None:
        """Stop deliveries to a channel and free its picks.

        A person who can act hears it once, however often and wherever it is noticed; nobody does
        if `quietly`, as when whoever asked is told. `public` is the platform's word on the channel,
        where it gave one.
        """
        channel_id = channel.id or 0
        async with self._database.write() as session:
            lost_now = await channels.lose(
                session, channel_id, str(error), obstacle=error.obstacle, until=error.until
            )
            freed = await posts.free(session, channel_id)
            if freed:
                await channels.owe_round(session, channel_id, self._now())
        if freed:
            log.info("picks.freed", channel=channel.address, posts=freed)
        if lost_now and not quietly:
            await self._notices.channel_lost(channel, str(error), public=public)

    async def come_back(self, channel: Channel, greeting: Greeting | None = None) -> Slot | None:
        """Resume deliveries to a lost channel once it takes a line, the greeting or one of our own.

        Returns the round that it is owed for picks that were freed, if any: it is due now. A
        channel that refuses the line stays lost, for the reason that it gives now.
        """
        channel_id = channel.id or 0
        if channel_id in self._returning:
            return None
        self._returning.add(channel_id)
        try:
            return await self._come_back(channel, greeting)
        finally:
            self._returning.discard(channel_id)

    async def look(self, channel: Channel) -> Channel:
        """The channel as its platform says that it is now, which is asked and noted.

        One that the bot was seen to join is asked for only while it is lost.
        """
        ref = ChannelRef.parse(channel.address)
        platform = self._platforms.get(ref.platform)
        if platform is None or (channel.state is ChannelState.ACTIVE and channel.greeted):
            return channel
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await platform.check(ref)
        except ChannelGoneError as error:
            await self.lose(channel, error, quietly=True)
        except (PlatformError, TimeoutError) as error:
            # Who cannot be asked says nothing of the channel.
            log.info("channel.unchecked", channel=channel.address, reason=str(error))
        else:
            if channel.state is ChannelState.GONE:
                await self.come_back(channel)
        async with self._database.read() as session:
            return await channels.get(session, channel.id or 0)

    async def end_over(self) -> list[Slot]:
        """Try the channels whose obstacle has ended by itself; returns the rounds owed to them."""
        async with self._database.read() as session:
            over = await channels.list_over(session, self._now())
        owed = [await self.come_back(each) for each in over]
        return [each for each in owed if each is not None]

    async def _come_back(self, channel: Channel, greeting: Greeting | None) -> Slot | None:
        channel_id = channel.id or 0
        async with self._database.read() as session:
            if (await channels.get(session, channel_id)).state is ChannelState.ACTIVE:
                return None
            watching = len(await watches.list_channel(session, channel_id))
        said = greeting or Greeting(_back(channel, watching))
        try:
            await self._notices.send(channel.address, said.text, said.choices)
        except ChannelGoneError as error:
            await self.lose(channel, error, quietly=True)
            return None
        except (PlatformError, TimeoutError) as error:
            # It says nothing of the channel, whose platform says that it is back.
            log.warning("notice.lost", channel=channel.address, reason=str(error))
        now = self._now()
        async with self._database.write() as session:
            revived = await channels.revive(session, channel_id, now)
            await posts.hasten(session, channel_id, now)
            due_at = (await channels.get(session, channel_id)).due_at
        log.info("channel.back", channel=channel.address)
        return Slot(channel_id, due_at) if revived and due_at is not None else None


def _back(channel: Channel, watching: int) -> Line:
    count = f"{watching} watch{'' if watching == 1 else 'es'}"
    return line("Back again: ", bold(count), f" here, papers {channel.schedule}.")
