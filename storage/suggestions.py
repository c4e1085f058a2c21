"""What was suggested to a channel, and what came of it."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Channel, Paper, Post, PostState, SuggestionMade


async def list_refused(session: AsyncSession, channel_id: int) -> frozenset[str]:
    """The keys of what a channel wants no more to hear of."""
    statement = select(SuggestionMade.key).where(
        SuggestionMade.channel_id == channel_id, col(SuggestionMade.refused).is_(True)
    )
    return frozenset((await session.exec(statement)).all())


async def list_told(session: AsyncSession, channel_id: int) -> frozenset[str]:
    """The keys of what a channel was told by itself, or refused."""
    statement = select(SuggestionMade.key).where(SuggestionMade.channel_id == channel_id)
    return frozenset((await session.exec(statement)).all())


async def last_told(session: AsyncSession, channel_id: int) -> datetime | None:
    """When a channel was last told something by itself."""
    statement = select(func.max(SuggestionMade.told_at)).where(
        SuggestionMade.channel_id == channel_id
    )
    return (await session.exec(statement)).one()


async def note(
    session: AsyncSession,
    channel_id: int,
    key: str,
    *,
    told_at: datetime | None = None,
    refused: bool = False,
) -> bool:
    """Note that something was told or refused; False where it was told before."""
    row = await session.get(SuggestionMade, (channel_id, key))
    if row is not None and told_at is not None:
        return False
    row = row or SuggestionMade(channel_id=channel_id, key=key, told_at=told_at)
    row.refused = row.refused or refused
    session.add(row)
    await session.flush()
    return True


async def list_posts(
    session: AsyncSession, channel: Channel, since: datetime, most: int
) -> Sequence[tuple[Post, Paper]]:
    """The newest posts that a channel was shown since then, deleted ones too, with their papers."""
    statement = (
        select(Post, Paper)
        .join(Paper, col(Paper.id) == col(Post.paper_id))
        .where(
            Post.channel_id == channel.id,
            col(Post.state).in_((PostState.POSTED, PostState.DROPPED)),
            col(Post.posted_at) >= since,
        )
        .order_by(col(Post.posted_at).desc(), col(Post.id).desc())
        .limit(most)
    )
    return (await session.exec(statement)).all()
