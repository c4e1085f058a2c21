"""The `paperround` command: thin, one function a command, imports its work lazily."""

import sys
from collections.abc import Coroutine
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.errors import CommandError, PaperroundError
from bot.role import Role

if TYPE_CHECKING:
    from config.settings import Settings

app = typer.Typer(
    name="paperround",
    help="Delivers the day's research papers to a team's channels, and learns from the votes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Plain help: rich would take three times as long to load as the rest of the command line.
    rich_markup_mode=None,
)
watch_app = typer.Typer(help="Add, list and remove a channel's watches.", no_args_is_help=True)
app.add_typer(watch_app, name="watch")
slack_app = typer.Typer(help="Make the Slack app and its key.", no_args_is_help=True)
app.add_typer(slack_app, name="slack")
discord_app = typer.Typer(help="Bring the bot to a Discord server.", no_args_is_help=True)
app.add_typer(discord_app, name="discord")

taste_app = typer.Typer(help="Look after what the votes taught.", no_args_is_help=True)
app.add_typer(taste_app, name="taste")

person_app = typer.Typer(help="What is kept of one person.", no_args_is_help=True)
app.add_typer(person_app, name="person")

FAILED = 2
_T = TypeVar("_T")

# A word such as -survey belongs to the expression, not to us.
_EXPRESSIONS = {"ignore_unknown_options": True}

Host = Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")]
Port = Annotated[
    int | None, typer.Option(help="Port to listen on.", show_default="8080", min=0, max=65_535)
]
InChannel = Annotated[str, typer.Option("--channel", "-c", help="Such as local:general.")]
OneChannel = Annotated[str | None, typer.Option("--channel", "-c", help="One channel only.")]
_WHO = "Such as slack:T0123/U0123, discord:USER-ID or local:NAME."
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]


class Action(StrEnum):
    """What can be done with a delivery."""

    RETRY = "retry"
    DROP = "drop"


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415

        typer.echo(f"paperround {version('paperround')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Delivers the day's research papers to a team's channels, and learns from the votes."""


@app.command()
def run(
    host: Host = None,
    port: Port = None,
    role: Annotated[
        Role, typer.Option(help="What this process does, where several share a Postgres.")
    ] = Role.ALL,
) -> None:
    """Serve everything: sources, rounds, platforms and the local chat."""
    _serve(_settings(host=host, port=port), role=role)


@app.command()
def demo(host: Host = None, port: Port = None) -> None:
    """Try it: the local chat with sample papers, no account and no network."""
    from config.settings import demo_settings  # noqa: PLC0415 - keeps --help fast

    _serve(demo_settings(_settings(host=host, port=port)), demo=True)


@app.command(name="import")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE")], json: AsJson = False
) -> None:
    """Take in papers from files: JSON Lines, Daily Papers JSON or page, RSS, Atom."""
    from bot.tasks import imports  # noqa: PLC0415

    raise typer.Exit(_wait(imports.import_files(_settings(), files, as_json=json)))


@app.command(name="round")
def round_(
    channel: Annotated[
        str | None, typer.Option("--channel", "-c", help="One channel only.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Show the picks, post nothing.")] = False,
    json: AsJson = False,
) -> None:
    """Run a round now: fetch, match, pick and post."""
    from bot.tasks import rounds  # noqa: PLC0415

    task = rounds.run_rounds(_settings(), channel, dry_run=dry_run, as_json=json)
    raise typer.Exit(_wait(task))


@app.command()
def match(
    papers: Annotated[Path, typer.Argument(help="Papers, one JSON object a line.")],
    watch: Annotated[str | None, typer.Option(help="One watch expression.")] = None,
    watches: Annotated[Path | None, typer.Option(help="A file, one expression a line.")] = None,
    threshold: Annotated[int, typer.Option(min=60, max=100)] = 80,
) -> None:
    """Match papers in a file against watches, without any database."""
    from bot.tasks import matching  # noqa: PLC0415

    raise typer.Exit(matching.match_file(papers, watch, watches, threshold))


