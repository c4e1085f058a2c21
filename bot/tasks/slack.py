"""`paperround slack`: what a host needs to make the Slack app."""

import sys

from bot.errors import SettingsError
from bot.platforms.slack.manifest import dump_manifest, for_web, load_manifest
from config.settings import Settings
from storage.secrets import new_key


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
        manifest = for_web(manifest, public, many=many)
    sys.stdout.write(dump_manifest(manifest))
    return 0


def print_key() -> int:
    """Print a new key."""
    sys.stdout.write(new_key() + "\n")
    return 0
