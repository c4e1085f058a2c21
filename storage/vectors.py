"""Vectors of papers and watches: encoded once, shared by all processes of an install."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel, col, delete, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import LibraryPaper, Paper, Post, StoredVector, StoredWatchVector, Vote


async def list_missing(
    session: AsyncSession, since: datetime, model: str, limit: int
) -> Sequence[Paper]:
    """Up to `limit` papers without a vector of this model, newest first.

    Those first seen at or after `since`, and those that anybody voted on or that are in a library:
    taste reads them.
    """
    known = select(StoredVector.paper_id).where(
        StoredVector.paper_id == Paper.id, StoredVector.model == model
    )
    voted = (
        select(Post.id)
        .join(Vote, col(Vote.post_id) == col(Post.id))
        .where(Post.paper_id == Paper.id)
    )
    kept = select(LibraryPaper.paper_id).where(LibraryPaper.paper_id == Paper.id)
    read = or_(col(Paper.first_seen_at) >= since, voted.exists(), kept.exists())
    statement = (
        select(Paper).where(read, ~known.exists()).order_by(col(Paper.id).desc()).limit(limit)
    )
    return (await session.exec(statement)).all()


async def list_papers(
    session: AsyncSession, paper_ids: Sequence[int], model: str
) -> dict[int, bytes]:
    """The vectors of these papers, by id, as far as this model encoded them."""
    statement = select(StoredVector.paper_id, StoredVector.vector).where(
        col(StoredVector.paper_id).in_(paper_ids), StoredVector.model == model
    )
    return dict((await session.exec(statement)).all())


async def list_watches(session: AsyncSession, texts: Sequence[str], model: str) -> dict[str, bytes]:
    """The vectors of these texts of watches, as far as this model encoded them."""
    statement = select(StoredWatchVector.text, StoredWatchVector.vector).where(
        col(StoredWatchVector.text).in_(texts), StoredWatchVector.model == model
    )
    return dict((await session.exec(statement)).all())


async def keep_papers(session: AsyncSession, vectors: Mapping[int, bytes], model: str) -> None:
    """Store papers' vectors, in place of those of another model."""
    rows = [{"paper_id": key, "model": model, "vector": row} for key, row in vectors.items()]
    await _keep(session, StoredVector, "paper_id", rows)


async def keep_watches(session: AsyncSession, vectors: Mapping[str, bytes], model: str) -> None:
    """Store watches' vectors, in place of those of another model."""
    rows = [{"text": key, "model": model, "vector": row} for key, row in vectors.items()]
    await _keep(session, StoredWatchVector, "text", rows)


async def drop_papers(session: AsyncSession, paper_ids: Sequence[int]) -> None:
    """Forget the vectors of papers whose text changed."""
    await session.exec(delete(StoredVector).where(col(StoredVector.paper_id).in_(paper_ids)))


async def _keep(
    session: AsyncSession, table: type[SQLModel], key: str, rows: Sequence[Mapping[str, object]]
) -> None:
    """Insert rows or replace them, in one statement: two processes may encode the same text."""
    if not rows:
        return
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    asked = dialect.insert(table).values(list(rows))
    new = {name: asked.excluded[name] for name in ("model", "vector")}
    await session.exec(asked.on_conflict_do_update(index_elements=[key], set_=new))
