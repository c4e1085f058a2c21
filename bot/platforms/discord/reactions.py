"""Votes by reactions and buttons: from events, and from comparing posts after a connection."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

import discord
import structlog

from bot.commands.replies import say
from bot.platforms.discord import events
from bot.platforms.discord.cards import VOTES, has_votes
from bot.platforms.discord.errors import FAILURES, UNKNOWN_CHANNEL, UNKNOWN_MESSAGE
from bot.platforms.discord.events import names, spot
from bot.platforms.discord.interactions import Asked, defer, tell, where
from bot.platforms.discord.records import Records
from bot.ports import Inbox, MessageRef, Person, Reaction
from bot.rounds.learning.votes import SAVE, bare, named

COMPARED = timedelta(days=7)
"""How old a post may be for its reactions to be compared after a reconnection."""

_MOST = 300

log = structlog.get_logger(__name__)

Cleared = discord.RawReactionClearEvent | discord.RawReactionClearEmojiEvent


class Reactions:
    """Reports reactions to the inbox; `now` is the time (UTC) at which they are heard.

    A repetition is harmless: a person's latest reaction with an emoji counts. `means` are the emoji
    that count, without skin tone; after a connection no others are asked for. `seen` is called with
    each post that is read again then.
    """

    def __init__(
        self,
        client: discord.Client,
        inbox: Inbox,
        records: Records,
        now: Callable[[], datetime],
        *,
        means: Collection[str],
        seen: Callable[[MessageRef, discord.Message], Awaitable[None]],
    ) -> None:
        self._means = frozenset(means)
        self._client = client
        self._inbox = inbox
        self._records = records
        self._now = now
        self._seen = seen

    async def changed(self, event: discord.RawReactionActionEvent) -> None:
        """Report one reaction that was added or removed."""
        assert self._client.user is not None
        heard = events.reaction(event, bot_id=self._client.user.id, at=self._now())
        if heard is None:
            return
        for name in self._names(event):
            await self._inbox.reaction(replace(heard, message=name))

    async def cleared(self, event: Cleared) -> None:
        """Report the removal of every vote on a message, or of every vote with one emoji."""
        at = self._now()
        only = getattr(event, "emoji", None)
        for message in self._names(event):
            for person, emoji in await self._records.votes(message):
                if only is None or emoji == named(events.emoji_name(only)):
                    await self._inbox.reaction(_taken_back(message, person, emoji, at))

    async def compare(self, workspaces: Collection[str]) -> None:
        """Report what changed on the latest posts of these workspaces since the last connection.

        Added reactions are always found. Removed ones are found where a post has no vote buttons,
        for a vote by button is no reaction; removed saves are not found. A deleted post is
        reported. A failed post does not stop the others; the last failure is raised in the end.
        """
        since, failed = self._now() - COMPARED, None
        for message in await self._records.recent_posts(workspaces, since, _MOST):
            try:
                await self._compare_one(message)
            except (discord.NotFound, discord.Forbidden) as error:
                log.info("reactions.unread", message=message.message, reason=str(error))
            except FAILURES as error:
                failed = error
        if failed is not None:
            raise failed

    async def compare_post(self, message: MessageRef) -> None:
        """The same for one post; a failure is logged and left to the next connection."""
        try:
            await self._compare_one(message)
        except FAILURES as error:
            log.info("reactions.unread", message=message.message, reason=str(error))

    async def _compare_one(self, message: MessageRef) -> None:
        at = self._now()
        place_id, message_id = spot(message)
        place = self._client.get_partial_messageable(
            place_id, guild_id=events.guild_id_of(message.channel)
        )
        try:
            posted = await place.fetch_message(message_id)
        except discord.NotFound as error:
            # Events of deleted messages come only together with every message that people write:
            # much traffic, and more of people's lives than the bot needs to hear.
            thread = place_id != int(message.channel.channel)
            if error.code != UNKNOWN_MESSAGE and not (thread and error.code == UNKNOWN_CHANNEL):
                raise
            await self._inbox.message_gone(message)
            return
        there = [each async for each in self._reacted(posted)]
        standing = {(person.id, named(emoji)) for person, emoji in there}
        known = set(await self._records.votes(message))
        for person, emoji in there:
            if (person.id, named(emoji)) not in known:
                await self._inbox.reaction(Reaction(message, person, emoji, added=True, at=at))
        buttons = has_votes(component.to_dict() for component in posted.components)
        for person_id, emoji in () if buttons else (known - standing):
            await self._inbox.reaction(_taken_back(message, person_id, emoji, at))
        await self._seen(message, posted)

    async def _reacted(self, posted: discord.Message) -> AsyncIterator[tuple[Person, str]]:
        """Each person with an emoji that counts, normal and super reactions.

        Discord returns the people of super reactions only where they are asked for.
        """
        for reaction in posted.reactions:
            emoji = events.emoji_name(reaction.emoji)
            if bare(emoji) not in self._means:
                continue
            kinds = []
            if reaction.normal_count or not reaction.burst_count:
                kinds.append(discord.ReactionType.normal)
            if reaction.burst_count:
                kinds.append(discord.ReactionType.burst)
            for kind in kinds:
                async for user in reaction.users(type=kind):
                    if not user.bot:
                        yield events.person(user), emoji

    def _names(self, event: discord.RawReactionActionEvent | Cleared) -> Sequence[MessageRef]:
        """Every MessageRef under which the event's message may be stored."""
        user_id = 0
        if event.guild_id is None:
            user_id = getattr(event, "user_id", 0) or self._recipient(event.channel_id)
        return names(self._client, event.guild_id, event.channel_id, event.message_id, user_id)

    def _recipient(self, channel_id: int) -> int:
        """The id of the person in a direct conversation, which the event omits; 0 if unknown."""
        channel = self._client.get_channel(channel_id)
        if isinstance(channel, discord.DMChannel) and channel.recipient is not None:
            return channel.recipient.id
        return 0


