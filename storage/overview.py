"""Counts over all channels, for whoever hosts."""

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Post, PostState, Vote

Activity = Mapping[int, tuple[int, int]]
"""Posts and votes by the channel's id; a channel with neither is left out."""


async def activity(session: AsyncSession, since: datetime) -> Activity:
    """How many posts each channel was brought since then, and how many votes they got."""
    posted = (
        select(Post.channel_id, func.count())
        .where(Post.state == PostState.POSTED, col(Post.posted_at) >= since)
        .group_by(col(Post.channel_id))
    )
    voted = (
        select(Post.channel_id, func.count())
        .join(Vote, col(Vote.post_id) == col(Post.id))
        .where(col(Vote.removed).is_(False), col(Vote.event_at) >= since)
        .group_by(col(Post.channel_id))
    )
    posts = dict((await session.exec(posted)).all())
    votes = dict((await session.exec(voted)).all())
    return {channel: (posts.get(channel, 0), votes.get(channel, 0)) for channel in posts | votes}
