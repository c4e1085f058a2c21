"""What a command is given: the database, the time, the rounds, who asked and where."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from bot.commands.arguments import T
from bot.ports import MessageRef, Person, Reply
from bot.rounds.scheduling.schedule import Schedule, parse_schedule, zone_of
from storage import channels
from storage.channels import ChannelDefaults
from storage.database import Database
from storage.models import Channel, Paper

if TYPE_CHECKING:
    # Much is behind these, and a question that rows alone answer needs none of it.
    from bot.cards.stats import Stats
    from bot.matching.query.expression import Expression
    from bot.matching.text.lexicon import Lexicon
    from bot.matching.types import Match
    from bot.rounds.picking.explain import RoundForecast
    from bot.rounds.picking.meaning_search import NearPaper
    from bot.rounds.picking.suggestions import Suggestion
    from bot.rounds.service import AtThreshold, Brought, Judgement, Preview
    from bot.rounds.webhooks.sending import Webhooks
    from bot.rounds.zotero.push import ZoteroPush
    from bot.sources.base import Entry


class RoundQueries(Protocol):
    """What commands ask of rounds; implemented by `bot.rounds.service`."""

    @property
    def lexicon(self) -> Lexicon:
        """The words this install knows."""
        ...

    async def preview(self, channel: Channel, expression: Expression | None) -> Preview:
        """What the expression (or the channel's own watches) finds in the last days' papers."""
        ...

    async def reach(self, channel: Channel) -> Channel:
        """The channel as its platform says that it is now: whether it can be posted to."""
        ...

    async def public_name(self, channel: Channel) -> str | None:
        """What a channel is called, or None where others of its workspace may not know of it."""
        ...

    async def forecast(self, channel: Channel) -> RoundForecast:
        """What the channel's next round has to work with."""
        ...

    async def at_thresholds(
        self, channel: Channel, thresholds: Sequence[int]
    ) -> Sequence[AtThreshold]:
        """What each threshold would let through of the papers that the channel reads now."""
        ...

    async def judge(self, channel: Channel, paper: Paper) -> Judgement:
        """Why a paper was, or was not, posted in a channel."""
        ...

    async def stats(self, channel: Channel) -> Stats:
        """What the votes of a channel come to."""
        ...

    async def search(
        self, channel: Channel, text: str, limit: int
    ) -> Sequence[tuple[Paper, Match]]:
        """Stored papers of the channel's sources that match a typed expression, best first."""
        ...

    async def search_near(
        self, channel: Channel, text: str, limit: int, *, without: Collection[int] = ()
    ) -> Sequence[NearPaper]:
        """Papers near to plain words in meaning; those of the ids `without` are left out."""
        ...

    async def similar(self, channel: Channel, paper: Paper, limit: int) -> Sequence[NearPaper]:
        """Papers near to one in meaning; raises CommandError where meaning does not work."""
        ...

    async def round_now(self, channel: Channel) -> Brought:
        """Run a round for one channel on the durable engine; returns what it picked, in order.

        Raises CommandError with the reason where the channel takes no posts.
        """
        ...

    async def fetch(self, arxiv_id: str) -> Entry:
        """Ask arXiv for one paper; raises SourceError."""
        ...

    async def submit(self, channel: Channel, entry: Entry, by: Person) -> Paper:
        """Store a paper that a person handed in and post it in the channel, once."""
        ...

    async def submit_known(self, channel: Channel, paper: Paper, by: Person) -> None:
        """Post a stored paper that a person chose; raises CommandError for one posted already."""
        ...

    async def teach(
        self, channel: Channel, entries: Sequence[Entry], known: Sequence[int], by: Person
    ) -> Sequence[int]:
        """Put a group's own papers into the channel's library; returns the ids of the new ones."""
        ...

    async def suggestions(self, channel: Channel) -> list[Suggestion]:
        """Better watches for a channel by its votes, what helps most first."""
        ...

    async def unteach(self, channel: Channel, paper_ids: Sequence[int]) -> None:
        """Take papers out of the channel's library, and forget what they taught."""
        ...

    async def delete(self, channel: Channel, paper: Paper) -> None:
        """Take a paper's post down; raises CommandError where none stands in the channel."""
        ...

    async def add_source(self, channel: Channel, kind: str, spec: str, name: str) -> str:
        """Read a new source for a channel after one trial poll; returns one line on what it holds.

        Raises SourceError when the trial poll is broken.
        """
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a command handler may touch; without `rounds`, rows alone.

    `pages` is the address at which others reach the local chat's pages and the feeds.
    `support` is where a person helps (an address of mail or the web), or "". Without `zotero`
    and `webhooks` the host keeps no keys of people's.
    """

    database: Database
    now: Callable[[], datetime]
    rounds: RoundQueries | None
    defaults: ChannelDefaults = field(default_factory=ChannelDefaults)
    pages: str = ""
    support: str = ""
    zotero: ZoteroPush | None = None
    webhooks: Webhooks | None = None


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
    def rounds(self) -> RoundQueries:
        """Who previews, judges, searches and posts."""
        assert self.context.rounds is not None
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

    async def reached(self) -> Scene:
        """The same, with the channel as its platform says that it is now."""
        return replace(self, channel=await self.rounds.reach(self.channel))

    @asynccontextmanager
    async def changing(self) -> AsyncIterator[Channel]:
        """The channel's row as it is now; what is set on it is kept when the block ends."""
        async with self.database.write() as session:
            channel = await channels.get(session, self.channel_id)
            yield channel
            session.add(channel)


Answer = Callable[[Scene, T], Awaitable[Reply]]
"""What a verb does: given the scene and the value of its argument, it answers."""
