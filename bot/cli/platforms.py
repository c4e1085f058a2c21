"""Commands that bring the bot into Slack and Discord."""

from typing import Annotated

import typer

from bot.cli.starting import open_settings

slack_app = typer.Typer(help="Make the Slack app and its key.", no_args_is_help=True)
discord_app = typer.Typer(help="Bring the bot to a Discord server.", no_args_is_help=True)


@slack_app.command(name="manifest")
def slack_manifest(
    http: Annotated[bool, typer.Option("--http", help="HTTP instead of Socket Mode.")] = False,
    many: Annotated[bool, typer.Option("--many", help="HTTP, for many workspaces.")] = False,
    url: Annotated[str | None, typer.Option(help="Your public address, for HTTP.")] = None,
) -> None:
    """Print the manifest to paste at api.slack.com/apps, filled in from the settings."""
    from bot.tasks import slack

    raise typer.Exit(slack.print_manifest(open_settings(), http=http, many=many, url=url))


@slack_app.command(name="key")
def slack_key() -> None:
    """Print a new PAPERROUND_ENCRYPTION_KEY, for tokens of many workspaces."""
    from bot.tasks import slack

    raise typer.Exit(slack.print_key())


@discord_app.command(name="invite")
def discord_invite() -> None:
    """Print the address that adds the bot to a server, with exactly what it needs."""
    from bot.tasks import discord

    raise typer.Exit(discord.print_invitation(open_settings()))
