"""A real server around an application, for as long as a test needs it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.platforms.local.adapter import LocalChat
from bot.platforms.local.app import LocalServer, build_local_app
from bot.platforms.local.controls import DayControls
from bot.ports import Inbox
from tests.health import health_of


@asynccontextmanager
async def served(
    chat: LocalChat, inbox: Inbox, controls: DayControls | None = None, *, token: str | None = None
) -> AsyncIterator[str]:
    """The chat behind a real uvicorn on a free port; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    app = build_local_app(
        chat,
        inbox,
        controls=controls,
        host="127.0.0.1",
        port=port,
        token=token,
        health=health_of(chat.database),
    )
    server = LocalServer(app, chat.pulse)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        # The socket listens already: whoever comes before the server is up waits in its queue.
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await running
        listener.close()
