"""Options that several commands share, and how a command is run; imports its work late."""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.ports import Role

if TYPE_CHECKING:
    from config.settings import Settings

_T = TypeVar("_T")


def wait(work: "Coroutine[object, object, _T]") -> _T:
    """Run one command's work to its end; Ctrl+C breaks it off in order."""
    import asyncio
    import signal

    signal.signal(signal.SIGINT, signal.default_int_handler)
    return asyncio.run(work)


def open_settings(host: str | None = None, port: int | None = None) -> "Settings":
    """Read the settings and make the log as they say; raises SettingsError.

    What this process writes from now on is for its user alone.
    """
    import os

    from config.logging import configure_logging
    from config.settings import load_settings

    os.umask(0o077)
    settings = load_settings(host=host, port=port)
    configure_logging(settings.log_level, settings.log_format, settings.secrets)
    return settings


def serve_until_stopped(
    host: str | None, port: int | None, *, role: Role = Role.ALL, demo: bool = False
) -> None:
    """Serve until a signal asks to stop, and say where; it ends the process itself then.

    What was going on is ended in order before; a thread that is stuck holds up nothing.
    """
    from bot.signals import end_at_once_when_asked, leave

    end_at_once_when_asked()
    import asyncio

    from bot.bootstrap import build_app
    from bot.serve import greet, serve
    from config.settings import demo_settings

    settings = open_settings(host=host, port=port)
    built = build_app(demo_settings(settings) if demo else settings, demo=demo, role=role)

    async def live() -> None:
        await serve(built, lambda address: greet(built, address))
        leave(0)

    asyncio.run(live())


EXPRESSIONS = {"ignore_unknown_options": True}
"""A word such as -survey belongs to the expression, not to us."""

Host = Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")]
Port = Annotated[
    int | None, typer.Option(help="Port to listen on.", show_default="8080", min=0, max=65_535)
]
InChannel = Annotated[str, typer.Option("--channel", "-c", help="Such as local:general.")]
OneChannel = Annotated[str | None, typer.Option("--channel", "-c", help="One channel only.")]
Who = Annotated[
    str,
    typer.Argument(metavar="WHO", help="Such as slack:T0123/U0123, discord:USER-ID or local:NAME."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
