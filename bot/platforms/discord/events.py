"""Discord's events and message places in the port's words; pure."""

import hashlib
import re
from collections.abc import Iterator
from datetime import date, datetime
from typing import Protocol

import discord

from bot.ports import ChannelRef, MessageRef, Person, Reaction

NAME = "discord"
"""The prefix of Discord's channels."""

_NONCE = 25
_LINK = re.compile(
    r"https://(?:\w+\.)?discord(?:app)?\.com/channels/(?:\d+|@me)/(?P<place>\d+)/(?P<message>\d+)\b",
    re.ASCII,
)


class Emoji(Protocol):
    """What discord.py's kinds of emoji have in common; `id` is None for a character."""

    @property
    def id(self) -> int | None:
        """The custom emoji's id."""
        ...

    @property
    def name(self) -> str | None:
        """The character, or a custom emoji's name; None for one that was deleted."""
        ...


def channel_ref(guild_id: int | None, channel_id: int, user_id: int) -> ChannelRef:
    """A channel's address; a direct conversation is in a workspace of its own, `@USER`."""
    workspace = str(guild_id) if guild_id is not None else f"@{user_id}"
    return ChannelRef(NAME, workspace, str(channel_id))


def guild_id_of(ref: ChannelRef) -> int | None:
    """The guild of a channel, or None for a conversation with one person."""
    return None if ref.workspace.startswith("@") else int(ref.workspace)


def linked_messages(text: str, place: ChannelRef) -> Iterator[MessageRef]:
    """The messages that a pasted "Copy Message Link" may mean, likeliest first.

    A link into another place may lead into a thread of this channel: then it is the message in that
    thread, or the message above the thread.
    """
    link = _LINK.search(text)
    if link is None:
        return
    if link["place"] == place.channel:
        yield MessageRef(place, link["message"])
        return
    yield MessageRef(place, f"{link['place']}/{link['message']}")
    yield MessageRef(place, link["place"])
    yield MessageRef(ChannelRef(NAME, place.workspace, link["place"]), link["message"])


def person(user: discord.User | discord.Member) -> Person:
    """Who acted, with the name that is shown in the channel."""
    return Person(str(user.id), user.display_name)


def emoji_name(emoji: Emoji | str) -> str:
    """The character, or a custom emoji's name without colons; "" for a deleted one."""
    return emoji if isinstance(emoji, str) else emoji.name or ""


def reaction(
    event: discord.RawReactionActionEvent, *, bot_id: int, at: datetime
) -> Reaction | None:
    """A person's reaction; None for a bot's, and where the message is known not to be ours.

    Discord does not say when it happened: `at` is when it was heard (UTC). It names the
    message's author for additions only, so a removal may be about any message.
    """
    theirs = event.message_author_id not in (None, bot_id)
    bot = event.user_id == bot_id or (event.member is not None and event.member.bot)
    if theirs or bot:
        return None
    channel = channel_ref(event.guild_id, event.channel_id, event.user_id)
    name = event.member.display_name if event.member is not None else str(event.user_id)
    return Reaction(
        message=MessageRef(channel, str(event.message_id)),
        person=Person(str(event.user_id), name),
        emoji=emoji_name(event.emoji),
        added=event.event_type == "REACTION_ADD",
        at=at,
    )


def nonce(delivery_id: str) -> str:
    """The nonce of a delivery: within minutes, Discord answers a repeated post with the first one.

    At most 25 characters: a longer delivery id is hashed.
    """
    if len(delivery_id) <= _NONCE:
        return delivery_id
    return hashlib.sha256(delivery_id.encode()).hexdigest()[:_NONCE]


def below(thread_id: int, message_id: int) -> str:
    """The name of a message in a thread below its channel."""
    return f"{thread_id}/{message_id}"


def spot(message: MessageRef) -> tuple[int, int]:
    """The id of the channel or thread that holds a message, and the message's own id."""
    thread, slash, inner = message.message.partition("/")
    if slash:
        return int(thread), int(inner)
    return int(message.channel.channel), int(message.message)


def thread_of(message: MessageRef) -> int:
    """The id of the thread that holds a message, or of the thread that it can open itself."""
    thread, slash, _ = message.message.partition("/")
    return int(thread if slash else message.message)


def place_of(client: discord.Client, ref: ChannelRef) -> discord.PartialMessageable:
    """A channel to send to or read from, whether or not the gateway reported it."""
    return client.get_partial_messageable(int(ref.channel), guild_id=guild_id_of(ref))


def partial(client: discord.Client, message: MessageRef) -> discord.PartialMessage:
    """A message to read, edit or delete, without fetching it."""
    place_id, message_id = spot(message)
    place = client.get_partial_messageable(place_id, guild_id=guild_id_of(message.channel))
    return place.get_partial_message(message_id)


def threadless(client: discord.Client, ref: ChannelRef) -> bool:
    """Whether a channel is known to have no threads: direct messages, threads, voice channels."""
    guild_id = guild_id_of(ref)
    guild = client.get_guild(guild_id) if guild_id is not None else None
    place = guild.get_channel_or_thread(int(ref.channel)) if guild is not None else None
    kinds = discord.Thread | discord.VoiceChannel | discord.StageChannel
    return guild_id is None or isinstance(place, kinds)


def day_name(day: date) -> str:
    """The name of the thread with a day's papers."""
    return f"Papers of {day.day} {day:%B %Y}"


def names(
    client: discord.Client, guild_id: int | None, place_id: int, message_id: int, user_id: int
) -> tuple[MessageRef, ...]:
    """Every MessageRef under which a message may be stored.

    That is in its own channel, and in a thread below the channel above it.
    """
    own = MessageRef(channel_ref(guild_id, place_id, user_id), str(message_id))
    guild = client.get_guild(guild_id) if guild_id is not None else None
    thread = guild.get_thread(place_id) if guild is not None else None
    if guild_id is None or thread is None:
        return (own,)
    above: ChannelRef = channel_ref(guild_id, thread.parent_id, 0)
    return own, MessageRef(above, below(place_id, message_id))
