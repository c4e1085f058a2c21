"""Live updates: one look at the log's revision for all open pages, and server-sent events."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

_log = structlog.get_logger(__name__)


class LogWatcher:
    """Watches the log's revision, so that open pages learn of changes by any process.

    `run` looks every `every` seconds, or at once after `nudge`; however many pages wait, the
    database is asked once. `beat` counts the changes seen. A database that cannot be read is told
    once, until it can be.
    """

    def __init__(self, newest: Callable[[], Awaitable[int]], *, every: float = 0.5) -> None:
        self._newest = newest
        self._every = every
        self._revision = 0
        self._blind = False
        self._nudged = asyncio.Event()
        self._struck = asyncio.Event()
        self.beat = 0
        self.closed = False

    async def run(self) -> None:
        """Keep looking until cancelled or closed."""
        while not self.closed:
            self._nudged.clear()
            await self._look()
            await _within(self._every, self._nudged.wait())

    def nudge(self) -> None:
        """Look now: this process has just changed the log."""
        self._nudged.set()

    def strike(self) -> None:
        """Wake every waiting page, whether or not the log changed."""
        self.beat += 1
        struck, self._struck = self._struck, asyncio.Event()
        struck.set()

    def close(self) -> None:
        """Let every waiting page go, so that the server can stop."""
        self.closed = True
        self.nudge()
        self.strike()

    async def next(self, beat: int, *, within: float) -> int:
        """The number of the beat after `beat`; the same number if `within` seconds pass without."""
        if beat == self.beat:
            await _within(within, self._struck.wait())
        return self.beat

    async def _look(self) -> None:
        try:
            found = await self._newest()
        except SQLAlchemyError as error:
            if not self._blind:
                _log.warning("local.log_unread", reason=str(getattr(error, "orig", error)))
            self._blind = True
            return
        if self._blind:
            self._blind = False
            _log.info("local.log_read_again")
        if found != self._revision:
            self._revision = found
            self.strike()


async def _within(seconds: float, awaitable: Awaitable[object]) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await awaitable


def event(kind: str, payload: object, *, revision: int | None = None) -> str:
    """One server-sent event; `revision` becomes its id, sent back when a page reconnects.

    The payload travels as JSON, so no text in it can end the event or start another.
    """
    identity = "" if revision is None else f"id: {revision}\n"
    return f"{identity}event: {kind}\ndata: {json.dumps(payload)}\n\n"


HEARTBEAT = ": still here\n\n"
"""A comment that keeps proxies from closing a quiet stream, and finds out who has left."""
