"""Log lines of trouble outside this program: its reason in one line, and not again and again."""

import errno
import logging
import re
import sys
from collections.abc import Mapping
from types import MappingProxyType

from structlog.typing import EventDict, WrappedLogger

SELDOM_SECONDS = 60.0
"""How long a library that tries again and again says the same only once."""

_RAISED = re.compile(r"^[\w.]+(?:Error|Exception)\b.*", re.MULTILINE)
_AWAY = ("OperationalError", "InterfaceError", "Notification listener error")
_STOPPED = "Asyncio task cancelled"

# By name, for most processes need not import half of these libraries.
_OUTSIDE: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "psycopg": frozenset({"OperationalError", "InterfaceError"}),
        "aiohttp": frozenset({"ClientConnectionError", "WSServerHandshakeError"}),
        "discord": frozenset({"ConnectionClosed", "GatewayNotFound", "DiscordServerError"}),
        "storage": frozenset({"WaitedTooLongError"}),
    }
)
_OF_SQLITE = ("locked", "full", "disk I/O", "unable to open", "readonly")
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


def outside(error: BaseException) -> str | None:
    """What is wrong outside, in one line; None for what may be a fault of this program."""
    # SQLAlchemy wraps what the database's driver raised.
    error = getattr(error, "orig", None) or error
    if _is_outside(error):
        return first_line(str(error)) or type(error).__name__
    return None


def _is_outside(error: BaseException) -> bool:
    if isinstance(error, OSError):
        reached = isinstance(error, (ConnectionError, TimeoutError)) or error.errno is None
        return reached or error.errno in _NO_ROOM
    kinds = [(kind.__module__.partition(".")[0], kind.__name__) for kind in type(error).__mro__]
    if ("sqlite3", "OperationalError") in kinds:
        return any(word in str(error) for word in _OF_SQLITE)
    return any(name in _OUTSIDE.get(library, ()) for library, name in kinds)


def first_line(text: str) -> str:
    """What a message says before it goes into detail; of a traceback, what was raised last."""
    begin, traced, _ = text.partition("Traceback (most recent")
    raised = _RAISED.findall(text) if traced else []
    told = begin + raised[-1] if raised else text
    return next((each.strip() for each in told.splitlines() if each.strip()), "")


def without_needless_traceback(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """A processor of structlog: of trouble outside only the reason is kept."""
    given = event.get("exc_info")
    error = given[1] if isinstance(given, tuple) else _current(given)
    reason = outside(error) if error is not None else None
    if reason is not None:
        del event["exc_info"]
        event.setdefault("reason", reason)
    return event


def _current(given: object) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    return sys.exception() if given else None


class Seldom(logging.Filter):
    """What the engine's library says of a database that is away: in short, and once a minute.

    It tries again several times a second, in several threads, and each says so. Two lines are the
    same when they are so up to the first colon. Its other lines are left as they are.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is written."""
        text = record.getMessage()
        if text.startswith(_STOPPED):
            # A stop broke off a step, which the next start resumes.
            return False
        if not any(sign in text for sign in _AWAY):
            return True
        head = text.partition(":")[0]
        before = self._said.get(head)
        if before is not None and record.created - before < SELDOM_SECONDS:
            return False
        self._said[head] = record.created
        record.msg, record.args = first_line(text), ()
        return True
