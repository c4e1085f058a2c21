"""Edits of messages that stand: many changes, one edit."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.chat import MessageRef
from bot.errors import NotSentError, PlatformError

_TRIES = 5
_CLOSING_SECONDS = 3.0

log = structlog.get_logger(__name__)


class Edits:
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
