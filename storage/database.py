"""The database engine, its sessions and locks, and bringing the schema up to date."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    String,
    Table,
    event,
    func,
    inspect,
    make_url,
)
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as WaitedTooLongError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel import SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.errors import DatabaseError

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
}
_BUSY_SECONDS = 15
_MIGRATING = 7_271_737_374
_STRAYS = "PRAGMA foreign_key_check"
_SNAPSHOT = "REPEATABLE READ"
_CONNECTIONS = 10

IDLE_SECONDS = 30.0
"""How long a session on Postgres may do nothing while it holds locks."""

LOCK_SECONDS = 30.0
"""How long a statement on Postgres waits for what another session has locked."""

STATEMENT_SECONDS = 300.0
"""How long a statement on Postgres may take; migrations may take as long as they need."""

TURN_SECONDS = 30.0
"""How long a writer of this process waits for its turn on SQLite before it gives up."""

AWAY = (OperationalError, InterfaceError, InternalError, WaitedTooLongError)
"""What a database raises that is locked, full, restarted or gone: the same may work later."""

_CONNECTION = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""After how long libpq gives up on a server: seconds to connect, or a minute without a sign of it
(the last in milliseconds)."""


def async_url(url: str) -> str:
    """Add our driver to a plain `sqlite:///` or `postgresql://` URL; raises DatabaseError."""
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise DatabaseError(
            "The database URL cannot be read: write sqlite:///path/to/file.sqlite or "
            "postgresql://user:password@host/name."
        ) from error
    driver = _DRIVERS.get(parsed.drivername, parsed.drivername)
    if driver not in _DRIVERS.values():
        raise DatabaseError(
            f"The database URL starts with {parsed.drivername}://, which is not supported: "
            "use sqlite:/// or postgresql://."
        )
    return parsed.set(drivername=driver).render_as_string(hide_password=False)


def bounded(url: str) -> str:
    """A Postgres URL on which nothing waits for ever: what it does not say itself is added.

    A process that is put to sleep in a transaction would hold its locks until it wakes, a server
    that is gone would be waited for until the network gives up. Other URLs stay.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "postgresql":
        return url
    bounds = {
        "idle_in_transaction_session_timeout": IDLE_SECONDS,
        "lock_timeout": LOCK_SECONDS,
        "statement_timeout": STATEMENT_SECONDS,
    }
    options = " ".join(f"-c {name}={seconds * 1000:.0f}" for name, seconds in bounds.items())
    added = {"options": options, **_CONNECTION}
    missing = {name: value for name, value in added.items() if name not in parsed.query}
    return parsed.update_query_dict(missing).render_as_string(hide_password=False)


class Database:
    """One database: `write()` and `read()` give sessions that are transactions.

    On SQLite a writer takes the lock when it begins, so that two writers wait for each other
    instead of failing half-way; WAL lets readers go on meanwhile. The writers of one process queue
    for their turn, first come, first served: SQLite's own waiting is a lottery that some lose.
    """

    def __init__(self, url: str) -> None:
        self.url = async_url(url)
        self.engine = _open(self.url)
        reading = {"begins": "DEFERRED"} if self.embedded else {"isolation_level": _SNAPSHOT}
        self._reader = self.engine.execution_options(**reading)
        self._turn = asyncio.Lock()

    @property
    def embedded(self) -> bool:
        """Whether the data lives in a SQLite file of our own."""
        return self.engine.dialect.name == "sqlite"

    @property
    def shown(self) -> str:
        """The URL without its password, for people and logs."""
        return _shown(self.url)

    @property
    def place(self) -> str:
        """Where the data is, as a person would say it: a file's path, or the URL."""
        return str(self.engine.url.database) if self.embedded else self.shown

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session that commits when the block ends and rolls back when it raises."""
        async with (
            self._in_turn() if self.embedded else nullcontext(),
            AsyncSession(self.engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @asynccontextmanager
    async def _in_turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turn.acquire()
        except TimeoutError as error:
            reason = f"others have been writing, or waiting to, for {TURN_SECONDS:.0f} s"
            raise WaitedTooLongError(reason) from error
        try:
            yield
        finally:
            self._turn.release()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session on one consistent snapshot; nothing done in it is kept."""
        async with AsyncSession(self._reader, expire_on_commit=False) as session:
            yield session

    async def migrate(self) -> None:
        """Bring the schema up to date; raises DatabaseError when that is impossible."""
        # SQLite changes a table by making it anew, and would miss the rows that point to it.
        engine = _open(self.url, foreign_keys=False)
        try:
            async with engine.begin() as connection:
                await connection.run_sync(_upgrade)
        except (SQLAlchemyError, OSError) as error:
            raise DatabaseError(_unopened(self.url, error)) from error
        finally:
            await engine.dispose()

    async def revision(self) -> tuple[str | None, str]:
        """The schema's revision as (found, newest)."""
        try:
            async with self._reader.connect() as connection:
                found = await connection.run_sync(_found)
        except (SQLAlchemyError, OSError) as error:
            raise DatabaseError(_unopened(self.url, error)) from error
        return found, _revisions()[-1]

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def _open(url: str, *, foreign_keys: bool = True) -> AsyncEngine:
    options: dict[str, Any] = {}
    embedded = url.startswith("sqlite")
    if embedded:
        options["connect_args"] = {"timeout": _BUSY_SECONDS}
    else:
        options |= {"pool_pre_ping": True, "pool_size": _CONNECTIONS, "pool_timeout": 60}
    engine = create_async_engine(bounded(url), **options)
    if embedded:
        event.listen(engine.sync_engine, "connect", partial(_prepare_sqlite, foreign_keys))
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(foreign_keys: bool, connection: DBAPIConnection, _record: object) -> None:
    # The driver must not begin transactions by itself: BEGIN is ours, below.
    connection.isolation_level = None
    cursor = connection.cursor()
    checked = f"foreign_keys={'ON' if foreign_keys else 'OFF'}"
    _turn_wal_on(cursor)
    for pragma in ("synchronous=FULL", checked):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _turn_wal_on(cursor: DBAPICursor) -> None:
    # SQLite does not wait for others here as it does elsewhere: of several processes that open a
    # new file at once, all but one would fail.
    patience = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > patience:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    kind = connection.get_execution_options().get("begins", "IMMEDIATE")
    connection.exec_driver_sql(f"BEGIN {kind}")


