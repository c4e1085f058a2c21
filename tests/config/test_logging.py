"""Whoever logs, and whatever the style: no secret is written down, and what is left can be read."""

import errno
import io
import json
import logging
import sqlite3
import sys
from collections.abc import Iterator

import aiohttp
import httpx
import psycopg
import pytest
import structlog
from sqlalchemy.exc import OperationalError, ProgrammingError

from config.logging import SELDOM_SECONDS, Scrubber, Seldom, configure_logging
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


AWAY = "connection is bad: no such server\n\tIs the server running locally?"
TRACE = f"""Exception polling schedules: Traceback (most recent call last):
  File "engine/base.py", line 154, in __init__
    self._dbapi_connection = engine.raw_connection()
psycopg.OperationalError: {AWAY}

The above exception was the direct cause of the following exception:

sqlalchemy.exc.OperationalError: (psycopg.OperationalError) {AWAY}
(Background on this error at: https://sqlalche.me/e/21/e3q8)
"""


@pytest.fixture
def shortened(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What goes to standard error as JSON."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    root, engine = logging.getLogger(), logging.getLogger("dbos")
    before = root.handlers[:], root.level, engine.handlers[:], engine.propagate
    configured = structlog.get_config()
    configure_logging("INFO", "json")
    yield stream
    root.handlers[:], root.level, engine.handlers[:], engine.propagate = before
    structlog.configure(**configured)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OperationalError("SELECT 1", {}, psycopg.OperationalError(AWAY)), "connection is bad"),
        (OperationalError("x", {}, psycopg.errors.AdminShutdown("terminating")), "terminating"),
        (OperationalError("x", {}, sqlite3.OperationalError("database is locked")), "locked"),
        (aiohttp.ClientConnectionError("Cannot connect to host"), "Cannot connect"),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), "reset by peer"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left"),
        (TimeoutError(), "TimeoutError"),
    ],
)
@pytest.mark.parametrize("whose", ["ours", "a library's"])
def test_trouble_outside_is_one_line_without_a_traceback(
    shortened: io.StringIO, error: Exception, reason: str, whose: str
) -> None:
    ours = structlog.get_logger("tests.terse")
    try:
        raise error
    except type(error):
        (ours if whose == "ours" else logging.getLogger("slack_sdk")).exception("beat_failed")

    [line] = shortened.getvalue().splitlines()
    said = json.loads(line)
    assert "exception" not in said
    assert reason in said["reason"]
    assert "\n" not in said["reason"]


@pytest.mark.parametrize(
    "error",
    [
        ValueError("a bug"),
        FileNotFoundError(errno.ENOENT, "No such file"),
        ProgrammingError("x", {}, psycopg.errors.UndefinedColumn("no such column")),
        OperationalError("x", {}, sqlite3.OperationalError("no such column: y")),
    ],
)
def test_what_may_be_our_own_fault_keeps_its_traceback(
    shortened: io.StringIO, error: Exception
) -> None:
    try:
        raise error
    except type(error):
        structlog.get_logger("tests.terse").exception("tick.failed")

    assert "Traceback" in json.loads(shortened.getvalue())["exception"]


def test_what_the_engine_says_of_a_lost_database_is_short_and_said_once_a_minute() -> None:
    seldom = Seldom()
    first, again, later = _line(TRACE, 0), _line(TRACE, 1), _line(TRACE, SELDOM_SECONDS + 1)
    another = _line(f"Exception listing queues: (psycopg.OperationalError) {AWAY}", 1)

    passed = [seldom.filter(each) for each in (first, again, another, later)]

    assert passed == [True, False, True, True]
    assert first.getMessage() == (
        "Exception polling schedules: sqlalchemy.exc.OperationalError: "
        "(psycopg.OperationalError) connection is bad: no such server"
    )


def test_other_lines_of_the_engine_are_left_whole_and_come_as_often_as_they_are_said() -> None:
    fault = TRACE.replace("OperationalError", "ValueError")
    lines = [_line(fault, at) for at in (0, 1)]

    assert all(Seldom().filter(each) for each in lines)
    assert [each.getMessage() for each in lines] == [fault, fault]


def test_a_step_that_a_stop_broke_off_is_not_told() -> None:
    assert not Seldom().filter(_line("Asyncio task cancelled in step", 0))


def _line(text: str, at: float) -> logging.LogRecord:
    record = logging.LogRecord("dbos", logging.WARNING, __file__, 1, text, (), None)
    record.created = at
    return record
