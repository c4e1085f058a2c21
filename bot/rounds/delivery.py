"""Sending a post once: claim it, ask if it may be there already, send it, note what happened."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic
from typing import TypeVar

import structlog
from structlog.contextvars import bound_contextvars

from bot.cards.card import Card
from bot.cards.compose import compose
from bot.cards.why import why_line
from bot.chat import ChannelRef, ChatPlatform, MessageRef
from bot.errors import (
    ChannelGoneError,
    NotSentError,
    OutcomeUnknownError,
    PlatformError,
    RefusedError,
    SilentError,
    UnaskableError,
)
from bot.matching.paper import Evidence
from bot.rounds.claims import Claims, Taken
from bot.rounds.measures import Measures
from bot.rounds.membership import lose
from bot.rounds.notices import Notices
from bot.rounds.stalls import STALLED_SECONDS, Stalls
from bot.rounds.threads import Threads
from storage import claims, heads
from storage.claims import Claimed, Note
from storage.database import Database
from storage.models import ChannelState, Paper, Post, PostState, PostStyle

ATTEMPTS = 8
OUTLASTED = timedelta(days=1)
"""How long a platform may be down, or ask to wait, without a post being given up."""

CALL_SECONDS = 90.0
"""How long a platform may take over one post, its own waiting for limits included: no lease ends
sooner, and no channel waits longer for another platform's silence."""

REST_SECONDS = 4.0
"""How long the end of the program waits for posts that are being sent."""

_FIRST_PAUSE = 5.0
_LATER_SECONDS = 1.0
_LONGEST_PAUSE = 3600.0
_STALLED = "its workspace does not answer"

