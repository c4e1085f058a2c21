"""Sending a post once: claim it, ask if it may be there already, send it, note what happened."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from bot.cards.card import Card
from bot.cards.compose import compose
from bot.cards.why import why_line
from bot.chat import ChannelRef, ChatPlatform, MessageRef
from bot.errors import ChannelGoneError, NotSentError, PlatformError, RefusedError
from bot.matching.paper import Evidence
from bot.rounds.membership import lose
from bot.rounds.notices import Notices
from storage import channels, papers, posts
from storage.database import Database
from storage.models import Channel, ChannelState, Paper, Post, PostState

LEASE = timedelta(minutes=2)
"""How long a sender holds a post; longer than any platform call may take."""

ATTEMPTS = 8
_FIRST_PAUSE = 5.0
_LONGEST_PAUSE = 3600.0

log = structlog.get_logger(__name__)


class Delivery:
    """Takes posts from due to posted; `holder` names this process in claims.

    It never sends a post whose earlier attempt may have arrived without asking the platform.
    """

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, ChatPlatform],
        now: Callable[[], datetime],
        holder: str,
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._notices = Notices(database, platforms)
        self._now = now
        self._holder = holder

    async def deliver(self, post_id: int) -> float | None:
        """Try to send a post; returns seconds to wait before the next try, or None when done."""
        now = self._now()
        async with self._database.write() as session:
            post = await posts.claim(
                session, post_id, holder=self._holder, now=now, until=now + LEASE
            )
            if post is None:
                return await _waiting(await posts.get(session, post_id), now)
            channel = await channels.get(session, post.channel_id)
            paper = (await papers.get_many(session, [post.paper_id]))[0]
        return await self._send(post, channel, paper)

    async def _send(self, post: Post, channel: Channel, paper: Paper) -> float | None:
        if channel.state is ChannelState.GONE:
            await self._drop(post, channel.state_reason or "the channel is gone")
            return None
        ref = ChannelRef.parse(channel.address)
        platform = self._platforms.get(ref.platform)
        if platform is None:
            return await self._put_off(
                post, f"no {ref.platform} connection is configured", _LONGEST_PAUSE
            )
        try:
            message = await self._find_or_post(platform, ref, post, card_of(post, paper))
        except ChannelGoneError as error:
            await lose(self._database, self._notices, channel, str(error))
            await self._drop(post, str(error))
        except RefusedError as error:
            await self._drop(post, str(error))
        except NotSentError as error:
            return await self._put_off(post, str(error), error.retry_after)
        except PlatformError as error:
            return await self._leave(post, str(error))
        else:
            await self._note_posted(post, message)
        return None

    async def _find_or_post(
        self, platform: ChatPlatform, ref: ChannelRef, post: Post, card: Card
    ) -> MessageRef:
        if post.attempts > 1:
            found = await platform.find_post(ref, post.delivery_id, since=post.picked_at)
            if found is not None:
                return found
        return await platform.post(ref, card, delivery_id=post.delivery_id)

    async def _note_posted(self, post: Post, message: MessageRef) -> None:
        async with self._database.write() as session:
            post.state, post.message, post.posted_at = (
                PostState.POSTED,
                message.message,
                self._now(),
            )
            post.lease_until, post.reason, post.retry_at = None, None, None
            session.add(await session.merge(post))
        log.info("posted", post_id=post.id, paper_id=post.paper_id, channel=str(message.channel))

    async def _put_off(self, post: Post, reason: str, pause: float | None) -> float | None:
        """Try again later what certainly did not arrive; after too many tries, stop."""
        if post.attempts >= ATTEMPTS:
            await self._drop(post, f"gave up after {post.attempts} tries: {reason}")
            return None
        pause = pause or min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (post.attempts - 1))
        async with self._database.write() as session:
            post.state, post.reason = PostState.FAILED, reason
            post.retry_at, post.lease_until = self._now() + timedelta(seconds=pause), None
            session.add(await session.merge(post))
        log.warning("post.put_off", post_id=post.id, reason=reason, seconds=pause)
        return pause

    async def _leave(self, post: Post, reason: str) -> float | None:
        """Leave a post that may have arrived as SENDING, so that the next try asks first."""
        if post.attempts >= ATTEMPTS:
            await self._drop(post, f"unknown after {post.attempts} tries: {reason}")
            return None
        log.warning("post.unknown", post_id=post.id, reason=reason)
        return min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (post.attempts - 1))

    async def _drop(self, post: Post, reason: str) -> None:
        async with self._database.write() as session:
            post.state, post.reason, post.lease_until = PostState.DROPPED, reason, None
            session.add(await session.merge(post))
        log.error("post.dropped", post_id=post.id, reason=reason)


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
    return compose(paper, why=why)


async def _waiting(post: Post | None, now: datetime) -> float | None:
    """Seconds until a post that could not be claimed can be; None if it is finished."""
    if post is None or post.state in (PostState.POSTED, PostState.DROPPED):
        return None
    until = post.retry_at if post.state is PostState.FAILED else post.lease_until
    return max(1.0, (until - now).total_seconds()) if until else 1.0
