"""Channels and the workspaces that they belong to."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import case, literal
from sqlalchemy.orm import aliased
from sqlmodel import col, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import NotFoundError, Obstacle
from storage.database import advisory_lock
from storage.models import Channel, ChannelSource, ChannelState, Source, UtcDateTime, Workspace


async def add_workspace(session: AsyncSession, platform: str, external_id: str) -> Workspace:
    """The workspace with this id on its platform, made if it is new."""
    workspace = await find_workspace(session, platform, external_id)
    if workspace is None:
        await advisory_lock(session, "workspaces")
        workspace = await find_workspace(session, platform, external_id)
    if workspace is None:
        workspace = Workspace(platform=platform, external_id=external_id)
        session.add(workspace)
        await session.flush()
    return workspace


async def workspace_of(session: AsyncSession, channel: Channel) -> Workspace:
    """The workspace that a channel belongs to."""
    workspace = await session.get(Workspace, channel.workspace_id)
    assert workspace is not None
    return workspace


async def find_workspace(
    session: AsyncSession, platform: str, external_id: str
) -> Workspace | None:
    """The workspace with this id on its platform, or None."""
    statement = select(Workspace).where(
        Workspace.platform == platform, Workspace.external_id == external_id
    )
    return (await session.exec(statement)).first()


async def list_organisation(session: AsyncSession, platform: str, organisation: str) -> list[str]:
    """The ids of an organisation's known workspaces."""
    statement = select(Workspace.external_id).where(
        Workspace.platform == platform, Workspace.organisation == organisation
    )
    return list((await session.exec(statement.order_by(col(Workspace.external_id)))).all())


async def list_sharers(session: AsyncSession, platform: str, channel: str) -> list[str]:
    """The ids of the workspaces with a channel of this id, which companies may share."""
    address = literal(f"{platform}:") + col(Workspace.external_id) + literal(f"/{channel}")
    statement = (
        select(Workspace.external_id)
        .join(Channel, col(Channel.workspace_id) == col(Workspace.id))
        .where(Workspace.platform == platform, col(Channel.address) == address)
    )
    return list((await session.exec(statement.order_by(col(Workspace.external_id)))).all())


async def admin_of(session: AsyncSession, channel: Channel) -> Channel | None:
    """The channel that hears of troubles in this channel's workspace, if it can be posted to."""
    workspace = await workspace_of(session, channel)
    if workspace.admin_channel_id is None:
        return None
    admin = await session.get(Channel, workspace.admin_channel_id)
    return admin if admin and admin.state is ChannelState.ACTIVE else None


async def list_admin(session: AsyncSession, source_id: int) -> Sequence[str]:
    """The addresses of admin channels, that can be posted to, of workspaces that read a source.

    A workspace reads it where one of its channels does; a source that only others added may be
    private to them, name and all.
    """
    reader = aliased(Channel)
    word = select(ChannelSource.on).where(
        col(ChannelSource.channel_id) == reader.id, ChannelSource.source_id == source_id
    )
    shared = select(Source.id).where(Source.id == source_id, col(Source.shared).is_(True))
    reads = or_(
        word.where(col(ChannelSource.on).is_(True)).exists(),
        shared.exists() & ~word.where(col(ChannelSource.on).is_(False)).exists(),
    )
    reading = select(reader.workspace_id).where(reader.state == ChannelState.ACTIVE, reads)
    statement = (
        select(Channel.address)
        .join(Workspace, col(Workspace.admin_channel_id) == col(Channel.id))
        .where(Channel.state == ChannelState.ACTIVE, col(Workspace.id).in_(reading))
        .order_by(col(Channel.id))
    )
    return (await session.exec(statement)).all()


async def list_readers(session: AsyncSession, source_id: int) -> Mapping[int, list[Channel]]:
    """The channels that can be posted to and chose to read a source, by their workspace's id."""
    statement = (
        select(Channel)
        .join(ChannelSource, col(ChannelSource.channel_id) == col(Channel.id))
        .where(
            ChannelSource.source_id == source_id,
            col(ChannelSource.on).is_(True),
            Channel.state == ChannelState.ACTIVE,
        )
        .order_by(col(Channel.id))
    )
    readers: defaultdict[int, list[Channel]] = defaultdict(list)
    for channel in (await session.exec(statement)).all():
        readers[channel.workspace_id].append(channel)
    return readers


