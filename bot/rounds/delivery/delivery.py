"""Sending a post once: claim it, ask if it may be there already, send it, note what happened."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from bot.ports import ChatPlatform, MessageRef
from bot.rounds.delivery.claims import Claims, Unclaimable
from bot.rounds.delivery.retry_policy import WINDOW
from bot.rounds.delivery.sender import Sender
from bot.rounds.process.metrics import Metrics
from storage import bulletins, claims
from storage.claims import Claimed
from storage.database import Database

REST_SECONDS = 4.0
"""How long the end of the program waits for posts that are being sent."""

_LATER_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Left:
    """Posts that are not finished, in order, and the seconds after which to go on with them."""

    post_ids: tuple[int, ...]
    pause: float


class Delivery:
    """Takes posts from due to posted; `holder` names this process in claims.

    What may have arrived and cannot be asked for stays UNKNOWN, or with `repeat_unknown` is sent
    again. `window` is how long a paper is a candidate: for as long a post is put off, not dropped.
    """

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, ChatPlatform],
        now: Callable[[], datetime],
        holder: str,
        *,
        repeat_unknown: bool = False,
        metrics: Metrics | None = None,
        watch: Callable[[], float] = monotonic,
        window: timedelta = WINDOW,
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._now = now
        self._claims = Claims(database, holder)
        self._sender = Sender(
            database,
            platforms,
            now,
            holder,
            repeat_unknown=repeat_unknown,
            metrics=metrics or Metrics(),
            watch=watch,
            window=window,
        )
        self._resting = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._sending = 0

    async def deliver(self, post_id: int) -> float | None:
        """Try to send a post; returns seconds to wait before the next try, or None when done."""
        left = await self.deliver_all([post_id])
        return left.pause if left else None

    async def deliver_all(self, post_ids: Sequence[int]) -> Left | None:
        """Try to send a channel's posts in order, up to the first that has to wait.

        Returns what is left with the seconds to wait, or None when all are done.
        """
        self._sending += 1
        self._idle.clear()
        try:
            return await self._deliver_all(post_ids)
        finally:
            self._sending -= 1
            if not self._sending:
                self._idle.set()

    async def _deliver_all(self, post_ids: Sequence[int]) -> Left | None:
        notes: list[asyncio.Future[Claimed | Unclaimable]] = []
        found: list[MessageRef] = []
        try:
            for place, post_id in enumerate(post_ids):
                # What is noted of the post before goes into the transaction that claims this one.
                pause = await self._one(post_id, notes)
                if pause is not None:
                    return Left(tuple(post_ids[place:]), pause)
                # Its own alone: who else was asked for this post may be done before it is noted.
                if message := self._sender.found(post_id):
                    found.append(message)
        finally:
            await asyncio.gather(*notes)
            await self._sender.catch_up(found)
        return None

    async def rest(self) -> None:
        """Send nothing more, and wait at most `REST_SECONDS`, once, for what is being sent."""
        if self._resting:
            return
        self._resting = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REST_SECONDS):
                await self._idle.wait()

    @property
    def idle(self) -> bool:
        """Whether nothing is being sent."""
        return not self._sending

    async def take_over(self, holder: str) -> None:
        """Free what a sender that is dead left behind, so that nobody waits for its leases."""
        async with self._database.write() as session:
            await claims.release(session, holder, self._now())
            await claims.release_headers(session, holder, self._now())
            await bulletins.release(session, holder, self._now())

    async def _one(
        self, post_id: int, notes: list[asyncio.Future[Claimed | Unclaimable]]
    ) -> float | None:
        if self._resting:
            return _LATER_SECONDS
        held_from = monotonic()
        theirs = min(filter(None, (each.time() for each in self._platforms.values())), default=None)
        claimed = await self._claims.claim(post_id, self._now(), theirs)
        if isinstance(claimed, Unclaimable):
            return claimed.seconds
        try:
            note, pause = await self._sender.send(claimed, held_from)
        except BaseException:
            self._claims.forget(post_id)
            raise
        notes.append(self._claims.note(note))
        return pause
