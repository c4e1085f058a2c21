"""The log as a person at a terminal reads it: one quiet line an event that is worth an eye.

What everyday work says, with ids and lists, is for the JSON log and for level DEBUG.
"""

import logging
import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from structlog.types import Processor

_NEWS: Mapping[str, str] = MappingProxyType(
    {
        "polled": "{source}: {taken} new papers",
        "round": "{channel}: {papers} papers picked",
        "source.healed": "{source} can be read again",
        "post.found": "A post whose answer was lost stands there already",
        "channel.back": "{channel} can be posted to again",
        "platform.connected": "Connected to {platform}",
        "engine.inherited": "Took over what a process that ended had not finished",
    }
)
"""What is said of work that goes well, with fields of the event."""

_TROUBLE: Mapping[str, str] = MappingProxyType({"polled": "{source} cannot be read: {reason}"})
"""What is said of events whose name says little of what went wrong."""

_COUNTED = frozenset({"taken", "papers"})
_TELLING = ("channel", "source", "platform", "workspace", "kind", "spec", "count", "about")
_WHY = ("reason", "told", "problem")


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    """The event of one of our lines; a library's text is one by itself."""
    return dict(record.msg) if isinstance(record.msg, dict) else {"event": record.getMessage()}


class News(logging.Filter):
    """Lets through what somebody may have to act on, and news of rounds and connections."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is written."""
        if record.levelno >= logging.WARNING:
            return True
        fields = _fields(record)
        counted = [fields[name] for name in _COUNTED & fields.keys()]
        return fields["event"] in _NEWS and (not counted or any(counted))


class TerminalLines(logging.Formatter):
    """Writes `09:30  Hugging Face Daily Papers: 12 new papers`; `brief` shortens what was raised.

    Times are this machine's.
    """

    def __init__(self, brief: Processor) -> None:
        super().__init__()
        self._brief = brief

    def format(self, record: logging.LogRecord) -> str:
        """One line; below it the traceback of what may be a fault of this program."""
        fields = _fields(record)
        if record.exc_info:
            fields["exc_info"] = record.exc_info
        told = self._brief(None, "", fields)
        assert isinstance(told, dict)
        said = self._said(record, told)
        mark = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        line = f"{time.strftime('%H:%M', time.localtime(record.created))}  {mark}{said}"
        raised = told.get("exc_info")
        if isinstance(raised, tuple) and raised[0] is not None:
            line += f"\n{self.formatException(raised)}"
        return line

    def _said(self, record: logging.LogRecord, fields: Mapping[str, Any]) -> str:
        event = str(fields["event"])
        texts = _NEWS if record.levelno < logging.WARNING else _TROUBLE
        if event in texts:
            return texts[event].format_map(fields)
        if not isinstance(record.msg, dict):
            return event
        words = event.replace(".", " ").replace("_", " ")
        about = ", ".join(str(fields[name]) for name in _TELLING if fields.get(name))
        why = next((str(fields[name]) for name in _WHY if fields.get(name)), "")
        return ": ".join(filter(None, (f"{words} ({about})" if about else words, why)))
