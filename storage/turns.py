"""Turns: what reads before it writes must not do so beside another that does the same."""

from sqlalchemy import func
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession


async def advisory_lock(session: AsyncSession, what: str) -> None:
    """Wait until no other transaction has the turn for `what`; this one has it until it ends.

    What others committed before is seen by statements that come after. On SQLite this does
    nothing, for there all writers take turns.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.exec(select(func.pg_advisory_xact_lock(func.hashtextextended(what, 0))))


async def lock_channel(session: AsyncSession, channel_id: int) -> None:
    """The turn for what a channel was shown and what its votes taught."""
    await advisory_lock(session, f"channel {channel_id}")
