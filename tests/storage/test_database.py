"""The database opens, migrates, and refuses what it cannot serve."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlmodel import SQLModel

from bot.errors import DatabaseError
from storage.database import Database, async_url
from tests import make


async def test_the_migrations_build_exactly_the_models(database: Database) -> None:
    async with database.engine.connect() as connection:
        difference = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), SQLModel.metadata)
        )

    assert difference == []


async def test_migrating_twice_changes_nothing(database: Database) -> None:
    before = await database.revision()

    await database.migrate()

    assert await database.revision() == before
    assert before[0] == before[1]


async def test_a_newer_database_is_refused_with_what_to_do(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(DatabaseError, match="made by a newer Paperround"):
        await database.migrate()


async def test_times_are_utc_both_ways(database: Database) -> None:
    paris = timezone(timedelta(hours=1))
    async with database.write() as session:
        stored = await make.paper(session, "A", at=datetime(2026, 3, 2, 13, 0, tzinfo=paris))

    async with database.read() as session:
        found = await session.get(type(stored), stored.id)

    assert found is not None
    assert found.first_seen_at == datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    assert found.first_seen_at.tzinfo is UTC


async def test_a_naive_time_is_refused(database: Database) -> None:
    with pytest.raises(Exception, match="no time zone"):
        async with database.write() as session:
            await make.paper(session, "A", at=datetime(2026, 3, 2))  # noqa: DTZ001 - the point


async def test_a_failed_block_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.write() as session:
            await make.channel(session)
            raise RuntimeError

    async with database.read() as session:
        assert await make.channels.list_active(session) == []


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    path.write_text("these are my notes, not a database, and they go on for a while")
    opened = Database(f"sqlite:///{path}")

    with pytest.raises(DatabaseError, match="cannot be opened"):
        await opened.migrate()
    await opened.close()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("sqlite:///a.db", "sqlite+aiosqlite:///a.db"),
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
        ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
    ],
)
def test_plain_urls_are_accepted(url: str, expected: str) -> None:
    assert async_url(url) == expected


@pytest.mark.parametrize("url", ["mysql://h/d", "nonsense"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(DatabaseError, match="sqlite"):
        async_url(url)


def test_the_shown_url_hides_the_password() -> None:
    opened = Database("postgresql://anna:hunter2@host/papers")

    assert "hunter2" not in opened.shown


async def test_many_writers_take_turns_and_none_is_turned_away(database: Database) -> None:
    async def add(number: int) -> None:
        async with database.write() as session:
            await make.channel(session, f"local:c{number}")

    await asyncio.gather(*map(add, range(100)))

    async with database.read() as session:
        assert len(await make.channels.list_active(session)) == 100
