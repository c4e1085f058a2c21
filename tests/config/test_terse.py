"""What is wrong outside is told by its reason, and not again and again; faults keep their trace."""

import errno
import io
import json
import logging
import sqlite3
import sys
from collections.abc import Iterator

import aiohttp
import psycopg
import pytest
import structlog
from sqlalchemy.exc import OperationalError, ProgrammingError

from config.logging import configure_logging
from config.terse import SELDOM_SECONDS, Seldom

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
