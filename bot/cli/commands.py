"""Every `paperround` command: one function each, which calls a file of `bot.tasks`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.runner import (
    EXPRESSIONS,
    AsJson,
    Host,
    InChannel,
    OneChannel,
    Port,
    Who,
    open_settings,
    serve_until_stopped,
    wait,
)
from bot.errors import CommandError
from bot.ports import Role

app = typer.Typer()


@app.command()
def run(
    host: Host = None,
    port: Port = None,
    role: Annotated[
        Role, typer.Option(help="What this process does, where several share a Postgres.")
    ] = Role.ALL,
) -> None:
    """Serve everything: sources, rounds, platforms and the local chat."""
    serve_until_stopped(host, port, role=role)


@app.command()
def demo(host: Host = None, port: Port = None) -> None:
    """Try it: the local chat with sample papers, no account and no network."""
    serve_until_stopped(host, port, demo=True)


@app.command(name="import")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE")],
    channel: Annotated[
        str | None, typer.Option("--channel", "-c", help="Where the feeds of an OPML list go.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Take in papers from files: JSON Lines, Daily Papers JSON or page, RSS, Atom.

    An OPML list of feeds is read by one channel from then on.
    """
    from bot.tasks import import_ as task

    raise typer.Exit(wait(task.import_all(open_settings(), files, channel, as_json=json)))


@app.command(name="round")
def round_(
    channel: Annotated[
        str | None, typer.Option("--channel", "-c", help="One channel only.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Show the picks, post nothing.")] = False,
    json: AsJson = False,
) -> None:
    """Run a round now: fetch, match, pick and post."""
    from bot.tasks import round as task

    work = task.run_rounds(open_settings(), channel, dry_run=dry_run, as_json=json)
    raise typer.Exit(wait(work))


@app.command()
def match(
    papers: Annotated[Path, typer.Argument(help="Papers, one JSON object a line.")],
    watch: Annotated[
        list[str] | None, typer.Option(help="A watch expression; may be given again.")
    ] = None,
    watches: Annotated[Path | None, typer.Option(help="A file, one expression a line.")] = None,
    threshold: Annotated[int, typer.Option(min=60, max=100)] = 80,
) -> None:
    """Match papers in a file against watches, without any database."""
    from bot.tasks import match as task

    raise typer.Exit(task.match_file(papers, watch or [], watches, threshold))


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
    from bot.tasks import backtest as task

    files, policies = task.sort_out(file or (), policy or ())
    if (channel is None) != (len(files) == 1) or len(files) > 1:
        raise CommandError("Give either one FILE.jsonl or --channel C.")
    settings = open_settings()
    if channel is not None:
        replayed = wait(task.read_install(settings, channel))
    else:
        replayed = task.read_file(files[0])
    code = task.compare(
        replayed,
        policies,
        full_feedback=full_feedback,
        seed=seed,
        as_json=json,
        meaning=settings.meaning,
    )
    raise typer.Exit(code)


@app.command(context_settings=EXPRESSIONS)
def papers(
    words: Annotated[list[str], typer.Argument(metavar="COMMAND", help="Such as: limit 3.")],
    channel: InChannel = "local:general",
) -> None:
    """Type a /papers command, such as: paperround papers limit 3."""
    from bot.tasks import watches as task

    raise typer.Exit(wait(task.say(open_settings(), channel, " ".join(words))))


@app.command()
def like(files: Annotated[list[Path], typer.Argument(metavar="FILE")], channel: InChannel) -> None:
    """Teach a channel by papers of its group: BibTeX, RIS, CSL-JSON, CSV or links, in files."""
    from bot.tasks import watches as task

    raise typer.Exit(wait(task.like(open_settings(), channel, files)))


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
    from bot.tasks import doctor as task

    raise typer.Exit(wait(task.examine(open_settings(), as_json=json)))


@app.command()
def upkeep() -> None:
    """Do now what a server does once a day: let go of what is old, learn what channels share."""
    from bot.tasks import maintenance as task

    raise typer.Exit(wait(task.keep_up(open_settings())))


@taste_app.command(name="rebuild")
def taste_rebuild(channel: OneChannel = None) -> None:
    """Learn tastes anew from the votes that stand, and say how far the stored ones were off."""
    from bot.tasks import maintenance as task

    raise typer.Exit(wait(task.rebuild(open_settings(), channel)))


