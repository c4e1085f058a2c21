"""What the bot may do where, and what it needs: the same list for the invitation and the checks."""

import discord

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


def obstacle(place: Place) -> str | None:
    """Why nothing can be posted in a channel or thread now, with what to do; None if it can be."""
    if isinstance(place, discord.Thread):
        # One that only sleeps is woken by the next post.
        if place.locked and not place.permissions_for(place.guild.me).manage_threads:
            return "the thread is locked; unlock it to resume"
    elif (reason := unpostable(place)) is not None:
        return reason
    granted = place.permissions_for(place.guild.me)
    return missing(granted, thread=isinstance(place, discord.Thread))


def can_be_greeted(guild: discord.Guild) -> discord.TextChannel | None:
    """Where the bot introduces itself: the system channel, else the first where it may speak."""
    first = [guild.system_channel] if guild.system_channel else []
    ordered = sorted(guild.text_channels, key=lambda each: each.position)
    return next((each for each in [*first, *ordered] if obstacle(each) is None), None)
