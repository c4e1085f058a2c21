"""Who sends which post: claims and what became of them, many in one transaction."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from storage import claims, posts
from storage.claims import Claimed, Note
from storage.database import Database
from storage.group_commit import Grouped
from storage.models import Post, PostState

LEASE = timedelta(minutes=2)
"""How long a sender holds a post; longer than any platform call may take."""

FINISHED = frozenset((PostState.POSTED, PostState.DROPPED, PostState.UNKNOWN))
"""States in which nothing is sent any more by itself."""


@dataclass(frozen=True, slots=True)
class Unclaimable:
    """A post that cannot be claimed now: it is free in `seconds`, or finished (None)."""

    seconds: float | None


@dataclass(frozen=True, slots=True)
class _Claim:
    post_id: int
    now: datetime
    theirs: datetime | None


class Claims:
    """Claims posts for `holder`, this process, and notes what became of them.

    A claim is committed before it is given. One process never holds a post twice, even where its
    clock jumps beyond the lease.
    """

    def __init__(self, database: Database, holder: str) -> None:
        self._holder = holder
        self._held: set[int] = set()
        self._asks: Grouped[_Claim | Note, Claimed | Unclaimable] = Grouped(database, self._work)

    async def claim(
        self, post_id: int, now: datetime, theirs: datetime | None = None
    ) -> Claimed | Unclaimable:
        """Take a post for sending, or tell when it may be taken; `theirs` is the platforms' time.

        Both times are UTC.
        """
        if post_id in self._held:
            return Unclaimable(1.0)
        self._held.add(post_id)
        try:
            answer = await self._asks.ask(_Claim(post_id, now, theirs))
        except BaseException:
            self._held.discard(post_id)
            raise
        if isinstance(answer, Unclaimable):
            self._held.discard(post_id)
        return answer

    def note(self, note: Note) -> asyncio.Future[Claimed | Unclaimable]:
        """Write down what became of a claimed post, soon; await the result to know it is kept."""
        kept = self._asks.ask(note)
        kept.add_done_callback(lambda _: self._held.discard(note.post_id))
        return kept

    def forget(self, post_id: int) -> None:
        """Give up a claimed post of which nothing is known; its lease runs out by itself."""
        self._held.discard(post_id)

    async def _work(
        self, session: AsyncSession, asks: Sequence[_Claim | Note]
    ) -> list[Claimed | Unclaimable]:
        notes = [ask for ask in asks if isinstance(ask, Note)]
        if notes:
            await claims.note(session, notes)
        wanted = [ask for ask in asks if isinstance(ask, _Claim)]
        answers = await self._claim(session, wanted) if wanted else {}
        return [
            answers[ask.post_id] if isinstance(ask, _Claim) else Unclaimable(None) for ask in asks
        ]

    async def _claim(
        self, session: AsyncSession, wanted: Sequence[_Claim]
    ) -> dict[int, Claimed | Unclaimable]:
        ids, now = [claim.post_id for claim in wanted], max(claim.now for claim in wanted)
        won = await claims.claim(
            session,
            ids,
            holder=self._holder,
            now=now,
            until=now + LEASE,
            theirs=min((claim.theirs for claim in wanted if claim.theirs), default=None),
        )
        answers: dict[int, Claimed | Unclaimable] = {each.post.id or 0: each for each in won}
        lost = [post_id for post_id in ids if post_id not in answers]
        if lost:
            found = {post.id: post for post, _ in await posts.list_ids(session, lost)}
            answers |= {post_id: _taken(found.get(post_id), now) for post_id in lost}
        return answers


def _taken(post: Post | None, now: datetime) -> Unclaimable:
    if post is None or post.state in FINISHED:
        return Unclaimable(None)
    until = post.retry_at if post.state is PostState.FAILED else post.lease_until
    return Unclaimable(max(1.0, (until - now).total_seconds()) if until else 1.0)