_MIGRATIONS = Path(__file__).parent / "migrations"


def _revisions() -> list[str]:
    """The schema's revisions, oldest first; the files of migrations begin with them."""
    return sorted(path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("0*.py"))


def _found(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    statement = "SELECT version_num FROM alembic_version"
    found: str | None = connection.exec_driver_sql(statement).scalar()
    return found


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        for bound in ("lock_timeout", "statement_timeout"):
            connection.exec_driver_sql(f"SET LOCAL {bound} = 0")
        # Of several processes that start at once, one migrates and the others find it done.
        connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
    found = _found(connection)
    known = _revisions()
    if found is not None and found not in known:
        raise DatabaseError(
            f"The database at {_plainly(connection)} was made by a newer Paperround "
            f"(schema {found}): upgrade this program, or name another database in "
            "PAPERROUND_DATABASE_URL."
        )
    if found == known[-1]:
        return
    if found is None and _make(connection, known[-1]):
        return
    _run_migrations(connection)
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql(_STRAYS).first():
        raise DatabaseError(
            f"The database at {_plainly(connection)} has rows that point to nothing, so "
            "it was left as it is: restore a backup, or report this."
        )


def _make(connection: Connection, revision: str) -> bool:
    """Create today's tables in a database that has none of them; False where it has one.

    Equal to what the migrations make of an empty database, without them: they take half a second
    and 15 MB.
    """
    from storage import models  # noqa: F401, PLC0415 - registers the tables; it imports this file

    tables = SQLModel.metadata.tables
    if not tables.keys().isdisjoint(inspect(connection).get_table_names()):
        return False
    SQLModel.metadata.create_all(connection)
    made = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
    made.create(connection)
    connection.execute(made.insert().values(version_num=revision))
    return True


def _run_migrations(connection: Connection) -> None:
    from alembic import command, config  # noqa: PLC0415 - slow to import, seldom needed

    options = config.Config()
    options.set_main_option("script_location", str(_MIGRATIONS))
    options.attributes["connection"] = connection
    command.upgrade(options, "head")


def _shown(url: object) -> str:
    parsed = make_url(str(url))
    return parsed.set(drivername=parsed.get_backend_name()).render_as_string(hide_password=True)


def _plainly(connection: Connection) -> str:
    """Where a connection leads, without what `bounded` adds and is no business of a person's."""
    url = connection.engine.url
    ours = [name for name in ("options", *_CONNECTION) if name in url.query]
    return _shown(url.difference_update_query(ours).render_as_string(hide_password=True))


def _unopened(url: str, error: Exception) -> str:
    cause = getattr(error, "orig", None) or error
    reason = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
    advice = _FILE_ADVICE if url.startswith("sqlite") else _SERVER_ADVICE
    if any(sign in reason for sign in _NO_ROOM):
        advice = _ROOM_ADVICE
    return f"The database {_shown(url)} cannot be opened: {reason}. {advice}"


_NO_ROOM = ("is full", "disk I/O", "No space left")
_ROOM_ADVICE = "Make room on its disk; if there is room, the disk itself is failing."
_FILE_ADVICE = "Check that its folder exists and can be written, or set PAPERROUND_DATABASE_URL."
_SERVER_ADVICE = (
    "Check that the server runs there, that the database exists and that this user owns it, or "
    "correct PAPERROUND_DATABASE_URL."
)


async def advisory_lock(session: AsyncSession, what: str) -> None:
    """Wait until no other transaction holds the lock `what`; this one holds it until it ends.

    What others committed before is seen by statements that come after. On SQLite this does
    nothing, for there all writers take turns.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.exec(select(func.pg_advisory_xact_lock(func.hashtextextended(what, 0))))


async def lock_channel(session: AsyncSession, channel_id: int) -> None:
    """Wait for the lock on what a channel was shown and what its votes taught."""
    await advisory_lock(session, f"channel {channel_id}")