@app.command()
def backtest(
    file: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE.jsonl", help="Days of channels, one JSON object a line."),
    ] = None,
    channel: Annotated[
        str | None, typer.Option("--channel", "-c", help="A channel of this install instead.")
    ] = None,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME …",
            help="paperround, match, popularity, random or svm; all by default.",
            show_default=False,
        ),
    ] = None,
    *,
    full_feedback: Annotated[
        bool, typer.Option("--full-feedback", help="Tell every vote, not those on shown papers.")
    ] = False,
    json: AsJson = False,
    seed: Annotated[int, typer.Option(help="Of the policy random.")] = 0,
) -> None:
    """Compare ways to pick papers on real votes: replay days, measure what was shown first."""
    from bot.tasks import backtest as task  # noqa: PLC0415

    files, policies = task.sort_out(file or (), policy or ())
    if (channel is None) != (len(files) == 1) or len(files) > 1:
        raise CommandError("Give either one FILE.jsonl or --channel C.")
    if channel is not None:
        from bot.tasks import history  # noqa: PLC0415

        replayed = _wait(history.read_install(_settings(), channel))
    else:
        replayed = task.read_file(files[0])
    code = task.compare(replayed, policies, full_feedback=full_feedback, seed=seed, as_json=json)
    raise typer.Exit(code)


@app.command(context_settings=_EXPRESSIONS)
def papers(
    words: Annotated[list[str], typer.Argument(metavar="COMMAND", help="Such as: limit 3.")],
    channel: InChannel = "local:general",
) -> None:
    """Type a /papers command, such as: paperround papers limit 3."""
    from bot.tasks import talk  # noqa: PLC0415

    raise typer.Exit(_wait(talk.say(_settings(), channel, " ".join(words))))


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
    from bot.tasks import deliveries as task  # noqa: PLC0415

    if action is not None:
        raise typer.Exit(_wait(task.act(_settings(), action, post_ids or [])))
    raise typer.Exit(_wait(task.show(_settings(), channel, failed=failed, as_json=json)))


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(metavar="FOLDER|FILE.tar.gz")],
) -> None:
    """Copy all data while it is in use, into a new folder or archive."""
    from bot.tasks import backup as task  # noqa: PLC0415

    raise typer.Exit(task.back_up(_settings(), target))


@app.command()
def restore(
    source: Annotated[Path | None, typer.Argument(metavar="BACKUP")] = None,
) -> None:
    """Take up a backup in the data folder, which must be empty.

    Without a BACKUP: make data safe that another tool restored, such as pg_restore.
    """
    from bot.tasks import backup as task  # noqa: PLC0415

    settings = _settings()
    work = task.doubt(settings) if source is None else task.restore(settings, source)
    raise typer.Exit(_wait(work))


@app.command()
def doctor(json: AsJson = False) -> None:
    """Say what is configured, reachable and migrated, and what to do about what is not."""
    from bot.tasks import checkup  # noqa: PLC0415

    raise typer.Exit(_wait(checkup.examine(_settings(), as_json=json)))


@app.command()
def upkeep() -> None:
    """Do now what a server does once a day: let go of what is old, learn what channels share."""
    from bot.tasks import upkeep as task  # noqa: PLC0415

    raise typer.Exit(_wait(task.keep_up(_settings())))


@watch_app.command(name="add", context_settings=_EXPRESSIONS)
def watch_add(
    expression: Annotated[
        list[str], typer.Argument(metavar="EXPRESSION", help="Such as: mixture of experts -survey.")
    ],
    channel: InChannel,
) -> None:
    """Watch a topic in a channel."""
    from bot.tasks import talk  # noqa: PLC0415

    text = "watch " + " ".join(expression)
    raise typer.Exit(_wait(talk.say(_settings(), channel, text)))


@watch_app.command(name="list")
def watch_list(channel: InChannel, json: AsJson = False) -> None:
    """List a channel's watches."""
    from bot.tasks import talk  # noqa: PLC0415

    raise typer.Exit(_wait(talk.list_watches(_settings(), channel, as_json=json)))


