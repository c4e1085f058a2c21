"""Posts: made once for a channel and paper; and lists of those on their way or stuck."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, insert
from sqlmodel import col, delete, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Channel, ChannelState, Paper, Post, PostState, Workspace

SUBMITTED = "submitted"
"""The kind of a post that a person handed in."""

KINDS = ("watch", "trying", "beyond", SUBMITTED)
"""Every kind of post."""

_COUNTED = tuple(state for state in PostState if state is not PostState.DROPPED)


async def get(session: AsyncSession, post_id: int) -> Post | None:
    """A post by id, or None."""
    return await session.get(Post, post_id)


async def find_message(session: AsyncSession, channel_id: int, message: str) -> Post | None:
    """The post delivered as this platform message, or None."""
    statement = select(Post).where(Post.channel_id == channel_id, Post.message == message)
    return (await session.exec(statement)).first()


async def list_messages(
    session: AsyncSession, channel_id: int, messages: Collection[str]
) -> dict[str, Post]:
    """The posts delivered as these platform messages, by message; unknown ones are left out."""
    statement = select(Post).where(Post.channel_id == channel_id, col(Post.message).in_(messages))
    return {post.message or "": post for post in (await session.exec(statement)).all()}


async def list_below(session: AsyncSession, channel_id: int, prefix: str) -> Sequence[str]:
    """The message ids that start with `prefix`, of a channel's posts that were not deleted."""
    statement = select(col(Post.message)).where(
        Post.channel_id == channel_id,
        Post.state == PostState.POSTED,
        col(Post.message).startswith(prefix, autoescape=True),
    )
    return [each for each in (await session.exec(statement)).all() if each is not None]


async def is_sending(session: AsyncSession, channel_id: int) -> bool:
    """Whether a post of the channel is being sent, and so may be there before it is noted."""
    statement = select(Post.id).where(
        Post.channel_id == channel_id, Post.state == PostState.SENDING
    )
    return (await session.exec(statement.limit(1))).first() is not None


async def find_delivery(session: AsyncSession, delivery_id: str) -> Post | None:
    """The post with this delivery id, or None."""
    return (await session.exec(select(Post).where(Post.delivery_id == delivery_id))).first()


async def find_paper(session: AsyncSession, channel_id: int, paper_id: int) -> Post | None:
    """What became of a paper in a channel, or None if it was never picked."""
    statement = select(Post).where(Post.channel_id == channel_id, Post.paper_id == paper_id)
    return (await session.exec(statement)).first()


async def add(session: AsyncSession, made: Sequence[Post]) -> list[Post]:
    """Store new posts, all in one statement; returns them with their ids, in the same order."""
    if not made:
        return []
    rows = [post.model_dump(exclude={"id"}) for post in made]
    stored = await session.exec(insert(Post).returning(Post), params=rows)
    by_mark = {post.delivery_id: post for post in stored.scalars()}
    return [by_mark[post.delivery_id] for post in made]


async def list_slot(session: AsyncSession, channel_id: int, slot_at: datetime) -> Sequence[Post]:
    """The posts of one slot, in the order in which they are shown."""
    statement = (
        select(Post)
        .where(Post.channel_id == channel_id, Post.slot_at == slot_at)
        .order_by(col(Post.rank), col(Post.id))
    )
    return (await session.exec(statement)).all()


async def list_left(session: AsyncSession, channel_id: int, slot_at: datetime) -> Sequence[Paper]:
    """The papers of one slot that were not given up or taken down, in the order shown."""
    statement = (
        select(Paper)
        .join(Post, col(Post.paper_id) == col(Paper.id))
        .where(
            Post.channel_id == channel_id,
            Post.slot_at == slot_at,
            col(Post.state) != PostState.DROPPED,
        )
        .order_by(col(Post.rank), col(Post.id))
    )
    return (await session.exec(statement)).all()


async def list_ids(session: AsyncSession, post_ids: Sequence[int]) -> list[tuple[Post, Paper]]:
    """These posts with their papers, in the order of the ids."""
    statement = (
        select(Post, Paper)
        .join(Paper, col(Paper.id) == col(Post.paper_id))
        .where(col(Post.id).in_(post_ids))
    )
    found = {post.id: (post, paper) for post, paper in (await session.exec(statement)).all()}
    return [found[post_id] for post_id in post_ids if post_id in found]


async def picked_papers(session: AsyncSession, channel_id: int) -> set[int]:
    """The papers that were ever picked for a channel, whatever became of them, by id."""
    statement = select(Post.paper_id).where(Post.channel_id == channel_id)
    return set((await session.exec(statement)).all())


async def count_since(session: AsyncSession, channel_id: int, since: datetime) -> Counter[str]:
    """How many of the channel's picks of each kind fall at or after `since`.

    What was given up does not count, but for posts that stood and were deleted.
    """
    statement = (
        select(Post.kind, func.count())
        .where(
            col(Post.channel_id) == channel_id,
            col(Post.slot_at) >= since,
            or_(col(Post.state).in_(_COUNTED), col(Post.posted_at).is_not(None)),
        )
        .group_by(Post.kind)
    )
    return Counter(dict((await session.exec(statement)).all()))