def _taken_back(message: MessageRef, person_id: str, emoji: str, at: datetime) -> Reaction:
    return Reaction(message, Person(person_id, person_id), emoji, added=False, at=at)


_OPPOSITE: Mapping[str, str] = MappingProxyType({"👍": "👎", "👎": "👍"})
_SAID: Mapping[str, str] = MappingProxyType(
    {"👍": "More like this.", "👎": "Less like this.", SAVE: "Saved for you."}
)


class Voting:
    """Turns a press into a reaction, and a second press into its removal.

    👎 after 👍 removes the 👍 as well, and the other way round.
    """

    def __init__(self, inbox: Inbox, records: Records, now: Callable[[], datetime]) -> None:
        self._inbox = inbox
        self._records = records
        self._now = now

    async def pressed(self, asked: Asked, what: str) -> None:
        """Count a press of a vote button under a post."""
        if asked.message is None or not await defer(asked):
            return
        emoji, place_id = VOTES[what], asked.channel_id or 0
        kept = await self._records.find_kept(
            names(asked.client, asked.guild_id, place_id, asked.message.id, asked.user.id)
        )
        message = kept or MessageRef(where(asked), str(asked.message.id))
        person, at = events.person(asked.user), self._now()
        standing = await self._standing(message, person)
        taken_back = emoji in standing
        await self._inbox.reaction(Reaction(message, person, emoji, added=not taken_back, at=at))
        opposite = _OPPOSITE.get(emoji, "")
        if not taken_back and opposite in standing:
            await self._inbox.reaction(Reaction(message, person, opposite, added=False, at=at))
        again = "Press again to take it back."
        await tell(asked, say("Taken back." if taken_back else f"{_SAID[emoji]} {again}"))

    async def _standing(self, message: MessageRef, person: Person) -> set[str]:
        """The vote emoji that a person has on a post now."""
        votes = {emoji for who, emoji in await self._records.votes(message) if who == person.id}
        saved = {SAVE} if await self._records.has_saved(message, person.id) else set()
        return votes | saved
