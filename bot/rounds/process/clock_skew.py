"""How far this machine's clock is apart from the platforms', as people are told."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from bot.ports import ChatPlatform

APART_SECONDS = 60.0
"""How far it may be: platforms tell their time in whole seconds, and answers take a while."""


def _wall() -> datetime:
    return datetime.now(UTC)


def clock_skew(
    platforms: Mapping[str, ChatPlatform], wall: Callable[[], datetime] = _wall
) -> str | None:
    """What is wrong with this machine's clock, such as "6 min ahead of slack's"; None if nothing.

    Platforms that gave no answer yet say nothing about it.
    """
    for name, platform in platforms.items():
        if (theirs := platform.time()) is None:
            continue
        ahead = (wall() - theirs).total_seconds()
        if abs(ahead) > APART_SECONDS:
            return f"{_long(abs(ahead))} {'ahead of' if ahead > 0 else 'behind'} {name}'s"
    return None


def _long(seconds: float) -> str:
    for size, unit in ((86_400, "days"), (3_600, "h")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 60:.0f} min"
