"""What stands above a round's posts and below a short one: each once, and never in a post's way."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

import structlog

from bot.cards.digest import Titled, detail_lines, head_lines
from bot.cards.richtext import Line, line, plain
from bot.errors import (
    ChannelGoneError,
    NotSentError,
    OutcomeUnknownError,
    RefusedError,
    UnaskableError,
)
from bot.ports import ChannelRef, ChatPlatform, MessageRef
from bot.rounds.delivery.claims import LEASE
from bot.rounds.delivery.lookup import Lookup, search_start
from storage import claims, posts
from storage.database import Database
from storage.models import DigestHeader, Paper, Post, PostStyle

TRIES = 4
"""How often a head is tried whose fate is unknown, before the posts go without it."""

_SOON = 2.0

_T = TypeVar("_T")

log = structlog.get_logger(__name__)


class Threads:
    """Sends heads and details for `holder`, this process.

    A head is claimed like a post, and one that may have arrived is asked for before it is sent
    again. What cannot be sent at all is given up, for the posts matter more.
    """

    def __init__(
        self, database: Database, now: Callable[[], datetime], holder: str, lookup: Lookup
    ) -> None:
        self._lookup = lookup
        self._database = database
        self._now = now
        self._holder = holder

    async def above(self, platform: ChatPlatform, ref: ChannelRef, post: Post) -> MessageRef | None:
        """The head that a post stands under, sent if it is not there yet; None for most posts.

        Raises NotSentError where the post has to wait for it, and ChannelGoneError.
        """
        if post.style is not PostStyle.DIGEST:
            return None
        async with self._database.read() as session:
            head = await claims.find_header(session, post.channel_id, post.slot_at)
        if head is None or head.given_up is not None:
            return None
        if head.message is None:
            return await self._send(platform, ref, head)
        return MessageRef(ref, head.message)

    async def explain(
        self, platform: ChatPlatform, post: Post, paper: Paper, message: MessageRef
    ) -> None:
        """Put the whole abstract and the details below a short post; raises PlatformError."""
        # Only for a short post: to read a whole abstract takes longer than all else here.
        lines = detail_lines(paper) if post.style is PostStyle.SHORT else ()
        if not lines:
            return
        mark = details_id(post)
        if post.message is not None or post.maybe_sent:
            since = search_start(platform, post)
            known = await self._lookup.find(
                platform, message.channel, mark, since=since, under=message
            )
            if known is not None:
                return

        def below(said: Sequence[Line]) -> Awaitable[None]:
            return platform.thread(message, said, delivery_id=mark)

        await _in_a_form_that_is_taken(below, lines)

    async def _send(
        self, platform: ChatPlatform, ref: ChannelRef, waiting: DigestHeader
    ) -> MessageRef | None:
        claimed = await self._claim(waiting, platform.time())
        if claimed is None:
            raise NotSentError("the message above it is being sent", retry_after=_SOON)
        head, titles = claimed
        try:
            message = await self._find_or_send(platform, ref, head, titles)
        except (RefusedError, UnaskableError) as error:
            await self._give_up(head, str(error))
            return None
        except (NotSentError, ChannelGoneError):
            await self._note(head, maybe_sent=False)
            raise
        except Exception as error:
            # Whatever it was, the head may have arrived, and the post surely did not.
            if head.attempts >= TRIES:
                await self._give_up(head, str(error))
                return None
            log.warning("head.outcome_unknown", head_id=head.id, reason=str(error))
            await self._note(head, maybe_sent=True)
            wait = error.retry_after if isinstance(error, OutcomeUnknownError) else None
            raise NotSentError(f"the message above it: {error}", retry_after=wait) from error
        await self._note(head, message=message.message)
        return message

    async def _claim(
        self, waiting: DigestHeader, theirs: datetime | None
    ) -> tuple[DigestHeader, list[Titled]] | None:
        now = self._now()
        async with self._database.write() as session:
            won = await claims.claim_header(
                session,
                waiting.id or 0,
                holder=self._holder,
                now=now,
                until=now + LEASE,
                theirs=theirs,
            )
            head = await claims.find_header(session, waiting.channel_id, waiting.slot_at)
            made = await posts.list_slot(session, waiting.channel_id, waiting.slot_at)
            pairs = await posts.list_ids(session, [post.id or 0 for post in made])
        if not won or head is None:
            return None
        return head, [Titled(paper.title, paper.url) for _, paper in pairs]

    async def _find_or_send(
        self, platform: ChatPlatform, ref: ChannelRef, head: DigestHeader, titles: list[Titled]
    ) -> MessageRef:
        if head.maybe_sent:
            try:
                since = search_start(platform, head)
                found = await self._lookup.find(platform, ref, head.delivery_id, since=since)
            except NotSentError as error:
                # It is the question that did not arrive; of the head nothing is known yet.
                raise OutcomeUnknownError(str(error), retry_after=error.retry_after) from error
            if found is not None:
                return found

        def above(said: Sequence[Line]) -> Awaitable[MessageRef]:
            return platform.head(ref, said, delivery_id=head.delivery_id)

        return await _in_a_form_that_is_taken(above, head_lines(titles))

    async def _give_up(self, head: DigestHeader, reason: str) -> None:
        log.warning("head.given_up", head_id=head.id, reason=reason)
        await self._note(head, given_up=reason)

    async def _note(
        self,
        head: DigestHeader,
        *,
        message: str | None = None,
        maybe_sent: bool = False,
        given_up: str | None = None,
    ) -> None:
        async with self._database.write() as session:
            await claims.note_header(
                session,
                head.id or 0,
                message=message,
                maybe_sent=maybe_sent,
                given_up=given_up,
            )


async def _in_a_form_that_is_taken(
    say: Callable[[Sequence[Line]], Awaitable[_T]], lines: Sequence[Line]
) -> _T:
    """Say lines as they are, or without links and styles where those are refused."""
    try:
        return await say(lines)
    except RefusedError as error:
        log.info("said_simpler", reason=str(error))
        return await say([line(plain(each)) for each in lines])


def details_id(post: Post) -> str:
    """The mark of the details below a post, in the form of a delivery id."""
    return hashlib.sha256(f"details|{post.delivery_id}".encode()).hexdigest()[:25]
