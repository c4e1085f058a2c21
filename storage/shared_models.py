"""What channels share: stored models, and the likes that pools are learned from."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case
from sqlmodel import col, delete, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Channel, Paper, Post, StoredModel, StoredTaste, Vote


async def versions(session: AsyncSession, names: Sequence[str]) -> dict[str, int]:
    """The versions of these models as far as they are stored; their contents are not read."""
    statement = select(StoredModel.name, StoredModel.version).where(
        col(StoredModel.name).in_(names)
    )
    return dict((await session.exec(statement)).all())


async def outlines(session: AsyncSession) -> dict[str, tuple[int, datetime]]:
    """Every stored model by name: from how much it was learned, and when."""
    statement = select(StoredModel.name, StoredModel.basis, StoredModel.learned_at)
    return {name: (basis, at) for name, basis, at in (await session.exec(statement)).all()}


async def find(session: AsyncSession, name: str) -> StoredModel | None:
    """A model with its contents, or None."""
    return await session.get(StoredModel, name)


async def keep(
    session: AsyncSession, name: str, *, version: int, basis: int, state: bytes, now: datetime
) -> None:
    """Store a model in place of the one before it."""
    row = await session.get(StoredModel, name)
    row = row or StoredModel(name=name, version=0, basis=0, learned_at=now, state=b"")
    row.version, row.basis, row.state, row.learned_at = version, basis, state, now
    session.add(row)


async def drop(session: AsyncSession, names: Sequence[str]) -> None:
    """Forget these models."""
    await session.exec(delete(StoredModel).where(col(StoredModel.name).in_(names)))


async def newest_texts(session: AsyncSession, limit: int) -> Sequence[Paper]:
    """The newest papers, by id."""
    statement = select(Paper).order_by(col(Paper.id).desc()).limit(limit)
    return (await session.exec(statement)).all()[::-1]


async def count_texts(session: AsyncSession) -> int:
    """How many papers are stored."""
    return int((await session.exec(select(func.count(col(Paper.id))))).one())


async def list_likes(
    session: AsyncSession, since: datetime, *, of_each: int
) -> Sequence[tuple[int, int, int]]:
    """What channels liked since `since`, as (workspace, channel, paper), newest first of each.

    A paper is liked where more of a channel's people are for it than against it. Of each channel
    there are at most `of_each`.
    """
    total = func.sum(Vote.value)
    person = (
        select(Vote.post_id, case((total > 0, 1), (total < 0, -1), else_=0).label("vote"))
        .join(Post, col(Post.id) == col(Vote.post_id))
        .where(col(Vote.removed).is_(False), col(Post.picked_at) >= since)
        .group_by(col(Vote.post_id), col(Vote.person))
        .subquery()
    )
    liked = (
        select(person.c.post_id)
        .group_by(person.c.post_id)
        .having(func.sum(person.c.vote) > 0)
        .subquery()
    )
    place = func.row_number().over(partition_by=col(Post.channel_id), order_by=col(Post.id).desc())
    ranked = (
        select(Post.channel_id, Post.paper_id, place.label("place"))
        .join(liked, liked.c.post_id == col(Post.id))
        .subquery()
    )
    statement = (
        select(Channel.workspace_id, ranked.c.channel_id, ranked.c.paper_id)
        .join(ranked, ranked.c.channel_id == col(Channel.id))
        .where(ranked.c.place <= of_each)
        .order_by(ranked.c.channel_id, ranked.c.place)
    )
    return (await session.exec(statement)).all()


async def list_taught(session: AsyncSession) -> Sequence[tuple[int, int, int]]:
    """Every channel with a taste that is not put off: (channel, workspace, model's version)."""
    statement = (
        select(StoredTaste.channel_id, Channel.workspace_id, StoredTaste.base)
        .join(Channel, col(Channel.id) == col(StoredTaste.channel_id))
        .where(StoredTaste.state != b"")
        .order_by(col(StoredTaste.channel_id))
    )
    return (await session.exec(statement)).all()
