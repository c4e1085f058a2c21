"""Slack's events over HTTP, and the pages to install the app; to be put behind TLS."""

import asyncio
import contextlib
import math
import os
import socket
import time
from collections.abc import Callable, Iterator

import structlog
import uvicorn
from slack_bolt.adapter.starlette.async_handler import to_async_bolt_request, to_starlette_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.errors import PlatformError
from bot.platforms.slack.adapter import SlackChat
from bot.platforms.slack.app import Listeners, build_bolt
from bot.platforms.slack.auth import Changers
from bot.platforms.slack.oauth import EVENTS, INSTALL, REDIRECT, Installed
from bot.platforms.slack.request_check import (
    SignatureCheck,
    UnreadableRequestError,
    read_request,
)
from bot.ports import Inbox

_LARGEST = 1_000_000
_GRACE_SECONDS = 3
_DOUBTS_SECONDS = 600.0

log = structlog.get_logger(__name__)


class WebConnection:
    """Listens for Slack on a port of its own; Bolt checks every signature and its time.

    `flow` makes the pages to install the app, if many workspaces may. `address` is known once open.
    """

    def __init__(
        self,
        host: str,
        port: int,
        signing_secret: str,
        changers: Changers,
        flow: Callable[[Installed], AsyncOAuthFlow] | None = None,
    ) -> None:
        self._place = (host, port)
        self._secret = signing_secret
        self._changers = changers
        self._flow = flow
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._listeners: Listeners | None = None
        self.address = ("", 0)

    async def open(self, chat: SlackChat, inbox: Inbox) -> None:
        """Listen; raises PlatformError where the port cannot be used."""
        self._listeners = Listeners(chat, inbox, self._changers)
        bolt = build_bolt(chat.keyring, chat.wire, self._listeners, self._secret)
        app = build_web(
            bolt, self._flow(self._listeners.installed) if self._flow else None, self._secret
        )
        listener = _listen(*self._place)
        self.address = listener.getsockname()[:2]
        self._server = _Server(
            uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=_GRACE_SECONDS)
        )
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]), name="slack")

    async def check(self, chat: SlackChat) -> None:
        """Slack comes to us, so there is nothing to try."""

    async def connected(self) -> bool:
        """Whether requests are taken; nobody knows whether Slack's find the way here."""
        return self._serving is not None and not self._serving.done()

    async def close(self) -> None:
        """Take no more requests, then finish what was taken."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
            self._server = self._serving = None
        if self._listeners is not None:
            await self._listeners.close()


def build_web(bolt: AsyncApp, flow: AsyncOAuthFlow | None, signing_secret: str) -> Starlette:
    """The web application: events, and with a flow the pages to install."""
    doubts, check = _Doubts(), SignatureCheck(signing_secret)

    async def events(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return PlainTextResponse("A request of Slack is short and readable.", 400)
        if not check.passes(request.headers, body):
            doubts.note()
            return PlainTextResponse("The request was not signed by Slack, or is old.", 401)
        try:
            read = read_request(body, request.headers.get("content-type", ""))
        except UnreadableRequestError as error:
            log.warning("slack.unreadable", problem=f"Slack sent what it never does: {error}")
            return PlainTextResponse("The request cannot be read.", 400)
        # Bolt need not read and check the body again, which is what it leaves out in this mode.
        asked = AsyncBoltRequest(
            body=read,
            headers=request.headers,  # type: ignore[arg-type] # it reads `items()`
            mode="socket_mode",
        )
        return to_starlette_response(await bolt.async_dispatch(asked))

    async def install(request: Request) -> Response:
        assert flow is not None
        return to_starlette_response(
            await flow.handle_installation(to_async_bolt_request(request, b""))
        )

    async def redirect(request: Request) -> Response:
        assert flow is not None
        return to_starlette_response(
            await flow.handle_callback(to_async_bolt_request(request, b""))
        )

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok")

    routes = [Route(EVENTS, events, methods=["POST"]), Route("/health", health)]
    if flow is not None:
        routes += [Route(INSTALL, install), Route(REDIRECT, redirect)]
    return Starlette(routes=routes)


class _Doubts:
    """Requests that bear no signature of ours: strangers', or the secret is another app's.

    Told once in ten minutes, since anybody may send them.
    """

    def __init__(self) -> None:
        self._told_at = -math.inf

    def note(self) -> None:
        """Say that there was one."""
        if time.monotonic() - self._told_at < _DOUBTS_SECONDS:
            return
        self._told_at = time.monotonic()
        log.warning(
            "slack.unsigned",
            problem="a request was old or not signed by Slack; if all are, "
            "PAPERROUND_SLACK_SIGNING_SECRET is another app's or this machine's clock is wrong",
        )


class _Server(uvicorn.Server):
    """A server within a program that looks after signals itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _body(request: Request) -> bytes | None:
    """The body, unless it is longer than Slack's are or is no text."""
    found = bytearray()
    try:
        async for part in request.stream():
            found += part
            if len(found) > _LARGEST:
                return None
        found.decode()
    except (UnicodeDecodeError, ClientDisconnect):
        return None
    return bytes(found)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port), backlog=128)
    except OSError as error:
        raise PlatformError(
            f"Port {port} on {host} cannot be used for Slack: {_reason(error)}. Choose another in "
            "PAPERROUND_SLACK_PORT."
        ) from error


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)