async def are_picked(session: AsyncSession, channel_id: int, paper_ids: Collection[int]) -> bool:
    """Whether any of these papers was picked for the channel before."""
    statement = select(Post.id).where(
        col(Post.channel_id) == channel_id, col(Post.paper_id).in_(paper_ids)
    )
    return bool(paper_ids) and (await session.exec(statement.limit(1))).first() is not None


async def picked_from(session: AsyncSession, channel_id: int, paper_id: int) -> set[int]:
    """The papers with this id or a higher one that were ever picked for the channel."""
    statement = select(Post.paper_id).where(
        col(Post.channel_id) == channel_id, col(Post.paper_id) >= paper_id
    )
    return set((await session.exec(statement)).all())


async def withdraw(session: AsyncSession, post_id: int, reason: str) -> bool:
    """Give up a post that stood and was deleted; True for the caller that noted it.

    It keeps when it was posted and forgets which message it was, so that nothing edits that.
    """
    gone = await session.exec(
        update(Post)
        .where(col(Post.id) == post_id, col(Post.state) == PostState.POSTED)
        .values(state=PostState.DROPPED, reason=reason, message=None)
        .returning(col(Post.id))
        .execution_options(synchronize_session=False)
    )
    return gone.first() is not None


async def list_recent(
    session: AsyncSession, channel_id: int, since: datetime
) -> Sequence[tuple[Post, Paper]]:
    """A channel's delivered posts with their papers, newest slot first."""
    statement = (
        select(Post, Paper)
        .join(Paper, col(Paper.id) == col(Post.paper_id))
        .where(
            Post.channel_id == channel_id,
            Post.state == PostState.POSTED,
            col(Post.posted_at) >= since,
        )
        .order_by(col(Post.slot_at).desc(), col(Post.rank))
    )
    return (await session.exec(statement)).all()


async def list_newest(
    session: AsyncSession, channel_id: int, most: int
) -> Sequence[tuple[Post, Paper]]:
    """The `most` posts that were delivered last and were not deleted, newest first."""
    statement = (
        select(Post, Paper)
        .join(Paper, col(Paper.id) == col(Post.paper_id))
        .where(Post.channel_id == channel_id, Post.state == PostState.POSTED)
        .order_by(col(Post.posted_at).desc(), col(Post.id).desc())
        .limit(most)
    )
    return (await session.exec(statement)).all()


@dataclass(frozen=True, slots=True)
class Delivered:
    """A message of ours in a channel; `address` is the channel's."""

    post_id: int
    address: str
    message: str


async def list_on_platform(
    session: AsyncSession,
    platform: str,
    since: datetime,
    most: int,
    *,
    workspaces: Collection[str] | None = None,
) -> list[Delivered]:
    """Posts delivered since then in a platform's channels that still get posts, latest first.

    `workspaces` are the platform's own ids of those that are meant; all are, where None.
    """
    statement = (
        select(Post.id, Channel.address, Post.message)
        .join(Channel, col(Channel.id) == col(Post.channel_id))
        .join(Workspace, col(Workspace.id) == col(Channel.workspace_id))
        .where(
            Workspace.platform == platform,
            Channel.state == ChannelState.ACTIVE,
            col(Post.message).is_not(None),
            col(Post.posted_at) >= since,
        )
        .order_by(col(Post.posted_at).desc(), col(Post.id).desc())
        .limit(most)
    )
    if workspaces is not None:
        statement = statement.where(col(Workspace.external_id).in_(workspaces))
    found = (await session.exec(statement)).all()
    return [Delivered(i, address, message) for i, address, message in found if i and message]


async def list_delivered(session: AsyncSession, channel_id: int) -> Sequence[Post]:
    """Every post that a channel was shown, in that order."""
    statement = (
        select(Post)
        .where(Post.channel_id == channel_id, Post.state == PostState.POSTED)
        .order_by(col(Post.posted_at), col(Post.slot_at), col(Post.rank), col(Post.id))
    )
    return (await session.exec(statement)).all()


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


async def free(session: AsyncSession, channel_id: int) -> int:
    """Take back the picks of a channel that surely were not sent; returns how many.

    Their papers may be picked again. What a person handed in is kept: no round picks that.
    """
    freed = await session.exec(
        delete(Post)
        .where(
            col(Post.channel_id) == channel_id,
            col(Post.state).in_((PostState.DUE, PostState.FAILED)),
            col(Post.maybe_sent).is_(False),
            col(Post.kind) != SUBMITTED,
        )
        .execution_options(synchronize_session=False)
    )
    return freed.rowcount


async def hasten(session: AsyncSession, channel_id: int, now: datetime) -> None:
    """Let what was put off in a channel be tried at once; what a sender holds is left to it."""
    put_off = col(Post.state) == PostState.FAILED
    await session.exec(
        update(Post)
        .where(col(Post.channel_id) == channel_id, put_off)
        .values(retry_at=now)
        .execution_options(synchronize_session=False)
    )
    in_doubt = (col(Post.state) == PostState.SENDING) & col(Post.reason).is_not(None)
    await session.exec(
        update(Post)
        .where(col(Post.channel_id) == channel_id, in_doubt)
        .values(lease_until=now)
        .execution_options(synchronize_session=False)
    )


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
