"""What a page shows: messages with what stands under them, as one person may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.card import Card
from bot.cards.spans import Line
from bot.chat import Picture, Reply
from bot.platforms.local import payloads
from bot.platforms.local.emoji import OFFERED
from storage import local
from storage.models import LocalMessage, LocalReaction


@dataclass(frozen=True, slots=True)
class Tally:
    """One emoji under a post, with the people who put it there (none for an offered one)."""

    emoji: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """A message with its thread and its reactions."""

    message: LocalMessage
    children: tuple[LocalMessage, ...] = ()
    tallies: tuple[Tally, ...] = ()

    @property
    def key(self) -> str:
        """The id of its element on the page."""
        return f"m{self.message.id}"

    @property
    def sent(self) -> datetime:
        """When it was sent, on the clock of the machine that serves the page."""
        return self.message.sent_at.astimezone()

    @property
    def day(self) -> date:
        """The day it was sent, by the same clock."""
        return self.sent.date()

    @property
    def card(self) -> Card:
        """The content of a "card" message."""
        return payloads.load_card(self.message.body)

    @property
    def lines(self) -> tuple[Line, ...]:
        """The content of an "announcement" message."""
        return payloads.load_lines(self.message.body)

    @property
    def picture(self) -> Picture | None:
        """What an "announcement" message shows beside its words."""
        return payloads.load_picture(self.message.body)

    @property
    def replies(self) -> list[tuple[LocalMessage, Reply]]:
        """The answers under a "command" message."""
        return [(each, payloads.load_reply(each.body)) for each in self._under("reply")]

    @property
    def thread(self) -> list[Line]:
        """The lines under a "card" message."""
        return [line for each in self._under("thread") for line in payloads.load_lines(each.body)]

    def _under(self, kind: str) -> list[LocalMessage]:
        return [each for each in self.children if each.kind == kind]


async def load_turns(
    session: AsyncSession, messages: Sequence[LocalMessage], reader: str
) -> list[Turn]:
    """The messages, in their order, with everything of them that `reader` may see."""
    ids = [message.id for message in messages if message.id is not None]
    children = await local.list_children(session, ids, reader)
    reactions = await local.list_reactions(session, ids)
    return [
        Turn(
            message,
            tuple(each for each in children if each.parent_id == message.id),
            tally([each for each in reactions if each.message_id == message.id]),
        )
        for message in messages
    ]


def tally(reactions: Sequence[LocalReaction]) -> tuple[Tally, ...]:
    """Count reactions by emoji: the offered ones first, then the others as they came."""
    people: dict[str, list[str]] = {emoji: [] for emoji in OFFERED}
    for reaction in reactions:
        people.setdefault(reaction.emoji, []).append(reaction.person)
    return tuple(Tally(emoji, tuple(names)) for emoji, names in people.items())
