"""Slack's events over HTTP, and the pages to install the app; to be put behind TLS."""

import asyncio
import contextlib
import math
import os
import re
import socket
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping

import structlog
import uvicorn
from slack_bolt import BoltResponse
from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_sdk.errors import SlackClientError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.errors import PlatformError
from bot.platforms.slack.adapter import SlackChat
from bot.platforms.slack.app import Listeners, build_bolt
from bot.platforms.slack.auth import Changers
from bot.platforms.slack.oauth import (
    DIRECT,
    EVENTS,
    ICON,
    INSTALL,
    PRIVACY,
    REDIRECT,
    TERMS,
    Installed,
)
from bot.platforms.slack.pages import SAFE, Pages
from bot.platforms.slack.request_check import (
    SignatureCheck,
    UnreadableRequestError,
    read_request,
)
from bot.ports import Inbox
from storage.database import AWAY

_LARGEST = 1_000_000
_GRACE_SECONDS = 3
_DOUBTS_SECONDS = 600.0
_TEAM = re.compile(r"[TE][A-Z0-9]{1,20}")
_MINUTE_OVER = 90.0
_UNREACHED = frozenset(("connection_failed", "ssl_error", "http_timeout", "http_error"))
"""Why Slack sends an event again: its first try did not arrive, or was not answered well."""

log = structlog.get_logger(__name__)


class WebConnection:
    """Listens for Slack on a port of its own; every request's signature and age are checked.

    `flow` installs the app, if many workspaces may, and `pages` are what people see of that.
    `count` is called whenever Slack says that it held events back. `address` is known once open.
    """

    def __init__(
        self,
        host: str,
        port: int,
        signing_secret: str,
        changers: Changers,
        flow: Callable[[Installed], AsyncOAuthFlow] | None = None,
        *,
        pages: Pages | None = None,
        count: Callable[[], None] | None = None,
    ) -> None:
        self._place = (host, port)
        self._secret = signing_secret
        self._changers = changers
        self._flow = flow
        self._pages = pages
        self._count = count or _count_nothing
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self._listeners: Listeners | None = None
        self._outages: Outages | None = None
        self.address = ("", 0)

    async def open(self, chat: SlackChat, inbox: Inbox) -> None:
        """Listen; raises PlatformError where the port cannot be used."""
        self._listeners = Listeners(chat, inbox, self._changers)
        bolt = build_bolt(chat.keyring, chat.wire, self._listeners, self._secret)
        flow = self._flow(self._listeners.installed) if self._flow else None
        self._outages = Outages(chat.catch_up, count=self._count)
        app = build_web(bolt, self._secret, self._outages, flow, self._pages)
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
        if self._outages is not None:
            self._outages.close()
        if self._listeners is not None:
            await self._listeners.close()


def _count_nothing() -> None:
    """Do nothing."""


