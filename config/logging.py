"""Structured logs: readable on a terminal, JSON elsewhere; secrets never reach them."""

import logging
import sys
from typing import Literal

import stamina
import structlog
from structlog.types import Processor

_NOISY = ("dbos", "httpx", "httpcore", "hishel", "alembic", "uvicorn", "aiosqlite")


def configure_logging(level: str = "INFO", style: Literal["auto", "text", "json"] = "auto") -> None:
    """Send all logs to standard error; `auto` means text on a terminal and JSON otherwise."""
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
    handler.setFormatter(_formatter(shared, plain=plain))
    # Retries are the client's business; what ends in failure is said by whoever asked.
    stamina.instrumentation.set_on_retry_hooks([])
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _NOISY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _formatter(shared: list[Processor], *, plain: bool) -> structlog.stdlib.ProcessorFormatter:
    last: list[Processor] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
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
