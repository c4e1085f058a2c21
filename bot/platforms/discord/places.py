"""Where a message stands: in a channel itself, or in a thread below it.

A post in a thread below a channel that is kept is named "THREAD/MESSAGE" there, both being ids.
"""

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
