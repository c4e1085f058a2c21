"""The one row about this installation."""

from datetime import datetime, timedelta

from sqlmodel import col, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.database import advisory_lock
from storage.models import Channel, Install


async def get(session: AsyncSession) -> Install:
    """The row, made when it is first asked for."""
    row = await session.get(Install, 1)
    if row is None:
        await advisory_lock(session, "install")
        row = await session.get(Install, 1)
    if row is None:
        row = Install()
        session.add(row)
        await session.flush()
    return row


async def clock_offset(session: AsyncSession) -> timedelta:
    """How far the demo's clock runs ahead of the wall; zero outside the demo."""
    row = await session.get(Install, 1)
    return timedelta(seconds=row.clock_offset_seconds if row else 0)


async def advance_clock(session: AsyncSession, by: timedelta) -> timedelta:
    """Move the demo's clock forward; returns the new offset."""
    row = await get(session)
    row.clock_offset_seconds += int(by.total_seconds())
    session.add(row)
    return timedelta(seconds=row.clock_offset_seconds)


async def claim_for_demo(session: AsyncSession) -> bool:
    """Mark empty data as a demo's; returns whether it is one now, False where others use it."""
    row = await get(session)
    used = (await session.exec(select(Channel.id).limit(1))).first() is not None
    row.demo = row.demo or not used
    session.add(row)
    return row.demo


async def next_watch_revision(session: AsyncSession) -> int:
    """A number greater than any watch change before it, in this transaction."""
    await get(session)
    raised = await session.exec(
        update(Install)
        .where(col(Install.id) == 1)
        .values(watch_revision=Install.watch_revision + 1)
        .returning(col(Install.watch_revision))
        .execution_options(synchronize_session=False)
    )
    return int(raised.scalar_one())


async def published_commands(session: AsyncSession) -> str | None:
    """Which command definitions Discord last took, as they were noted; None before the first."""
    row = await session.get(Install, 1)
    return row.published_commands if row else None


async def note_published_commands(session: AsyncSession, commands: str) -> None:
    """Remember which command definitions Discord took."""
    row = await get(session)
    row.published_commands = commands
    session.add(row)


async def seconds_apart(session: AsyncSession, now: datetime) -> float:
    """How far the clock of a Postgres is ahead of `now`; 0.0 on SQLite, which has none."""
    if session.get_bind().dialect.name != "postgresql":
        return 0.0
    theirs: datetime = (await session.exec(select(func.clock_timestamp()))).one()
    return (theirs - now).total_seconds()


async def touch(session: AsyncSession) -> None:
    """Write the row as it is: shows that the database can be written."""
    await get(session)
    await session.exec(
        update(Install)
        .where(col(Install.id) == 1)
        .values(watch_revision=Install.watch_revision)
        .execution_options(synchronize_session=False)
    )
