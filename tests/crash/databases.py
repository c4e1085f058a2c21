"""A fresh database for each trial: made once, as the program's first start makes it, and copied."""

import asyncio
import multiprocessing
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from bot.bootstrap import build_app
from config.settings import Settings
from tests.postgres import Postgres, running_postgres


class Databases(Protocol):
    """One kind of database."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def fresh(self, folder: Path) -> AbstractAsyncContextManager[str | None]:
        """The address of a new one for as long as the block lasts; None for files in the folder."""
        ...


class SqliteDatabases:
    """Files, copied into the folder of a trial."""

    name = "SQLite"

    def __init__(self, template: Path) -> None:
        self._template = template

    @asynccontextmanager
    async def fresh(self, folder: Path) -> AsyncIterator[str | None]:
        """Copies of both files, ours and the engine's."""
        shutil.copytree(self._template, folder, dirs_exist_ok=True)
        yield None


class PostgresDatabases:
    """Databases of one real server."""

    name = "Postgres"

    def __init__(self, server: Postgres, template: str) -> None:
        self._server = server
        self._template = template
        self._copying = asyncio.Lock()

    @asynccontextmanager
    async def fresh(self, folder: Path) -> AsyncIterator[str | None]:
        """A copy of the template, dropped in the end."""
        async with self._copying:
            name = await asyncio.to_thread(self._server.create, self._template)
        try:
            yield self._server.url(name)
        finally:
            await asyncio.to_thread(self._server.drop, name)


@contextmanager
def sqlite_databases() -> Iterator[Databases]:
    """SQLite files, from a template in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="crash") as folder:
        _make({"data_dir": Path(folder)})
        yield SqliteDatabases(Path(folder))


@contextmanager
def postgres_databases() -> Iterator[Databases]:
    """A Postgres server and a template in it; ImportError where there is no wheel for it."""
    with running_postgres() as server, tempfile.TemporaryDirectory(prefix="crash") as folder:
        template = server.create()
        _make({"data_dir": Path(folder), "database_url": server.url(template)})
        yield PostgresDatabases(server, template)


DATABASES = {"SQLite": sqlite_databases, "Postgres": postgres_databases}


def _make(settings: dict[str, Any]) -> None:
    """In a process of its own, which leaves no connection behind."""
    child = multiprocessing.get_context("spawn").Process(target=_start_once, args=(settings,))
    child.start()
    child.join()
    if child.exitcode != 0:
        raise RuntimeError("the program's first start failed")


def _start_once(settings: dict[str, Any]) -> None:
    asyncio.run(_start(Settings(**settings)))


async def _start(settings: Settings) -> None:
    app = build_app(settings)
    assert app.hold()
    await app.prepare()
    engine = app.engine()
    await engine.start(tick=False)
    await engine.stop()
    await app.close()
