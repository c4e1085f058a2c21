"""The addresses for monitors: /healthz, /readyz and /metrics."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import structlog
import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.platforms.local.auth import Door, Guard
from bot.rounds.process.health import OK, Health

log = structlog.get_logger(__name__)


def health_routes(process: Health) -> list[BaseRoute]:
    """`/healthz` and `/readyz`, which say no more than which part is at fault, and `/metrics`."""

    async def health(_request: Request) -> Response:
        connections = await process.connections()
        ailments = process.ailments()
        lost = [f"{name}: {said}" for name, said in connections.items() if said != OK]
        lines = [*(ailments or ["ok"]), *lost]
        return PlainTextResponse("\n".join((*lines, "")), 503 if ailments else 200)

    async def ready(_request: Request) -> Response:
        found, troubles = await process.ready(), await process.troubles()
        told: dict[str, object] = {"workspaces": troubles} if troubles else {}
        if skew := process.clock():
            told["clock"] = skew
        return JSONResponse({**found, **told}, 200 if set(found.values()) == {OK} else 503)

    async def metrics(_request: Request) -> Response:
        try:
            figures = await process.exposition()
        except SQLAlchemyError as error:
            log.warning("metrics.unread", reason=str(getattr(error, "orig", error)))
            return PlainTextResponse("The database cannot be read.\n", 503)
        return Response(figures, media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", health), Route("/readyz", ready), Route("/metrics", metrics)]


@contextlib.asynccontextmanager
async def answering(
    health: Health, listener: socket.socket, token: str | None
) -> AsyncIterator[None]:
    """Answer monitors on a socket of their own, where there is no local chat to do it."""
    host, port = listener.getsockname()[:2]
    door = Door(host, port, token)
    web = Starlette(routes=health_routes(health), middleware=[Middleware(Guard, door=door)])
    server = _Server(
        uvicorn.Config(web, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="health")
    try:
        yield
    finally:
        server.should_exit = True
        await serving


class _Server(uvicorn.Server):
    """A server within a program that looks after signals itself."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