@dataclass(frozen=True, slots=True)
class ChannelDefaults:
    """The shared settings that a new channel starts with."""

    schedule: str = "daily 09:00 UTC"
    post_limit: int = 5
    threshold: int = 80
    beyond: int = 1
    floor: int = 20


async def find(session: AsyncSession, address: str) -> Channel | None:
    """The channel written `platform:workspace/channel`, or None."""
    return (await session.exec(select(Channel).where(Channel.address == address))).first()


async def get(session: AsyncSession, channel_id: int) -> Channel:
    """A channel by id; raises NotFoundError."""
    channel = await session.get(Channel, channel_id)
    if channel is None:
        raise NotFoundError(f"There is no channel number {channel_id}.")
    return channel


async def add(
    session: AsyncSession, address: str, defaults: ChannelDefaults, now: datetime
) -> Channel:
    """The channel at this address, made with `defaults` if it is new."""
    known = await find(session, address)
    if known is None:
        await advisory_lock(session, "channels")
        known = await find(session, address)
    if known is not None:
        return known
    platform, _, place = address.partition(":")
    external, _, name = place.rpartition("/")
    workspace = await add_workspace(session, platform, external)
    assert workspace.id is not None
    channel = Channel(
        workspace_id=workspace.id,
        address=address,
        name=name,
        schedule=defaults.schedule,
        post_limit=defaults.post_limit,
        threshold=defaults.threshold,
        beyond=defaults.beyond,
        floor=defaults.floor,
        created_at=now,
    )
    session.add(channel)
    await session.flush()
    return channel


async def lose(
    session: AsyncSession,
    channel_id: int,
    reason: str,
    *,
    obstacle: str = Obstacle.OTHER,
    until: datetime | None = None,
) -> bool:
    """Mark a channel that cannot be posted to; True for the one caller that made the change.

    Of a channel that is lost already, only the reason changes.
    """
    values = {"state_reason": reason, "obstacle": str(obstacle), "back_at": until}
    known = col(Channel.id) == channel_id
    turned = await session.exec(
        update(Channel)
        .where(known, col(Channel.state) == ChannelState.ACTIVE)
        .values(state=ChannelState.GONE, **values)
        .returning(col(Channel.id))
        .execution_options(synchronize_session=False)
    )
    if turned.first() is not None:
        return True
    await session.exec(
        update(Channel).where(known).values(**values).execution_options(synchronize_session=False)
    )
    return False


async def owe_round(session: AsyncSession, channel_id: int, now: datetime) -> None:
    """Note that picks of a lost channel were freed, so that a round brings them once it is back."""
    await session.exec(
        update(Channel)
        .where(col(Channel.id) == channel_id)
        .values(due_at=now)
        .execution_options(synchronize_session=False)
    )


async def revive(session: AsyncSession, channel_id: int, now: datetime) -> bool:
    """Mark a lost channel as one that can be posted to; True for the caller that changed it.

    A round that it is owed is due now.
    """
    turned = await session.exec(
        update(Channel)
        .where(col(Channel.id) == channel_id, col(Channel.state) == ChannelState.GONE)
        .values(
            state=ChannelState.ACTIVE,
            state_reason=None,
            obstacle=None,
            back_at=None,
            due_at=case((col(Channel.due_at).is_not(None), literal(now, UtcDateTime))),
        )
        .returning(col(Channel.id))
        .execution_options(synchronize_session=False)
    )
    return turned.first() is not None


async def list_over(session: AsyncSession, now: datetime) -> Sequence[Channel]:
    """Lost channels whose obstacle has ended by itself by now, as a time-out does, by id."""
    statement = select(Channel).where(
        Channel.state == ChannelState.GONE, col(Channel.back_at) <= now
    )
    return (await session.exec(statement.order_by(col(Channel.id)))).all()


async def claim_greeting(session: AsyncSession, channel_id: int) -> bool:
    """Take the right to greet a channel: True once in its life, whoever asks."""
    taken = await session.exec(
        update(Channel)
        .where(col(Channel.id) == channel_id, col(Channel.greeted).is_(False))
        .values(greeted=True)
        .returning(col(Channel.id))
        .execution_options(synchronize_session=False)
    )
    return taken.first() is not None


async def claim_trouble(session: AsyncSession, channel_id: int, day: date) -> bool:
    """Note that a channel hears on a local day of its sources that cannot be read; once a day."""
    untold = or_(col(Channel.trouble_told_on).is_(None), Channel.trouble_told_on != str(day))
    claimed = await session.exec(
        update(Channel)
        .where(col(Channel.id) == channel_id, untold)
        .values(trouble_told_on=str(day))
        .execution_options(synchronize_session=False)
    )
    return bool(claimed.rowcount)


