"""Fixtures that every room's tests share: a real database, and times to speak of."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.database import Database


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database of today's schema, to be copied: migrating each anew takes long."""
    path = tmp_path_factory.mktemp("migrated") / "paperround.sqlite"

    async def migrate() -> None:
        opened = Database(f"sqlite:///{path}")
        await opened.migrate()
        await opened.close()

    asyncio.run(migrate())
    return path


@pytest.fixture
async def database(tmp_path: Path, migrated: Path) -> AsyncIterator[Database]:
    path = tmp_path / "paperround.sqlite"
    shutil.copy(migrated, path)
    opened = Database(f"sqlite:///{path}")
    yield opened
    await opened.close()


@pytest.fixture
def noon() -> datetime:
    return datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