@person_app.command(name="export")
def person_export(who: Who) -> None:
    """Print all that is kept of a person, as JSON."""
    from bot.tasks import person as task

    raise typer.Exit(wait(task.export(open_settings(), who)))


@person_app.command(name="forget")
def person_forget(
    who: Who,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only say what.")] = False,
) -> None:
    """Delete all that is kept of a person, and what their votes taught."""
    from bot.tasks import person as task

    raise typer.Exit(wait(task.forget(open_settings(), who, sure=yes)))


workspace_app = typer.Typer(help="What is kept of a workspace.", no_args_is_help=True)


@workspace_app.command(name="forget")
def workspace_forget(
    which: Annotated[
        str, typer.Argument(metavar="WHICH", help="Such as slack:T0123 or discord:SERVER-ID.")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only say what.")] = False,
) -> None:
    """Delete all that is kept of a Slack workspace or Discord server."""
    from bot.tasks import workspace as task

    raise typer.Exit(wait(task.forget(open_settings(), which, sure=yes)))


slack_app = typer.Typer(help="Make the Slack app and its key.", no_args_is_help=True)
discord_app = typer.Typer(help="Bring the bot to a Discord server.", no_args_is_help=True)


@slack_app.command(name="manifest")
def slack_manifest(
    http: Annotated[bool, typer.Option("--http", help="HTTP instead of Socket Mode.")] = False,
    many: Annotated[bool, typer.Option("--many", help="HTTP, for many workspaces.")] = False,
    url: Annotated[str | None, typer.Option(help="Your public address, for HTTP.")] = None,
) -> None:
    """Print the manifest to paste at api.slack.com/apps, filled in from the settings."""
    from bot.tasks import platform_setup as task

    raise typer.Exit(task.print_manifest(open_settings(), http=http, many=many, url=url))


@slack_app.command(name="key")
def slack_key() -> None:
    """Print a new PAPERROUND_ENCRYPTION_KEY, for tokens of many workspaces."""
    from bot.tasks import platform_setup as task

    raise typer.Exit(task.print_key())


@slack_app.command(name="icon")
def slack_icon() -> None:
    """Write the app's icon (PNG, 1024 x 1024) to standard output."""
    from bot.tasks import platform_setup as task

    raise typer.Exit(task.print_icon())


@discord_app.command(name="invite")
def discord_invite() -> None:
    """Print the address that adds the bot to a server, with exactly what it needs."""
    from bot.tasks import platform_setup as task

    raise typer.Exit(task.print_invitation(open_settings()))


class Policy(StrEnum):
    """A text that `paperround policy` prints."""

    PRIVACY = "privacy"
    TERMS = "terms"


@app.command(name="policy")
def policy(name: Annotated[Policy, typer.Argument(help="Which text.")]) -> None:
    """Print the privacy policy or the terms as Markdown, filled in from the settings."""
    from bot.tasks import platform_setup as task

    raise typer.Exit(task.print_policy(open_settings(), name.value))


watch_app = typer.Typer(help="Add, list and remove a channel's watches.", no_args_is_help=True)


@watch_app.command(name="add", context_settings=EXPRESSIONS)
def watch_add(
    expression: Annotated[
        list[str], typer.Argument(metavar="EXPRESSION", help="Such as: mixture of experts -survey.")
    ],
    channel: InChannel,
) -> None:
    """Watch a topic in a channel."""
    from bot.tasks import watches as task

    text = "watch " + " ".join(expression)
    raise typer.Exit(wait(task.say(open_settings(), channel, text)))


@watch_app.command(name="list")
def watch_list(channel: InChannel, json: AsJson = False) -> None:
    """List a channel's watches."""
    from bot.tasks import watches as task

    raise typer.Exit(wait(task.list_watches(open_settings(), channel, as_json=json)))


@watch_app.command(name="remove", context_settings=EXPRESSIONS)
def watch_remove(
    which: Annotated[
        list[str], typer.Argument(metavar="WHICH", help="Its number or text; see watch list.")
    ],
    channel: InChannel,
) -> None:
    """Stop a watch, by its number or its text."""
    from bot.tasks import watches as task

    text = "unwatch " + " ".join(which)
    raise typer.Exit(wait(task.say(open_settings(), channel, text)))
