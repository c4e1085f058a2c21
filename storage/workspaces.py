"""Workspaces: which channels and admin channels they have, and who shares them."""

from collections.abc import Sequence

from sqlalchemy import literal
from sqlalchemy.orm import aliased
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.turns import advisory_lock
from storage.models import Channel, ChannelSource, ChannelState, Source, Workspace


async def add(session: AsyncSession, platform: str, external_id: str) -> Workspace:
    """The workspace with this id on its platform, made if it is new."""
    workspace = await find(session, platform, external_id)
    if workspace is None:
        await advisory_lock(session, "workspaces")
        workspace = await find(session, platform, external_id)
    if workspace is None:
        workspace = Workspace(platform=platform, external_id=external_id)
        session.add(workspace)
        await session.flush()
    return workspace


async def of_channel(session: AsyncSession, channel: Channel) -> Workspace:
    """The workspace that a channel belongs to."""
    workspace = await session.get(Workspace, channel.workspace_id)
    assert workspace is not None
    return workspace


async def find(session: AsyncSession, platform: str, external_id: str) -> Workspace | None:
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
    workspace = await of_channel(session, channel)
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
