"""Data of every earlier schema comes up to today's whole, on SQLite and on Postgres."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, Table, func, inspect, select
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from storage import database as storage_database
from storage.database import Database
from storage.models import Post
from tests.postgres import Postgres

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

WORDS = {
    ("channel", "state"): "active",
    ("post", "state"): "sending",
    ("post", "kind"): "watch",
    ("post", "style"): "cards",
    ("channel", "style"): "cards",
    ("paper", "kind"): "paper",
    ("source", "health"): "fresh",
    ("zoteroitem", "state"): "due",
    ("webhookevent", "state"): "sent",
    ("channel", "address"): "local:general",
    ("channel", "schedule"): "daily 09:00 UTC",
}
"""Values of columns that do not take any text."""

MANY = 3
"""Rows of each table that may have several."""


def _config() -> Config:
    config = Config()
    folder = Path(storage_database.__file__).parent / "migrations"
    config.set_main_option("script_location", str(folder))
    return config


def earlier() -> list[str]:
    """Every revision but today's."""
    scripts = ScriptDirectory.from_config(_config())
    head = scripts.get_current_head()
    return sorted(each.revision for each in scripts.walk_revisions() if each.revision != head)


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database that has nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.sqlite'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
async def empty(empty_url: str) -> AsyncIterator[Database]:
    opened = Database(empty_url)
    yield opened
    await opened.close()


@pytest.mark.parametrize("revision", earlier())
async def test_data_of_an_earlier_schema_comes_up_whole(empty: Database, revision: str) -> None:
    async with empty.engine.begin() as connection:
        await connection.run_sync(_upgrade, revision)
        before = await connection.run_sync(_fill)

    await empty.migrate()

    async with empty.engine.connect() as connection:
        after = await connection.run_sync(_counts)
        difference = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), SQLModel.metadata)
        )
    assert difference == []
    assert {table: after[table] for table in before if table in after} == before
    async with empty.read() as session:
        await _read_every_row(session)


async def test_a_new_schema_is_what_the_migrations_make_of_an_empty_one(
    empty: Database, tmp_path: Path
) -> None:
    async with empty.engine.begin() as connection:
        await connection.run_sync(_upgrade, "head")
        migrated = await connection.run_sync(_described)
        await connection.run_sync(_drop_all)

    await empty.migrate()

    async with empty.engine.connect() as connection:
        assert await connection.run_sync(_described) == migrated


def _described(connection: Connection) -> dict[str, Any]:
    """Tables with columns, constraints, indexes and how many rows they have.

    Not what a column is given where a statement leaves it out: ours never do.
    """
    seen = inspect(connection)
    names = sorted(seen.get_table_names())
    return {
        name: {
            "columns": {
                each["name"]: (str(each["type"]), each["nullable"])
                for each in seen.get_columns(name)
            },
            "key": seen.get_pk_constraint(name)["constrained_columns"],
            "foreign": sorted(seen.get_foreign_keys(name), key=str),
            "unique": sorted(seen.get_unique_constraints(name), key=str),
            "indexes": sorted(seen.get_indexes(name), key=str),
            "rows": connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar(),
        }
        for name in names
    }


def _drop_all(connection: Connection) -> None:
    every = MetaData()
    every.reflect(connection)
    every.drop_all(connection)


async def test_of_processes_that_start_at_once_one_migrates(empty: Database) -> None:
    others = [Database(empty.url) for _ in range(3)]
    try:
        await asyncio.gather(*(each.migrate() for each in others))
    finally:
        await asyncio.gather(*(each.close() for each in others))

    found, newest = await empty.revision()
    assert found == newest


async def test_a_post_of_the_first_schema_that_was_being_sent_is_asked_for(
    empty: Database,
) -> None:
    async with empty.engine.begin() as connection:
        await connection.run_sync(_upgrade, "0001")
        await connection.run_sync(_fill)

    await empty.migrate()

    async with empty.read() as session:
        posts = (await session.exec(select(Post))).scalars().all()
    assert [post.maybe_sent for post in posts] == [post.attempts > 0 for post in posts]
    assert any(post.maybe_sent for post in posts)


def _upgrade(connection: Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _fill(connection: Connection) -> dict[str, int]:
    """Put rows into every table, as its own columns say."""
    schema = MetaData()
    schema.reflect(connection)
    for table in schema.sorted_tables:
        if table.name == "alembic_version":
            continue
        for number in range(1, 1 + (1 if table.name == "install" else MANY)):
            connection.execute(table.insert().values(_row(table, number)))
    return _counts(connection)


def _counts(connection: Connection) -> dict[str, int]:
    schema = MetaData()
    schema.reflect(connection)
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in schema.sorted_tables
    }


def _row(table: Table, number: int) -> Mapping[str, Any]:
    return {column.name: _value(table, column, number) for column in table.columns}


def _value(table: Table, column: Column[Any], number: int) -> Any:
    word = WORDS.get((table.name, column.name))
    if word is not None:
        return f"{word}{number}" if column.name == "address" else word
    kind = column.type.python_type if str(column.type) != "JSON" else dict
    made: dict[type, Any] = {
        int: number,
        float: float(number),
        bool: number % 2 == 1,
        str: f"{column.name} {number}",
        bytes: b"bytes",
        datetime: NOON,
        date: NOON.date(),
        dict: [] if column.name in ("authors", "categories", "relations", "tags") else {},
    }
    return made[kind]


async def _read_every_row(session: AsyncSession) -> None:
    """The program's own classes can read what was there."""
    for mapper in SQLModel._sa_registry.mappers:
        (await session.exec(select(mapper.class_))).all()


def test_the_files_of_migrations_are_named_in_their_order() -> None:
    scripts = ScriptDirectory.from_config(_config())

    linked = [each.revision for each in scripts.walk_revisions()][::-1]

    assert storage_database._revisions() == linked


def test_a_schema_of_today_is_made_and_opened_without_the_library_that_changes_schemas(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'today.sqlite'}"

    code = (
        "import asyncio, sys\n"
        "from storage.database import Database\n"
        f"asyncio.run(Database({url!r}).migrate())\n"
        "sys.exit('alembic' in sys.modules)"
    )

    for _ in ("new", "again"):
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
