"""What is set decides Slack's mode, and half a set of secrets is named at once."""

import pytest

from bot.errors import SettingsError
from config.settings import load_settings

SOCKET = {"slack_bot_token": "xoxb-1", "slack_app_token": "xapp-1"}
HTTP = {"slack_bot_token": "xoxb-1", "slack_signing_secret": "s"}
OAUTH = {
    "slack_client_id": "1.2",
    "slack_client_secret": "c",
    "slack_signing_secret": "s",
    "public_url": "https://papers.example.org",
    "encryption_key": "k",
}


@pytest.mark.parametrize(
    ("chosen", "mode"),
    [
        ({}, None),
        (SOCKET, "socket"),
        (HTTP, "http"),
        (OAUTH, "oauth"),
        (SOCKET | HTTP, "socket"),
        ({"public_url": "https://papers.example.org", "encryption_key": "k"}, None),
    ],
)
def test_what_is_set_decides_the_mode(chosen: dict[str, str], mode: str | None) -> None:
    assert load_settings(**chosen).slack_mode == mode


@pytest.mark.parametrize("missing", [*SOCKET, *OAUTH])
def test_half_a_set_is_refused_with_what_it_lacks(missing: str) -> None:
    whole = SOCKET if missing in SOCKET else OAUTH
    half = {name: value for name, value in whole.items() if name != missing}

    with pytest.raises(SettingsError, match=rf"for Slack PAPERROUND_{missing.upper()} must be set"):
        load_settings(**half)


def test_an_address_that_slack_would_not_come_to_is_refused() -> None:
    with pytest.raises(SettingsError, match="PUBLIC_URL must begin with https"):
        load_settings(**OAUTH | {"public_url": "http://papers.example.org"})


def test_tokens_in_each_others_place_are_noticed_and_do_not_show() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(slack_bot_token="xapp-secret1", slack_app_token="xoxb-secret2")

    assert "begin with xoxb-" in str(caught.value)
    assert "begin with xapp-" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_no_secret_of_slack_shows() -> None:
    shown = repr(load_settings(**SOCKET, slack_signing_secret="hush", encryption_key="keykey"))

    assert "xoxb-1" not in shown
    assert "hush" not in shown
    assert "keykey" not in shown
