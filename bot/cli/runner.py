"""Options that several commands share, and how a command is run; imports its work late."""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.ports import Role

if TYPE_CHECKING:
    from config.settings import Settings

_T = TypeVar("_T")


def wait(work: "Coroutine[object, object, _T]") -> _T:
    """Run one command's work to its end."""
    import asyncio

    return asyncio.run(work)


def open_settings(host: str | None = None, port: int | None = None) -> "Settings":
    """Read the settings and make the log as they say; raises SettingsError."""
    from config.logging import configure_logging
    from config.settings import load_settings

    settings = load_settings(host=host, port=port)
    configure_logging(settings.log_level, settings.log_format, settings.secrets)
    return settings


def serve_until_stopped(settings: "Settings", *, role: Role = Role.ALL, demo: bool = False) -> None:
    """Serve until a signal ends it, and say where."""
    from bot.bootstrap import build_app
    from bot.serve import greet, serve

    built = build_app(settings, demo=demo, role=role)
    wait(serve(built, lambda address: greet(built, address)))


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
