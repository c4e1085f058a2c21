"""Commands of whoever hosts: deliveries, backups, health, tastes and what is kept of a person."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.arguments import AsJson, OneChannel, Who
from bot.cli.starting import open_settings, wait

app = typer.Typer()
taste_app = typer.Typer(help="Look after what the votes taught.", no_args_is_help=True)
person_app = typer.Typer(help="What is kept of one person.", no_args_is_help=True)


class Action(StrEnum):
    """What can be done with a delivery."""

    RETRY = "retry"
    DROP = "drop"


@app.command()
def deliveries(
    action: Annotated[Action | None, typer.Argument(help="Act on posts; else list them.")] = None,
    post_ids: Annotated[
        list[int] | None, typer.Argument(metavar="ID", min=1, max=2**31 - 1)
    ] = None,
    channel: OneChannel = None,
    *,
    failed: Annotated[bool, typer.Option("--failed", help="Only what did not go well.")] = False,
    json: AsJson = False,
) -> None:
    """List posts that are not delivered and why; retry or drop them by their ids."""
    from bot.tasks import deliveries as task

    if action is not None:
        raise typer.Exit(wait(task.act(open_settings(), action, post_ids or [])))
    raise typer.Exit(wait(task.show(open_settings(), channel, failed=failed, as_json=json)))


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(metavar="FOLDER|FILE.tar.gz")],
) -> None:
    """Copy all data while it is in use, into a new folder or archive."""
    from bot.tasks import backup as task

    raise typer.Exit(task.back_up(open_settings(), target))


@app.command()
def restore(
    source: Annotated[Path | None, typer.Argument(metavar="BACKUP")] = None,
) -> None:
    """Take up a backup in the data folder, which must be empty.

    Without a BACKUP: make data safe that another tool restored, such as pg_restore.
    """
    from bot.tasks import backup as task

    settings = open_settings()
    work = task.doubt(settings) if source is None else task.restore(settings, source)
    raise typer.Exit(wait(work))


@app.command()
def doctor(json: AsJson = False) -> None:
    """Say what is configured, reachable and migrated, and what to do about what is not."""
    from bot.tasks import checkup

    raise typer.Exit(wait(checkup.examine(open_settings(), as_json=json)))


@app.command()
def upkeep() -> None:
    """Do now what a server does once a day: let go of what is old, learn what channels share."""
    from bot.tasks import upkeep as task

    raise typer.Exit(wait(task.keep_up(open_settings())))


@taste_app.command(name="rebuild")
def taste_rebuild(channel: OneChannel = None) -> None:
    """Learn tastes anew from the votes that stand, and say how far the stored ones were off."""
    from bot.tasks import taste

    raise typer.Exit(wait(taste.rebuild(open_settings(), channel)))


@person_app.command(name="export")
def person_export(who: Who) -> None:
    """Print all that is kept of a person, as JSON."""
    from bot.tasks import person

    raise typer.Exit(wait(person.export(open_settings(), who)))


@person_app.command(name="forget")
def person_forget(
    who: Who,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only say what.")] = False,
) -> None:
    """Delete all that is kept of a person, and what their votes taught."""
    from bot.tasks import person

    raise typer.Exit(wait(person.forget(open_settings(), who, sure=yes)))
