"""A channel on a real database, with a person who types."""

from dataclasses import dataclass, field
from datetime import datetime

import pytest

from bot.cards.richtext import plain
from bot.commands.context import Context
from bot.commands.dispatch import Commands
from bot.ports import ChannelRef, Command, MessageRef, Person, Reply
from storage import channels, watches
from storage.database import Database
from storage.models import Channel, Paper
from tests import make
from tests.commands.rounds import FakeRounds

ADDRESS = "local:general"


@dataclass
class Chat:
    """Types into a channel and reads what comes back."""

    database: Database
    rounds: FakeRounds
    now: datetime
    commands: Commands = field(init=False)

    def __post_init__(self) -> None:
        self.commands = Commands(Context(self.database, lambda: self.now, self.rounds))

    async def reply(
        self,
        text: str,
        *,
        by: str = "Ana",
        may_change: bool = True,
        at: str = ADDRESS,
        links_to: tuple[MessageRef, ...] = (),
    ) -> Reply:
        person = Person(by.lower(), by)
        place = ChannelRef.parse(at)
        return await self.commands.handle(
            Command(place, person, text, may_change=may_change, links_to=links_to)
        )

    async def say(self, text: str, *, by: str = "Ana", at: str = ADDRESS) -> str:
        """The private answer as plain text."""
        return "\n".join(plain(line) for line in (await self.reply(text, by=by, at=at)).lines)

    async def announce(self, text: str, *, by: str = "Ana") -> str | None:
        """What the channel reads, as plain text."""
        announcement = (await self.reply(text, by=by)).announcement
        return None if announcement is None else plain(announcement)

    async def complete(self, typed: str) -> list[str]:
        return list(await self.commands.complete(ChannelRef.parse(ADDRESS), typed))

    async def channel(self, at: str = ADDRESS) -> Channel:
        async with self.database.read() as session:
            found = await channels.find(session, at)
        assert found is not None
        return found

    async def watched(self) -> list[str]:
        channel = await self.channel()
        async with self.database.read() as session:
            return [each.text for each in await watches.list_channel(session, channel.id or 0)]

    async def recent(self, *titles: str) -> list[Paper]:
        """Store papers, which previews and searches then find."""
        async with self.database.write() as session:
            stored = [await make.paper(session, title, at=self.now) for title in titles]
        self.rounds.papers.extend(stored)
        return stored


@pytest.fixture
def chat(database: Database, noon: datetime) -> Chat:
    return Chat(database, FakeRounds(database), noon)
