"""Commands of every day: serve, take in papers, run rounds, compare ways to pick."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.arguments import EXPRESSIONS, AsJson, Host, InChannel, Port
from bot.cli.starting import open_settings, serve_until_stopped, wait
from bot.errors import CommandError
from bot.role import Role

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
    serve_until_stopped(open_settings(host=host, port=port), role=role)


@app.command()
def demo(host: Host = None, port: Port = None) -> None:
    """Try it: the local chat with sample papers, no account and no network."""
    from config.settings import demo_settings

    serve_until_stopped(demo_settings(open_settings(host=host, port=port)), demo=True)


@app.command(name="import")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE")], json: AsJson = False
) -> None:
    """Take in papers from files: JSON Lines, Daily Papers JSON or page, RSS, Atom."""
    from bot.tasks import imports

    raise typer.Exit(wait(imports.import_files(open_settings(), files, as_json=json)))


@app.command(name="round")
def round_(
    channel: Annotated[
        str | None, typer.Option("--channel", "-c", help="One channel only.")
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Show the picks, post nothing.")] = False,
    json: AsJson = False,
) -> None:
    """Run a round now: fetch, match, pick and post."""
    from bot.tasks import rounds

    task = rounds.run_rounds(open_settings(), channel, dry_run=dry_run, as_json=json)
    raise typer.Exit(wait(task))


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
    from bot.tasks import matching

    raise typer.Exit(matching.match_file(papers, watch or [], watches, threshold))


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
    if channel is not None:
        from bot.tasks import history

        replayed = wait(history.read_install(open_settings(), channel))
    else:
        replayed = task.read_file(files[0])
    code = task.compare(replayed, policies, full_feedback=full_feedback, seed=seed, as_json=json)
    raise typer.Exit(code)


@app.command(context_settings=EXPRESSIONS)
def papers(
    words: Annotated[list[str], typer.Argument(metavar="COMMAND", help="Such as: limit 3.")],
    channel: InChannel = "local:general",
) -> None:
    """Type a /papers command, such as: paperround papers limit 3."""
    from bot.tasks import talk

    raise typer.Exit(wait(talk.say(open_settings(), channel, " ".join(words))))