async def move(session: AsyncSession, channel: Channel, address: str) -> None:
    """Give a channel another address; a channel that has it already gets the old one.

    What the other one holds is not merged: the moved channel has the history.
    """
    old, other = channel.address, await find(session, address)
    if other is not None:
        other.address = f"{old}#moving"
        session.add(other)
        await session.flush()
    channel.address = address
    session.add(channel)
    await session.flush()
    if other is not None:
        other.address, other.state = old, ChannelState.GONE
        other.state_reason, other.obstacle = f"it became {address}", Obstacle.OTHER
        session.add(other)
        await session.flush()


async def list_workspace(
    session: AsyncSession, platform: str, external_id: str
) -> Sequence[Channel]:
    """Every channel of one workspace, by id."""
    statement = (
        select(Channel)
        .join(Workspace, col(Workspace.id) == col(Channel.workspace_id))
        .where(Workspace.platform == platform, Workspace.external_id == external_id)
        .order_by(col(Channel.id))
    )
    return (await session.exec(statement)).all()


async def list_active(session: AsyncSession) -> Sequence[Channel]:
    """Every channel that can be posted to, paused ones included, by id."""
    statement = (
        select(Channel).where(Channel.state == ChannelState.ACTIVE).order_by(col(Channel.id))
    )
    return (await session.exec(statement)).all()


async def list_gone(session: AsyncSession) -> Sequence[Channel]:
    """Every channel that nothing can be posted to until the bot is let in again, by id."""
    statement = select(Channel).where(Channel.state == ChannelState.GONE).order_by(col(Channel.id))
    return (await session.exec(statement)).all()


async def list_platform(session: AsyncSession, platform: str) -> Sequence[Channel]:
    """Every channel of one platform, by id."""
    statement = (
        select(Channel)
        .join(Workspace, col(Workspace.id) == col(Channel.workspace_id))
        .where(Workspace.platform == platform)
        .order_by(col(Channel.id))
    )
    return (await session.exec(statement)).all()


@dataclass(frozen=True, slots=True)
class Kept:
    """As much of a channel as its platform's events are compared with."""

    address: str
    name: str
    state: ChannelState


async def find_kept(session: AsyncSession, address: str) -> Kept | None:
    """As much of the channel at an address, or None; one look-up by an index."""
    statement = select(Channel.address, Channel.name, Channel.state)
    found = (await session.exec(statement.where(Channel.address == address))).first()
    return Kept(found[0], found[1], ChannelState(found[2])) if found is not None else None


async def list_kept(
    session: AsyncSession, platform: str, external_ids: Collection[str] | None = None
) -> Mapping[str, Sequence[Kept]]:
    """As much of each channel of a platform, by the id of its workspace; of all, where None."""
    statement = (
        select(Workspace.external_id, Channel.address, Channel.name, Channel.state)
        .join(Channel, col(Workspace.id) == col(Channel.workspace_id))
        .where(Workspace.platform == platform)
        .order_by(col(Channel.id))
    )
    if external_ids is not None:
        statement = statement.where(col(Workspace.external_id).in_(external_ids))
    made: dict[str, list[Kept]] = {}
    for external_id, address, name, state in (await session.exec(statement)).all():
        made.setdefault(external_id, []).append(Kept(address, name, ChannelState(state)))
    return made


async def find_extras(session: AsyncSession, address: str) -> Mapping[str, Any]:
    """The extras of the channel at an address; empty for one that has none or is not known."""
    statement = select(Channel.extras).where(Channel.address == address)
    return (await session.exec(statement)).first() or {}


async def find_feed(session: AsyncSession, key: str) -> Channel | None:
    """The channel whose outgoing feed has this secret in its address."""
    return (await session.exec(select(Channel).where(Channel.feed_key == key))).first()


async def keep_extras(session: AsyncSession, address: str, extras: Mapping[str, Any]) -> bool:
    """Replace the extras of a channel; False where there is no such channel."""
    changed = await session.exec(
        update(Channel)
        .where(col(Channel.address) == address)
        .values(extras=dict(extras))
        .returning(col(Channel.id))
        .execution_options(synchronize_session=False)
    )
    return changed.first() is not None
