"""The papers of a channel's library: its group's own, which teach it and are never posted."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import LibraryPaper, Paper


async def add(
    session: AsyncSession, channel_id: int, paper_ids: Collection[int], by: str, now: datetime
) -> list[int]:
    """Put papers into a channel's library; returns those that were not in it, in their order."""
    known = set(await list_ids(session, channel_id))
    fresh = [paper_id for paper_id in dict.fromkeys(paper_ids) if paper_id not in known]
    session.add_all(
        LibraryPaper(channel_id=channel_id, paper_id=paper_id, added_by=by, added_at=now)
        for paper_id in fresh
    )
    await session.flush()
    return fresh


async def remove(session: AsyncSession, channel_id: int, paper_ids: Collection[int]) -> int:
    """Take papers out of a channel's library; returns how many were in it."""
    gone = await session.exec(
        delete(LibraryPaper)
        .where(
            col(LibraryPaper.channel_id) == channel_id, col(LibraryPaper.paper_id).in_(paper_ids)
        )
        .returning(col(LibraryPaper.paper_id))
    )
    return len(gone.all())


async def list_ids(session: AsyncSession, channel_id: int) -> Sequence[int]:
    """The ids of the papers in a channel's library."""
    statement = select(LibraryPaper.paper_id).where(LibraryPaper.channel_id == channel_id)
    return (await session.exec(statement)).all()


async def list_papers(session: AsyncSession, channel_id: int) -> Sequence[tuple[Paper, datetime]]:
    """The papers of a channel's library and when each was added, latest first."""
    statement = (
        select(Paper, LibraryPaper.added_at)
        .join(LibraryPaper, col(LibraryPaper.paper_id) == col(Paper.id))
        .where(LibraryPaper.channel_id == channel_id)
        .order_by(col(LibraryPaper.added_at).desc(), col(Paper.id).desc())
    )
    return (await session.exec(statement)).all()


async def count(session: AsyncSession, channel_id: int) -> int:
    """How many papers are in a channel's library."""
    statement = select(func.count()).where(LibraryPaper.channel_id == channel_id)
    return (await session.exec(statement)).one()
