"""The database opens, migrates, and refuses what it cannot serve."""

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError
from sqlmodel import SQLModel

from bot.errors import DatabaseError
from storage import database as storage_database
from storage.database import AWAY, Database, async_url, bounded
from tests import make
from tests.postgres import Postgres
from tests.waiting import PATIENCE


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


@pytest.mark.parametrize("said", ["disk I/O error", "database or disk is full"])
async def test_a_full_disk_is_told_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    def full(_connection: object) -> None:
        raise OperationalError("CREATE", {}, sqlite3.OperationalError(said))

    monkeypatch.setattr("storage.database._upgrade", full)
    opened = Database(f"sqlite:///{tmp_path / 'a.sqlite'}")

    with pytest.raises(DatabaseError, match="Make room on its disk"):
        await opened.migrate()
    await opened.close()


async def test_data_of_a_newer_program_is_named_as_its_owner_would(
    postgres: Postgres, migrated_postgres: str
) -> None:
    name = postgres.create(migrated_postgres)
    with psycopg.connect(postgres.url(name), autocommit=True) as owner:
        owner.execute("UPDATE alembic_version SET version_num = '9999'")
    opened = Database(postgres.url(name))

    with pytest.raises(DatabaseError, match="newer Paperround") as told:
        await opened.migrate()
    await opened.close()
    postgres.drop(name)

    assert "timeout" not in str(told.value)
    assert f"/{name}?host=" in str(told.value)


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


async def test_a_writer_that_waits_too_long_for_its_turn_is_told_and_the_next_one_gets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_database, "TURN_SECONDS", 0.05)
    opened = Database(f"sqlite:///{tmp_path / 'turns.sqlite'}")
    await opened.migrate()
    async with opened.write():
        with pytest.raises(AWAY, match="others have been writing"):
            async with opened.write():
                pass

    async with opened.write() as session:
        await make.channel(session)
    await opened.close()


def test_what_an_address_says_itself_of_waiting_is_left_as_it_is() -> None:
    plain = make_url(bounded("postgresql://ada@db/papers")).query
    own = make_url(bounded("postgresql://ada@db/papers?options=-c%20a=b&connect_timeout=3")).query

    assert "lock_timeout=30000" in str(plain["options"])
    assert "statement_timeout=300000" in str(plain["options"])
    assert plain["tcp_user_timeout"] == "30000"
    assert (own["options"], own["connect_timeout"]) == ("-c a=b", "3")
    assert bounded("sqlite:///papers.sqlite") == "sqlite:///papers.sqlite"


@pytest.fixture
def postgres_url(postgres: Postgres, migrated_postgres: str) -> Iterator[str]:
    name = postgres.create(migrated_postgres)
    yield postgres.url(name)
    postgres.drop(name)


async def test_what_another_has_locked_is_not_waited_for_without_end(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_database, "LOCK_SECONDS", 0.1)
    opened = Database(postgres_url)
    with psycopg.connect(postgres_url) as other:
        other.execute("LOCK TABLE channel IN EXCLUSIVE MODE")
        with pytest.raises(AWAY, match="lock timeout"):
            async with opened.write() as session:
                await make.channel(session)

    async with opened.write() as session:
        await make.channel(session)
    await opened.close()


async def test_a_statement_that_takes_too_long_is_ended(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_database, "STATEMENT_SECONDS", 0.1)
    opened = Database(postgres_url)

    with pytest.raises(AWAY, match="statement timeout"):
        async with opened.read() as session:
            await (await session.connection()).execute(text("SELECT pg_sleep(60)"))

    await opened.close()


async def test_a_migration_waits_as_long_as_another_one_takes(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_database, "LOCK_SECONDS", 0.1)
    name = postgres.create()
    opened = Database(postgres.url(name))
    turn = f"SELECT pg_advisory_xact_lock({storage_database._MIGRATING})"
    waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with psycopg.connect(postgres.url(name)) as other:
        other.execute(turn)
        migrating = asyncio.create_task(opened.migrate())
        async with asyncio.timeout(PATIENCE):
            while not other.execute(waiting).fetchone():
                await asyncio.sleep(0.02)
        # As long again as anything else would have waited.
        await asyncio.wait([migrating], timeout=2 * storage_database.LOCK_SECONDS)
        assert not migrating.done()
    await migrating

    found, newest = await opened.revision()
    assert found == newest
    await opened.close()
    postgres.drop(name)


async def test_a_server_that_takes_the_connection_and_says_nothing_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(storage_database._CONNECTION, "connect_timeout", "2")
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        opened = Database(f"postgresql://ada@127.0.0.1:{port}/papers")
        with pytest.raises(DatabaseError, match="timeout"):
            async with asyncio.timeout(PATIENCE):
                await opened.revision()
        await opened.close()
