"""`paperround slack` and `paperround discord`: what a host needs to connect them."""

import base64
import contextlib
import sys

from bot.errors import SettingsError
from bot.platforms.slack.manifest import dump_manifest, for_web, load_manifest
from bot.platforms.slack.policies import write_policy
from config.settings import Settings
from storage.installations import new_key


def print_manifest(settings: Settings, *, http: bool, url: str | None, many: bool = False) -> int:
    """Print the app's manifest as YAML; raises SettingsError for HTTP without an address.

    Only an app for `many` workspaces has its tokens renewed by Slack: one whose token a host copies
    once must keep it.
    """
    manifest = load_manifest(seeds=settings.slack_seed_votes)
    many = many or settings.slack_mode == "oauth"
    if http or many or url or settings.slack_mode == "http":
        public = url or str(settings.public_url or "")
        if not public.startswith("https://"):
            raise SettingsError(
                "Slack reaches you over HTTPS alone: give --url https://… or set "
                "PAPERROUND_PUBLIC_URL."
            )
        manifest = for_web(manifest, public, many=many, support=settings.support or "")
    sys.stdout.write(dump_manifest(manifest))
    return 0


def print_policy(settings: Settings, name: str) -> int:
    """Print the privacy policy or the terms as Markdown, filled in from the settings."""
    from bot.bootstrap import host_of  # noqa: PLC0415 - slow to import

    sys.stdout.write(write_policy(name, host_of(settings)))
    return 0


def print_icon() -> int:
    """Write the app's icon to standard output as a PNG of 1024 by 1024 pixels."""
    from bot.platforms.slack.pages import draw_icon  # noqa: PLC0415 - slow to import

    sys.stdout.buffer.write(draw_icon())
    return 0


def print_key() -> int:
    """Print a new key."""
    sys.stdout.write(new_key() + "\n")
    return 0


def print_invitation(settings: Settings) -> int:
    """Print the address, with exactly the permissions that the bot uses; opens no connection.

    Raises SettingsError where there is no token, or one that no bot has.
    """
    from bot.platforms.discord.auth import invitation  # noqa: PLC0415 - slow to import

    if settings.discord_token is None:
        raise SettingsError(
            "Set PAPERROUND_DISCORD_TOKEN first: make an application in Discord's developer "
            "portal, add a bot to it and copy the bot's token."
        )
    number = application_id(settings.discord_token.get_secret_value())
    address = invitation(number, seeds=settings.discord_seed_votes)
    sys.stdout.write(f"{address}\n")
    return 0


def application_id(token: str) -> int:
    """The id of the application that a bot's token belongs to, which is its first part in base64.

    Raises SettingsError, which does not repeat the token. Applications from before August 2016
    have a bot with an id of its own; for them Discord's portal shows the right address.
    """
    with contextlib.suppress(ValueError):
        first, _made, _signed = token.strip().split(".")
        number = base64.b64decode(first + "=" * (-len(first) % 4), validate=True).decode("ascii")
        if number.isdecimal():
            return int(number)
    raise SettingsError(
        "PAPERROUND_DISCORD_TOKEN is no bot token: it has three parts with dots between. Copy it "
        "again from the bot's page in the developer portal."
    )
