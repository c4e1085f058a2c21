"""Deletes old votes, and shortens or deletes old posts and papers."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import col, delete, exists, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import (
    Channel,
    LibraryPaper,
    Paper,
    PaperName,
    Post,
    PostState,
    Saved,
    Sighting,
    Source,
    StoredTaste,
    StoredVector,
    Vote,
    ZoteroItem,
)

_FINISHED = (PostState.POSTED, PostState.DROPPED)
_NEVER_AGAIN = ("arxiv", "huggingface", "import", "submitted", "sample")
"""Kinds of sources that do not name an old paper again by themselves; a feed may."""


async def list_voted_channels(session: AsyncSession, before: datetime) -> Sequence[int]:
    """Channels with votes, or silence that was noted, on posts picked before `before`."""
    statement = (
        select(Post.channel_id)
        .where(Post.picked_at < before, or_(_voted(), col(Post.silence).is_not(None)))
        .distinct()
        .order_by(col(Post.channel_id))
    )
    return (await session.exec(statement)).all()


async def list_checkpoints(session: AsyncSession) -> Sequence[tuple[str, datetime, bytes]]:
    """What folded votes taught, by channel: its address, and up to when they were folded."""
    statement = (
        select(Channel.address, StoredTaste.checkpoint_at, StoredTaste.checkpoint)
        .join(Channel, col(Channel.id) == col(StoredTaste.channel_id))
        .where(
            col(StoredTaste.checkpoint).is_not(None), col(StoredTaste.checkpoint_at).is_not(None)
        )
        .order_by(col(Channel.address))
    )
    found = (await session.exec(statement)).all()
    return [(address, at, blob) for address, at, blob in found if at and blob is not None]


async def drop_votes(
    session: AsyncSession, channel_id: int, before: datetime, verdicts: Mapping[int, int]
) -> int:
    """Delete the votes on a channel's posts picked before `before`; returns how many there were.

    `verdicts`, what they add up to by post, stay with the posts: no person is in them. Noted
    silence goes too.
    """
    for post_id, verdict in verdicts.items():
        post = await session.get(Post, post_id)
        if post is not None:
            post.match = {**post.match, "verdict": verdict}
            session.add(post)
    await session.flush()
    old = select(Post.id).where(Post.channel_id == channel_id, Post.picked_at < before)
    gone = await session.exec(delete(Vote).where(col(Vote.post_id).in_(old)))
    await session.exec(
        update(Post)
        .where(col(Post.channel_id) == channel_id, col(Post.picked_at) < before)
        .where(col(Post.silence).is_not(None))
        .values(silence=None)
        .execution_options(synchronize_session=False)
    )
    return gone.rowcount


async def lighten_posts(session: AsyncSession, before: datetime, limit: int) -> int:
    """Leave of up to `limit` finished posts picked before `before` what bars a second posting.

    Returns how many there were. Posts with votes or noted silence wait for `drop_votes`.
    """
    statement = (
        select(Post)
        .where(Post.picked_at < before, col(Post.state).in_(_FINISHED), _heavy())
        .where(col(Post.silence).is_(None), ~_voted())
        .order_by(col(Post.id))
        .limit(limit)
    )
    found = (await session.exec(statement)).all()
    for post in found:
        post.match = {name: post.match[name] for name in ("verdict",) if name in post.match}
        post.message = post.reason = post.holder = None
        session.add(post)
    return len(found)


async def drop_papers(session: AsyncSession, before: datetime, limit: int) -> int:
    """Delete up to `limit` papers that were never picked and that no source will name again.

    Returns how many; see `lighten_papers` for those that stay in any case.
    """
    named_again = (
        select(Sighting.paper_id)
        .join(Source, col(Source.id) == col(Sighting.source_id))
        .where(Sighting.paper_id == Paper.id, col(Source.kind).not_in(_NEVER_AGAIN))
    )
    picked = select(Post.id).where(Post.paper_id == Paper.id)
    statement = (
        select(Paper.id)
        .where(_old(before), ~picked.exists(), ~named_again.exists())
        .order_by(col(Paper.id))
        .limit(limit)
    )
    ids = (await session.exec(statement)).all()
    for table in (Sighting, PaperName, StoredVector, ZoteroItem):
        await session.exec(delete(table).where(col(table.paper_id).in_(ids)))
    await session.exec(delete(Paper).where(col(Paper.id).in_(ids)))
    return len(ids)


async def lighten_papers(session: AsyncSession, before: datetime, limit: int) -> int:
    """Leave of up to `limit` old papers their identity, title, dates and links; returns how many.

    Old is what was first seen, and last changed, before `before`. What somebody saved stays, and
    what a post that is not light yet, or a vote, stands on.
    """
    statement = (
        select(Paper).where(_old(before), Paper.abstract != "").order_by(col(Paper.id)).limit(limit)
    )
    found = (await session.exec(statement)).all()
    for paper in found:
        paper.abstract, paper.authors = "", []
        paper.source_summary = paper.thumbnail = None
        session.add(paper)
    return len(found)


def _old(before: datetime) -> ColumnElement[bool]:
    saved = exists().where(col(Saved.paper_id) == col(Paper.id))
    taught = exists().where(col(LibraryPaper.paper_id) == col(Paper.id))
    unfinished = col(Post.state).not_in(_FINISHED)
    needed = exists().where(
        col(Post.paper_id) == col(Paper.id),
        or_(unfinished, _heavy(), col(Post.silence).is_not(None)),
    )
    aged = (col(Paper.first_seen_at) < before) & (col(Paper.updated_at) < before)
    return aged & ~saved & ~taught & ~needed


def _voted() -> ColumnElement[bool]:
    return exists().where(col(Vote.post_id) == col(Post.id))


def _heavy() -> ColumnElement[bool]:
    return or_(col(Post.message).is_not(None), col(Post.reason).is_not(None))
