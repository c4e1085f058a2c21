"""What the host's page shows: sources, channels, posts under way, votes and processes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import version

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.latex import readable
from bot.errors import CommandError
from bot.rounds.scheduling.schedule import next_slot, parse_schedule
from bot.text import one_line, shorten
from storage import channels, overview, posts, processes, sources
from storage.models import Channel, ChannelState, PostState, Source, SourceHealth, Worker

_SHOWN_CHANNELS = 500
_SHOWN_POSTS = 50
_RECENT = timedelta(days=7)
_LONGEST_TITLE = 120
_WAITING = (PostState.DUE, PostState.SENDING, PostState.FAILED, PostState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source: how it does, when it was read last, and why it cannot be read."""

    source: Source
    broken: bool


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A channel with its next slot (None for one without), and its posts and votes of a week."""

    channel: Channel
    gone: bool
    next_at: datetime | None
    posts: int
    votes: int


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """A post that is not delivered yet, or may have been: where it goes, and why it waits."""

    title: str
    channel: str
    state: str
    reason: str
    next_try: datetime | None


@dataclass(frozen=True, slots=True)
class HostPage:
    """Everything at a glance, at `now` (UTC); `more` counts channels that are not listed."""

    now: datetime
    version: str
    sources: Sequence[SourceRow]
    channels: Sequence[ChannelRow]
    more: int
    waiting: Sequence[WaitingRow]
    processes: Sequence[Worker]


async def load_host_page(session: AsyncSession, now: datetime) -> HostPage:
    """Read it all; it names private channels too, so it is for whoever hosts."""
    known = [*await channels.list_gone(session), *await channels.list_active(session)]
    week = await overview.activity(session, now - _RECENT)
    waiting = await posts.list_states(session, _WAITING)
    return HostPage(
        now=now,
        version=version("paperround"),
        sources=[
            SourceRow(source, source.health is SourceHealth.BROKEN)
            for source in await sources.list_polled(session)
        ],
        channels=[_channel(each, week, now) for each in known[:_SHOWN_CHANNELS]],
        more=max(0, len(known) - _SHOWN_CHANNELS),
        waiting=[
            WaitingRow(
                shorten(one_line(readable(paper.title)), _LONGEST_TITLE),
                channel.address,
                post.state.value,
                post.reason or "",
                post.retry_at,
            )
            for post, paper, channel in waiting[:_SHOWN_POSTS]
        ],
        processes=await processes.list_all(session),
    )


def _channel(channel: Channel, week: overview.Activity, now: datetime) -> ChannelRow:
    try:
        upcoming = next_slot(parse_schedule(channel.schedule), now)
    except CommandError:
        upcoming = None
    found = week.get(channel.id or 0, (0, 0))
    gone = channel.state is not ChannelState.ACTIVE
    return ChannelRow(channel, gone, None if gone else upcoming, *found)
