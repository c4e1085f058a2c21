"""Whoever logs, and whatever the style: no secret is written down, and what is left can be read."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import httpx
import pytest
import structlog

from config.logging import configure_logging
from config.scrub import Scrubber
from config.settings import Settings

PASSWORD = 'hunter2"ü'
SETTINGS = Settings(
    token="local-chat-secret-1",
    slack_bot_token="xoxb-1-of-settings",
    slack_app_token="xapp-1-of-settings",
    discord_token="plain-token-of-settings",
    encryption_key="sealing-key-of-settings",
    database_url="postgresql://paper:db-pass-word@db.example/papers",
)

SECRETS = [
    "local-chat-secret-1",
    "xoxb-1-of-settings",
    "xapp-1-of-settings",
    "plain-token-of-settings",
    "sealing-key-of-settings",
    "db-pass-word",
    # Nobody told us these; their shape tells.
    "xoxp-123-of-another-workspace",
    "MTIzNDU2Nzg5MDEyMzQ1Njc4.GAbcde.abcdefghijklmnopqrstuvwxyz012345",
]

PLACES = [
    "https://ada:{}@papers.example/feed.xml",
    "https://papers.example/feed.xml?key={}&n=1",
    "https://hooks.slack.com/services/T0/B0/{}",
    "https://hooks.slack.com/commands/T0/1/{}",
    "https://discord.com/api/webhooks/1234/{}",
    "https://discord.com/api/v10/webhooks/1234/{}/messages/@original",
    "Authorization: Bearer {}",
]


@pytest.fixture(params=["text", "json"])
def written(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[io.StringIO]:
    """What goes to standard error in either style."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    root, engine = logging.getLogger(), logging.getLogger("dbos")
    before = root.handlers[:], root.level, engine.handlers[:], engine.propagate
    configured = structlog.get_config()
    configure_logging("INFO", request.param, SETTINGS.secrets)
    yield stream
    root.handlers[:], root.level, engine.handlers[:], engine.propagate = before
    structlog.configure(**configured)


def _log_everywhere(text: str) -> None:
    log = structlog.get_logger("tests.logging")
    log.info("event", reason=text, deeper={"headers": [text]})
    log.info(text)
    logging.getLogger("slack_sdk").warning("answered %s", text)
    logging.getLogger("dbos").error("a step failed: %s", text)
    try:
        raise httpx.ConnectError(f"cannot reach {text}")
    except httpx.ConnectError:
        log.exception("failed", spec=text)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_hidden_wherever_it_stands(written: io.StringIO, secret: str) -> None:
    _log_everywhere(f"before {secret} after")

    assert secret not in written.getvalue()
    assert written.getvalue().count("before [hidden] after") >= 6


@pytest.mark.parametrize("place", PLACES)
def test_what_an_address_keeps_secret_is_hidden(written: io.StringIO, place: str) -> None:
    _log_everywhere(place.format("s3cr3t-0f-a-stranger"))

    assert "s3cr3t" not in written.getvalue()
    assert written.getvalue().count("[hidden]") >= 6


def test_what_is_no_secret_stays(written: io.StringIO) -> None:
    plain = "https://arxiv.org/abs/2401.00001v2 posted to slack:T0/C0 as 1700000000.000100"

    _log_everywhere(plain)

    assert written.getvalue().count(plain) >= 6


def test_a_hidden_secret_leaves_json_as_json() -> None:
    line = json.dumps({"reason": f'said "{PASSWORD}"', "url": "https://papers.example/?key=1 more"})

    hidden = json.loads(Scrubber([PASSWORD])(line))

    assert hidden["reason"] == 'said "[hidden]"'
    assert hidden["url"] == "https://papers.example/?[hidden] more"
