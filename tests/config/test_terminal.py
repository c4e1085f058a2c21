"""On a terminal the log says what a person wants to know, without ids and lists."""

import logging
import sys
from typing import Any

import pytest

from config.logging import without_needless_traceback
from config.terminal import News, TerminalLines


def _record(level: int, event: str, **fields: Any) -> logging.LogRecord:
    return logging.LogRecord("bot", level, __file__, 1, {"event": event, **fields}, (), None)


def _said(record: logging.LogRecord) -> str:
    """A line without its time; "" for one that is not written."""
    if not News().filter(record):
        return ""
    return TerminalLines(without_needless_traceback).format(record)[len("09:30  ") :]


@pytest.mark.parametrize(
    ("event", "fields", "said"),
    [
        ("polled", {"source": "cs.CL", "taken": 12, "poll": "1:7"}, "cs.CL: 12 new papers"),
        ("polled", {"source": "cs.CL", "taken": 0}, ""),
        ("round", {"channel": "local:lab", "papers": 3}, "local:lab: 3 papers picked"),
        ("round", {"channel": "local:lab", "papers": 0}, ""),
        ("papers.taken", {"count": 2, "papers": {1: "arxiv:1", 2: "arxiv:2"}}, ""),
        ("posted", {"post_id": 7, "delivery": "abc", "channel": "local:lab"}, ""),
        ("something.new", {}, ""),
    ],
)
def test_of_work_that_goes_well_news_alone_is_told(
    event: str, fields: dict[str, Any], said: str
) -> None:
    assert _said(_record(logging.INFO, event, **fields)) == said


def test_what_went_wrong_is_told_with_its_place_and_reason_and_without_ids() -> None:
    record = _record(
        logging.WARNING,
        "post.put_off",
        post_id=7,
        delivery="abc",
        channel="slack:T0/C0",
        reason="Slack cannot be reached",
    )

    assert _said(record) == "warning: post put off (slack:T0/C0): Slack cannot be reached"


def test_a_source_that_cannot_be_read_is_named_with_the_reason() -> None:
    said = _said(_record(logging.WARNING, "polled", source="cs.CL", taken=0, reason="it is gone"))

    assert said == "warning: cs.CL cannot be read: it is gone"


def test_a_fault_of_the_program_keeps_its_traceback_and_trouble_outside_its_reason() -> None:
    fault = _record(logging.ERROR, "tick.failed")
    fault.exc_info = _raised(KeyError("missing"))
    trouble = _record(logging.ERROR, "tick.failed")
    trouble.exc_info = _raised(ConnectionError("no route"))

    assert "Traceback" in _said(fault)
    assert _said(trouble) == "error: tick failed: no route"


def test_a_librarys_warning_is_told_as_it_is() -> None:
    record = logging.LogRecord("dbos", logging.WARNING, __file__, 1, "at %s", ("rest",), None)

    assert _said(record) == "warning: at rest"


def _raised(error: Exception) -> Any:
    try:
        raise error
    except (KeyError, ConnectionError):
        return sys.exc_info()
