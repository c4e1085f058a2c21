"""Structured logs: readable on a terminal, JSON elsewhere; secrets never reach them."""

import logging
import sys
from collections.abc import Collection
from typing import Literal

import stamina
import structlog
from structlog.types import Processor

from config.scrub import Scrubber
from config.terse import Seldom, without_needless_traceback

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
    """Send all logs to standard error; `auto` means text on a terminal and JSON otherwise.

    `secrets` are hidden in every line, as is whatever has the shape of a token.
    """
    plain = style == "text" or (style == "auto" and sys.stderr.isatty())
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
    handler.setFormatter(_Discreet(_formatter(shared, plain=plain), Scrubber(secrets)))
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
