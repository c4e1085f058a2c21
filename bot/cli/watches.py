"""Commands for a channel's watches."""

from typing import Annotated

import typer

from bot.cli.arguments import EXPRESSIONS, AsJson, InChannel
from bot.cli.starting import open_settings, wait

watch_app = typer.Typer(help="Add, list and remove a channel's watches.", no_args_is_help=True)


@watch_app.command(name="add", context_settings=EXPRESSIONS)
def watch_add(
    expression: Annotated[
        list[str], typer.Argument(metavar="EXPRESSION", help="Such as: mixture of experts -survey.")
    ],
    channel: InChannel,
) -> None:
    """Watch a topic in a channel."""
    from bot.tasks import talk

    text = "watch " + " ".join(expression)
    raise typer.Exit(wait(talk.say(open_settings(), channel, text)))


@watch_app.command(name="list")
def watch_list(channel: InChannel, json: AsJson = False) -> None:
    """List a channel's watches."""
    from bot.tasks import talk

    raise typer.Exit(wait(talk.list_watches(open_settings(), channel, as_json=json)))


@watch_app.command(name="remove", context_settings=EXPRESSIONS)
def watch_remove(
    which: Annotated[
        list[str], typer.Argument(metavar="WHICH", help="Its number or text; see watch list.")
    ],
    channel: InChannel,
) -> None:
    """Stop a watch, by its number or its text."""
    from bot.tasks import talk

    text = "unwatch " + " ".join(which)
    raise typer.Exit(wait(talk.say(open_settings(), channel, text)))
