"""Sources, which channels read them, and how their polls end."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.database import advisory_lock, lock_channel
from storage.models import Channel, ChannelSource, Sighting, Source, SourceHealth

_KEPT = ("import",)
MOST_OF_WORKSPACE = 300
"""Sources that one workspace may have read for itself: they are read at everybody's cost."""


class NamedSource(NamedTuple):
    """A source as settings name it."""

    kind: str
    spec: str
    name: str


async def share_only(session: AsyncSession, wanted: Sequence[NamedSource]) -> None:
    """Make the shared sources exactly these; what others gave before stays stored."""
    statement = select(Source).where(col(Source.shared).is_(True), col(Source.kind).not_in(_KEPT))
    for source in (await session.exec(statement)).all():
        source.shared = (source.kind, source.spec) in {(one.kind, one.spec) for one in wanted}
        session.add(source)
    for one in wanted:
        await add(session, kind=one.kind, spec=one.spec, name=one.name, shared=True)


async def add(
    session: AsyncSession, *, kind: str, spec: str, name: str, shared: bool = False
) -> Source:
    """The source of this kind and spec, made if it is new; `shared` can only be switched on."""
    await advisory_lock(session, "sources")
    statement = select(Source).where(Source.kind == kind, Source.spec == spec)
    source = (await session.exec(statement)).first()
    if source is None:
        source = Source(kind=kind, spec=spec, name=name)
    source.shared = source.shared or shared
    if not source.enabled:
        source.enabled, source.failures, source.next_poll_at = True, 0, None
    session.add(source)
    await session.flush()
    return source


async def move(session: AsyncSession, source: Source, spec: str) -> bool:
    """Give a source its new address; False where another source has it already."""
    taken = select(Source.id).where(Source.kind == source.kind, Source.spec == spec)
    if source.shared or (await session.exec(taken)).first() is not None:
        # The settings name a shared source by its old address, and would add that again.
        return False
    source.spec = spec
    session.add(source)
    return True


async def seal_all(session: AsyncSession) -> None:
    """Store the address of every feed anew, sealed with today's key."""
    for source in (await session.exec(select(Source).where(Source.kind == "feed"))).all():
        flag_modified(source, "spec")
        session.add(source)
    await session.flush()


async def wake_broken(session: AsyncSession) -> None:
    """Let every broken source be asked at once, as after a start: somebody may have mended it."""
    await session.exec(
        update(Source)
        .where(col(Source.health) == SourceHealth.BROKEN)
        .values(failures=0, next_poll_at=None, polled_at=None)
        .execution_options(synchronize_session=False)
    )


async def get(session: AsyncSession, source_id: int) -> Source | None:
    """A source by id, or None."""
    return await session.get(Source, source_id)


async def list_polled(session: AsyncSession) -> Sequence[Source]:
    """Every source that is read by somebody, by id; imported files are not polled."""
    read = select(ChannelSource.source_id).where(col(ChannelSource.on).is_(True))
    statement = (
        select(Source)
        .where(
            col(Source.enabled).is_(True),
            col(Source.kind).not_in(["import", "submitted"]),
            col(Source.shared).is_(True) | col(Source.id).in_(read),
        )
        .order_by(col(Source.id))
    )
    return (await session.exec(statement)).all()


async def list_channel(session: AsyncSession, channel: Channel) -> Sequence[tuple[Source, bool]]:
    """The sources that a channel could read, each with whether it does, by id."""
    words = await session.exec(select(ChannelSource).where(ChannelSource.channel_id == channel.id))
    said = {word.source_id: word.on for word in words}
    statement = (
        select(Source)
        .where(col(Source.shared).is_(True) | col(Source.id).in_(list(said)))
        .order_by(col(Source.id))
    )
    found = (await session.exec(statement)).all()
    return [(source, said.get(source.id or 0, source.shared)) for source in found]


class Trouble(NamedTuple):
    """How many of a channel's sources cannot be read, of how many, and since when the first."""

    broken: int
    read: int
    since: datetime | None


async def trouble_of(session: AsyncSession, channel: Channel) -> Trouble | None:
    """What is wrong with the sources that a channel reads; None where all can be read."""
    read = [source for source, on in await list_channel(session, channel) if on]
    broken = [source for source in read if source.health is SourceHealth.BROKEN]
    if not broken:
        return None
    since = min((one.broken_since for one in broken if one.broken_since), default=None)
    return Trouble(len(broken), len(read), since)


async def list_sightings(session: AsyncSession, paper_id: int) -> Sequence[tuple[Source, bool]]:
    """The sources that named a paper, by id, each with whether it was backlog there."""
    statement = (
        select(Source, Sighting.backlog)
        .join(Sighting, col(Sighting.source_id) == col(Source.id))
        .where(Sighting.paper_id == paper_id)
        .order_by(col(Source.id))
    )
    return (await session.exec(statement)).all()


async def room_for(session: AsyncSession, channel: Channel) -> int:
    """How many more sources the channel's workspace may add of its own."""
    statement = (
        select(func.count(func.distinct(ChannelSource.source_id)))
        .join(Source, col(Source.id) == col(ChannelSource.source_id))
        .join(Channel, col(Channel.id) == col(ChannelSource.channel_id))
        .where(Channel.workspace_id == channel.workspace_id)
        .where(col(Source.shared).is_(False), col(ChannelSource.on).is_(True))
    )
    return max(0, MOST_OF_WORKSPACE - (await session.exec(statement)).one())


async def choose(session: AsyncSession, channel: Channel, source: Source, *, on: bool) -> None:
    """Record whether a channel reads a source."""
    assert channel.id is not None
    assert source.id is not None
    await lock_channel(session, channel.id)
    word = await session.get(ChannelSource, (channel.id, source.id))
    word = word or ChannelSource(channel_id=channel.id, source_id=source.id)
    word.on = on
    session.add(word)
    await session.flush()
