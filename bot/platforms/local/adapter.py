"""The local chat as a chat platform: every message is a row of the database."""

import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.card import Card
from bot.cards.richtext import Line, bold, line, slash
from bot.commands.parser import without_key
from bot.errors import OutcomeUnknownError, RefusedError
from bot.platforms.local import messages
from bot.platforms.local.sse import LogWatcher
from bot.ports import ChannelRef, Choice, Command, Inbox, MessageRef, Person, Reaction, Reply
from storage import local_chat
from storage.database import Database
from storage.models import LocalMessage, LocalReaction

BOT = "Paperround"
"""The author of everything that no person wrote."""

_REPEATED = 200


class LocalChat:
    """A `ChatPlatform` on the log of the local chat.

    It needs no server: another process (the CLI) may post through one of its own, and pages
    served elsewhere show it. `now` is the time on every message and reaction.
    """

    def __init__(self, database: Database, *, now: Callable[[], datetime]) -> None:
        self.database = database
        self.now = now
        self.pulse = LogWatcher(self.newest_revision)
        self._inbox: Inbox | None = None

    @property
    def name(self) -> str:
        """The prefix of its channels."""
        return "local"

    @property
    def shows_within(self) -> float:
        """Zero: a message that was taken is shown at once."""
        return 0.0

    def time(self) -> datetime | None:
        """None: its time is this machine's."""
        return None

    async def start(self, inbox: Inbox) -> None:
        """Tell `inbox` of the last reactions again: a crash may have come before it heard of them.

        Repeating is harmless, since a vote knows the time of the event that made it.
        """
        self._inbox = inbox
        async with self.database.read() as session:
            latest = await local_chat.list_last_reactions(session, _REPEATED)
        for row, message in latest:
            await inbox.reaction(as_reaction(row, message))

    async def stop(self) -> None:
        """Close the live streams of all open pages."""
        self.pulse.close()

    async def introduce(self) -> str:
        """There is nobody to ask."""
        return "needs no account"

    async def connected(self) -> bool:
        """Always: whoever reads it is a page of this process."""
        return True

    async def post(
        self,
        channel: ChannelRef,
        card: Card,
        *,
        delivery_id: str,
        under: MessageRef | None = None,
    ) -> MessageRef:
        """Write a card to the log once: a known `delivery_id` gives the message it had.

        Its threads hold lines alone, so a card stands in the channel, after its head.
        """
        message = await self.write(
            channel, kind="card", body=messages.dump_card(card), delivery_id=delivery_id
        )
        return message_ref(message)

    async def head(
        self, channel: ChannelRef, lines: Sequence[Line], *, delivery_id: str
    ) -> MessageRef:
        """Write the message above a round's posts once."""
        message = await self.write(
            channel,
            kind="announcement",
            body=messages.dump_lines(lines),
            delivery_id=delivery_id,
        )
        return message_ref(message)

    async def notice(
        self,
        channel: ChannelRef,
        lines: Sequence[Line],
        *,
        delivery_id: str,
        choices: Sequence[str] = (),
    ) -> MessageRef:
        """Write a message of its own once; its choices stand below it to be pressed."""
        message = await self.write(
            channel,
            kind="announcement",
            body={**messages.dump_lines(lines), "choices": list(choices)},
            delivery_id=delivery_id,
        )
        return message_ref(message)

    async def find_post(
        self,
        channel: ChannelRef,
        delivery_id: str,
        *,
        since: datetime,
        under: MessageRef | None = None,
    ) -> MessageRef | None:
        """The message that carries `delivery_id`, whenever it was written; None if there is none.

        A post that somebody deleted is still found: it was delivered.
        """
        async with _sending(), self.database.read() as session:
            found = await local_chat.find_delivery(session, str(channel), delivery_id)
        return None if found is None else message_ref(found)

    async def troubles(self) -> Sequence[str]:
        """None."""
        return ()

    async def check(self, channel: ChannelRef) -> None:
        """Every channel takes posts."""

    async def is_public(self, channel: ChannelRef) -> bool:
        """Every channel is seen by everybody."""
        return True

    async def tell_installer(self, workspace: str, text: Line) -> bool:
        """There is nobody but the reader."""
        return False

    async def tell_person(self, channel: ChannelRef, person: str, lines: Sequence[Line]) -> bool:
        """Say something that only this reader sees in a channel."""
        body = messages.dump_lines(lines)
        await self.write(channel, kind="announcement", body=body, reader=Person(person, person))
        return True

    async def catch_up_on(self, message: MessageRef) -> None:
        """Send the inbox the reactions that a message has now."""
        if self._inbox is None:
            return
        async with self.database.read() as session:
            row = await local_chat.find(session, int(message.message))
            standing = await local_chat.list_reactions(session, [int(message.message)])
        if row is not None:
            for reaction in standing:
                await self._inbox.reaction(as_reaction(reaction, row))

    async def edit(self, message: MessageRef, card: Card) -> None:
        """Replace a post's content; raises RefusedError for one that is gone."""
        async with self._changing(message) as row:
            row.body = messages.dump_card(card)

    async def edit_head(
        self, message: MessageRef, lines: Sequence[Line], *, delivery_id: str
    ) -> None:
        """Replace the message above a round's posts; raises RefusedError for one that is gone."""
        async with self._changing(message) as row:
            row.body = messages.dump_lines(lines)

    async def delete(self, message: MessageRef) -> None:
        """Take a post off every page; its row stays, so that it is not delivered again."""
        try:
            async with self._changing(message) as row:
                row.deleted = True
        except RefusedError:
            return

    async def announce(
        self, channel: ChannelRef, text: Line, choices: Sequence[Choice] = ()
    ) -> None:
        """Say one line to everyone in the channel; the page has buttons of its own."""
        await self.write(channel, kind="announcement", body=messages.dump_lines([text]))

    async def thread(
        self, message: MessageRef, lines: Sequence[Line], *, delivery_id: str | None = None
    ) -> None:
        """Answer under a post; raises RefusedError for one that is gone."""
        async with self._changing(message) as row:
            parent = row.id
        body = messages.dump_lines(lines)
        await self.write(
            message.channel,
            kind="thread",
            body=body,
            parent_id=parent,
            delivery_id=delivery_id,
        )

    async def write(
        self,
        channel: ChannelRef,
        *,
        kind: str,
        body: dict[str, Any],
        author: str = BOT,
        reader: Person | None = None,
        parent_id: int | None = None,
        delivery_id: str | None = None,
    ) -> LocalMessage:
        """Add one message to the log and wake the open pages."""
        async with self._writing() as session:
            return await local_chat.add(
                session,
                channel=str(channel),
                author=author,
                kind=kind,
                body=body,
                sent_at=self.now(),
                parent_id=parent_id,
                reader=reader.id if reader else None,
                delivery_id=delivery_id,
            )

    async def react(self, message_id: int, person: Person, emoji: str) -> Reaction | None:
        """Put a person's reaction on a post or take it off; None if there is no such post."""
        async with self._writing() as session:
            message = await local_chat.find(session, message_id)
            if message is None or message.deleted or not _takes(message, emoji):
                return None
            row = await local_chat.toggle_reaction(session, message, person.id, emoji, self.now())
        return as_reaction(row, message)

    async def newest_revision(self) -> int:
        """The revision of the last change in the log."""
        async with self.database.read() as session:
            return await local_chat.newest_revision(session)

    @asynccontextmanager
    async def _changing(self, message: MessageRef) -> AsyncIterator[LocalMessage]:
        async with self._writing() as session:
            found = await local_chat.find(session, int(message.message))
            if found is None or found.deleted or found.channel != str(message.channel):
                raise RefusedError(f"There is no message {message.message} in {message.channel}.")
            yield found
            await local_chat.touch(session, found)

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncSession]:
        async with _sending(), self.database.write() as session:
            yield session
        self.pulse.nudge()


