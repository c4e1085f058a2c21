"""When a service may be asked next: one row a service, so that all processes keep one pace."""

from datetime import UTC, datetime, timedelta

from sqlmodel import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.database import advisory_lock
from storage.models import HostPace

FARTHEST = timedelta(minutes=30)
"""A turn further ahead was written by a clock that was wrong, and counts for nothing."""

LONGEST_HELD = timedelta(hours=6)
"""For so long at most a service is left alone, whatever it asks for."""


async def reserve(session: AsyncSession, host: str, pause: float) -> tuple[float, float]:
    """Take the next turn at a service, `pause` seconds after the one before it.

    Returns the seconds until then, and those for which it asked to be left alone: no turn is taken
    while there are any. Postgres' own clock counts there, for those of the machines may differ.
    """
    row, now = await _row(session, host)
    held = (row.held_until or now) - now
    if timedelta() < held <= LONGEST_HELD:
        return 0.0, held.total_seconds()
    at = max(now, row.next_at)
    row.next_at = at + timedelta(seconds=pause)
    session.add(row)
    return (at - now).total_seconds(), 0.0


async def hold_off(session: AsyncSession, host: str, seconds: float) -> None:
    """Note that a service asked to be left alone for so many seconds."""
    row, now = await _row(session, host)
    row.held_until = now + min(timedelta(seconds=seconds), LONGEST_HELD)
    session.add(row)


async def held_for(session: AsyncSession, host: str) -> float:
    """The seconds for which a service is left alone, 0 for none; takes no turn and no lock."""
    row = await session.get(HostPace, host, populate_existing=True)
    if row is None or row.held_until is None:
        return 0.0
    held = row.held_until - await _now(session)
    return held.total_seconds() if timedelta() < held <= LONGEST_HELD else 0.0


async def _row(session: AsyncSession, host: str) -> tuple[HostPace, datetime]:
    await advisory_lock(session, f"pace {host}")
    row = await session.get(HostPace, host, populate_existing=True)
    # Not before the row is read: that waited for those who wrote it.
    now = await _now(session)
    row = row or HostPace(host=host, next_at=now)
    if row.next_at > now + FARTHEST:
        row.next_at = now
    return row, now


async def _now(session: AsyncSession) -> datetime:
    if session.get_bind().dialect.name == "postgresql":
        now: datetime = (await session.exec(select(func.clock_timestamp()))).one()
        return now
    return datetime.now(UTC)
