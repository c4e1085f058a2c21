"""Channels' tastes: loaded, taught by votes, kept; rebuilt from the votes when damaged."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.picks.taste import Taste, TasteFormatError
from storage import models as tables
from storage import posts, votes, watches
from storage.models import Paper, Post

PATIENCE = timedelta(days=3)
"""How long a post stands before nobody's vote on it says anything."""

log = structlog.get_logger(__name__)


class Tastes:
    """Reads and writes one channel's taste within a caller's transaction."""

    def __init__(self, half_life_days: float) -> None:
        self._half_life_days = half_life_days

    async def load(self, session: AsyncSession, channel_id: int) -> Taste:
        """The channel's taste; a new channel starts from its watches' words."""
        row = await session.get(tables.Taste, channel_id)
        if row is None:
            return await self._start(session, channel_id)
        try:
            return Taste.loads(row.state)
        except TasteFormatError as error:
            log.warning("taste.rebuilt", channel_id=channel_id, reason=str(error))
            return await self.rebuild(session, channel_id, row.updated_at)

    async def learn(
        self,
        session: AsyncSession,
        channel_id: int,
        paper: Paper,
        *,
        person: str,
        before: int,
        after: int,
        post: Post,
        now: datetime,
    ) -> None:
        """Take in one person's changed vote and keep the result.

        A vote is dated by its post, so that taking it back leaves no trace.
        """
        taste = await self.load(session, channel_id)
        taste.learn(paper, person=person, before=before, after=after, at=post.picked_at)
        await self._keep(session, channel_id, taste, now)

    async def note_silence(self, session: AsyncSession, channel_id: int, now: datetime) -> Taste:
        """Take in, once for each, that posts have stood for days without a vote."""
        taste = await self.load(session, channel_id)
        unvoted = await posts.list_unvoted(session, channel_id, now - PATIENCE)
        if not unvoted:
            return taste
        viewers = max(1, await votes.count_voters(session, channel_id))
        for post, paper in unvoted:
            post.silence = viewers
            session.add(post)
            taste.shown(paper, viewers=viewers, at=post.picked_at)
        await self._keep(session, channel_id, taste, now)
        return taste

    async def rebuild(self, session: AsyncSession, channel_id: int, now: datetime) -> Taste:
        """Replay the votes that stand, in the order of their events, and keep the result."""
        taste = await self._start(session, channel_id)
        standing: dict[tuple[int, str], int] = {}
        for vote, post, paper in await votes.log(session, channel_id):
            if vote.removed:
                continue
            key = (vote.post_id, vote.person)
            total = standing.get(key, 0)
            standing[key] = total + vote.value
            before, after = _clip(total), _clip(total + vote.value)
            taste.learn(paper, person=vote.person, before=before, after=after, at=post.picked_at)
        for post, paper in await posts.list_silent(session, channel_id):
            taste.shown(paper, viewers=post.silence or 1, at=post.picked_at)
        await self._keep(session, channel_id, taste, now)
        return taste

    async def _start(self, session: AsyncSession, channel_id: int) -> Taste:
        texts: Sequence[str] = [
            watch.text for watch in await watches.list_channel(session, channel_id)
        ]
        return Taste(half_life_days=self._half_life_days, words=texts)

    async def _keep(
        self, session: AsyncSession, channel_id: int, taste: Taste, at: datetime
    ) -> None:
        row = await session.get(tables.Taste, channel_id)
        if row is None:
            row = tables.Taste(channel_id=channel_id, state=b"", updated_at=at)
        row.state, row.updated_at = taste.dumps(), at
        session.add(row)


def _clip(total: int) -> int:
    return max(-1, min(1, total))