_T = TypeVar("_T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Left:
    """Posts that are not finished, in order, and the seconds after which to go on with them."""

    post_ids: tuple[int, ...]
    pause: float


class Delivery:
    """Takes posts from due to posted; `holder` names this process in claims.

    It never sends a post whose earlier attempt may have arrived without asking the platform. Where
    the platform cannot be asked, such a post stays UNKNOWN, or with `repeat_unknown` is sent again.
    """

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, ChatPlatform],
        now: Callable[[], datetime],
        holder: str,
        *,
        repeat_unknown: bool = False,
        measures: Measures | None = None,
    ) -> None:
        self._measures = measures or Measures()
        self._database = database
        self._platforms = platforms
        self._notices = Notices(database, platforms)
        self._now = now
        self._claims = Claims(database, holder)
        self._threads = Threads(database, now, holder)
        self._repeat_unknown = repeat_unknown
        self._stalls = Stalls()
        self._found: dict[int, MessageRef] = {}
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
        notes: list[asyncio.Future[Claimed | Taken]] = []
        found: list[MessageRef] = []
        try:
            for place, post_id in enumerate(post_ids):
                # What is noted of the post before goes into the transaction that claims this one.
                pause = await self._one(post_id, notes)
                # Its own alone: who else was asked for this post may be done before it is noted.
                if post_id in self._found and pause is None:
                    found.append(self._found.pop(post_id))
                if pause is not None:
                    return Left(tuple(post_ids[place:]), pause)
        finally:
            await asyncio.gather(*notes)
            await self._catch_up(found)
        return None

    async def _catch_up(self, found: Sequence[MessageRef]) -> None:
        """People may have voted on a post before it was known here that it stands."""
        for message in found:
            try:
                async with asyncio.timeout(CALL_SECONDS):
                    await self._platforms[message.channel.platform].catch_up_on(message)
            except Exception:
                # The next start compares every post of the last days again.
                log.exception("votes.unread", message=message.message)

    async def rest(self) -> None:
        """Send nothing more, and wait at most `REST_SECONDS`, once, for what is being sent."""
        if self._resting:
            return
        self._resting = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(REST_SECONDS):
                await self._idle.wait()

    async def take_over(self, holder: str) -> None:
        """Free what a sender that is dead left behind, so that nobody waits for its leases."""
        async with self._database.write() as session:
            await claims.release(session, holder, self._now())
            await heads.release(session, holder, self._now())

    async def _one(
        self, post_id: int, notes: list[asyncio.Future[Claimed | Taken]]
    ) -> float | None:
        if self._resting:
            return _LATER_SECONDS
        held_from = monotonic()
        claimed = await self._claims.claim(post_id, self._now())
        if isinstance(claimed, Taken):
            return claimed.seconds
        try:
            with bound_contextvars(**_traces(claimed.post)):
                note, pause = await self._send(claimed, held_from + CALL_SECONDS)
        except BaseException:
            self._claims.forget(post_id)
            raise
        notes.append(self._claims.note(note))
        return pause

    async def _send(self, claimed: Claimed, until: float) -> tuple[Note, float | None]:
        """Send a claimed post, `until` then at the latest on this process's own watch.

        Returns what to note, and the seconds until the next try if any. A process that was asleep
        since its claim must not send: its lease may have ended, and another may have sent.
        """
        post, channel = claimed.post, claimed.channel
        if channel.state is ChannelState.GONE:
            return _dropped(post, channel.state_reason or "the channel is gone"), None
        ref = ChannelRef.parse(channel.address)
        platform = self._platforms.get(ref.platform)
        if platform is None:
            return self._put_off(
                post, f"no {ref.platform} connection is configured", _LONGEST_PAUSE
            )
        try:
            card = card_of(post, claimed.paper)
        except Exception as error:
            # One post that cannot be written must not hold up the others of its channel.
            log.exception("post.unwritable", post_id=post.id)
            return _dropped(post, f"its card could not be made ({type(error).__name__})"), None
        if post.message is not None:
            return await self._complete(claimed, platform, MessageRef(ref, post.message))
        if monotonic() >= until:
            return self._leave(post, "this process was held up")
        return await self._call(claimed, platform, ref, card, until)

    async def _call(  # noqa: PLR0911 - one for each way in which a call ends
        self,
        claimed: Claimed,
        platform: ChatPlatform,
        ref: ChannelRef,
        card: Card,
        until: float,
    ) -> tuple[Note, float | None]:
        post, workspace = claimed.post, f"{ref.platform}:{ref.workspace}"
        if not self._stalls.lets_in(workspace):
            return self._wait_for(post)
        try:
            with self._stalls.calling(workspace):
                message = await _in_time(self._find_or_post(platform, ref, claimed, card), until)
        except (ChannelGoneError, RefusedError) as error:
            if isinstance(error, ChannelGoneError):
                await lose(self._database, self._notices, claimed.channel, str(error))
            return _dropped(post, str(error)), None
        except NotSentError as error:
            return self._put_off(post, str(error), error.retry_after)
        except UnaskableError as error:
            return _unknown(post, str(error)), None
        except PlatformError as error:
            return self._leave(post, str(error), error.retry_after)
        except Exception as error:
            # A fault of the platform's library, too, leaves open whether the message arrived.
            log.exception("post.failed", post_id=post.id)
            return self._leave(post, f"an unexpected {type(error).__name__}; the log says more")
        log.info("posted", post_id=post.id, channel=str(ref))
        return await self._complete(claimed, platform, message)

    async def _complete(
        self, claimed: Claimed, platform: ChatPlatform, message: MessageRef
    ) -> tuple[Note, float | None]:
        """Put what a short post leaves out below it, sooner or later; the post itself is done."""
        post = claimed.post
        posted = self._posted(post, message)
        try:
            told = self._threads.explain(platform, post, claimed.paper, message)
            await _in_time(told, monotonic() + CALL_SECONDS)
        except (NotSentError, OutcomeUnknownError) as error:
            if post.attempts >= ATTEMPTS:
                return posted, None
            pause = error.retry_after or _pause(post)
            log.warning("details.put_off", post_id=post.id, reason=str(error), seconds=pause)
            until = self._now() + timedelta(seconds=pause)
            return replace(posted, state=PostState.SENDING, lease_until=until), pause
        except RefusedError as error:
            log.info("details.refused", post_id=post.id, reason=str(error))
        except Exception:
            # Whatever it was, the post is there.
            log.exception("details.given_up", post_id=post.id)
        return posted, None

    async def _find_or_post(
        self, platform: ChatPlatform, ref: ChannelRef, claimed: Claimed, card: Card
    ) -> MessageRef:
        post = claimed.post
        if post.attempts > 1:
            self._measures.retried(platform.name)
        head = await self._threads.above(platform, ref, post)
        if post.maybe_sent:
            found = await self._find(platform, ref, post, head)
            if found is not None:
                self._found[post.id or 0] = found
                return found
        with self._measures.posting(platform.name):
            try:
                return await platform.post(ref, card, delivery_id=post.delivery_id, under=head)
            except RefusedError as error:
                if head is None:
                    raise
                # The paper must not be lost with its head, which may be deleted or locked.
                log.warning("head.refused", post_id=post.id, reason=str(error))
                return await platform.post(ref, card, delivery_id=post.delivery_id)

    async def _find(
        self, platform: ChatPlatform, ref: ChannelRef, post: Post, head: MessageRef | None
    ) -> MessageRef | None:
        try:
            return await platform.find_post(ref, post.delivery_id, since=post.picked_at, under=head)
        except NotSentError as error:
            # It is the question that did not arrive; of the post nothing is known yet.
            raise OutcomeUnknownError(str(error), retry_after=error.retry_after) from error
        except UnaskableError as error:
            if not self._repeat_unknown:
                raise
            log.warning("post.repeated", post_id=post.id, reason=str(error))
            return None

    def _posted(self, post: Post, message: MessageRef) -> Note:
        return Note(
            post.id or 0,
            post.attempts,
            PostState.POSTED,
            message=message.message,
            posted_at=post.posted_at or self._now(),
        )

    def _put_off(self, post: Post, reason: str, pause: float | None) -> tuple[Note, float | None]:
        """Try again later what certainly did not arrive; after too many tries and a day, stop."""
        if post.attempts >= ATTEMPTS and self._now() - post.picked_at > OUTLASTED:
            return _dropped(post, f"gave up after {post.attempts} tries: {reason}"), None
        pause = pause or _pause(post)
        log.warning("post.put_off", post_id=post.id, reason=reason, seconds=pause)
        until = self._now() + timedelta(seconds=pause)
        return Note(post.id or 0, post.attempts, PostState.FAILED, reason, retry_at=until), pause

    def _wait_for(self, post: Post) -> tuple[Note, float]:
        """Put off a post of a workspace that does not answer; what was in doubt of it stays so."""
        pause = max(STALLED_SECONDS, _pause(post))
        until = self._now() + timedelta(seconds=pause)
        held = Note(post.id or 0, post.attempts, PostState.SENDING, _STALLED, lease_until=until)
        if not post.maybe_sent:
            held = replace(held, state=PostState.FAILED, lease_until=None, retry_at=until)
        return held, pause

    def _leave(
        self, post: Post, reason: str, pause: float | None = None
    ) -> tuple[Note, float | None]:
        """Leave a post that may have arrived as SENDING, so that the next try asks first."""
        if post.attempts >= ATTEMPTS:
            return _unknown(post, f"unknown after {post.attempts} tries: {reason}"), None
        pause = pause or _pause(post)
        log.warning("post.outcome_unknown", post_id=post.id, reason=reason, seconds=pause)
        until = self._now() + timedelta(seconds=pause)
        note = Note(post.id or 0, post.attempts, PostState.SENDING, reason, lease_until=until)
        return note, pause


