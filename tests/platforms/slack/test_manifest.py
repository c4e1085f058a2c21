"""The manifest asks for exactly what the code uses.

Which scope a method or an event needs stands in Slack's reference pages of each.
"""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs
import pytest
import yaml
from slack_sdk.web.async_client import AsyncWebClient

import bot.platforms.slack
from bot.errors import SettingsError
from bot.platforms.slack.lifecycle import CHANNEL_EVENTS
from bot.platforms.slack.manifest import for_web, load_manifest
from bot.tasks.platform_setup import print_key, print_manifest
from config.settings import Settings
from storage.installations import Vault
from tests.shared import SHARED, needs_shared

NOTHING: frozenset[str] = frozenset()
METHODS = {
    "apps_connections_open": NOTHING,
    "auth_test": NOTHING,
    "chat_delete": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "conversations_history": {"channels:history", "groups:history"},
    "conversations_replies": {"channels:history", "groups:history"},
    "conversations_info": {"channels:read", "groups:read"},
    "files_upload_v2": {"files:write"},
    "oauth_v2_access": NOTHING,
    "reactions_get": {"reactions:read"},
    "reactions_add": {"reactions:write"},
    "users_conversations": {"channels:read", "groups:read"},
    "users_info": {"users:read"},
    "views_open": NOTHING,
    "views_publish": NOTHING,
    "views_push": NOTHING,
    "views_update": NOTHING,
}
EVENTS = {
    **{name: {"channels:read"} for name in CHANNEL_EVENTS if name.startswith("channel")},
    **{name: {"groups:read"} for name in CHANNEL_EVENTS if name.startswith("group")},
    "member_joined_channel": {"channels:read", "groups:read"},
    "member_left_channel": {"channels:read", "groups:read"},
    "reaction_added": {"reactions:read"},
    "reaction_removed": {"reactions:read"},
    "app_home_opened": NOTHING,
    "app_uninstalled": NOTHING,
    "team_access_granted": NOTHING,
    "team_access_revoked": NOTHING,
    "tokens_revoked": NOTHING,
}
SEEDING = {"reactions:write"}


def _calls() -> Iterator[ast.Call]:
    for path in Path(bot.platforms.slack.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield node


def _methods() -> set[str]:
    names = {call.func.attr for call in _calls() if isinstance(call.func, ast.Attribute)}
    api = {name for name in vars(AsyncWebClient) if "_" in name and not name.startswith("_")}
    return names & api


def _events() -> set[str]:
    return {
        call.args[0].value
        for call in _calls()
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "event"
        and isinstance(call.args[0], ast.Constant)
    } | set(CHANNEL_EVENTS)


def test_the_code_uses_the_methods_whose_scopes_are_known() -> None:
    assert _methods() | {"apps_connections_open"} == set(METHODS)


def test_the_manifest_subscribes_to_exactly_the_events_that_are_heard() -> None:
    subscribed = load_manifest()["settings"]["event_subscriptions"]["bot_events"]

    assert set(subscribed) == _events() == set(EVENTS)


def test_the_manifest_asks_for_exactly_the_scopes_that_are_used() -> None:
    needed = set().union(*METHODS.values(), *EVENTS.values(), {"commands"})

    assert set(load_manifest()["oauth_config"]["scopes"]["bot"]) == needed - SEEDING
    every = load_manifest(seeds=True)
    assert set(every["oauth_config"]["scopes"]["bot"]) == needed


def test_what_people_may_refuse_is_asked_for_and_marked() -> None:
    scopes = load_manifest()["oauth_config"]["scopes"]

    assert set(scopes["bot_optional"]) < set(scopes["bot"])
    assert {"channels:history", "groups:history"} <= set(scopes["bot_optional"])
    assert not {"chat:write", "commands", "reactions:read"} & set(scopes["bot_optional"])


@pytest.mark.parametrize("many", [False, True])
@needs_shared
def test_the_manifest_satisfies_slacks_own_schema(many: bool) -> None:
    assert SHARED is not None
    schema = json.loads((SHARED / "specs/slack/manifest1.json").read_text())
    made = load_manifest(seeds=True)
    if many:
        made = for_web(made, "https://p.example.org", many=True, support="help@example.org")

    jsonschema_rs.validate(schema, made)


def test_slacks_directory_finds_its_pages_where_a_person_helps() -> None:
    made = for_web(
        load_manifest(), "https://papers.example.org/", many=True, support="help@example.org"
    )

    entry = made["app_directory"]
    assert entry["direct_install_url"] == "https://papers.example.org/slack/install/direct"
    assert entry["privacy_policy_url"] == "https://papers.example.org/slack/privacy"
    assert "app_directory" not in for_web(load_manifest(), "https://p.example.org", many=True)


def test_over_http_every_address_is_the_hosts() -> None:
    made = for_web(load_manifest(), "https://papers.example.org/", many=True)

    settings = made["settings"]
    events = "https://papers.example.org/slack/events"
    assert settings["event_subscriptions"]["request_url"] == events
    assert settings["interactivity"]["request_url"] == events
    assert [command["url"] for command in made["features"]["slash_commands"]] == [events]
    assert made["oauth_config"]["redirect_urls"] == [
        "https://papers.example.org/slack/oauth_redirect"
    ]
    assert settings["token_rotation_enabled"]
    assert not settings["socket_mode_enabled"]


def test_the_printed_manifest_is_the_one_of_the_settings(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path, slack_seed_votes=True)

    assert print_manifest(settings, http=False, url=None) == 0

    printed = yaml.safe_load(capsys.readouterr().out)
    assert set(printed["oauth_config"]["scopes"]["bot"]) >= SEEDING
    assert printed["settings"]["socket_mode_enabled"]


@pytest.mark.parametrize("url", [None, "http://papers.example.org"])
def test_http_without_a_secure_address_is_refused(url: str | None, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="HTTPS"):
        print_manifest(Settings(data_dir=tmp_path), http=True, url=url)


@pytest.mark.parametrize(("many", "renewed"), [(False, False), (True, True)])
def test_only_the_app_for_many_workspaces_has_its_tokens_renewed(
    many: bool, renewed: bool, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A token that a host copies into the settings must stay good."""
    url = "https://papers.example.org"

    print_manifest(Settings(data_dir=tmp_path), http=not many, many=many, url=url)

    settings = yaml.safe_load(capsys.readouterr().out)["settings"]
    assert settings["token_rotation_enabled"] is renewed
    assert settings["org_deploy_enabled"] is renewed


def test_a_printed_key_is_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    print_key()

    assert Vault(capsys.readouterr().out.strip()).seal({})
