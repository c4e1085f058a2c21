"""What the bot may do where, and what it needs: the same list for the invitation and the checks."""

import discord

from bot.errors import ChannelGoneError, Obstacle

SCOPES = ("bot", "applications.commands")

_POSTABLE = frozenset({"text", "news", "voice", "stage_voice", "forum"})

Place = discord.abc.GuildChannel | discord.Thread


def intents() -> discord.Intents:
    """Servers, direct messages and reactions; no members, presences or message contents."""
    wanted = discord.Intents.none()
    wanted.guilds = wanted.guild_reactions = wanted.dm_reactions = True
    return wanted


def needed(*, seeds: bool = False) -> discord.Permissions:
    """Everything that is asked for; nothing of it is privileged or lets the bot change a server.

    Only `seeds`, votes that the bot itself puts on posts, need leave to react.
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
    """The address that lets somebody add the bot to a server, with exactly what it needs."""
    asked = needed(seeds=seeds)
    return discord.utils.oauth_url(application_id, permissions=asked, scopes=SCOPES)


def missing(granted: discord.Permissions, *, thread: bool) -> str | None:
    """What the bot lacks to post somewhere, with what to do about it; None if nothing."""
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
    """Why a kind of channel takes no papers at all, such as one for pictures; None if it does."""
    kind = place.type.name
    if kind in _POSTABLE:
        return None
    return f"papers cannot be posted in a {kind} channel; use a text channel, thread or forum"


def obstacle(place: Place, me: discord.Member | None = None) -> ChannelGoneError | None:
    """Why nothing can be posted in a channel or thread now, with what to do; None if it can be.

    `me` is the bot there, where the gateway did not tell.
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
    """A channel or thread, and the bot there: as the gateway told, or else asked for.

    A thread of which the gateway did not tell cannot be judged without the channel above it.
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
    """Where the bot introduces itself: the system channel, else the first where it may speak."""
    first = [guild.system_channel] if guild.system_channel else []
    ordered = sorted(guild.text_channels, key=lambda each: each.position)
    return next((each for each in [*first, *ordered] if obstacle(each) is None), None)
