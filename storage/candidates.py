"""What of the stored papers a channel reads: its sources', with or without what was posted."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Subquery, case, exists
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from storage.models import (
    ChannelSource,
    LibraryPaper,
    Paper,
    PaperKind,
    Post,
    PostState,
    Sighting,
    Source,
    Vote,
)

_MOST_NAMED = 5_000


async def recent(session: AsyncSession, channel_id: int, limit: int) -> Sequence[Paper]:
    """The newest papers of the sources that a channel reads or that it was given, newest first."""
    statement = select(Paper).where(_seen_or_given(channel_id))
    return (await session.exec(statement.order_by(col(Paper.id).desc()).limit(limit))).all()


async def recent_ids(session: AsyncSession, channel_id: int, limit: int) -> Sequence[int]:
    """The ids of the papers that `recent` gives, newest first."""
    statement = select(Paper.id).where(_seen_or_given(channel_id))
    found = (await session.exec(statement.order_by(col(Paper.id).desc()).limit(limit))).all()
    return [each for each in found if each is not None]


async def recent_titles(
    session: AsyncSession, channel_id: int, limit: int
) -> Sequence[tuple[int, str]]:
    """The ids and titles of the papers that `recent` gives, newest first."""
    statement = select(Paper.id, Paper.title).where(_seen_or_given(channel_id))
    found = (await session.exec(statement.order_by(col(Paper.id).desc()).limit(limit))).all()
    return [(each, title) for each, title in found if each is not None]


def _seen_or_given(channel_id: int) -> ColumnElement[bool]:
    sighted = _sighted(channel_id, backlog=True)
    given = select(Post.paper_id).where(Post.channel_id == channel_id)
    return or_(col(Paper.id).in_(sighted), col(Paper.id).in_(given))


async def readable_ids(session: AsyncSession, channel_id: int, since: datetime) -> Sequence[int]:
    """The ids of the papers that `readable` gives, in order."""
    sighted = _sighted(channel_id, backlog=True)
    statement = select(Paper.id).where(
        col(Paper.first_seen_at) >= since, col(Paper.id).in_(sighted), _is_paper()
    )
    # Sorted here: asked for in order, SQLite walks all papers there are.
    return sorted(each for each in (await session.exec(statement)).all() if each is not None)


async def readable(session: AsyncSession, channel_id: int, since: datetime) -> Sequence[Paper]:
    """Papers first seen at or after `since` in a source that this channel reads, by id."""
    sighted = _sighted(channel_id, backlog=True)
    statement = select(Paper).where(
        col(Paper.first_seen_at) >= since, col(Paper.id).in_(sighted), _is_paper()
    )
    return (await session.exec(statement.order_by(col(Paper.id)))).all()


async def readable_titles(
    session: AsyncSession, channel_id: int, since: datetime, most: int
) -> Sequence[str]:
    """The titles of the latest `most` papers that `readable` gives."""
    statement = (
        select(Paper.title)
        .where(
            col(Paper.first_seen_at) >= since,
            col(Paper.id).in_(_sighted(channel_id, backlog=True)),
            _is_paper(),
        )
        .order_by(col(Paper.id).desc())
        .limit(most)
    )
    return (await session.exec(statement)).all()


async def candidate_ids(
    session: AsyncSession,
    channel_id: int,
    since: datetime,
    *,
    among: Collection[int] | None = None,
) -> list[int]:
    """What a round may pick from: readable papers, backlog aside, never picked for the channel.

    Papers of the channel's own library are none: whoever gave them has them.

    `among` looks at these papers only, which costs in proportion to them, not to the window.
    """
    # Asked of each paper: a list of all that was ever seen or posted grows by the year.
    seen = _sighted(channel_id, backlog=False).where(col(Sighting.paper_id) == col(Paper.id))
    picked = exists().where(col(Post.channel_id) == channel_id, col(Post.paper_id) == col(Paper.id))
    statement = select(Paper.id).where(
        col(Paper.first_seen_at) >= since,
        seen.correlate(Paper).exists(),
        ~picked,
        ~_own(channel_id),
        _is_paper(),
    )
    if among is not None and len(among) <= _MOST_NAMED:
        statement = statement.where(col(Paper.id).in_(among))
    # Sorted here: asked for in order, SQLite walks all papers there are.
    return sorted(each for each in (await session.exec(statement)).all() if each is not None)


def _own(channel_id: int) -> ColumnElement[bool]:
    return exists().where(
        col(LibraryPaper.channel_id) == channel_id, col(LibraryPaper.paper_id) == col(Paper.id)
    )


async def top(
    session: AsyncSession, channel_id: int, since: datetime, limit: int
) -> Sequence[tuple[Paper, int]]:
    """The papers first seen since `since` that a channel reads or was given, best first.

    Each stands with its points: its upvotes and the votes of this channel's people, -1, 0 or +1
    a person.
    """
    cheers = _cheers(channel_id)
    points = func.coalesce(Paper.upvotes, 0) + func.coalesce(cheers.c.votes, 0)
    read = _sighted(channel_id, backlog=True)
    given = select(Post.paper_id).where(
        Post.channel_id == channel_id, Post.state == PostState.POSTED
    )
    statement = (
        select(Paper, points)
        .outerjoin(cheers, cheers.c.paper_id == col(Paper.id))
        .where(
            col(Paper.first_seen_at) >= since,
            or_(col(Paper.id).in_(read), col(Paper.id).in_(given)),
        )
        .order_by(points.desc(), col(Paper.id))
        .limit(limit)
    )
    return (await session.exec(statement)).all()


def _is_paper() -> ColumnElement[bool]:
    """What may be picked: no corrections, no front matter, nothing that was retracted."""
    return (col(Paper.kind) == PaperKind.PAPER) & col(Paper.retracted).is_(False)


def _sighted(channel_id: int, *, backlog: bool) -> SelectOfScalar[int]:
    """Papers of the sources that a channel reads, with or without what those held before."""
    word = select(ChannelSource.on).where(
        ChannelSource.channel_id == channel_id, ChannelSource.source_id == Source.id
    )
    reads = or_(
        word.where(col(ChannelSource.on).is_(True)).exists(),
        col(Source.shared).is_(True) & ~word.where(col(ChannelSource.on).is_(False)).exists(),
    )
    sighted = (
        select(Sighting.paper_id)
        .join(Source, col(Source.id) == col(Sighting.source_id))
        .where(reads)
    )
    return sighted if backlog else sighted.where(col(Sighting.backlog).is_(False))


def _cheers(channel_id: int) -> Subquery:
    """The votes of a channel's people on each paper, one a person."""
    total = func.sum(Vote.value)
    person = (
        select(Post.paper_id, case((total > 0, 1), (total < 0, -1), else_=0).label("vote"))
        .join(Vote, col(Vote.post_id) == col(Post.id))
        .where(Post.channel_id == channel_id, col(Vote.removed).is_(False))
        .group_by(col(Post.paper_id), col(Vote.person))
        .subquery()
    )
    return (
        select(person.c.paper_id, func.sum(person.c.vote).label("votes"))
        .group_by(person.c.paper_id)
        .subquery()
    )
