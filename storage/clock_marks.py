"""Times that a wrong clock wrote are set back, so that none in the future holds anything up."""

from datetime import datetime, timedelta

from sqlmodel import SQLModel, func, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Bulletin, Channel, DigestHeader, Paper, Post, Roundup, Worker

FARTHEST = timedelta(minutes=65)
"""A mark further ahead was written by a clock that was wrong: no pause of ours is longer."""

CALL = timedelta(minutes=2)
"""How long a sender may still be in the middle of a call, whatever its lease says."""


_MARKS: tuple[tuple[type[SQLModel], str, timedelta], ...] = (
    (Channel, "last_slot_at", timedelta()),
    (Channel, "created_at", timedelta()),
    (Paper, "first_seen_at", timedelta()),
    (Post, "picked_at", timedelta()),
    (Post, "retry_at", timedelta()),
    (Post, "lease_until", CALL),
    (DigestHeader, "lease_until", CALL),
    (Bulletin, "lease_until", CALL),
    (Bulletin, "retry_at", timedelta()),
    (Roundup, "since", timedelta()),
    (Channel, "paused_at", timedelta()),
    (Worker, "beaten_at", timedelta()),
)


async def set_back(session: AsyncSession, now: datetime) -> int:
    """Set back to `now` what lies more than `FARTHEST` ahead of it; returns how many marks did.

    A lease ends `CALL` later. On Postgres its own clock decides where it is ahead, for those of the
    machines that share it may differ.
    """
    if session.get_bind().dialect.name == "postgresql":
        theirs: datetime = (await session.exec(select(func.clock_timestamp()))).one()
        now = max(now, theirs)
    changed = 0
    for table, name, after in _MARKS:
        column = getattr(table, name)
        found = await session.exec(
            update(table)
            .where(column > now + FARTHEST)
            .values({name: now + after})
            .execution_options(synchronize_session=False)
        )
        changed += found.rowcount
    return changed
