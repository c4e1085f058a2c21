"""The port to chat platforms: what each must offer, what it tells us, and a process's role."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from bot.cards.card import Card
from bot.cards.richtext import Line
from bot.errors import ChannelGoneError


@dataclass(frozen=True, slots=True)
class ChannelRef:
    """A channel on a platform: written `local:general`, `slack:T0/C0` or `discord:GUILD/CHANNEL`.

    The local chat has one workspace, named "".
    """

    platform: str
    workspace: str
    channel: str

    def __str__(self) -> str:
        place = f"{self.workspace}/{self.channel}" if self.workspace else self.channel
        return f"{self.platform}:{place}"

    @classmethod
    def parse(cls, text: str) -> "ChannelRef":
        """Read `platform:workspace/channel`; raises ValueError on anything else."""
        platform, _, place = text.strip().partition(":")
        workspace, slash, channel = place.rpartition("/")
        nested = platform == "local" and bool(slash)
        if not platform or not channel or nested or (slash and not workspace):
            raise ValueError(
                f"{text!r} is not a channel: write local:general, slack:TEAM/CHANNEL or "
                "discord:GUILD/CHANNEL"
            )
        return cls(platform, workspace, channel)


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A delivered message; `message` is the platform's own id for it."""

    channel: ChannelRef
    message: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who acted: the platform's id, and a name to show."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Command:
    """Text that a person typed after `/papers`, in a channel.

    `may_change` is the platform's word on whether the person may change the channel. `links_to`
    are the messages that a link in the text means: the message itself, then the one whose thread
    it stands in.
    """

    channel: ChannelRef
    person: Person
    text: str
    may_change: bool = True
    links_to: tuple[MessageRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Reaction:
    """A reaction put on or taken off a message; `at` is the platform's time of the event (UTC).

    `emoji` is the platform-neutral name or character: "👍", "👎", "🔖", "party_parrot".
    """

    message: MessageRef
    person: Person
    emoji: str
    added: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG with a file name; `alt` says in a sentence or two what it shows."""

    name: str
    png: bytes = field(repr=False)
    alt: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A button below a text: whoever presses it has typed `command`, with their own rights.

    With `asks` it opens a field of that name, and what is typed there follows the command.
    """

    label: str
    command: str
    asks: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to a command: seen by its author alone, but for `announcement`.

    `announcement` is one line that the whole channel sees, with who did it.
    `file` is an optional attachment as (name, text), such as an export. `picture` only adds to
    `lines`, which say everything without it. `failed` marks an answer that refuses, for callers
    with exit codes. `choices` stand below as buttons where a platform has any; `lines` name their
    commands too.
    """

    lines: tuple[Line, ...] = ()
    cards: tuple[Card, ...] = ()
    announcement: Line | None = None
    file: tuple[str, str] | None = None
    failed: bool = False
    picture: Picture | None = None
    choices: tuple[Choice, ...] = ()


class ChannelChange(StrEnum):
    """What happened to a channel.

    JOINED and LEFT are the bot's own coming and going; RESTORED ends ARCHIVED where the bot is
    still a member; MOVED gives the same channel another address.
    """

    JOINED = "joined"
    LEFT = "left"
    RENAMED = "renamed"
    ARCHIVED = "archived"
    RESTORED = "restored"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class ChannelEvent:
    """A change of a channel; `name` is how people call it now, `person` who did it, where known.

    `moved_to` is the new address, for MOVED alone. `lost` says better than the change alone why
    nothing can be posted there any more, where the platform knows it. `public` is whether the
    platform says that everybody in the workspace may know of the channel.
    """

    channel: ChannelRef
    change: ChannelChange
    name: str | None = None
    person: Person | None = None
    moved_to: ChannelRef | None = None
    lost: ChannelGoneError | None = None
    public: bool = False


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source that a channel could read: whether it does, and what is wrong with it, if known.

    `spec` is what `sources add` and `sources remove` take for it.
    """

    name: str
    spec: str
    on: bool
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything a channel is set to, for forms and management views; commands change it.

    `watches` are canonical texts in the order of their numbers for `unwatch`; `limit` is papers
    a local day; `threshold` is 60-100; `paused_until` is UTC, None for an open end;
    `next_at` is the next slot of a daily schedule; `lost` says why nothing can be posted there.
    `style` is what the verb `style` takes: "cards", "short" or "digest". `support` is where a
    person helps (an address of mail or the web), or "".
    """

    name: str
    watches: tuple[str, ...]
    schedule: str
    limit: int
    threshold: int
    beyond: int
    quiet: bool
    paused: bool
    paused_until: datetime | None
    sources: tuple[SourceLine, ...]
    next_at: datetime | None = None
    lost: str | None = None
    is_admin: bool = False
    style: str = "cards"
    support: str = ""


@dataclass(frozen=True, slots=True)
class ChannelHealth:
    """A channel at a glance; `problem` says why no papers come, or is None."""

    channel: ChannelRef
    name: str
    watches: int
    schedule: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """A person's own page: what they saved, latest first, and the channels they can see.

    `support` is where a person helps (an address of mail or the web), or "".
    """

    saved: tuple[Card, ...] = ()
    channels: tuple[ChannelHealth, ...] = ()
    support: str = ""


class Inbox(Protocol):
    """What a platform calls when people act; implemented by the application.

    What people do never raises here: a command's failure is its reply, another one is logged.
    Only the two views, `overview` and `home`, may raise.
    """

    async def command(self, command: Command) -> Reply:
        """Answer a typed command; every failure comes back as a readable reply."""
        ...

    async def complete(self, channel: ChannelRef, typed: str) -> Sequence[str]:
        """Completions for a half-typed command (without the leading `/papers `), best first."""
        ...

    async def reaction(self, reaction: Reaction) -> None:
        """Record a reaction as a vote or a saved paper; unknown messages are ignored."""
        ...

    async def message_gone(self, message: MessageRef) -> None:
        """Note that a message was deleted in the chat; those that are no posts are ignored."""
        ...

    async def channel_changed(self, event: ChannelEvent) -> None:
        """Let state follow a channel: joined, left, renamed, archived, restored or moved."""
        ...

    async def workspace_gone(self, platform: str, workspace: str) -> None:
        """Stop deliveries to every channel of a workspace that removed the bot."""
        ...

    async def overview(self, channel: ChannelRef) -> Overview:
        """What a channel is set to; a channel not known yet shows what it would start with."""
        ...

    async def home(
        self,
        platform: str,
        workspace: str,
        person: Person,
        *,
        visible: Collection[ChannelRef] = (),
    ) -> Home:
        """A person's saved papers, and the known ones among the channels `visible` to them.

        The platform vouches for `visible`: nothing is said of any other channel.
        """
        ...


class ChatPlatform(Protocol):
    """A place where papers are posted.

    Every sending method raises a child of `PlatformError` that says whether the message may
    have arrived; none of them sends anything twice by itself.
    """

    @property
    def name(self) -> str:
        """The prefix of its channels: "local", "slack" or "discord"."""
        ...

    @property
    def shows_within(self) -> float:
        """Seconds after which `find_post` surely finds a message that was taken; 0 for at once."""
        ...

    def time(self) -> datetime | None:
        """The platform's own time (UTC) by its last answer; None where that is not known."""
        ...

    async def start(self, inbox: Inbox) -> None:
        """Connect, and deliver commands and reactions to `inbox` until stopped."""
        ...

    async def stop(self) -> None:
        """Finish what is being answered and disconnect."""
        ...

    async def introduce(self) -> str:
        """Say who the bot is, as the platform tells; raises PlatformError or SettingsError."""
        ...

    async def connected(self) -> bool:
        """Whether it hears of what people do now; it may post without.

        Raises SettingsError where it will not connect again before somebody acts.
        """
        ...

    async def troubles(self) -> Sequence[str]:
        """What somebody has to mend in single workspaces, a sentence each; never raises.

        The platform as a whole works meanwhile.
        """
        ...

    async def post(
        self,
        channel: ChannelRef,
        card: Card,
        *,
        delivery_id: str,
        under: MessageRef | None = None,
    ) -> MessageRef:
        """Send a card once, marked with `delivery_id` so that `find_post` can find it again.

        `under` is the head in whose thread it is to stand, where the platform has threads. One
        that nothing can stand under is refused with RefusedError, and so is a card whose content
        the platform does not take: it is called again with a simpler `card.form`.
        """
        ...

    async def head(
        self, channel: ChannelRef, lines: Sequence[Line], *, delivery_id: str
    ) -> MessageRef:
        """Send the message above a round's posts once, marked like a post."""
        ...

    async def notice(
        self,
        channel: ChannelRef,
        lines: Sequence[Line],
        *,
        delivery_id: str,
        choices: Sequence[str] = (),
    ) -> MessageRef:
        """Send a message of its own, once, where posts stand, marked like one of them.

        `choices` are the emoji by which people may answer; a platform that can puts them below.
        RefusedError where the content, or any such message, is not taken.
        """
        ...

    async def edit_head(
        self, message: MessageRef, lines: Sequence[Line], *, delivery_id: str
    ) -> None:
        """Replace the message above a round's posts in place; its mark stays."""
        ...

    async def find_post(
        self,
        channel: ChannelRef,
        delivery_id: str,
        *,
        since: datetime,
        under: MessageRef | None = None,
    ) -> MessageRef | None:
        """The message that carries `delivery_id`, or None if the platform surely has none.

        What may stand `under` another message is looked for there and in the channel.
        """
        ...

    async def check(self, channel: ChannelRef) -> None:
        """Ask whether posts can be delivered in a channel now; sends nothing.

        Raises ChannelGoneError where the platform says that they cannot, and nothing else: what
        cannot be found out counts as possible.
        """
        ...

    async def is_public(self, channel: ChannelRef) -> bool:
        """Whether everybody in the workspace may know that the channel is there; never raises.

        False where the platform does not say so now.
        """
        ...

    async def tell_installer(self, workspace: str, text: Line) -> bool:
        """Say one line to whoever installed the bot in a workspace, in private; never raises.

        False where nobody is known or the line did not arrive.
        """
        ...

    async def tell_person(self, channel: ChannelRef, person: str, lines: Sequence[Line]) -> bool:
        """Say something to one person in private, by message or where they read `channel`.

        Never raises; False where it surely or probably did not arrive.
        """
        ...

    async def catch_up_on(self, message: MessageRef) -> None:
        """Tell the inbox again of what stands on a post that was known here too late to be heard.

        Does nothing before `start`, which tells of every known post.
        """
        ...

    async def edit(self, message: MessageRef, card: Card) -> None:
        """Replace a post's content in place."""
        ...

    async def delete(self, message: MessageRef) -> None:
        """Remove a post with the details below it; one that is gone already is no error."""
        ...

    async def announce(
        self, channel: ChannelRef, text: Line, choices: Sequence[Choice] = ()
    ) -> None:
        """Say one line to everyone in the channel, with buttons below it where there are any."""
        ...

    async def thread(
        self, message: MessageRef, lines: Sequence[Line], *, delivery_id: str | None = None
    ) -> None:
        """Answer under a post, where everyone can read it; marked like a post, where asked."""
        ...


class Role(StrEnum):
    """Everything, or one part of it: run rounds and post, or hear people and show pages."""

    ALL = "all"
    WORKER = "worker"
    CHAT = "chat"


RUNNERS = (Role.ALL, Role.WORKER)
"""Those who run rounds."""

HEARERS = (Role.ALL, Role.CHAT)
"""Those who hear people."""
