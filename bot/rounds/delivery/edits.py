"""Debounced edits of posted messages: vote counts and digest headers."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace

import structlog

from bot.cards.digest import Titled, head_lines
from bot.errors import NotSentError, PlatformError
from bot.ports import ChannelRef, ChatPlatform, MessageRef
from bot.rounds.delivery.sender import card_of
from storage import channels, claims, papers, posts, votes
from storage.database import Database
from storage.models import DigestHeader, Post

_TRIES = 5
_CLOSING_SECONDS = 3.0

log = structlog.get_logger(__name__)


class DebouncedEdits:
    """Calls `show` some time after a message was touched, at most once in each `pause` (seconds).

    Edits are decoration: one that keeps failing is given up, and the next touch tries again.
    """

    def __init__(self, show: Callable[[MessageRef], Awaitable[None]], *, pause: float) -> None:
        self._show = show
        self._pause = pause
        self._waiting: set[MessageRef] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()

    def touch(self, message: MessageRef) -> None:
        """Note that a message should show something else; returns at once, needs a running loop."""
        if message in self._waiting:
            return
        self._waiting.add(message)
        task = asyncio.create_task(self._edit_later(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Make the edits that still wait, within three seconds."""
        self._closing.set()
        if not self._tasks:
            return
        _, late = await asyncio.wait(list(self._tasks), timeout=_CLOSING_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _edit_later(self, message: MessageRef) -> None:
        pause: float | None = self._pause
        for _ in range(_TRIES):
            if pause is None:
                break
            await self._sleep(pause)
            # What changes from here on is not in what is about to be read.
            self._waiting.discard(message)
            pause = await self._edit(message)
            if message in self._waiting:
                return
            self._waiting.add(message)
        self._waiting.discard(message)

    async def _sleep(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return

    async def _edit(self, message: MessageRef) -> float | None:
        """Show what stands now; returns how long to wait where that was too much."""
        try:
            await self._show(message)
        except NotSentError as error:
            return error.retry_after or self._pause
        except PlatformError as error:
            log.info("edit.given_up", message=message.message, reason=str(error))
        except Exception:
            # One message that cannot be edited must not end the task that edits the others.
            log.exception("edit.failed", message=message.message)
        return None


COUNT_PAUSE_SECONDS = 10.0
"""How long votes on one post are gathered before it is edited."""


class VoteCountEdits:
    """Edits a post some time after its votes changed, at most once in each `pause` (seconds).

    Only platforms in `shown_on` show counts. Counts are decoration: an edit that keeps failing is
    given up, and the next vote tries again.
    """

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, ChatPlatform],
        *,
        shown_on: Collection[str],
        pause: float = COUNT_PAUSE_SECONDS,
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._shown_on = shown_on
        self._edits = DebouncedEdits(self._show, pause=pause)

    def touch(self, message: MessageRef) -> None:
        """Note that a post's votes changed; returns at once, needs a running loop."""
        if message.channel.platform in self._shown_on:
            self._edits.touch(message)

    async def close(self) -> None:
        """Make the edits that still wait, within three seconds."""
        await self._edits.close()

    async def _show(self, message: MessageRef) -> None:
        async with self._database.read() as session:
            channel = await channels.find(session, str(message.channel))
            post = channel and await posts.find_message(session, channel.id or 0, message.message)
            if not post or post.id is None:
                return
            paper = (await papers.get_many(session, [post.paper_id]))[0]
            counted = (await votes.counts(session, [post.id])).get(post.id, (0, 0))
        card = replace(card_of(post, paper), votes=counted)
        await self._platforms[message.channel.platform].edit(message, card)


HEADER_PAUSE_SECONDS = 2.0
"""How long deletions below one head are gathered before it is edited."""


class DigestHeaderEdits:
    """Edits a head soon after a post below it was deleted, once for many of them."""

    def __init__(
        self,
        database: Database,
        platforms: Mapping[str, ChatPlatform],
        *,
        pause: float = HEADER_PAUSE_SECONDS,
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._edits = DebouncedEdits(self._show, pause=pause)

    async def lost(self, channel: ChannelRef, post: Post) -> None:
        """Note that a post was taken down; most have no head, and then nothing is to be done."""
        async with self._database.read() as session:
            head = await claims.find_header(session, post.channel_id, post.slot_at)
        if head is not None and head.message is not None and channel.platform in self._platforms:
            self._edits.touch(MessageRef(channel, head.message))

    async def close(self) -> None:
        """Make the edits that still wait, within three seconds."""
        await self._edits.close()

    async def _show(self, message: MessageRef) -> None:
        found = await self._find(message)
        if found is None:
            return
        head, left = found
        platform = self._platforms[message.channel.platform]
        await platform.edit_head(message, head_lines(left), delivery_id=head.delivery_id)

    async def _find(self, message: MessageRef) -> tuple[DigestHeader, Sequence[Titled]] | None:
        async with self._database.read() as session:
            channel = await channels.find(session, str(message.channel))
            if channel is None:
                return None
            head = await claims.find_header_message(session, channel.id or 0, message.message)
            if head is None:
                return None
            left = await posts.list_left(session, head.channel_id, head.slot_at)
        return head, [Titled(paper.title, paper.url) for paper in left]
