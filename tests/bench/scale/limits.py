"""What the platforms allow, reckoned on the times at which posts were made: no waiting."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.ports import ChannelRef


class Limit(NamedTuple):
    """A post at most every `seconds` to what is named alike."""

    name: str
    seconds: float


def limits_of(channel: ChannelRef) -> list[Limit]:
    """Slack: 1 a second in a channel, 300 a minute in a workspace; Discord: 5 in 5 s in a channel
    and 50 a second of the whole bot, whichever process asks.
    """
    own = Limit(str(channel), 1.0)
    if channel.platform == "discord":
        return [own, Limit("discord", 1 / 50)]
    return [own, Limit(f"slack:{channel.workspace}", 60 / 300)]


def allowed(posted: Iterable[tuple[str, datetime]]) -> dict[str, datetime]:
    """When the last of these posts (address, time) may be there, by platform.

    Each limit is reckoned on its own, for a post that waits in its channel holds up no other.
    """
    free: dict[Limit, datetime] = {}
    last: dict[str, datetime] = {}
    for address, asked in sorted(posted, key=lambda post: post[1]):
        channel = ChannelRef.parse(address)
        for limit in limits_of(channel):
            at = max(asked, free.get(limit, asked))
            free[limit] = at + timedelta(seconds=limit.seconds)
            last[channel.platform] = max(at, last.get(channel.platform, at))
    return last
