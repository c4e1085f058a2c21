"""Silence: posts that stood for days and that nobody voted on."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Paper, Post, PostState, Vote


async def list_unvoted(
    session: AsyncSession, channel_id: int, since: datetime, before: datetime
) -> Sequence[tuple[Post, Paper]]:
    """Posts delivered before `before` that nobody voted on and whose silence is not yet noted.

    Posts picked before `since`, and light ones, are too old to say anything.
    """
    statement = (
        select(Post, Paper)
        .join(Paper, col(Paper.id) == col(Post.paper_id))
        .where(*_unvoted(channel_id, since, before))
        .order_by(col(Post.id))
    )
    return (await session.exec(statement)).all()


async def has_unvoted(
    session: AsyncSession, channel_id: int, since: datetime, before: datetime
) -> bool:
    """Whether `list_unvoted` would list any."""
    statement = select(Post.id).where(*_unvoted(channel_id, since, before)).limit(1)
    return (await session.exec(statement)).first() is not None


def _unvoted(channel_id: int, since: datetime, before: datetime) -> tuple[ColumnElement[bool], ...]:
    voted = exists().where(col(Vote.post_id) == col(Post.id), col(Vote.removed).is_(False))
    return (
        col(Post.channel_id) == channel_id,
        col(Post.state) == PostState.POSTED,
        col(Post.silence).is_(None),
        col(Post.message).is_not(None),
        col(Post.picked_at) >= since,
        col(Post.posted_at) < before,
        ~voted,
    )


async def list_silent(
    session: AsyncSession, channel_id: int, since: datetime, before: datetime
) -> Sequence[tuple[Post, Paper]]:
    """Posts picked since `since` and before `before` whose silence was noted, by id."""
    statement = (
        select(Post, Paper)
        .join(Paper, col(Paper.id) == col(Post.paper_id))
        .where(Post.channel_id == channel_id, col(Post.silence).is_not(None))
        .where(Post.picked_at >= since, Post.picked_at < before)
        .order_by(col(Post.id))
    )
    return (await session.exec(statement)).all()


async def newest_silent(session: AsyncSession, channel_id: int) -> int:
    """The highest id among posts whose silence was noted, 0 where there is none."""
    statement = select(func.max(Post.id)).where(
        Post.channel_id == channel_id, col(Post.silence).is_not(None)
    )
    return (await session.exec(statement)).one() or 0
