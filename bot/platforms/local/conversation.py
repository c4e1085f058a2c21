"""What people do in the local chat: they type commands and react to posts."""

import re

from bot.cards.spans import bold, line, slash
from bot.chat import ChannelRef, Command, Inbox, Person
from bot.platforms.local import payloads
from bot.platforms.local.chat import LocalChat
from storage import local

_PREFIX = re.compile(r"\s*/papers\b\s*", re.IGNORECASE)


class Conversation:
    """Carries what people do from the log to the inbox, and the answers back.

    The log is written first: whoever reloads in the middle finds the command, and `LocalChat.start`
    repeats reactions that the inbox may not have heard of.
    """

    def __init__(self, chat: LocalChat, inbox: Inbox) -> None:
        self._chat = chat
        self._inbox = inbox

    async def say(self, channel: ChannelRef, person: Person, typed: str) -> None:
        """Run a typed command, and keep it with its answer for the person alone."""
        text = without_prefix(typed)
        asked = await self._chat.write(
            channel, kind="command", body={"text": text}, author=person.name, reader=person
        )
        reply = await self._inbox.command(Command(channel, person, text))
        await self._chat.write(
            channel,
            kind="reply",
            body=payloads.dump_reply(reply),
            reader=person,
            parent_id=asked.id,
        )
        if reply.announcement is not None:
            await self._chat.announce(channel, reply.announcement)

    async def show(self, message_id: int, person: Person) -> bool:
        """Show everybody the picture of a person's answer; False if there is none."""
        async with self._chat.database.read() as session:
            message = await local.find(session, message_id)
            parent = await local.find(session, message.parent_id or 0) if message else None
        if message is None or parent is None or message.reader != person.id:
            return False
        picture = payloads.load_picture(message.body)
        if picture is None:
            return False
        asked = slash(parent.body["text"])
        told = line(bold(person.name), " asked for ", asked, ". ", picture.alt)
        body = payloads.dump_lines([told], picture)
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
