"""Channels' tastes: loaded, taught by votes, kept; rebuilt from the votes when damaged."""

import asyncio
from collections import Counter
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
        """The channel's taste; a new channel starts from its watches' words.

        One that is damaged or put off is learned anew, and kept where the session may write.
        """
        taste = await self.find(session, channel_id)
        if taste is None:
            taste = await self._replayed(session, channel_id)
            await self._keep(session, channel_id, taste)
        return taste

    async def find(self, session: AsyncSession, channel_id: int) -> Taste | None:
        """The taste as it is stored, or a new channel's; None if it is put off or damaged."""
        row = await session.get(tables.Taste, channel_id)
        words = await self._watched(session, channel_id)
        if row is None:
            return Taste(half_life_days=self._half_life_days, words=words)
        if not row.state:
            return None
        try:
            return Taste.loads(row.state, words=words)
        except TasteFormatError as error:
            log.warning("taste.damaged", channel_id=channel_id, reason=str(error))
            return None

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
        """Take in one person's changed vote, which is recorded already, and keep the result.

        A vote is dated by its post, so that taking it back leaves no trace. Where that comes so
        late that a step would not be exact, learning is put off: whoever needs the taste next
        replays all votes, once for however many came late.
        """
        taste = await self.find(session, channel_id)
        exact = taste is not None and taste.learn(
            paper, person=person, before=before, after=after, at=post.picked_at
        )
        await self._keep(session, channel_id, taste if exact else None, now)

    async def note_silence(self, session: AsyncSession, channel_id: int, now: datetime) -> Taste:
        """Take in, once for each, that posts have stood for days without a vote."""
        unvoted = await posts.list_unvoted(session, channel_id, now - PATIENCE)
        taste = await self.load(session, channel_id)
        if not unvoted:
            return taste
        viewers = max(1, await votes.count_voters(session, channel_id))
        in_order = await posts.newest_silent(session, channel_id) < (unvoted[0][0].id or 0)
        for post, paper in unvoted:
            post.silence = viewers
            session.add(post)
            taste.shown(paper, viewers=viewers, at=post.picked_at)
        if not in_order:
            taste = await self._replayed(session, channel_id)
        await self._keep(session, channel_id, taste, now)
        return taste

    async def rebuild(self, session: AsyncSession, channel_id: int, now: datetime) -> Taste:
        """Learn anew from the votes that stand, and keep the result.

        It differs from the stored taste only by what changed since votes were learned: a paper's
        text, the half-life in the settings, the program.
        """
        taste = await self._replayed(session, channel_id)
        await self._keep(session, channel_id, taste, now)
        return taste

    async def _replayed(self, session: AsyncSession, channel_id: int) -> Taste:
        """What the standing votes and the noted silence teach."""
        words = await self._watched(session, channel_id)
        taste = Taste(half_life_days=self._half_life_days, words=words)
        said: Counter[tuple[int, str]] = Counter()
        shown: dict[int, tuple[Post, Paper]] = {}
        for vote, post, paper in await votes.log(session, channel_id):
            shown[vote.post_id] = post, paper
            said[vote.post_id, vote.person] += 0 if vote.removed else vote.value
        standing = [
            (shown[post_id][1], person, 1 if total > 0 else -1, shown[post_id][0].picked_at)
            for (post_id, person), total in said.items()
            if total
        ]
        # Thousands of votes take seconds, in which others want to be answered.
        await asyncio.to_thread(taste.replay, standing)
        for post, paper in await posts.list_silent(session, channel_id):
            taste.shown(paper, viewers=post.silence or 1, at=post.picked_at)
        return taste

    async def _watched(self, session: AsyncSession, channel_id: int) -> list[str]:
        return [watch.text for watch in await watches.list_channel(session, channel_id)]

    async def _keep(
        self,
        session: AsyncSession,
        channel_id: int,
        taste: Taste | None,
        at: datetime | None = None,
    ) -> None:
        """Store the taste, or that it is put off; without a time the stored one's time stays."""
        row = await session.get(tables.Taste, channel_id)
        if row is None:
            assert at is not None  # noqa: S101 - said above
            row = tables.Taste(channel_id=channel_id, state=b"", updated_at=at)
        row.state = taste.dumps() if taste else b""
        row.updated_at = at or row.updated_at
        session.add(row)
