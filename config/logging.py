"""Structured logs: readable on a terminal, JSON elsewhere, without secrets or repetition."""

import errno
import json
import logging
import re
import sys
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Literal

import stamina
import structlog
from structlog.types import Processor
from structlog.typing import EventDict, WrappedLogger

from config.terminal import News, TerminalLines

HIDDEN = "[hidden]"

_SHORTEST = 6
_PATTERNS = (
    # Slack's tokens, and Discord's, wherever they come from.
    re.compile(r"\b(?:xox[a-z]|xapp|xwfp)-[\w-]+"),
    re.compile(r"\b[\w-]{23,}\.[\w-]{6}\.[\w-]{27,}"),
    re.compile(r"(?<=\bbearer )[\w.~+/=-]{8,}", re.IGNORECASE),
    # The path of a webhook or of an answer's address is its password.
    re.compile(r"(?<=hooks\.slack\.com/)[\w/-]+"),
    re.compile(r"(?<=/webhooks/)[\w/-]+"),
    # A URL's user and query, where feeds and databases keep their keys.
    re.compile(r"(?<=://)[^\s/\"'@]*@(?=\S)"),
    re.compile(r"(?<=://)(?P<place>[^\s?\"'\\]+\?)[^\s\"'\\<>)\]]+"),
)


class Scrubber:
    """Hides given secrets, and whatever has the shape of one."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        worth = sorted((one for one in secrets if len(one) >= _SHORTEST), key=len, reverse=True)
        forms = dict.fromkeys(form for one in worth for form in (one, json.dumps(one)[1:-1]))
        self._known = re.compile("|".join(map(re.escape, forms))) if forms else None

    def __call__(self, text: str) -> str:
        """The text without them."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        for pattern in _PATTERNS:
            text = pattern.sub(_hide, text)
        return text


def _hide(found: re.Match[str]) -> str:
    if "place" in found.re.groupindex:
        return found["place"] + HIDDEN
    return HIDDEN + ("@" if found[0].endswith("@") else "")


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


_NOISY = (
    "dbos",
    "httpx",
    "httpcore",
    "hishel",
    "alembic",
    "uvicorn",
    "aiosqlite",
    "discord.client",
)


def configure_logging(
    level: str = "INFO",
    style: Literal["auto", "text", "json"] = "auto",
    secrets: Collection[str] = (),
) -> None:
    """Send all logs to standard error; `auto` means news for a person on a terminal, else JSON.

    `text` is everything in a form that can be read, as is `auto` on a terminal at level DEBUG.
    `secrets` are hidden in every line, as is whatever has the shape of a token.
    """
    terminal = style == "auto" and sys.stderr.isatty()
    quiet = terminal and logging.getLevelNamesMapping()[level] > logging.DEBUG
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    lines = TerminalLines(without_needless_traceback) if quiet else None
    inner = lines or _formatter(shared, plain=terminal or style == "text")
    handler.setFormatter(_Discreet(inner, Scrubber(secrets)))
    if quiet:
        handler.addFilter(News())
    # Retries are the client's business; what ends in failure is said by whoever asked.
    stamina.instrumentation.set_on_retry_hooks([])
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # The engine's library would else write to standard error past the handler above.
    logging.getLogger("dbos").handlers[:] = [handler]
    logging.getLogger("dbos").propagate = False
    logging.getLogger("dbos").filters[:] = [Seldom()]
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


class _Discreet(logging.Formatter):
    """Another formatter's lines, without secrets."""

    def __init__(self, inner: logging.Formatter, scrub: Scrubber) -> None:
        super().__init__()
        self._inner, self._scrub = inner, scrub

    def format(self, record: logging.LogRecord) -> str:
        """The line that may be written down."""
        return self._scrub(self._inner.format(record))


def _formatter(shared: list[Processor], *, plain: bool) -> structlog.stdlib.ProcessorFormatter:
    last: list[Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        without_needless_traceback,
    ]
    if plain:
        # The rich traceback would print local variables, and secrets with them.
        plain_traceback = structlog.dev.plain_traceback
        last += [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=plain_traceback
            )
        ]
    else:
        last += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last)
