"""Where a message stands: in a channel itself, or in a thread below it.

A post in a thread below a channel that is kept is named "THREAD/MESSAGE" there, both being ids.
"""

from datetime import date

import discord

from bot.chat import ChannelRef, MessageRef
from bot.platforms.discord import payloads


def below(thread_id: int, message_id: int) -> str:
    """The name of a message in a thread below its channel."""
    return f"{thread_id}/{message_id}"


def spot(message: MessageRef) -> tuple[int, int]:
    """The ids of the channel or thread in which a message stands, and of the message."""
    thread, slash, inner = message.message.partition("/")
    if slash:
        return int(thread), int(inner)
    return int(message.channel.channel), int(message.message)


def thread_of(message: MessageRef) -> int:
    """The id of the thread in which a message stands, or of the one that it may have itself."""
    thread, slash, _ = message.message.partition("/")
    return int(thread if slash else message.message)


def place_of(client: discord.Client, ref: ChannelRef) -> discord.PartialMessageable:
    """A channel to send to or to read, whether or not the gateway told of it."""
    return client.get_partial_messageable(int(ref.channel), guild_id=payloads.guild_id(ref))


def partial(client: discord.Client, message: MessageRef) -> discord.PartialMessage:
    """A message to read, edit or delete."""
    place_id, message_id = spot(message)
    place = client.get_partial_messageable(place_id, guild_id=payloads.guild_id(message.channel))
    return place.get_partial_message(message_id)


def threadless(client: discord.Client, ref: ChannelRef) -> bool:
    """Whether a place is known to have no threads: a conversation, a thread, a voice channel."""
    guild_id = payloads.guild_id(ref)
    guild = client.get_guild(guild_id) if guild_id is not None else None
    place = guild.get_channel_or_thread(int(ref.channel)) if guild is not None else None
    kinds = discord.Thread | discord.VoiceChannel | discord.StageChannel
    return guild_id is None or isinstance(place, kinds)


def day_name(day: date) -> str:
    """What the thread of a day's papers is called."""
    return f"Papers of {day.day} {day:%B %Y}"


def names(
    client: discord.Client, guild_id: int | None, place_id: int, message_id: int, user_id: int
) -> tuple[MessageRef, ...]:
    """All that a message may be kept as: of its own place, and of the channel above its thread."""
    own = MessageRef(payloads.channel_ref(guild_id, place_id, user_id), str(message_id))
    guild = client.get_guild(guild_id) if guild_id is not None else None
    thread = guild.get_thread(place_id) if guild is not None else None
    if guild_id is None or thread is None:
        return (own,)
    above: ChannelRef = payloads.channel_ref(guild_id, thread.parent_id, 0)
    return own, MessageRef(above, below(place_id, message_id))
