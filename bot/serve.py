"""Running as a server: what the process's role has of platforms, engine and local chat."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from rich.console import Console

from bot.app import App
from bot.demo import DemoControls, first_round, open_demo
from bot.errors import NotSentError, OutcomeUnknownError, PaperroundError
from bot.platforms.local.adapter import LocalChat
from bot.platforms.local.app import LocalServer, build_local_app
from bot.platforms.local.health import answering
from bot.ports import ChatPlatform, Inbox, Role
from bot.rounds.engine import Asking, Engine
from bot.rounds.process.heartbeat import Dead
from bot.rounds.process.memory import give_back, share_arenas
from bot.signals import unbroken, until_asked

log = structlog.get_logger(__name__)

_COLLECT_AFTER = (50_000, 10, 10)
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 60.0
_NAMED = 5


async def serve(app: App, started: Callable[[str], None]) -> None:
    """Serve until a signal asks to stop; `started` is told the address once it answers.

    What is being posted then is finished first, or taken up at the next start.
    """
    share_arenas()
    await until_asked(_serve(app, started))


async def _serve(app: App, started: Callable[[str], None]) -> None:
    if app.role is not Role.ALL and app.database.embedded:
        raise PaperroundError(_ONE_PROCESS.format(role=app.role))
    if not app.hold():
        raise PaperroundError(
            f"Another paperround works on {app.lock.lock_file.removesuffix('.lock')} already: stop "
            "it, or name another folder in PAPERROUND_DATA_DIR."
        )
    listener = _listen(app.settings.host, app.settings.port) if _listens(app) else None
    try:
        await unbroken(_prepare(app))
        if app.role is Role.CHAT:
            async with _asking(app) as asking:
                await _serve_chat(app, asking, listener, started)
        else:
            async with _running(app) as engine:
                spare_the_collector()
                role = _serve_chat if app.role is Role.ALL else _work
                await role(app, engine, listener, started)
    finally:
        if listener is not None:
            listener.close()
        await app.close()


async def _prepare(app: App) -> None:
    await app.prepare()
    if not app.demo:
        await app.refuse_demo_data()


def spare_the_collector() -> None:
    """Keep garbage collection from walking again and again what lives as long as the process.

    Measured: with the default thresholds a quarter of a round's time went there. Cycles are still
    found, later.
    """
    gc.collect()
    give_back()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


@asynccontextmanager
async def _running(app: App) -> AsyncIterator[Engine]:
    engine = app.engine()
    try:
        # Broken off half-way it would leave threads and connections that nobody ends.
        await unbroken(engine.start())
        yield engine
    finally:
        await unbroken(engine.stop())


@asynccontextmanager
async def _asking(app: App) -> AsyncIterator[Asking]:
    """A way to the workers' engines for a process that runs no rounds, with its heartbeat."""
    asking = app.remote_engine()

    async def leave_to_workers(_dead: Sequence[Dead]) -> None:
        return None

    try:
        await unbroken(app.registry.start(leave_to_workers))
        yield asking
    finally:
        await app.registry.stop()
        await asking.close()


async def _work(
    app: App, engine: Engine, listener: socket.socket | None, started: Callable[[str], None]
) -> None:
    """Run rounds and post; people are heard by other processes."""
    async with AsyncExitStack() as stack:
        if listener is not None:
            token = app.settings.token.get_secret_value() if app.settings.token else None
            await stack.enter_async_context(answering(app.health(engine, {}), listener, token))
        started(_address(listener) if listener else "")
        try:
            await asyncio.Event().wait()
        finally:
            _say_stopping()
            await engine.rest()