async def _in_time(call: Coroutine[object, object, _T], until: float) -> _T:
    try:
        async with asyncio.timeout(until - monotonic()):
            return await call
    except TimeoutError as error:
        reason = f"no answer within {CALL_SECONDS:.0f} s"
        raise SilentError(reason, retry_after=STALLED_SECONDS) from error


def _traces(post: Post) -> dict[str, object]:
    """What every line of the log about this post carries, so that it can be followed."""
    slot = f"{post.channel_id}:{post.slot_at:%Y-%m-%dT%H:%M:%S}"
    return {"paper_id": post.paper_id, "delivery": post.delivery_id, "slot": slot}


def _pause(post: Post) -> float:
    """Seconds before the next try: twice as long each time."""
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(post.attempts - 1, 20))


def _dropped(post: Post, reason: str) -> Note:
    log.error("post.dropped", post_id=post.id, reason=reason)
    return Note(post.id or 0, post.attempts, PostState.DROPPED, reason)


def _unknown(post: Post, reason: str) -> Note:
    log.error("post.unknown", post_id=post.id, reason=reason)
    return Note(post.id or 0, post.attempts, PostState.UNKNOWN, reason)


def card_of(post: Post, paper: Paper) -> Card:
    """The card of a post, with the why-line of the time it was picked."""
    memo = post.match
    why = why_line(
        watch=memo.get("watch", ""),
        evidence=[Evidence(**each) for each in memo.get("evidence", [])],
        score=memo.get("score", 0.0),
        likes=memo.get("likes", ()),
        dislikes=memo.get("dislikes", ()),
        kind=post.kind,
        submitted_by=memo.get("submitted_by"),
    )
    card = compose(paper, why=why)
    return replace(card, summary="") if post.style is PostStyle.SHORT else card
