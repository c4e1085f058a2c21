"""The local chat's web application, put together and served."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.errors import PaperroundError
from bot.platforms.local.adapter import Conversation, LocalChat
from bot.platforms.local.auth import Door, Guard
from bot.platforms.local.controls import DayControls
from bot.platforms.local.health import health_routes
from bot.platforms.local.routes import Actions, Site, problem
from bot.platforms.local.sse import LogWatcher
from bot.platforms.local.views import STATIC, Pages
from bot.ports import Inbox
from bot.rounds.process.health import Health

__all__ = ["DayControls", "build_local_app"]


def build_local_app(
    chat: LocalChat,
    inbox: Inbox,
    *,
    controls: DayControls | None,
    host: str,
    port: int,
    token: str | None,
    health: Health,
) -> Starlette:
    """The pages of `chat`, for a server that listens on `host` and `port`.

    Raises SettingsError when that is beyond loopback and there is no token of 16 characters.
    """
    door, pages = Door(host, port, token), Pages()
    site = Site(chat, inbox, controls, pages)
    actions = Actions(chat, Conversation(chat, inbox), controls, door=door, pages=pages)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return problem(request, pages, error.status_code, error.detail)

    async def on_failure(request: Request, error: Exception) -> Response:
        return problem(request, pages, 500, str(error))

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        watching = asyncio.create_task(chat.pulse.run())
        yield
        chat.pulse.close()
        await watching

    return Starlette(
        routes=[*health_routes(health), *_routes(site, actions)],
        middleware=[Middleware(Guard, door=door)],
        exception_handlers={HTTPException: on_http, PaperroundError: on_failure},
        lifespan=lifespan,
    )


def _routes(site: Site, actions: Actions) -> list[BaseRoute]:
    return [
        Route("/", site.home),
        Route("/c/{channel}", site.channel),
        Route("/c/{channel}/live", site.live),
        Route("/c/{channel}/complete", site.complete),
        Route("/c/{channel}/say", actions.say, methods=["POST"]),
        Route("/c/{channel}/library", actions.teach, methods=["POST"]),
        Route("/c/{channel}/begin", actions.begin, methods=["POST"]),
        Route("/m/{message}/react", actions.react, methods=["POST"]),
        Route("/m/{message}/file", site.file),
        Route("/m/{message}/picture", site.picture),
        Route("/m/{message}/show", actions.show, methods=["POST"]),
        Route("/host", site.host),
        Route("/feeds/{key}.{form}", site.feed),
        Route("/channels", actions.add_channel, methods=["POST"]),
        Route("/name", actions.rename, methods=["POST"]),
        Route("/round", actions.run_round, methods=["POST"]),
        Route("/clock", actions.advance_day, methods=["POST"]),
        Route("/login", site.login_form),
        Route("/login", actions.login, methods=["POST"]),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]


class LocalServer(uvicorn.Server):
    """A server that closes the live streams of open pages when it stops."""

    def __init__(
        self, app: Starlette, pulse: LogWatcher, *, proxies: Sequence[str] = ("127.0.0.1",)
    ) -> None:
        """Take the word of `proxies` (addresses or networks) on TLS and on who asked."""
        # The settings of logging stay with the program; a page's every request is not news.
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=2,
                ws="none",
                forwarded_allow_ips=list(proxies),
            )
        )
        self._pulse = pulse

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the program, which has more than this to end."""
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the live streams first: uvicorn waits for running answers to end."""
        self._pulse.close()
        await super().shutdown(sockets)
