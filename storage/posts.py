"""Posts: picked once for a channel and paper, claimed before they are sent."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists
from sqlmodel import col, func, or_, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Paper, Post, PostState, Vote

KINDS = ("watch", "trying", "beyond", "submitted")
"""Every kind of post."""

_COUNTED = (PostState.DUE, PostState.SENDING, PostState.POSTED, PostState.FAILED)


async def get(session: AsyncSession, post_id: int) -> Post | None:
    """A post by id, or None."""
    return await session.get(Post, post_id)


async def find_message(session: AsyncSession, channel_id: int, message: str) -> Post | None:
    """The post delivered as this platform message, or None."""
    statement = select(Post).where(Post.channel_id == channel_id, Post.message == message)
    return (await session.exec(statement)).first()


async def find_delivery(session: AsyncSession, delivery_id: str) -> Post | None:
    """The post with this delivery id, or None."""
    return (await session.exec(select(Post).where(Post.delivery_id == delivery_id))).first()


async def find_paper(session: AsyncSession, channel_id: int, paper_id: int) -> Post | None:
    """What became of a paper in a channel, or None if it was never picked."""
    statement = select(Post).where(Post.channel_id == channel_id, Post.paper_id == paper_id)
    return (await session.exec(statement)).first()


async def list_slot(session: AsyncSession, channel_id: int, slot_at: datetime) -> Sequence[Post]:
    """The posts of one slot, in the order in which they are shown."""
    statement = (
        select(Post)
        .where(Post.channel_id == channel_id, Post.slot_at == slot_at)
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


async def count_since(
    session: AsyncSession, channel_id: int, since: datetime, kinds: Sequence[str]
) -> int:
    """How many of the channel's picks of these kinds fall at or after `since`."""
    statement = select(func.count()).where(
        col(Post.channel_id) == channel_id,
        col(Post.slot_at) >= since,
        col(Post.kind).in_(kinds),
        col(Post.state).in_(_COUNTED),
    )
    return int((await session.exec(statement)).one())


async def list_unvoted(
    session: AsyncSession, channel_id: int, before: datetime
) -> Sequence[tuple[Post, Paper]]:
    """Posts delivered before `before` that nobody voted on and whose silence is not yet noted."""
    voted = exists().where(col(Vote.post_id) == col(Post.id), col(Vote.removed).is_(False))
    statement = (
        select(Post, Paper)
        .join(Paper, col(Paper.id) == col(Post.paper_id))
        .where(
            Post.channel_id == channel_id,
            Post.state == PostState.POSTED,
            col(Post.silence).is_(None),
            col(Post.posted_at) < before,
            ~voted,
        )
        .order_by(col(Post.id))
    )
    return (await session.exec(statement)).all()


async def list_silent(session: AsyncSession, channel_id: int) -> Sequence[tuple[Post, Paper]]:
    """Posts whose silence was noted, by id."""
    statement = (
        select(Post, Paper)
        .join(Paper, col(Paper.id) == col(Post.paper_id))
        .where(Post.channel_id == channel_id, col(Post.silence).is_not(None))
        .order_by(col(Post.id))
    )
    return (await session.exec(statement)).all()


async def newest_silent(session: AsyncSession, channel_id: int) -> int:
    """The highest id among posts whose silence was noted, 0 where there is none."""
    statement = select(func.max(Post.id)).where(
        Post.channel_id == channel_id, col(Post.silence).is_not(None)
    )
    return (await session.exec(statement)).one() or 0


async def list_unfinished(session: AsyncSession, now: datetime) -> Sequence[Post]:
    """Posts that a delivery should look at now: due, to be retried, or left by a dead sender."""
    statement = (
        select(Post)
        .where(
            or_(
                col(Post.state) == PostState.DUE,
                (col(Post.state) == PostState.FAILED) & (col(Post.retry_at) <= now),
                (col(Post.state) == PostState.SENDING) & (col(Post.lease_until) <= now),
            )
        )
        .order_by(col(Post.slot_at), col(Post.rank), col(Post.id))
    )
    return (await session.exec(statement)).all()


async def claim(
    session: AsyncSession, post_id: int, *, holder: str, now: datetime, until: datetime
) -> Post | None:
    """Take a post for sending until `until`; None if it is done, not due yet or held elsewhere.

    The returned post tells by `attempts` whether somebody may have sent it before: more than 1
    after this claim means that the platform must be asked first. Uniqueness lives in the
    statement, so two claimers cannot both win.
    """
    due = or_(
        col(Post.state) == PostState.DUE,
        (col(Post.state) == PostState.FAILED) & (col(Post.retry_at) <= now),
        (col(Post.state) == PostState.SENDING)
        & (or_(col(Post.lease_until) <= now, col(Post.holder) == holder)),
    )
    won = await session.exec(
        update(Post)
        .where(col(Post.id) == post_id, due)
        .values(
            state=PostState.SENDING, holder=holder, lease_until=until, attempts=Post.attempts + 1
        )
        .returning(col(Post.id))
        .execution_options(synchronize_session=False)
    )
    if won.first() is None:
        return None
    return await session.get(Post, post_id, populate_existing=True)


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


async def list_delivered(session: AsyncSession, channel_id: int) -> Sequence[Post]:
    """Every post that a channel was shown, in that order."""
    statement = (
        select(Post)
        .where(Post.channel_id == channel_id, Post.state == PostState.POSTED)
        .order_by(col(Post.posted_at), col(Post.slot_at), col(Post.rank), col(Post.id))
    )
    return (await session.exec(statement)).all()
