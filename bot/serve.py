"""Running as a server: the local chat, the engine and their end, in one process."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog
from rich.console import Console

from bot.app import App, defaults
from bot.commands.overview import is_paused
from bot.errors import PaperroundError
from bot.platforms.local.app import build_local_app
from bot.platforms.local.chat import LocalChat
from bot.platforms.local.server import LocalServer
from bot.rounds.answers import Ran
from bot.rounds.engine import Engine
from bot.rounds.schedule import Slot
from bot.rounds.standing import why_none
from bot.sources.sample import CHANNELS
from bot.stopping import until_asked
from storage import channels, watches
from storage.models import Channel

log = structlog.get_logger(__name__)


class Controls:
    """The buttons of the local chat: a round now, and for the demo a day further."""

    def __init__(self, app: App, engine: Engine) -> None:
        self._app = app
        self._engine = engine
        # A day must not begin while the round of the day before still reads its sources.
        self._one_at_a_time = asyncio.Lock()

    @property
    def virtual(self) -> bool:
        """Whether the clock may be moved: only the demo's."""
        return self._app.demo

    def now(self) -> datetime:
        """The time that rounds go by."""
        return self._app.clock()

    async def run_round(self) -> Sequence[Ran]:
        """Poll every source, then run a round for each active channel that is not paused."""
        async with self._one_at_a_time:
            await self._engine.poll_all()
            async with self._app.database.read() as session:
                active = await channels.list_active(session)
            return await asyncio.gather(*map(self._run, active))

    async def _run(self, channel: Channel) -> Ran:
        if is_paused(channel, self.now()):
            return Ran(channel.name, 0, "Posts are paused.")
        made = await self._engine.run_slot(Slot(channel.id or 0, self.now()))
        if made:
            return Ran(channel.name, len(made))
        standing = await self._app.desk(self._engine).standing(channel)
        return Ran(channel.name, 0, why_none(channel, standing).text)

    async def advance_day(self) -> datetime:
        """Move the demo's clock a day forward and read its sources for that day."""
        if not self.virtual:
            raise PaperroundError("Only the demo's clock can be moved.")
        async with self._one_at_a_time:
            await self._app.clock.advance(self._app.database, timedelta(days=1))
            await self._engine.poll_all()
            await self._engine.tick()
        return self.now()


async def serve(app: App, started: Callable[[str], None]) -> None:
    """Serve until a signal asks to stop; `started` is told the address once it answers.

    What is being posted then is finished first, or taken up at the next start.
    """
    await until_asked(_serve(app, started))


async def _serve(app: App, started: Callable[[str], None]) -> None:
    if not app.hold():
        raise PaperroundError(
            f"Another paperround works on {app.lock.lock_file.removesuffix('.lock')} already: stop "
            "it, or name another folder in PAPERROUND_DATA_DIR."
        )
    listener = _listen(app.settings.host, app.settings.port)
    try:
        await app.prepare()
        if not app.demo:
            await app.refuse_demo_data()
        engine = app.engine()
        await engine.start()
        try:
            await _serve_chat(app, engine, listener, started)
        finally:
            await engine.stop()
    finally:
        listener.close()
        await app.close()


async def _serve_chat(
    app: App, engine: Engine, listener: socket.socket, started: Callable[[str], None]
) -> None:
    chat = app.platforms["local"]
    assert isinstance(chat, LocalChat)  # noqa: S101 - build_app put it there
    inbox = app.inbox(engine)
    controls = Controls(app, engine)
    host, port = listener.getsockname()[:2]
    secret = app.settings.token.get_secret_value() if app.settings.token else None
    vitals = app.vitals(engine, app.platforms)
    web = build_local_app(
        chat, inbox, controls=controls, host=host, port=port, token=secret, vitals=vitals
    )
    server = LocalServer(web, chat.pulse)
    serving: asyncio.Task[None] | None = None
    opening: asyncio.Task[None] | None = None
    try:
        for platform in app.platforms.values():
            await platform.start(inbox)
        if app.demo and await _open_demo(app):
            opening = asyncio.create_task(_first_round(controls))
        started(f"http://{_shown(host)}:{port}")
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="local chat")
        await asyncio.shield(serving)
    finally:
        Console(stderr=True).print("Stopping; what is being posted is finished first.")
        if opening is not None:
            opening.cancel()
        await engine.rest()
        await _close(app, server, serving)


async def _close(app: App, server: LocalServer, serving: asyncio.Task[None] | None) -> None:
    """Let every page and platform go, at the same time."""
    server.should_exit = True
    closing = [platform.stop() for platform in app.platforms.values()]
    ended = await asyncio.gather(*closing, *([serving] if serving else []), return_exceptions=True)
    for fault in [one for one in ended if isinstance(one, Exception)]:
        log.error("stop.failed", exc_info=fault)


async def _open_demo(app: App) -> bool:
    """Set up the demo's channels the first time; False if they stand already."""
    now = app.clock()
    async with app.database.write() as session:
        if await channels.list_platform(session, "local"):
            return False
        for sample in CHANNELS:
            channel = await channels.add(
                session, f"local:{sample.name}", defaults(app.settings), now
            )
            # The demo's rounds are run by its button, so that each step can be watched.
            channel.post_limit, channel.schedule = sample.limit, "off"
            session.add(channel)
            for text in sample.watches:
                await watches.add(
                    session, channel.id or 0, text=text, typed=text, by="demo", now=now
                )
    return True


async def _first_round(controls: Controls) -> None:
    try:
        await controls.run_round()
    except Exception:
        # The chat itself serves, and its round button tells the next person.
        log.exception("demo.first_round_failed")


def greet(app: App, address: str) -> None:
    """Say on the terminal where the chat is and what to do there."""
    console = Console(highlight=False)
    if app.demo:
        console.print(f"Paperround's demo is at {address} - open it in a browser. Ctrl+C ends it.")
    elif others := [name.capitalize() for name in app.platforms if name != "local"]:
        console.print(f"Paperround serves {' and '.join(others)}, and the local chat at {address}.")
    else:
        console.print(
            f"No chat platform has a token, so Paperround serves the local chat at {address}."
        )
    console.print(f"Data: {app.database.place}", soft_wrap=True)
    if app.demo:
        folder = app.settings.data_dir
        console.print(f"Commands on it: PAPERROUND_DATA_DIR={folder} paperround …", soft_wrap=True)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise PaperroundError(
            f"Port {port} on {host} cannot be used: {error.strerror or error}. "
            "Choose another with --port."
        ) from error
    return listener


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
