"""Serving the local chat until told to stop."""

import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.applications import Starlette

from bot.platforms.local.live import Pulse


class LocalServer(uvicorn.Server):
    """A server that lets open pages go when it stops, instead of waiting for them to close."""

    def __init__(self, app: Starlette, pulse: Pulse) -> None:
        # The settings of logging stay with the program; a page's every request is not news.
        super().__init__(
            uvicorn.Config(
                app, log_config=None, access_log=False, timeout_graceful_shutdown=2, ws="none"
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
