"""Socket Mode: each envelope to one connection, and again if it is not acknowledged.

What it does to an app is in docs.slack.dev: apis/events-api/using-socket-mode (several connections,
each envelope to any one; `disconnect` with "warning" and "refresh_requested"; acknowledgement by
envelope id), apis/events-api (three seconds, then up to three tries with their number and reason),
reference/methods/apps.connections.open (an address is for one connection and not for long).
"""

import asyncio
import contextlib
import itertools
from typing import Any

from aiohttp import web

from tests.waiting import PATIENCE

_PATIENCE = 3.0
_TRIES = 3


class Sockets:
    """The app's open connections; `send` gives what the app acknowledged with.

    `patience` is how many seconds an app may be away, or take for the last try of an envelope:
    Slack would give that up after three too, which a slow machine may need.
    """

    def __init__(self) -> None:
        self.patience = PATIENCE
        self.open: list[web.WebSocketResponse] = []
        self.accepted = 0
        self.connected = asyncio.Event()
        self._arrival = asyncio.Condition()
        self.acknowledged: list[str] = []
        self.refused = 0
        self._tickets: set[str] = set()
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Any]] = {}

    def issue(self) -> str:
        """A ticket for one connection, as apps.connections.open gives it."""
        ticket = f"t{next(self._numbers)}"
        self._tickets.add(ticket)
        return ticket

    async def accept(self, request: web.Request) -> web.StreamResponse:
        """Connect an app; every try uses its ticket up, whatever comes of it."""
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=408, text="the ticket is used up")
        self._tickets.discard(ticket)
        if self.refused:
            self.refused -= 1
            return web.Response(status=503)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1})
        self.open.append(socket)
        self.accepted += 1
        self.connected.set()
        async with self._arrival:
            self._arrival.notify_all()
        try:
            async for frame in socket:
                self._take(frame.json())
                async with self._arrival:
                    self._arrival.notify_all()
        finally:
            if socket in self.open:
                self.open.remove(socket)
            if not self.open:
                self.connected.clear()
        return socket

    async def send(
        self, kind: str, payload: dict[str, Any], *, retry: int = 0, patience: float = _PATIENCE
    ) -> Any:
        """Deliver as Slack does: to one connection, up to three times until acknowledged."""
        last = retry + _TRIES - 1
        for attempt in range(retry, last):
            with contextlib.suppress(TimeoutError):
                return await self.send_once(kind, payload, retry=attempt, patience=patience)
        return await self.send_once(kind, payload, retry=last, patience=self.patience)

    async def send_once(
        self, kind: str, payload: dict[str, Any], *, retry: int = 0, patience: float = _PATIENCE
    ) -> Any:
        await asyncio.wait_for(self.connected.wait(), self.patience)
        number = f"E{next(self._numbers)}"
        envelope: dict[str, Any] = {
            "envelope_id": number,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind != "events_api",
        }
        if kind == "events_api":
            envelope |= {"retry_attempt": retry, "retry_reason": "timeout" if retry else ""}
        self._waiting[number] = asyncio.get_running_loop().create_future()
        await self.open[-1].send_json(envelope)
        try:
            return await asyncio.wait_for(self._waiting[number], patience)
        finally:
            del self._waiting[number]

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Send a `disconnect` frame, then end the old connections, as Slack does now and then."""
        old, before = list(self.open), self.accepted
        for socket in old:
            await socket.send_json({"type": "disconnect", "reason": reason})
        await self.until_accepted(before + 1)
        await self._end(old)

    async def until_accepted(self, count: int, seconds: float = PATIENCE) -> None:
        """Wait until so many connections were made in all."""
        async with asyncio.timeout(seconds), self._arrival:
            await self._arrival.wait_for(lambda: self.accepted >= count)

    async def until_acknowledged(self, count: int, seconds: float = PATIENCE) -> None:
        """Wait until so many envelopes were acknowledged in all."""
        async with asyncio.timeout(seconds), self._arrival:
            await self._arrival.wait_for(lambda: len(self.acknowledged) >= count)

    async def cut(self) -> None:
        """End every connection without a word."""
        for socket in list(self.open):
            if socket._req is not None and socket._req.transport is not None:
                socket._req.transport.abort()

    async def close(self) -> None:
        await self._end(list(self.open))

    async def _end(self, sockets: list[web.WebSocketResponse]) -> None:
        await asyncio.gather(*(each.close() for each in sockets), return_exceptions=True)

    def _take(self, frame: dict[str, Any]) -> None:
        number = frame.get("envelope_id", "")
        self.acknowledged.append(number)
        waiting = self._waiting.get(number)
        if waiting is not None and not waiting.done():
            waiting.set_result(frame.get("payload"))
