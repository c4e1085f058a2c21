"""The whole command line put together, and how it ends."""

import gc
import sys
from typing import Annotated

import typer

from bot.cli import commands
from bot.errors import PaperroundError

FAILED = 2

_COLLECT_AFTER = (50_000, 10, 10)
"""Garbage is looked for after so many new objects; nearly all that a short command makes stays."""

app = typer.Typer(
    name="paperround",
    help="Delivers the day's research papers to a team's channels, and learns from the votes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Plain help: rich would take three times as long to load as the rest of the command line.
    rich_markup_mode=None,
)
app.add_typer(commands.app)
app.add_typer(commands.watch_app, name="watch")
app.add_typer(commands.taste_app, name="taste")
app.add_typer(commands.person_app, name="person")
app.add_typer(commands.workspace_app, name="workspace")
app.add_typer(commands.slack_app, name="slack")
app.add_typer(commands.discord_app, name="discord")


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"paperround {version('paperround')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Delivers the day's research papers to a team's channels, and learns from the votes."""


def main() -> None:
    """Run the command; expected failures end in one readable line and exit code 2.

    The collector of garbage walks everything imported again and again, above all at the end: a
    third of a short command's time, so it is asked for little, and at the end for nothing.
    """
    gc.set_threshold(*_COLLECT_AFTER)
    try:
        _run()
    finally:
        gc.freeze()


def _run() -> None:
    try:
        app()
    except PaperroundError as error:
        sys.stderr.write(f"paperround: {error}\n")
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if not _is_storage_trouble(error):
            raise
        sys.stderr.write(f"paperround: {_storage_trouble(error)}\n")
        sys.exit(FAILED)


def _is_storage_trouble(error: Exception) -> bool:
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.exc import TimeoutError as WaitedTooLongError

    return isinstance(error, DBAPIError | WaitedTooLongError)


def _storage_trouble(error: Exception) -> str:
    cause = str(getattr(error, "orig", error)).strip().splitlines()[0]
    return (
        f"The database refused: {cause}. Check that its files and their folder can be written and "
        "the disk is not full; paperround doctor looks at them."
    )
