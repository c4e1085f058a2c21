"""Who asked, where and when: what every answer to a command starts from."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.chat import MessageRef, Person, Reply
from bot.commands.arguments import T
from bot.commands.context import Context, RoundDesk
from bot.rounds.schedule import Schedule, parse_schedule, zone_of
from storage import channels
from storage.database import Database
from storage.models import Channel


@dataclass(frozen=True, slots=True)
class Scene:
    """A person's command in a channel, at a moment (UTC); `channel` is as it was before it.

    `links_to` are the messages that the command links to, likeliest first.
    """

    context: Context
    channel: Channel
    person: Person
    now: datetime
    links_to: Sequence[MessageRef] = ()

    @property
    def channel_id(self) -> int:
        """The channel's id in storage."""
        assert self.channel.id is not None
        return self.channel.id

    @property
    def database(self) -> Database:
        """Where everything is kept."""
        return self.context.database

    @property
    def rounds(self) -> RoundDesk:
        """Who previews, judges, searches and posts."""
        return self.context.rounds

    @property
    def who(self) -> str:
        """The person's name as the channel is to read it."""
        return self.person.name or self.person.id

    @property
    def schedule(self) -> Schedule:
        """When the channel's papers come."""
        return parse_schedule(self.channel.schedule)

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the channel reads the clock."""
        return zone_of(self.schedule)

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[Channel]:
        """The channel's row as it is now; what is set on it is kept when the block ends."""
        async with self.database.write() as session:
            channel = await channels.get(session, self.channel_id)
            yield channel
            session.add(channel)


Answer = Callable[[Scene, T], Awaitable[Reply]]
"""What a verb does: given the scene and the value of its argument, it answers."""