async def _serve_chat(
    app: App, asking: Asking, listener: socket.socket | None, started: Callable[[str], None]
) -> None:
    """Hear people, and show them the local chat."""
    assert listener is not None
    chat = app.platforms["local"]
    assert isinstance(chat, LocalChat)
    inbox = app.inbox(asking)
    controls = DemoControls(app, asking)
    host, port = listener.getsockname()[:2]
    secret = app.settings.token.get_secret_value() if app.settings.token else None
    engine = asking if isinstance(asking, Engine) else None
    health = app.health(engine, app.platforms)
    web = build_local_app(
        chat, inbox, controls=controls, host=host, port=port, token=secret, health=health
    )
    server = LocalServer(web, chat.pulse, proxies=app.settings.trusted_proxies)
    serving: asyncio.Task[None] | None = None
    opening: asyncio.Task[None] | None = None
    connecting: list[asyncio.Task[None]] = []
    try:
        for platform in app.platforms.values():
            if not await _connects(platform, inbox):
                trying = _connect(platform, inbox)
                connecting.append(asyncio.create_task(trying, name=f"connecting {platform.name}"))
        if app.demo and await unbroken(open_demo(app)):
            opening = asyncio.create_task(first_round(controls))
        started(_address(listener))
        serving = asyncio.create_task(server.serve(sockets=[listener]), name="local chat")
        await _until_one_fails(serving, *connecting)
    finally:
        if serving is not None:
            _say_stopping()
        for task in (opening, *connecting):
            if task is not None:
                task.cancel()
        await asyncio.gather(*connecting, return_exceptions=True)
        # Both need the platforms, which are let go of afterwards.
        resting = [engine.rest()] if engine is not None else []
        await asyncio.gather(app.finish_edits(), *resting)
        await _close(app, server, serving)


async def _connects(platform: ChatPlatform, inbox: Inbox) -> bool:
    """Start a platform; False where it cannot be reached now. Raises what somebody has to mend."""
    try:
        await platform.start(inbox)
    except (NotSentError, OutcomeUnknownError) as error:
        log.warning("platform.unreachable", platform=platform.name, reason=str(error))
        return False
    return True


async def _connect(platform: ChatPlatform, inbox: Inbox) -> None:
    """Start a platform, however long it takes until it can be reached."""
    pause = _FIRST_PAUSE
    while True:
        await asyncio.sleep(pause)
        if await _connects(platform, inbox):
            log.info("platform.connected", platform=platform.name)
            return
        pause = min(2 * pause, _LONGEST_PAUSE)


async def _until_one_fails(serving: asyncio.Task[None], *others: asyncio.Task[None]) -> None:
    """Wait for the end of the first; raises what any of them raises."""
    left = {serving, *others}
    while serving in left:
        done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


async def _close(app: App, server: LocalServer, serving: asyncio.Task[None] | None) -> None:
    """Stop the local chat's server and all platforms at the same time; a failure is logged."""
    server.should_exit = True
    closing = [platform.stop() for platform in app.platforms.values()]
    ended = await asyncio.gather(*closing, *([serving] if serving else []), return_exceptions=True)
    for fault in [one for one in ended if isinstance(one, Exception)]:
        log.error("stop.failed", exc_info=fault)


def _say_stopping() -> None:
    Console(stderr=True).print("Stopping; what is being posted is finished first.")


def greet(app: App, address: str) -> None:
    """Say on the terminal where the chat is, what is read and where the data is."""
    console = Console(highlight=False, soft_wrap=True)
    if app.role is Role.WORKER:
        console.print(
            f"A worker of Paperround{f', whose health is at {address}/readyz' if address else ''}."
        )
    elif app.demo:
        console.print(f"Paperround's demo is at {address} - open it in a browser. Ctrl+C ends it.")
    elif others := [name.capitalize() for name in app.platforms if name != "local"]:
        console.print(f"Paperround serves {' and '.join(others)}, and the local chat at {address}.")
    else:
        console.print(
            f"No chat platform has a token, so Paperround serves the local chat at {address}."
        )
    reads = [source.name for source in (app.sample if app.demo else app.shared)]
    more = f" and {len(reads) - _NAMED} more" if len(reads) > _NAMED else ""
    console.print(f"Reads: {', '.join(reads[:_NAMED]) or 'what channels add themselves'}{more}")
    console.print(f"Data: {app.database.place}")
    if app.demo:
        folder = app.settings.data_dir
        console.print(f"Commands on it: PAPERROUND_DATA_DIR={folder} paperround …")


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


def _listens(app: App) -> bool:
    """Whether this process answers on a port: a worker only where it was given one."""
    return app.role is not Role.WORKER or "port" in app.settings.model_fields_set


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


_ONE_PROCESS = (
    "--role {role} is for several processes on one Postgres: name it in PAPERROUND_DATABASE_URL, "
    "or leave --role out and one process does everything."
)
