"""Sends bulletins once: each is claimed, asked for where it may stand already, sent and noted."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.cards.richtext import Line, Span
from bot.errors import (
    ChannelGoneError,
    NotSentError,
    OutcomeUnknownError,
    PlatformError,
    RefusedError,
    UnaskableError,
)
from bot.ports import ChannelRef, ChatPlatform, MessageRef
from bot.rounds.delivery.claims import LEASE
from bot.rounds.delivery.lookup import Lookup, search_start
from bot.rounds.delivery.retry_policy import LONGEST_PAUSE
from bot.rounds.reachability import Reachability
from storage import bulletins, channels
from storage.database import Database
from storage.models import Bulletin, Channel, ChannelState

CALL_SECONDS = 60.0
"""How long a platform may take over one; well within a lease."""

_FIRST_PAUSE = 5.0
_TRIES = 24

log = structlog.get_logger(__name__)


def dump_lines(lines: Sequence[Line]) -> list[Any]:
    """Lines as the JSON that a bulletin's row keeps."""
    return [[[span.text, span.style, span.url] for span in each] for each in lines]


def load_lines(kept: Sequence[Any]) -> tuple[Line, ...]:
    """The lines that a bulletin's row keeps."""
    return tuple(tuple(Span(text, style, url) for text, style, url in each) for each in kept)


class BulletinSender:
    """Sends bulletins for `holder`, this process; `now` dates what is noted."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, ChatPlatform],
        reach: Reachability,
        now: Callable[[], datetime],
        holder: str,
        *,
        repeat_unknown: bool = False,
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._reach = reach
        self._now = now
        self._holder = holder
        self._repeat_unknown = repeat_unknown
        self._lookup = Lookup()

    async def send(self, channel_id: int) -> float | None:
        """Send a channel's bulletins in the order they were made, up to the first that must wait.

        Returns the seconds after which to go on, or None where nothing is left to be done.
        """
        async with self._database.read() as session:
            channel = await channels.get(session, channel_id)
            waiting = await bulletins.list_open(session, channel_id)
        if channel.state is ChannelState.GONE:
            return None
        for each in waiting:
            pause = await self._one(channel, each)
            if pause is not None:
                return pause
        return None

    async def _one(self, channel: Channel, waiting: Bulletin) -> float | None:
        ref = ChannelRef.parse(channel.address)
        platform = self._platforms.get(ref.platform)
        if platform is None:
            return LONGEST_PAUSE
        now = self._now()
        async with self._database.write() as session:
            ours = await bulletins.claim(
                session,
                waiting.id or 0,
                holder=self._holder,
                now=now,
                until=now + LEASE,
                theirs=platform.time(),
            )
        if ours is None:
            return _wait(waiting, now)
        if ours.until is not None and now > ours.until and not ours.maybe_sent:
            await self._give_up(ours, "it came too late")
            return None
        return await self._call(platform, channel, ref, ours)

    async def _call(
        self, platform: ChatPlatform, channel: Channel, ref: ChannelRef, ours: Bulletin
    ) -> float | None:
        try:
            async with asyncio.timeout(CALL_SECONDS):
                message = await self._find_or_send(platform, ref, ours)
        except ChannelGoneError as error:
            await self._reach.lose(channel, error)
            await self._note(ours, maybe_sent=ours.maybe_sent)
            return None
        except (RefusedError, UnaskableError) as error:
            await self._give_up(ours, str(error))
            return None
        except NotSentError as error:
            return await self._again(ours, str(error), error.retry_after, maybe_sent=False)
        except PlatformError as error:
            return await self._again(ours, str(error), error.retry_after, maybe_sent=True)
        except Exception:
            # Whatever it was, it may have arrived: the next try asks first.
            log.exception("bulletin.failed", kind=ours.kind)
            return await self._again(ours, "an unexpected fault", None, maybe_sent=True)
        await self._note(ours, message=message)
        log.info("bulletin.posted", kind=ours.kind, channel=channel.address)
        return None

    async def _find_or_send(self, platform: ChatPlatform, ref: ChannelRef, ours: Bulletin) -> str:
        """The message's own id; a line in a thread has none that is told, and gives its mark."""
        under = MessageRef(ref, ours.under) if ours.under else None
        mark, lines = ours.delivery_id, load_lines(ours.lines)
        if ours.maybe_sent:
            found = await self._find(platform, ref, ours, under)
            if found is not None:
                return found.message
        if under is not None:
            await platform.thread(under, lines, delivery_id=mark)
            return mark
        sent = await platform.notice(ref, lines, delivery_id=mark, choices=ours.choices)
        return sent.message

    async def _find(
        self, platform: ChatPlatform, ref: ChannelRef, ours: Bulletin, under: MessageRef | None
    ) -> MessageRef | None:
        try:
            since = search_start(platform, ours)
            return await self._lookup.find(
                platform, ref, ours.delivery_id, since=since, under=under
            )
        except NotSentError as error:
            # It is the question that did not arrive; of the bulletin nothing is known yet.
            raise OutcomeUnknownError(str(error), retry_after=error.retry_after) from error
        except UnaskableError:
            if not self._repeat_unknown:
                raise
            return None

    async def _again(
        self, ours: Bulletin, reason: str, wait: float | None, *, maybe_sent: bool
    ) -> float | None:
        if ours.attempts >= _TRIES:
            await self._give_up(ours, reason)
            return None
        doubled = _FIRST_PAUSE * 2.0 ** min(ours.attempts - 1, 20)
        pause = min(LONGEST_PAUSE, wait or doubled)
        log.warning("bulletin.put_off", kind=ours.kind, reason=reason, seconds=pause)
        retry_at = self._now() + timedelta(seconds=pause)
        await self._note(ours, maybe_sent=maybe_sent, retry_at=retry_at)
        return pause

    async def _give_up(self, ours: Bulletin, reason: str) -> None:
        log.warning("bulletin.given_up", kind=ours.kind, reason=reason)
        await self._note(ours, given_up=reason)

    async def _note(
        self,
        ours: Bulletin,
        *,
        message: str | None = None,
        maybe_sent: bool = False,
        given_up: str | None = None,
        retry_at: datetime | None = None,
    ) -> None:
        async with self._database.write() as session:
            await bulletins.note(
                session,
                ours,
                message=message,
                maybe_sent=maybe_sent,
                given_up=given_up,
                retry_at=retry_at,
            )


def _wait(waiting: Bulletin, now: datetime) -> float | None:
    """Seconds until one that somebody else holds, or that was put off, may be taken."""
    until = max(filter(None, (waiting.lease_until, waiting.retry_at)), default=None)
    return max(1.0, (until - now).total_seconds()) if until else 1.0
