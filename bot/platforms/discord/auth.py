"""The permissions that the bot asks for and checks."""

import discord

from bot.errors import ChannelGoneError, Obstacle

SCOPES = ("bot", "applications.commands")

_POSTABLE = frozenset({"text", "news", "voice", "stage_voice", "forum"})

Place = discord.abc.GuildChannel | discord.Thread


def intents() -> discord.Intents:
    """The events that the bot receives: servers, direct messages and reactions.

    No members, presences or message contents.
    """
    wanted = discord.Intents.none()
    wanted.guilds = wanted.guild_reactions = wanted.dm_reactions = True
    return wanted


def needed(*, seeds: bool = False) -> discord.Permissions:
    """Every permission in the invitation; none is privileged or lets the bot change a server.

    `seeds` adds the permission to react, for votes that the bot itself puts on posts.
    """
    return discord.Permissions(
        view_channel=True,
        send_messages=True,
        send_messages_in_threads=True,
        create_public_threads=True,
        embed_links=True,
        read_message_history=True,
        add_reactions=seeds,
    )


def invitation(application_id: int, *, seeds: bool = False) -> str:
    """The address that adds the bot to a server, with exactly the permissions in `needed`."""
    asked = needed(seeds=seeds)
    return discord.utils.oauth_url(application_id, permissions=asked, scopes=SCOPES)


def missing(granted: discord.Permissions, *, thread: bool) -> str | None:
    """The permissions to post that `granted` lacks, as half a sentence with the remedy; or None."""
    needed = {
        "View Channel": granted.view_channel,
        "Send Messages in Threads" if thread else "Send Messages": (
            granted.send_messages_in_threads if thread else granted.send_messages
        ),
    }
    lacking = [name for name, held in needed.items() if not held]
    if not lacking:
        return None
    return f"the bot may not post there; give it {' and '.join(lacking)}"


def unpostable(place: discord.abc.GuildChannel) -> str | None:
    """Why no paper can be posted in this kind of channel (such as one for pictures), or None."""
    kind = place.type.name
    if kind in _POSTABLE:
        return None
    return f"papers cannot be posted in a {kind} channel; use a text channel, thread or forum"


def obstacle(place: Place, me: discord.Member | None = None) -> ChannelGoneError | None:
    """Why nothing can be posted in a channel or thread now; None if it can.

    `me` is the bot as a member of the server, for places that the gateway did not report.
    """
    me = me or place.guild.me
    if me.is_timed_out():
        until = me.timed_out_until
        assert until is not None
        told = f"the bot is timed out until {until:%Y-%m-%d %H:%M} UTC; a moderator may end it"
        return ChannelGoneError(told, obstacle=Obstacle.TIMED_OUT, until=until)
    thread = isinstance(place, discord.Thread)
    if isinstance(place, discord.Thread):
        # One that only sleeps is woken by the next post.
        if place.locked and not place.permissions_for(me).manage_threads:
            return ChannelGoneError(
                "the thread is locked; unlock it to resume", obstacle=Obstacle.LOCKED
            )
    elif (reason := unpostable(place)) is not None:
        return ChannelGoneError(reason, obstacle=Obstacle.UNSUITABLE)
    lacking = missing(place.permissions_for(me), thread=thread)
    if lacking is None:
        return None
    return ChannelGoneError(lacking, obstacle=Obstacle.NO_PERMISSION)


async def look_up(
    client: discord.Client, guild_id: int, place_id: int, bot_id: int
) -> tuple[Place, discord.Member]:
    """A channel or thread, and the bot as a member there; fetched if the gateway did not report it.

    A thread's permissions are those of the channel above it, so that is asked for as well.
    """
    known = client.get_guild(guild_id)
    guild = known or await client.fetch_guild(guild_id)
    place = guild.get_channel_or_thread(place_id) or await guild.fetch_channel(place_id)
    me = (known and known.me) or await guild.fetch_member(bot_id)
    if isinstance(place, discord.Thread) and place.parent is None:
        above = await guild.fetch_channel(place.parent_id)
        if isinstance(above, discord.abc.GuildChannel):
            guild._add_channel(above)
    return place, me


def can_be_greeted(guild: discord.Guild) -> discord.TextChannel | None:
    """The channel for the bot's introduction: the system channel, or the first it may post in."""
    first = [guild.system_channel] if guild.system_channel else []
    ordered = sorted(guild.text_channels, key=lambda each: each.position)
    return next((each for each in [*first, *ordered] if obstacle(each) is None), None)
