"""What forms and a person's own page show: the same facts as the answers, as plain records."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.card import Card
from bot.cards.compose import compose
from bot.commands.context import Context
from bot.ports import ChannelHealth, ChannelRef, Home, Overview, Person, SourceLine
from bot.rounds.scheduling.schedule import Off, next_slot, parse_schedule
from storage import channels, sources, votes, watches
from storage.models import Channel, ChannelState, Source, SourceHealth, Workspace

MOST_SAVED = 20
"""Saved papers on a person's page; the `saved` command lists all."""


async def overview(context: Context, ref: ChannelRef) -> Overview:
    """What a channel is set to; one that is not known yet shows the defaults, and stays unknown."""
    async with context.database.read() as session:
        channel = await channels.find(session, str(ref))
        known = channel or _unknown(context, ref)
        workspace = await channels.workspace_of(session, channel) if channel else None
        texts = await watches.list_channel(session, known.id or 0)
        read = await sources.list_channel(session, known)
    made = _overview(
        known, [watch.text for watch in texts], read, workspace=workspace, now=context.now()
    )
    return replace(made, support=context.support)


async def home(
    context: Context, platform: str, workspace: str, person: Person, visible: Collection[ChannelRef]
) -> Home:
    """A person's saved papers in a workspace, and the known ones among `visible` channels."""
    addresses = {str(ref) for ref in visible}
    async with context.database.read() as session:
        found = await channels.find_workspace(session, platform, workspace)
        if found is None:
            return Home(support=context.support)
        marked = await votes.list_saved(session, found.id or 0, person.id)
        known = [
            await _health(session, channel, context.now())
            for channel in await channels.list_workspace(session, platform, workspace)
            if channel.address in addresses
        ]
    saved: tuple[Card, ...] = tuple(compose(paper) for paper in marked[:MOST_SAVED])
    return Home(saved, tuple(known), context.support)


def is_paused(channel: Channel, now: datetime) -> bool:
    """Whether the channel is paused at a moment."""
    return channel.paused and (channel.paused_until is None or now < channel.paused_until)


def _unknown(context: Context, ref: ChannelRef) -> Channel:
    """A channel as it would be made, without an id and never stored."""
    starts = context.defaults
    return Channel(
        workspace_id=0,
        address=str(ref),
        name=ref.channel,
        schedule=starts.schedule,
        post_limit=starts.post_limit,
        threshold=starts.threshold,
        beyond=starts.beyond,
        created_at=context.now(),
    )


def _overview(
    channel: Channel,
    texts: Sequence[str],
    read: Sequence[tuple[Source, bool]],
    *,
    workspace: Workspace | None,
    now: datetime,
) -> Overview:
    paused = is_paused(channel, now)
    return Overview(
        name=channel.name,
        watches=tuple(texts),
        schedule=channel.schedule,
        limit=channel.post_limit,
        threshold=channel.threshold,
        beyond=channel.beyond,
        quiet=channel.quiet,
        paused=paused,
        paused_until=channel.paused_until if paused else None,
        sources=tuple(
            SourceLine(source.name, source.spec, on, _trouble(source)) for source, on in read
        ),
        next_at=next_slot(parse_schedule(channel.schedule), now),
        lost=_lost(channel),
        is_admin=workspace is not None and workspace.admin_channel_id == channel.id,
        style=channel.style.value,
    )


async def _health(session: AsyncSession, channel: Channel, now: datetime) -> ChannelHealth:
    watching = len(await watches.list_channel(session, channel.id or 0))
    return ChannelHealth(
        channel=ChannelRef.parse(channel.address),
        name=channel.name,
        watches=watching,
        schedule=channel.schedule,
        problem=_problem(channel, watching, now),
    )


def _problem(channel: Channel, watching: int, now: datetime) -> str | None:
    if (lost := _lost(channel)) is not None:
        return lost
    if is_paused(channel, now):
        return "posts are paused"
    if isinstance(parse_schedule(channel.schedule), Off):
        return "the schedule is off"
    return None if watching else "nothing is watched"


def _lost(channel: Channel) -> str | None:
    if channel.state is ChannelState.ACTIVE:
        return None
    return channel.state_reason or "it cannot be posted to"


def _trouble(source: Source) -> str | None:
    return (source.reason or "broken") if source.health is SourceHealth.BROKEN else None
