"""What commands are given: the database, the time, and the rounds they may set off."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.cards.stats import Stats
from bot.chat import Person
from bot.matching.expression import Expression
from bot.matching.lexicon import Lexicon
from bot.matching.paper import Match
from bot.rounds.answers import Judgement, Preview
from bot.rounds.standing import Standing
from bot.sources.source import Entry
from storage.channels import ChannelDefaults
from storage.database import Database
from storage.models import Channel, Paper

__all__ = ["Context", "Judgement", "Preview", "RoundDesk"]


class RoundDesk(Protocol):
    """What commands ask of rounds; implemented by `bot.rounds.desk`."""

    @property
    def lexicon(self) -> Lexicon:
        """The words this install knows."""
        ...

    async def preview(self, channel: Channel, expression: Expression | None) -> Preview:
        """What the expression (or the channel's own watches) finds in the last days' papers."""
        ...

    async def standing(self, channel: Channel) -> Standing:
        """What the channel's next round has to work with."""
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

    async def round_now(self, channel: Channel) -> Sequence[Paper]:
        """Run a round for one channel on the durable engine; returns what it picked, in order."""
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
    """Everything a command handler may touch."""

    database: Database
    now: Callable[[], datetime]
    rounds: RoundDesk
    defaults: ChannelDefaults = field(default_factory=ChannelDefaults)