@watch_app.command(name="remove", context_settings=_EXPRESSIONS)
def watch_remove(
    which: Annotated[
        list[str], typer.Argument(metavar="WHICH", help="Its number or text; see watch list.")
    ],
    channel: InChannel,
) -> None:
    """Stop a watch, by its number or its text."""
    from bot.tasks import talk  # noqa: PLC0415

    text = "unwatch " + " ".join(which)
    raise typer.Exit(_wait(talk.say(_settings(), channel, text)))


@taste_app.command(name="rebuild")
def taste_rebuild(channel: OneChannel = None) -> None:
    """Learn tastes anew from the votes that stand, and say how far the stored ones were off."""
    from bot.tasks import taste  # noqa: PLC0415

    raise typer.Exit(_wait(taste.rebuild(_settings(), channel)))


@person_app.command(name="export")
def person_export(who: Annotated[str, typer.Argument(metavar="WHO", help=_WHO)]) -> None:
    """Print all that is kept of a person, as JSON."""
    from bot.tasks import person  # noqa: PLC0415

    raise typer.Exit(_wait(person.export(_settings(), who)))


@person_app.command(name="forget")
def person_forget(
    who: Annotated[str, typer.Argument(metavar="WHO", help=_WHO)],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only say what.")] = False,
) -> None:
    """Delete all that is kept of a person, and what their votes taught."""
    from bot.tasks import person  # noqa: PLC0415

    raise typer.Exit(_wait(person.forget(_settings(), who, sure=yes)))


@slack_app.command(name="manifest")
def slack_manifest(
    http: Annotated[bool, typer.Option("--http", help="HTTP instead of Socket Mode.")] = False,
    url: Annotated[str | None, typer.Option(help="Your public address, for HTTP.")] = None,
) -> None:
    """Print the manifest to paste at api.slack.com/apps, filled in from the settings."""
    from bot.tasks import slack  # noqa: PLC0415

    raise typer.Exit(slack.print_manifest(_settings(), http=http, url=url))


@slack_app.command(name="key")
def slack_key() -> None:
    """Print a new PAPERROUND_ENCRYPTION_KEY, for tokens of many workspaces."""
    from bot.tasks import slack  # noqa: PLC0415

    raise typer.Exit(slack.print_key())


@discord_app.command(name="invite")
def discord_invite() -> None:
    """Print the address that adds the bot to a server, with exactly what it needs."""
    from bot.tasks import discord  # noqa: PLC0415

    raise typer.Exit(discord.print_invitation(_settings()))


def _wait(work: "Coroutine[object, object, _T]") -> _T:
    import asyncio  # noqa: PLC0415 - keeps --help fast

    return asyncio.run(work)


def _settings(host: str | None = None, port: int | None = None) -> "Settings":
    from config.logging import configure_logging  # noqa: PLC0415
    from config.settings import load_settings  # noqa: PLC0415

    settings = load_settings(host=host, port=port)
    configure_logging(settings.log_level, settings.log_format, settings.secrets)
    return settings


def _serve(settings: "Settings", *, role: Role = Role.ALL, demo: bool = False) -> None:
    from bot.app import build_app  # noqa: PLC0415
    from bot.serve import greet, serve  # noqa: PLC0415

    built = build_app(settings, demo=demo, role=role)
    _wait(serve(built, lambda address: greet(built, address)))


def main() -> None:
    """Run the command; expected failures end in one readable line and exit code 2."""
    try:
        app()
    except PaperroundError as error:
        print(f"paperround: {error}", file=sys.stderr)  # noqa: T201 - the terminal is the reader
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        if not _is_storage_trouble(error):
            raise
        print(f"paperround: {_storage_trouble(error)}", file=sys.stderr)  # noqa: T201
        sys.exit(FAILED)


def _is_storage_trouble(error: Exception) -> bool:
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415 - only where something failed

    return isinstance(error, DBAPIError)


def _storage_trouble(error: Exception) -> str:
    cause = str(getattr(error, "orig", error)).strip().splitlines()[0]
    return (
        f"The database refused: {cause}. Check that its files and their folder can be written and "
        "the disk is not full; paperround doctor looks at them."
    )
