"""Channels' tastes: loaded, taught by votes, kept; rebuilt from the votes when damaged."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.picks.taste import Taste, TasteFormatError
from bot.rounds.learning.shared_models import SharedModels
from storage import library, retention, votes, watches
from storage import models as tables
from storage.database import lock_channel
from storage.models import Paper, Post

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)

LIBRARY = "library"
"""Who likes the papers of a channel's library: one voice, however many they are."""

PATIENCE = timedelta(days=3)
"""How long a post stands before nobody's vote on it says anything."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class VoteChange:
    """One person's vote on a shown paper, before and after: each -1, 0 or +1."""

    paper: Paper
    person: str
    before: int
    after: int
    shown_at: datetime

    def teach(self, taste: Taste) -> bool:
        """Teach a taste; False where only a replay of all votes would be exact."""
        return taste.learn(
            self.paper,
            person=self.person,
            before=self.before,
            after=self.after,
            at=self.shown_at,
        )


class TasteStore:
    """Reads and writes one channel's taste within a caller's transaction."""

    def __init__(self, half_life_days: float, models: SharedModels | None = None) -> None:
        self._half_life_days = half_life_days
        self._models = models or SharedModels()

    def pool_of(self, workspace_id: int) -> str:
        """The name of the pool in which a workspace's channels share what they learn."""
        return self._models.pool_of(workspace_id)

    def forget_unread(self, now: datetime) -> None:
        """Once a day, let go of what was read of papers that are out of every round."""
        self._models.forget_unread(now)

    async def load(self, session: AsyncSession, channel_id: int) -> Taste:
        """The channel's taste; a new channel starts from its watches' words.

        One that is damaged, put off or on a shared model that is no more is learned anew, and kept
        where the session may write.
        """
        taste = await self.find(session, channel_id)
        if taste is None:
            taste = await self._replayed(session, channel_id)
            await self._keep(session, channel_id, taste)
        return taste

    async def find(self, session: AsyncSession, channel_id: int) -> Taste | None:
        """The taste as it is stored, or a new channel's; None if it must be learned anew."""
        row = await session.get(tables.StoredTaste, channel_id)
        words = await self._watched(session, channel_id)
        shared = await self._models.of_channel(session, channel_id)
        if row is None:
            return Taste(half_life_days=self._half_life_days, words=words, shared=shared)
        if not row.state:
            return None
        try:
            taste = Taste.loads(row.state, shared, words=words)
        except TasteFormatError as error:
            log.warning("taste.damaged", channel_id=channel_id, reason=str(error))
            return None
        return None if taste.carried else taste

    async def learn(
        self, session: AsyncSession, channel_id: int, changes: Sequence[VoteChange], now: datetime
    ) -> None:
        """Take in changed votes, which are recorded already, and keep the result.

        A vote is dated by its post, so that taking it back leaves no trace. Where that comes so
        late that a step would not be exact, learning is put off: whoever needs the taste next
        replays all votes, once for however many came late.
        """
        taste = await self.find(session, channel_id)
        await self._models.load([each.paper for each in changes], session)
        # A paper whose vector is still to come is learned when it is there.
        readable = taste is not None and all(taste.shared.knows(each.paper) for each in changes)
        exact = taste is not None and readable and all(each.teach(taste) for each in changes)
        await self._keep(session, channel_id, taste if exact else None, now)

    async def put_off(self, session: AsyncSession, channel_id: int, now: datetime) -> None:
        """Learn anew when the taste is needed next: what teaches the channel has changed."""
        await self._keep(session, channel_id, None, now)

    async def read(self, session: AsyncSession, papers: Sequence[Paper]) -> None:
        """Take up what tastes read of these papers beside their text."""
        await self._models.load(papers, session)

    async def current(self, session: AsyncSession, channel_id: int, now: datetime) -> Taste | None:
        """The taste where nothing is left to learn before a round; None otherwise.

        Before the first vote it is a blank one, for then it has no say and its words are not asked.
        """
        row = await session.get(tables.StoredTaste, channel_id)
        if await votes.has_unvoted(session, channel_id, _folded(row), now - PATIENCE):
            return None
        if row is None:
            return Taste(half_life_days=self._half_life_days)
        return await self.find(session, channel_id)

    async def note_silence(self, session: AsyncSession, channel_id: int, now: datetime) -> Taste:
        """Take in, once for each, that posts have stood for days without a vote."""
        since = await self._folded_until(session, channel_id)
        unvoted = await votes.list_unvoted(session, channel_id, since, now - PATIENCE)
        taste = await self.load(session, channel_id)
        if not unvoted:
            return taste
        await self._models.load([paper for _, paper in unvoted], session)
        viewers = max(1, await votes.count_voters(session, channel_id))
        in_order = await votes.newest_silent(session, channel_id) < (unvoted[0][0].id or 0)
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
        await lock_channel(session, channel_id)
        taste = await self._replayed(session, channel_id)
        await self._keep(session, channel_id, taste, now)
        return taste

    async def is_closed(self, session: AsyncSession, channel_id: int, post: Post) -> bool:
        """Whether a post is so old that its votes were folded: it takes no further one."""
        return post.picked_at < await self._folded_until(session, channel_id)

    async def fold(
        self, session: AsyncSession, channel_id: int, before: datetime, now: datetime
    ) -> int:
        """Keep what the votes on posts picked before `before` taught, and delete those votes.

        From then on a replay starts from that checkpoint. Returns how many votes went. A post once
        closed stays so, where a clock that was ahead was put back.
        """
        before = max(before, await self._folded_until(session, channel_id))
        checkpoint = await self._replayed(session, channel_id, before)
        row = await session.get(tables.StoredTaste, channel_id)
        row = row or tables.StoredTaste(channel_id=channel_id, state=b"", updated_at=now)
        if not await self._silent_in_order(session, channel_id, before):
            row.state = b""
        row.checkpoint, row.checkpoint_at = checkpoint.dumps(), before
        session.add(row)
        verdicts: Counter[int] = Counter()
        for one in await votes.list_stances(session, channel_id, before=before):
            verdicts[one.post_id] += one.value
        return await retention.drop_votes(session, channel_id, before, verdicts)

    async def forget(
        self, session: AsyncSession, channel_id: int, person: str, now: datetime
    ) -> None:
        """Learn anew without a person, whose votes are deleted already."""
        row = await session.get(tables.StoredTaste, channel_id)
        if row is None:
            return
        if row.checkpoint:
            checkpoint = await self._start(session, channel_id)
            checkpoint.leave_out(person)
            row.checkpoint = checkpoint.dumps()
            session.add(row)
        await self.rebuild(session, channel_id, now)

    async def _silent_in_order(
        self, session: AsyncSession, channel_id: int, before: datetime
    ) -> bool:
        """Whether silence was noted of all older posts first: not where clocks jumped."""
        older = await votes.list_silent(session, channel_id, _EVER, before)
        newer = await votes.list_silent(session, channel_id, before, _NEVER)
        return not older or not newer or (older[-1][0].id or 0) < (newer[0][0].id or 0)

    async def _folded_until(self, session: AsyncSession, channel_id: int) -> datetime:
        return _folded(await session.get(tables.StoredTaste, channel_id))

    async def _start(self, session: AsyncSession, channel_id: int) -> Taste:
        """What a replay starts from: a new channel's taste, or the checkpoint."""
        words = await self._watched(session, channel_id)
        shared = await self._models.of_channel(session, channel_id)
        row = await session.get(tables.StoredTaste, channel_id)
        if row is not None and row.checkpoint:
            try:
                taste = Taste.loads(row.checkpoint, shared, words=words)
            except TasteFormatError as error:
                log.warning("checkpoint.damaged", channel_id=channel_id, reason=str(error))
            else:
                taste.fade_by(self._half_life_days)
                return taste
        return Taste(half_life_days=self._half_life_days, words=words, shared=shared)

    async def _replayed(
        self, session: AsyncSession, channel_id: int, before: datetime = _NEVER
    ) -> Taste:
        """What the checkpoint, the standing votes since and the noted silence teach.

        Those on posts picked at or after `before` are left out.
        """
        taste = await self._start(session, channel_id)
        since = await self._folded_until(session, channel_id)
        said: Counter[tuple[int, str]] = Counter()
        shown: dict[int, tuple[Post, Paper]] = {}
        for vote, post, paper in await votes.log(session, channel_id, since, before):
            shown[vote.post_id] = post, paper
            said[vote.post_id, vote.person] += 0 if vote.removed else vote.value
        standing = [
            (shown[post_id][1], person, 1 if total > 0 else -1, shown[post_id][0].picked_at)
            for (post_id, person), total in said.items()
            if total
        ]
        if before == _NEVER:
            # The library is never folded: it may be changed at any time.
            mine = await library.list_papers(session, channel_id)
            standing += [(paper, LIBRARY, 1, added_at) for paper, added_at in mine]
        silent = await votes.list_silent(session, channel_id, since, before)
        read = [*(paper for paper, *_ in standing), *(paper for _, paper in silent)]
        taste.partial = not await self._models.load(read, session)
        # Thousands of votes take seconds, in which others want to be answered.
        await asyncio.to_thread(taste.replay, standing)
        for post, paper in silent:
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
        row = await session.get(tables.StoredTaste, channel_id)
        if row is None:
            assert at is not None
            row = tables.StoredTaste(channel_id=channel_id, state=b"", updated_at=at)
        row.state = taste.dumps() if taste and not taste.partial else b""
        row.base = taste.shared.version if taste else row.base
        row.updated_at = at or row.updated_at
        session.add(row)


def _folded(row: tables.StoredTaste | None) -> datetime:
    """Up to when a channel's votes were folded into its checkpoint."""
    return row.checkpoint_at if row and row.checkpoint_at else _EVER
