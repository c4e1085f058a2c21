"""Votes by button, for servers that prefer them to reactions; a person counts once either way."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from bot.chat import Inbox, MessageRef, Person, Reaction
from bot.commands.wording import say
from bot.platforms.discord import payloads
from bot.platforms.discord.answers import Asked, defer, tell, where
from bot.platforms.discord.marks import VOTES
from bot.platforms.discord.places import names
from bot.platforms.discord.records import Records
from bot.rounds.votes import SAVE

_OPPOSITE: Mapping[str, str] = MappingProxyType({"👍": "👎", "👎": "👍"})
_SAID: Mapping[str, str] = MappingProxyType(
    {"👍": "More like this.", "👎": "Less like this.", SAVE: "Saved for you."}
)


class Voting:
    """Turns a press into the reaction that it stands for, and a second press into taking it back.

    The opposite vote is taken back with it: whoever presses 👎 after 👍 changed their mind.
    """

    def __init__(self, inbox: Inbox, records: Records, now: Callable[[], datetime]) -> None:
        self._inbox = inbox
        self._records = records
        self._now = now

    async def pressed(self, asked: Asked, what: str) -> None:
        """Count a press of a button under a post."""
        if asked.message is None or not await defer(asked):
            return
        emoji, place_id = VOTES[what], asked.channel_id or 0
        kept = await self._records.find_kept(
            names(asked.client, asked.guild_id, place_id, asked.message.id, asked.user.id)
        )
        message = kept or MessageRef(where(asked), str(asked.message.id))
        person, at = payloads.person(asked.user), self._now()
        standing = await self._standing(message, person)
        taken_back = emoji in standing
        await self._inbox.reaction(Reaction(message, person, emoji, added=not taken_back, at=at))
        opposite = _OPPOSITE.get(emoji, "")
        if not taken_back and opposite in standing:
            await self._inbox.reaction(Reaction(message, person, opposite, added=False, at=at))
        again = "Press again to take it back."
        await tell(asked, say("Taken back." if taken_back else f"{_SAID[emoji]} {again}"))

    async def _standing(self, message: MessageRef, person: Person) -> set[str]:
        """What stands of a person on a post."""
        votes = {emoji for who, emoji in await self._records.votes(message) if who == person.id}
        saved = {SAVE} if await self._records.has_saved(message, person.id) else set()
        return votes | saved
