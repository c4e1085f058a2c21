"""A circuit breaker: while Discord refuses everything, no call of any process is sent.

Discord bans an address that sends 10,000 invalid requests (401, 403, 429) in ten minutes.
"""

import json
import time
from collections import deque
from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol

import aiohttp
import structlog

from bot.errors import NotSentError
from bot.platforms.discord.errors import (
    BANNED_FOR,
    BLOCKED,
    LOGIN_REFUSED,
    LOGIN_REFUSED_FOR,
    LONGEST_WAIT,
    is_shield,
    retry_after,
)
from bot.platforms.discord.refusals import LOGINS

INVALID = 2_000
"""How many invalid requests in ten minutes are enough: other programs may share the address."""

_INVALID_SECONDS = 600.0
_LOOK_SECONDS = 5.0
_BANNED = "Discord refuses this address for now."
_INVALID_STATUSES = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
)
_REST = "/api/"
_ANSWERS = ("/interactions/", "/webhooks/")
"""Paths that need no token of the bot and do not count for its limit: answers to people."""

Seconds = Callable[[], float]
"""Tells seconds that only grow."""

log = structlog.get_logger(__name__)


class Shared(Protocol):
    """What all processes on one database know of each other's breakers."""

    async def held_for(self) -> float:
        """The seconds for which no process may ask Discord for anything; 0 for none."""
        ...

    async def hold_off(self, seconds: float) -> None:
        """Tell the other processes that Discord wants to be left alone for so long."""
        ...


class Breaker:
    """Opens after an answer that holds for all calls; while open, calls raise NotSentError.

    After a refused token it stays open until the process is started again with another. After a
    page of Cloudflare, a global rate limit over 30 s, or too many invalid requests it closes when
    the time that Discord named is over, and is open in all processes that `shared` reaches. A
    refused token is not told to them: it may be another by now, and each asks with it once.
    """

    def __init__(self, clock: Seconds = time.monotonic, shared: Shared | None = None) -> None:
        self.clock = clock
        self._shared = shared
        self._looked = float("-inf")
        self._until = float("-inf")
        self._why = ""
        self._invalid: deque[float] = deque()

    @property
    def login_refused(self) -> bool:
        """Whether Discord refused the token, so that no call is sent until a new start."""
        return self._until == float("inf")

    def check(self) -> None:
        """Raise NotSentError with the seconds to wait while the breaker is open."""
        left = self._until - self.clock()
        if left > 0:
            raise NotSentError(self._why, retry_after=min(left, LOGIN_REFUSED_FOR))

    def close(self) -> None:
        """Send calls again, as after a new start."""
        self._until = float("-inf")
        self._invalid.clear()

    def tracing(self, config: aiohttp.TraceConfig) -> None:
        """Register the breaker's hooks, which see every request and answer, in an aiohttp trace."""
        config.on_request_start.append(self._on_start)
        config.on_request_end.append(self._on_end)

    async def _on_start(
        self, _session: object, _context: object, starting: aiohttp.TraceRequestStartParams
    ) -> None:
        if _counts(starting.url.path):
            await self._look()
            self.check()

    async def _on_end(
        self, _session: object, _context: object, ended: aiohttp.TraceRequestEndParams
    ) -> None:
        answer = ended.response
        if answer.status not in _INVALID_STATUSES:
            return
        if is_shield(answer.status, answer.headers):
            await self._stop(retry_after(answer.headers), _BANNED)
        elif _counts(ended.url.path):
            # discord.py reads the same body afterwards; aiohttp keeps it.
            await self._judge(answer.status, await answer.read())
        await self._count()

    async def _look(self) -> None:
        """Open for as long as another process was told to wait; asked every few seconds."""
        now = self.clock()
        if self._shared is None or now - self._looked < _LOOK_SECONDS:
            return
        self._looked = now
        if held := await self._shared.held_for():
            self._open(held, _BANNED)

    async def _stop(self, seconds: float, why: str) -> None:
        """Open, and tell the other processes."""
        self._open(seconds, why)
        if self._shared is not None and seconds < float("inf"):
            await self._shared.hold_off(seconds)

    async def _judge(self, status: int, body: bytes) -> None:
        try:
            told = json.loads(body)
        except ValueError:
            return
        code, wait = told.get("code"), told.get("retry_after") or 0.0
        if status == HTTPStatus.UNAUTHORIZED or code in LOGINS:
            await self._stop(float("inf"), LOGIN_REFUSED)
        elif code == BLOCKED:
            await self._stop(BANNED_FOR, _BANNED)
        elif told.get("global") and wait > LONGEST_WAIT:
            # A shorter one discord.py waits out, for all calls.
            await self._stop(wait, f"Discord asks to wait {wait:.0f} s.")

    async def _count(self) -> None:
        now = self.clock()
        self._invalid.append(now)
        while self._invalid[0] < now - _INVALID_SECONDS:
            self._invalid.popleft()
        if len(self._invalid) >= INVALID:
            self._invalid.clear()
            await self._stop(_INVALID_SECONDS, "Discord refused too much of late.")

    def _open(self, seconds: float, why: str) -> None:
        until = self.clock() + seconds
        if until > self._until:
            log.error("discord.breaker_open", seconds=seconds, reason=why)
            self._until, self._why = until, why


def _counts(path: str) -> bool:
    """Whether a request is a REST call with the bot's token; not the gateway, not interactions."""
    return _REST in path and not any(part in path for part in _ANSWERS)
