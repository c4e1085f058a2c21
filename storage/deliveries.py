"""Posts as whoever runs the install looks at them: what is on its way, stuck or given up."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlmodel import col, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Channel, Paper, Post, PostState

OPEN = (PostState.DUE, PostState.SENDING, PostState.FAILED)
"""States of a post that is not finished."""

GIVEN_UP = (PostState.DROPPED, PostState.UNKNOWN)
"""States in which nothing is sent any more by itself, though the post is not known to be there."""

_STOPPABLE = (PostState.DUE, PostState.FAILED, PostState.UNKNOWN)


async def list_states(
    session: AsyncSession,
    states: Collection[PostState],
    *,
    address: str | None = None,
    since: datetime | None = None,
) -> Sequence[tuple[Post, Paper, Channel]]:
    """Posts in these states with their paper and channel, oldest slot first.

    `address` keeps one channel's; `since` leaves out what was picked before.
    """
    statement = (
        select(Post, Paper, Channel)
        .join(Paper, col(Paper.id) == col(Post.paper_id))
        .join(Channel, col(Channel.id) == col(Post.channel_id))
        .where(col(Post.state).in_(states))
        .order_by(col(Post.slot_at), col(Post.channel_id), col(Post.rank), col(Post.id))
    )
    if address is not None:
        statement = statement.where(Channel.address == address)
    if since is not None:
        statement = statement.where(col(Post.picked_at) >= since)
    return (await session.exec(statement)).all()


async def depths(session: AsyncSession) -> dict[str, tuple[int, datetime]]:
    """How many posts wait in each open state, and the slot of the oldest; empty states left out."""
    statement = (
        select(Post.state, func.count(), func.min(Post.slot_at))
        .where(col(Post.state).in_(OPEN))
        .group_by(col(Post.state))
    )
    return {
        state: (count, oldest) for state, count, oldest in (await session.exec(statement)).all()
    }


async def count_unknown(session: AsyncSession) -> int:
    """How many posts nobody knows the fate of, so that a person has to look."""
    statement = select(func.count()).where(Post.state == PostState.UNKNOWN)
    return (await session.exec(statement)).one()


async def find(session: AsyncSession, post_id: int) -> tuple[Post, Paper, Channel] | None:
    """One post with its paper and channel, or None."""
    statement = (
        select(Post, Paper, Channel)
        .join(Paper, col(Paper.id) == col(Post.paper_id))
        .join(Channel, col(Channel.id) == col(Post.channel_id))
        .where(Post.id == post_id)
    )
    return (await session.exec(statement)).first()


async def release(session: AsyncSession, post_id: int, now: datetime) -> bool:
    """Let a post that waits or was given up be sent at once; False if it is held or posted.

    The platform is asked first for one that may have arrived; its tries count anew. One that is
    UNKNOWN was looked for by whoever retries it.
    """
    left = or_(Post.maybe_sent, Post.state == PostState.SENDING)
    released = await session.exec(
        update(Post)
        .where(col(Post.id) == post_id, _free(now, *GIVEN_UP, PostState.FAILED))
        .values(
            state=PostState.DUE,
            attempts=0,
            maybe_sent=left & (Post.state != PostState.UNKNOWN),
            retry_at=None,
            lease_until=None,
            posted_at=None,
            reason=None,
        )
        .returning(col(Post.id))
        .execution_options(synchronize_session=False)
    )
    return released.first() is not None


async def doubt(session: AsyncSession, now: datetime) -> int:
    """Take every open post for one that may have arrived, held by nobody; returns how many.

    For restored data, which may be older than what was sent.
    """
    doubted = await session.exec(
        update(Post)
        .where(col(Post.state).in_(OPEN))
        .values(maybe_sent=True, lease_until=now)
        .execution_options(synchronize_session=False)
    )
    return doubted.rowcount


async def drop(session: AsyncSession, post_id: int, now: datetime, reason: str) -> bool:
    """Give a post up unless it is held, posted or given up; True for the caller that did it."""
    dropped = await session.exec(
        update(Post)
        .where(col(Post.id) == post_id, _free(now, *_STOPPABLE))
        .values(state=PostState.DROPPED, reason=reason, lease_until=None, retry_at=None)
        .returning(col(Post.id))
        .execution_options(synchronize_session=False)
    )
    return dropped.first() is not None


def _free(now: datetime, *states: PostState) -> ColumnElement[bool]:
    """The post is in one of these states, or its sender's lease ran out."""
    left = (col(Post.state) == PostState.SENDING) & (col(Post.lease_until) <= now)
    return or_(col(Post.state).in_(states), left)
