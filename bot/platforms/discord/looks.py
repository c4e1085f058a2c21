"""How a channel's posts look and travel: choices that only Discord has, kept with the channel."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bot.chat import ChannelRef
from bot.platforms.discord.records import Records

_FRESH_SECONDS = 2.0
_CHOSEN, _PUBLISH_SINCE = "looks", "publish_since"


class Look(StrEnum):
    """What a channel may choose, any of them together.

    PUBLISH is for announcement channels alone, DAILY for forums.
    """

    EMBEDS = "embeds"
    BUTTONS = "buttons"
    PUBLISH = "publish"
    DAILY = "daily"


@dataclass(frozen=True, slots=True)
class Looks:
    """What holds for a channel; posts from before `publish_since` (UTC) are not published."""

    chosen: frozenset[Look] = frozenset()
    publish_since: datetime | None = None

    def __contains__(self, look: object) -> bool:
        return look in self.chosen


class LooksBook:
    """Reads and keeps the choices; a channel that chose nothing has the host's `usual` ones.

    What is read holds for two seconds, so that a round does not ask the database for every post.
    """

    def __init__(self, records: Records, usual: Collection[Look] = ()) -> None:
        self._records = records
        self._usual = Looks(frozenset(usual))
        self._known: Mapping[ChannelRef, Mapping[str, Any]] = {}
        self._read_at = float("-inf")

    async def of(self, channel: ChannelRef) -> Looks:
        """What holds for a channel now."""
        if time.monotonic() - self._read_at > _FRESH_SECONDS:
            self._known = await self._records.extras()
            self._read_at = time.monotonic()
        extras = self._known.get(channel, {})
        if _CHOSEN not in extras:
            return self._usual
        since = extras.get(_PUBLISH_SINCE)
        known = frozenset(Look(each) for each in extras[_CHOSEN] if each in set(Look))
        return Looks(known, datetime.fromisoformat(since) if since else None)

    async def choose(
        self, channel: ChannelRef, chosen: Collection[Look], now: Callable[[], datetime]
    ) -> bool:
        """Keep a channel's choices; False for a channel that is not known yet."""
        before = await self.of(channel)
        since = (before.publish_since or now()) if Look.PUBLISH in chosen else None
        extras = {
            _CHOSEN: sorted(chosen),
            _PUBLISH_SINCE: since.isoformat() if since else None,
        }
        self._read_at = float("-inf")
        return await self._records.keep_extras(channel, extras)
