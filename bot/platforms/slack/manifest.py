"""The manifest that makes the Slack app: one file, with the host's address and mode filled in."""

from importlib.resources import files
from typing import Any

import yaml

from bot.platforms.slack.oauth import DIRECT, EVENTS, INSTALL, PRIVACY, REDIRECT

SEED_SCOPE = "reactions:write"
"""Asked for only where the settings need it."""


def load_manifest(*, seeds: bool = False) -> dict[str, Any]:
    """The manifest for Socket Mode, with the scope that seeded votes need."""
    text = files("config").joinpath("slack-manifest.yaml").read_text(encoding="utf-8")
    manifest: dict[str, Any] = yaml.safe_load(text)
    scopes = manifest["oauth_config"]["scopes"]["bot"]
    scopes += [SEED_SCOPE] if seeds else []
    return manifest


def bot_scopes(*, seeds: bool = False) -> list[str]:
    """All scopes that the app asks for, the optional ones included."""
    return list(load_manifest(seeds=seeds)["oauth_config"]["scopes"]["bot"])


def optional_scopes() -> list[str]:
    """The scopes that may be refused: the app works without them, and says what it then lacks."""
    return list(load_manifest()["oauth_config"]["scopes"]["bot_optional"])


def for_web(
    manifest: dict[str, Any], public_url: str, *, many: bool, support: str = ""
) -> dict[str, Any]:
    """The same app over HTTP at `public_url`; `many` workspaces install it by OAuth.

    `support`, an address of mail, fills in what Slack's directory asks for.
    """
    base = public_url.rstrip("/")
    settings = manifest["settings"]
    settings["socket_mode_enabled"] = False
    settings["event_subscriptions"]["request_url"] = f"{base}{EVENTS}"
    settings["interactivity"]["request_url"] = f"{base}{EVENTS}"
    for command in manifest["features"]["slash_commands"]:
        command["url"] = f"{base}{EVENTS}"
    if many:
        manifest["oauth_config"]["redirect_urls"] = [f"{base}{REDIRECT}"]
        settings["token_rotation_enabled"] = True
        settings["org_deploy_enabled"] = True
        if "@" in support:
            manifest["app_directory"] = _directory_entry(base, support)
    return manifest


def _directory_entry(base: str, support: str) -> dict[str, Any]:
    """What Slack's directory shows beside the descriptions."""
    return {
        "app_directory_categories": ["Productivity", "News"],
        "installation_landing_page": f"{base}{INSTALL}",
        "use_direct_install": True,
        "direct_install_url": f"{base}{DIRECT}",
        "privacy_policy_url": f"{base}{PRIVACY}",
        "support_url": f"{base}{INSTALL}#support",
        "support_email": support,
        "supported_languages": ["en"],
        "pricing": "free",
    }


def dump_manifest(manifest: dict[str, Any]) -> str:
    """The manifest as YAML, to be pasted at api.slack.com/apps."""
    text: str = yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True)
    return text
