"""`paperround slack`: what a host needs to make the Slack app."""

import sys

from bot.errors import SettingsError
from bot.platforms.slack.manifest import dump_manifest, for_web, load_manifest
from config.settings import Settings
from storage.secrets import new_key


def print_manifest(settings: Settings, *, http: bool, url: str | None) -> int:
    """Print the app's manifest as YAML; raises SettingsError for HTTP without an address."""
    manifest = load_manifest(seeds=settings.slack_seed_votes)
    if http or url or settings.slack_mode in ("http", "oauth"):
        public = url or str(settings.public_url or "")
        if not public.startswith("https://"):
            raise SettingsError(
                "Slack reaches you over HTTPS alone: give --url https://… or set "
                "PAPERROUND_PUBLIC_URL."
            )
        manifest = for_web(manifest, public, many=settings.slack_bot_token is None)
    sys.stdout.write(dump_manifest(manifest))
    return 0


def print_key() -> int:
    """Print a new key."""
    sys.stdout.write(new_key() + "\n")
    return 0
