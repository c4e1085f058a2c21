"""A platform's own time, as the `Date` header of its answers tells it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic
from types import SimpleNamespace

import aiohttp

SHOWN_SECONDS = 30.0
"""How long after a platform took a message its history may lack it."""


class ServerClock:
    """The time of a server (UTC, to about a second), whatever this machine's clock says.

    `watch` gives seconds that only grow, by which the time goes on after an answer.
    """

    def __init__(self, watch: Callable[[], float] = monotonic) -> None:
        self._watch = watch
        self._told: tuple[datetime, float] | None = None

    def __call__(self) -> datetime | None:
        """The server's time now; None before its first answer."""
        if self._told is None:
            return None
        then, at = self._told
        return then + timedelta(seconds=self._watch() - at)

    def hear(self, date: str | None) -> None:
        """Take the time from a `Date` header; one that cannot be read changes nothing."""
        try:
            then = parsedate_to_datetime(date or "")
        except ValueError:
            return
        self._told = (
            (then.astimezone(UTC) if then.tzinfo else then.replace(tzinfo=UTC)),
            self._watch(),
        )

    def tracing(self, trace: aiohttp.TraceConfig) -> aiohttp.TraceConfig:
        """Let every answer that `trace` sees tell the time; returns `trace`."""
        trace.on_request_end.append(self._ended)
        return trace

    async def _ended(
        self,
        _session: aiohttp.ClientSession,
        _context: SimpleNamespace,
        ended: aiohttp.TraceRequestEndParams,
    ) -> None:
        self.hear(ended.response.headers.get("Date"))