class Outages:
    """Notices that Slack could not reach us for a while, and catches up then.

    Slack tries an event again for some minutes and then never; after that nothing tells of it. So
    what is missed is looked for after a silence in which events may have been lost, after an event
    that came by a later try, and after a minute in which Slack held events back. At most once in
    `every` seconds of `clock`.
    """

    def __init__(
        self,
        catch_up: Callable[[], None],
        *,
        count: Callable[[], None] = _count_nothing,
        silence: float = 600.0,
        every: float = 3600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._catch_up = catch_up
        self._count = count
        self._silence = silence
        self._every = every
        self._clock = clock
        self._heard_at = clock()
        self._looked_at = clock() - every
        self._held_back: asyncio.TimerHandle | None = None

    def note(self, headers: Mapping[str, str]) -> None:
        """A request came: see whether others may have been lost before it."""
        now = self._clock()
        silent = now - self._heard_at > self._silence
        self._heard_at = now
        again = headers.get("x-slack-retry-reason", "") in _UNREACHED
        if (silent or again) and now - self._looked_at >= self._every:
            self._looked_at = now
            self._catch_up()

    def held_back(self) -> None:
        """Slack sends no more events of a workspace in this minute: look once it is over."""
        self._count()
        if self._held_back is not None:
            self._held_back.cancel()
        self._held_back = asyncio.get_running_loop().call_later(_MINUTE_OVER, self._catch_up)

    def close(self) -> None:
        """Look for nothing any more."""
        if self._held_back is not None:
            self._held_back.cancel()


def build_web(
    bolt: AsyncApp,
    signing_secret: str,
    outages: Outages,
    flow: AsyncOAuthFlow | None = None,
    pages: Pages | None = None,
) -> Starlette:
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
        outages.note(request.headers)
        if read.get("type") == "app_rate_limited":
            log.warning("slack.events_held_back", workspace=read.get("team_id"))
            outages.held_back()
            return PlainTextResponse("")
        # Bolt need not read and check the body again, which is what it leaves out in this mode.
        asked = AsyncBoltRequest(
            body=read,
            headers=request.headers,  # type: ignore[arg-type] # it reads `items()`
            mode="socket_mode",
        )
        return to_starlette_response(await bolt.async_dispatch(asked))

    async def health(_: Request) -> Response:
        return PlainTextResponse("ok")

    routes = [Route(EVENTS, events, methods=["POST"]), Route("/health", health)]
    if flow is not None and pages is not None:
        routes += _install_routes(flow, pages)
    return Starlette(routes=routes)


def _install_routes(flow: AsyncOAuthFlow, pages: Pages) -> list[Route]:
    """The routes of the pages for people who install the app; all are public."""

    async def landing(_: Request) -> Response:
        return pages.landing()

    async def direct(request: Request) -> Response:
        # Bolt puts the workspace that is asked for into a header as it stands.
        team = request.query_params.get("team", "")
        query = f"team={team}" if _TEAM.fullmatch(team) else ""
        return await _flowing(flow.handle_installation, request, query)

    async def redirect(request: Request) -> Response:
        return await _flowing(flow.handle_callback, request, request.url.query)

    async def _flowing(
        step: Callable[[AsyncBoltRequest], Awaitable[BoltResponse]], request: Request, query: str
    ) -> Response:
        asked = AsyncBoltRequest(
            body="",
            query=query,
            headers=request.headers,  # type: ignore[arg-type] # it reads `items()`
        )
        try:
            return to_starlette_response(await step(asked))
        except (*AWAY, PlatformError, SlackClientError) as error:
            log.warning("install.failed", reason=str(getattr(error, "orig", error)))
            return HTMLResponse(pages.failed("unreachable"), 503, headers=SAFE)

    async def privacy(_: Request) -> Response:
        return pages.policy("privacy")

    async def terms(_: Request) -> Response:
        return pages.policy("terms")

    async def icon(_: Request) -> Response:
        return pages.icon()

    return [
        Route(INSTALL, landing),
        Route(DIRECT, direct),
        Route(REDIRECT, redirect),
        Route(PRIVACY, privacy),
        Route(TERMS, terms),
        Route(ICON, icon),
    ]


class _Doubts:
    """Logs requests with a wrong signature: they are strangers', or the secret is another app's.

    At most one line in ten minutes, since anybody may send them.
    """

    def __init__(self) -> None:
        self._told_at = -math.inf

    def note(self) -> None:
        """Log one, unless one was logged in the last ten minutes."""
        if time.monotonic() - self._told_at < _DOUBTS_SECONDS:
            return
        self._told_at = time.monotonic()
        log.warning(
            "slack.unsigned",
            problem="a request was old or not signed by Slack; if all are, "
            "PAPERROUND_SLACK_SIGNING_SECRET is another app's or this machine's clock is wrong",
        )


class _Server(uvicorn.Server):
    """A uvicorn server that leaves signals to the program around it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _body(request: Request) -> bytes | None:
    """The body, or None for more than a million bytes or for what is not UTF-8."""
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
