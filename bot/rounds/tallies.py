"""Vote counts on posts: many votes, one edit."""

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace

import structlog

from bot.chat import ChatPlatform, MessageRef
from bot.errors import NotSentError, PlatformError
from bot.rounds.memo import card_of
from storage import channels, papers, posts, votes
from storage.database import Database

PAUSE_SECONDS = 10.0
"""How long votes on one post are gathered before it is edited."""

_TRIES = 5
_CLOSING_SECONDS = 3.0

log = structlog.get_logger(__name__)


class Tallies:
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
        pause: float = PAUSE_SECONDS,
    ) -> None:
        self._database = database
        self._platforms = platforms
        self._shown_on = shown_on
        self._pause = pause
        self._waiting: set[MessageRef] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()

    def touch(self, message: MessageRef) -> None:
        """Note that a post's votes changed; returns at once, needs a running loop."""
        if message.channel.platform not in self._shown_on or message in self._waiting:
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
            # A vote from here on is not in the counts that are about to be read.
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
        """Show the votes that stand now; returns how long to wait where that was too much."""
        try:
            await self._show(message)
        except NotSentError as error:
            return error.retry_after or self._pause
        except PlatformError as error:
            log.info("tally.given_up", message=message.message, reason=str(error))
        except Exception:
            # A count that cannot be shown must not end the task that shows the others.
            log.exception("tally.failed", message=message.message)
        return None

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
