"""What stands around the messages: the channels at the side, and the chosen channel's head."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.chat import ChannelRef
from storage import channels, local, watches
from storage.models import Channel


@dataclass(frozen=True, slots=True)
class Place:
    """One channel in the list; `newest` is its newest public message, for unread marks."""

    name: str
    newest: int


@dataclass(frozen=True, slots=True)
class Head:
    """The chosen channel, what it watches, and the demo's time (None where time is real)."""

    channel: Channel
    watches: tuple[str, ...]
    clock: datetime | None


@dataclass(frozen=True, slots=True)
class Frame:
    """Side and head as they now stand; `head` is None where no channel is chosen."""

    places: tuple[Place, ...]
    head: Head | None


def local_ref(name: str) -> ChannelRef:
    """The address of a channel of the local chat."""
    return ChannelRef("local", "", name)


async def load_frame(
    session: AsyncSession, chosen: str | None, clock: Callable[[], datetime] | None
) -> Frame:
    """Read the list of channels, and the head of the one named `chosen` if there is one."""
    newest = await local.newest_ids(session)
    known = await channels.list_platform(session, "local")
    here = next((each for each in known if each.name == chosen), None)
    return Frame(
        places=tuple(Place(each.name, newest.get(each.address, 0)) for each in known),
        head=None if here is None else await _load_head(session, here, clock),
    )


async def _load_head(
    session: AsyncSession, channel: Channel, clock: Callable[[], datetime] | None
) -> Head:
    assert channel.id is not None
    rows = await watches.list_channel(session, channel.id)
    return Head(
        channel=channel,
        watches=tuple(row.text for row in rows),
        clock=clock().astimezone() if clock else None,
    )
