"""What a page of the local chat shows, from rows to escaped HTML."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.card import Card
from bot.cards.richtext import Line
from bot.commands.parser import parse
from bot.errors import CommandError
from bot.platforms.local import messages as bodies
from bot.platforms.local.emoji import OFFERED, PICKER, shown_emoji
from bot.platforms.local.names import READER, UNNAMED
from bot.ports import ChannelRef, Person, Picture, Reply
from bot.rounds.picking.example_watches import example_watches
from storage import candidates, channels, local_chat, sources, watches
from storage.models import Channel, LocalMessage, LocalReaction, Source, SourceHealth


@dataclass(frozen=True, slots=True)
class ChannelLink:
    """One channel in the list; `newest` is its newest public message, for unread marks."""

    name: str
    newest: int


@dataclass(frozen=True, slots=True)
class PageHead:
    """The chosen channel, what it watches, and the demo's time (None where time is real).

    `troubles` are the sources that it cannot read just now, each as a sentence with the reason.
    """

    channel: Channel
    watches: tuple[str, ...]
    clock: datetime | None
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Frame:
    """The list of channels and the page's head; `head` is None where no channel is chosen."""

    places: tuple[ChannelLink, ...]
    head: PageHead | None


_RECENT = timedelta(days=7)
_TITLES_READ = 500


def local_ref(name: str) -> ChannelRef:
    """The address of a channel of the local chat."""
    return ChannelRef("local", "", name)


async def load_frame(
    session: AsyncSession, chosen: str | None, clock: Callable[[], datetime] | None
) -> Frame:
    """Read the list of channels, and the head of the one named `chosen` if there is one."""
    newest = await local_chat.newest_ids(session)
    known = await channels.list_platform(session, "local")
    here = next((each for each in known if each.name == chosen), None)
    return Frame(
        places=tuple(ChannelLink(each.name, newest.get(each.address, 0)) for each in known),
        head=None if here is None else await _load_head(session, here, clock),
    )


async def _load_head(
    session: AsyncSession, channel: Channel, clock: Callable[[], datetime] | None
) -> PageHead:
    assert channel.id is not None
    rows = await watches.list_channel(session, channel.id)
    read = await sources.list_channel(session, channel)
    return PageHead(
        channel=channel,
        watches=tuple(row.text for row in rows),
        clock=clock().astimezone() if clock else None,
        troubles=tuple(_trouble(source) for source, on in read if on and _is_broken(source)),
    )


def _is_broken(source: Source) -> bool:
    return source.health is SourceHealth.BROKEN


def _trouble(source: Source) -> str:
    since = ""
    if source.broken_since is not None:
        at = source.broken_since.astimezone()
        since = f" since {at:%a} {at.day} {at:%b, %H:%M}"
    return f"{source.name} cannot be read{since}: {source.reason or 'it gave no reason'}"


async def load_topics(session: AsyncSession, channel: Channel, now: datetime) -> tuple[str, ...]:
    """Three topics of the last days' papers, to begin a channel with."""
    titles = await candidates.readable_titles(session, channel.id or 0, now - _RECENT, _TITLES_READ)
    return example_watches(titles)


@dataclass(frozen=True, slots=True)
class ReactionCount:
    """One emoji under a post, with the people who put it there (none for an offered one)."""

    emoji: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """A message with its thread and its reactions."""

    message: LocalMessage
    children: tuple[LocalMessage, ...] = ()
    reaction_counts: tuple[ReactionCount, ...] = ()

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
        return bodies.load_card(self.message.body)

    @property
    def lines(self) -> tuple[Line, ...]:
        """The content of an "announcement" message."""
        return bodies.load_lines(self.message.body)

    @property
    def picture(self) -> Picture | None:
        """What an "announcement" message shows beside its words."""
        return bodies.load_picture(self.message.body)

    @property
    def replies(self) -> list[tuple[LocalMessage, Reply]]:
        """The answers under a "command" message."""
        return [(each, bodies.load_reply(each.body)) for each in self._under("reply")]

    @property
    def thread(self) -> list[Line]:
        """The lines under a "card" message."""
        return [line for each in self._under("thread") for line in bodies.load_lines(each.body)]

    def _under(self, kind: str) -> list[LocalMessage]:
        return [each for each in self.children if each.kind == kind]


async def load_turns(
    session: AsyncSession, messages: Sequence[LocalMessage], reader: str
) -> list[Turn]:
    """The messages, in their order, with everything of them that `reader` may see."""
    ids = [message.id for message in messages if message.id is not None]
    children = await local_chat.list_children(session, ids, reader)
    reactions = await local_chat.list_reactions(session, ids)
    return [
        Turn(
            message,
            tuple(each for each in children if each.parent_id == message.id),
            tally(
                [each for each in reactions if each.message_id == message.id],
                message.body.get("choices", OFFERED),
            ),
        )
        for message in messages
    ]


def tally(
    reactions: Sequence[LocalReaction], offered: Sequence[str] = OFFERED
) -> tuple[ReactionCount, ...]:
    """Count reactions by emoji: the offered ones first, then the others as they came."""
    people: dict[str, list[str]] = {emoji: [] for emoji in offered}
    for reaction in reactions:
        people.setdefault(reaction.emoji, []).append(reaction.person)
    return tuple(ReactionCount(emoji, tuple(names)) for emoji, names in people.items())


LONGEST_COMMAND = 10_000
"""Characters of a command: room for a pasted export."""

_HERE = Path(__file__).parent
STATIC = _HERE / "static"


class Pages:
    """Renders whole pages, and the fragments that live updates swap in."""

    def __init__(self) -> None:
        self._jinja = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._jinja.filters |= {
            "web": web_link,
            "emoji": shown_emoji,
            "day": day_label,
            "clock": clock_label,
            "names": names,
            "command": is_command,
        }
        self._jinja.globals |= {"OFFERED": OFFERED, "PICKER": PICKER, "LONGEST": LONGEST_COMMAND}

    def render(self, template: str, **context: object) -> str:
        """A whole page."""
        return self._jinja.get_template(template).render(**context)

    def turn(self, turn: Turn, person: Person) -> str:
        """One message as `person` sees it."""
        return self.render("turn.html", turn=turn, person=person)

    def side(self, frame: Frame) -> str:
        """The list of channels."""
        return self.render("side.html", frame=frame)

    def head(self, frame: Frame) -> str:
        """The chosen channel's name, watches and settings."""
        return self.render("head.html", frame=frame)


def web_link(url: str | None) -> str | None:
    """The address if a browser may be sent there, else None: http and https alone."""
    try:
        parts = urlsplit((url or "").strip())
    except ValueError:
        return None
    return parts.geturl() if parts.scheme in ("http", "https") and parts.netloc else None


def day_label(day: date) -> str:
    """A day as a separator shows it: "Monday 23 November 2026"."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def clock_label(moment: datetime) -> str:
    """The demo's time with its zone: "Mon 23 Nov, 09:00 UTC"."""
    return f"{moment:%a} {moment.day} {moment:%b, %H:%M %Z}"


def is_command(text: str) -> bool:
    """Whether a text is a whole command, which can be typed without a change."""
    try:
        return bool(text) and parse(text) is not None
    except CommandError:
        return False


def names(tally: ReactionCount, me: Person) -> str:
    """Who reacted, for a tooltip: the reader first, as "you"."""
    others = [READER if each == UNNAMED else each for each in tally.people if each != me.id]
    own = ["you"] if me.id in tally.people else []
    return ", ".join([*own, *others])