def _takes(message: LocalMessage, emoji: str) -> bool:
    """Whether people may react so: to a card with anything, to a notice with its choices."""
    return message.kind == "card" or emoji in message.body.get("choices", ())


def message_ref(message: LocalMessage) -> MessageRef:
    """The message's address as the rest of the program knows it."""
    return MessageRef(ChannelRef.parse(message.channel), str(message.id))


def as_reaction(row: LocalReaction, message: LocalMessage) -> Reaction:
    """A stored reaction as the event it came from."""
    return Reaction(
        message=message_ref(message),
        person=Person(row.person, row.person),
        emoji=row.emoji,
        added=not row.removed,
        at=row.at,
    )


@asynccontextmanager
async def _sending() -> AsyncIterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        raise OutcomeUnknownError(
            f"The local chat's log could not be written: {error}. Check the disk and its space."
        ) from error


_PREFIX = re.compile(r"\s*/papers\b\s*", re.IGNORECASE)


class Conversation:
    """Carries what people do from the log to the inbox, and the answers back.

    The log is written first: whoever reloads in the middle finds the command, and `LocalChat.start`
    repeats reactions that the inbox may not have heard of.
    """

    def __init__(self, chat: LocalChat, inbox: Inbox) -> None:
        self._chat = chat
        self._inbox = inbox

    async def make_channel(self, channel: ChannelRef, person: Person) -> None:
        """Make a channel with the settings that all start with."""
        await self._inbox.command(Command(channel, person, "settings"))

    async def begin(self, channel: ChannelRef, person: Person, topic: str) -> None:
        """Watch a first topic and post what it finds at once."""
        await self.say(channel, person, f"watch now: {topic}")

    async def say(
        self, channel: ChannelRef, person: Person, typed: str, *, shown: str = ""
    ) -> Reply:
        """Run a typed command, and keep it with its answer for the person alone.

        `shown` stands for a text that is too long to be kept, such as a file's. A key in it is not
        kept.
        """
        text = without_prefix(typed)
        body = {"text": shown or without_key(text)}
        asked = await self._chat.write(
            channel, kind="command", body=body, author=person.name, reader=person
        )
        reply = await self._inbox.command(Command(channel, person, text))
        await self._chat.write(
            channel,
            kind="reply",
            body=messages.dump_reply(reply),
            reader=person,
            parent_id=asked.id,
        )
        if reply.announcement is not None:
            await self._chat.announce(channel, reply.announcement)
        return reply

    async def show(self, message_id: int, person: Person) -> bool:
        """Show everybody the picture of a person's answer; False if there is none."""
        async with self._chat.database.read() as session:
            message = await local_chat.find(session, message_id)
            parent = await local_chat.find(session, message.parent_id or 0) if message else None
        if message is None or parent is None or message.reader != person.id:
            return False
        picture = messages.load_picture(message.body)
        if picture is None:
            return False
        asked = slash(parent.body["text"])
        told = line(bold(person.name), " asked for ", asked, ". ", picture.alt)
        body = messages.dump_lines([told], picture)
        await self._chat.write(ChannelRef.parse(message.channel), kind="announcement", body=body)
        return True

    async def react(self, message_id: int, person: Person, emoji: str) -> bool:
        """Toggle a reaction; False if there is no such post."""
        reaction = await self._chat.react(message_id, person, emoji)
        if reaction is not None:
            await self._inbox.reaction(reaction)
        return reaction is not None


def without_prefix(typed: str) -> str:
    """The command without `/papers`, which may be left out: nothing else is typed here."""
    return _PREFIX.sub("", typed, count=1).strip() if _PREFIX.match(typed) else typed.strip()
