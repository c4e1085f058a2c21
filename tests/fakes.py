"""Stand-ins for the outside: a chat platform that can fail in every way, a source with a script."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.cards.card import Card, Form
from bot.cards.richtext import Line, plain
from bot.errors import ChannelGoneError, RefusedError
from bot.ports import ChannelRef, Choice, Inbox, MessageRef
from bot.rounds.scheduling.due import Clock
from bot.sources.base import Poll


class FakePlatform:
    """Keeps what was posted; `faults` are raised one a post, `after` the message arrived or before.

    Like a real platform it shows a message to `find_post` only if it arrived. `gone` are the
    channels that take nothing, of which it `knows` without a try; cards said in more than the form
    `least` are refused.
    """

    name = "local"

    def __init__(self) -> None:
        self.posted: list[tuple[ChannelRef, Card, str]] = []
        self.heads: list[tuple[ChannelRef, str, str]] = []
        self.notices: list[tuple[ChannelRef, str, str]] = []
        self.choices: dict[str, tuple[str, ...]] = {}
        self.under: dict[str, str] = {}
        self.threads: list[tuple[str, str, str | None]] = []
        self.head_faults: list[Exception | None] = []
        self.late_head_faults: list[Exception | None] = []
        self.thread_faults: list[Exception | None] = []
        self.late_thread_faults: list[Exception | None] = []
        self.announced: list[tuple[ChannelRef, str]] = []
        self.offered: list[Choice] = []
        self.announce_faults: list[Exception | None] = []
        self.edited: list[tuple[MessageRef, Card]] = []
        self.edited_heads: list[tuple[MessageRef, str, str]] = []
        self.edit_faults: list[Exception | None] = []
        self.delete_faults: list[Exception | None] = []
        self.asked: list[str] = []
        self.caught_up: list[str] = []
        self.hears: bool | Exception = True
        self.gone: dict[str, ChannelGoneError] = {}
        self.knows = True
        self.least = Form.FULL
        self.public = True
        self.told: list[tuple[str, str]] = []
        self.faults: list[Exception | None] = []
        self.late_faults: list[Exception | None] = []
        self.find_faults: list[Exception | None] = []

    shows_within = 0.0
    theirs: datetime | None = None

    def time(self) -> datetime | None:
        return self.theirs

    async def start(self, inbox: Inbox) -> None:
        """Nothing to connect to."""

    async def stop(self) -> None:
        """Nothing to let go of."""

    async def introduce(self) -> str:
        return "a fake"

    async def connected(self) -> bool:
        if isinstance(self.hears, Exception):
            raise self.hears
        return self.hears

    async def post(
        self,
        channel: ChannelRef,
        card: Card,
        *,
        delivery_id: str,
        under: MessageRef | None = None,
    ) -> MessageRef:
        self._refuse(channel)
        _raise_next(self.faults)
        if card.form < self.least:
            raise RefusedError(f"{card.form.name} is refused")
        self.posted.append((channel, card, delivery_id))
        if under is not None:
            self.under[delivery_id] = under.message
        _raise_next(self.late_faults)
        return MessageRef(channel, delivery_id)

    async def head(
        self, channel: ChannelRef, lines: Sequence[Line], *, delivery_id: str
    ) -> MessageRef:
        self._refuse(channel)
        _raise_next(self.head_faults)
        self.heads.append((channel, "\n".join(map(plain, lines)), delivery_id))
        _raise_next(self.late_head_faults)
        return MessageRef(channel, delivery_id)

    async def notice(
        self,
        channel: ChannelRef,
        lines: Sequence[Line],
        *,
        delivery_id: str,
        choices: Sequence[str] = (),
    ) -> MessageRef:
        self._refuse(channel)
        _raise_next(self.head_faults)
        self.notices.append((channel, "\n".join(map(plain, lines)), delivery_id))
        self.choices[delivery_id] = tuple(choices)
        _raise_next(self.late_head_faults)
        return MessageRef(channel, delivery_id)

    async def edit_head(
        self, message: MessageRef, lines: Sequence[Line], *, delivery_id: str
    ) -> None:
        _raise_next(self.edit_faults)
        self.edited_heads.append((message, "\n".join(map(plain, lines)), delivery_id))

    async def find_post(
        self,
        channel: ChannelRef,
        delivery_id: str,
        *,
        since: datetime,
        under: MessageRef | None = None,
    ) -> MessageRef | None:
        _raise_next(self.find_faults)
        self.asked.append(delivery_id)
        marks = [each[2] for each in (*self.posted, *self.heads, *self.notices, *self.threads)]
        return MessageRef(channel, delivery_id) if delivery_id in marks else None

    async def troubles(self) -> Sequence[str]:
        return ()

    async def check(self, channel: ChannelRef) -> None:
        if self.knows:
            self._refuse(channel)

    def _refuse(self, channel: ChannelRef) -> None:
        if (why := self.gone.get(str(channel))) is not None:
            raise why

    async def is_public(self, channel: ChannelRef) -> bool:
        return self.public

    async def tell_installer(self, workspace: str, text: Line) -> bool:
        self.told.append((workspace, plain(text)))
        return True

    async def tell_person(self, channel: ChannelRef, person: str, lines: Sequence[Line]) -> bool:
        self.told += [(person, plain(line)) for line in lines]
        return True

    async def catch_up_on(self, message: MessageRef) -> None:
        self.caught_up.append(message.message)

    async def edit(self, message: MessageRef, card: Card) -> None:
        _raise_next(self.edit_faults)
        self.edited.append((message, card))

    async def delete(self, message: MessageRef) -> None:
        _raise_next(self.delete_faults)
        self.posted = [one for one in self.posted if one[2] != message.message]

    async def announce(
        self, channel: ChannelRef, text: Line, choices: Sequence[Choice] = ()
    ) -> None:
        self._refuse(channel)
        _raise_next(self.announce_faults)
        self.offered += choices
        self.announced.append((channel, plain(text)))

    async def thread(
        self, message: MessageRef, lines: Sequence[Line], *, delivery_id: str | None = None
    ) -> None:
        _raise_next(self.thread_faults)
        self.threads.append((message.message, "\n".join(map(plain, lines)), delivery_id))
        _raise_next(self.late_thread_faults)

    def titles(self, channel: str) -> list[str]:
        """What a channel was shown, in order."""
        return [card.title for ref, card, _ in self.posted if str(ref) == channel]


class Forgetful(FakePlatform):
    """Takes everything at once and keeps none of it, so that any number may come."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    async def post(self, channel: ChannelRef, card: Card, **marks: Any) -> MessageRef:
        return MessageRef(channel, str(marks["delivery_id"]))

    async def edit(self, message: MessageRef, card: Card) -> None:
        """Nobody looks."""

    async def announce(
        self, channel: ChannelRef, text: Line, choices: Sequence[Choice] = ()
    ) -> None:
        """Nobody listens."""


class ScriptedSource:
    """Answers its polls from a list, and notes the cursors it was asked with."""

    def __init__(self, *answers: Poll) -> None:
        self.answers = list(answers)
        self.cursors: list[Mapping[str, Any]] = []

    async def poll(self, cursor: Mapping[str, Any], now: datetime) -> Poll:
        self.cursors.append(dict(cursor))
        return self.answers.pop(0)


def _raise_next(faults: list[Exception | None]) -> None:
    fault = faults.pop(0) if faults else None
    if fault is not None:
        raise fault


class SetClock(Clock):
    """A clock that shows what it was set to."""

    def __init__(self, now: datetime) -> None:
        super().__init__()
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    async def load(self, database: object) -> None:
        """There is nothing to load."""
