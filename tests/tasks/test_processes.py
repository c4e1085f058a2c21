"""The doctor names what no process does: rounds, hearing people, and shards of Discord."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.app import App, build_app
from bot.role import Role
from bot.rounds import roster
from bot.tasks import processes, soundness
from config.settings import Settings
from storage import shards, workers
from storage.models import Worker
from tests.fakes import FakePlatform
from tests.postgres import Postgres


@pytest.fixture
async def app(postgres: Postgres, migrated_postgres: str, tmp_path: Path) -> AsyncIterator[App]:
    name = postgres.create(migrated_postgres)
    settings = Settings(database_url=postgres.url(name), data_dir=tmp_path / "never made")
    made = build_app(settings, platforms={"discord": FakePlatform()})
    yield made
    await made.close()
    postgres.drop(name)


async def _runs(app: App, name: str, role: Role, *, silent: float = 0) -> None:
    """A process on another machine, whose last beat was so many seconds ago."""
    at = datetime.now(UTC) - timedelta(seconds=silent)
    async with app.database.write() as session:
        row = Worker(name=name, role=role, host="elsewhere", pid=1, started_at=at, beaten_at=at)
        await workers.join(session, row)


async def _hears(app: App, name: str, *held: int, of: int) -> None:
    async with app.database.write() as session:
        await shards.keep(session, name, held, of)


async def test_two_roles_that_cover_everything_are_well(app: App) -> None:
    await _runs(app, "w", Role.WORKER)
    await _runs(app, "c", Role.CHAT)

    found = await processes.server(app, held=False, verb="run")

    assert (found.well, found.found) == (True, "runs (1 as worker, 1 as chat)")


@pytest.mark.parametrize(
    ("alive", "dead", "start"),
    [(Role.CHAT, Role.WORKER, "--role worker"), (Role.WORKER, Role.CHAT, "--role chat")],
)
async def test_what_died_and_nobody_else_does_is_named_with_what_to_start(
    app: App, alive: Role, dead: Role, start: str
) -> None:
    await _runs(app, "a", alive)
    await _runs(app, "d", dead, silent=roster.SILENT_SECONDS + 30)

    found = await processes.server(app, held=False, verb="run")

    assert not found.well
    assert start in found.advice


async def test_a_server_of_one_process_lacks_nothing(app: App) -> None:
    await _runs(app, "all", Role.ALL)

    assert (await processes.server(app, held=False, verb="run")).well


async def test_shards_that_are_all_held_are_well(app: App) -> None:
    for name, held in (("a", (0, 1)), ("b", (2,))):
        await _runs(app, name, Role.CHAT)
        await _hears(app, name, *held, of=3)

    [found] = await processes.shards(app)

    assert (found.well, found.found) == (True, "all 3 heard by 2 processes")


async def test_shards_of_a_dead_process_are_named_until_another_hears_them(app: App) -> None:
    await _runs(app, "a", Role.CHAT)
    await _runs(app, "dead", Role.CHAT, silent=roster.SILENT_SECONDS + 30)
    await _hears(app, "a", 0, of=4)
    await _hears(app, "dead", 1, 3, of=4)

    [found] = await processes.shards(app)

    assert (found.well, found.found) == (False, "3 of 4 heard by nobody: 1, 2, 3")
    assert "within a minute" in found.advice


async def test_a_chat_that_hears_no_shard_at_all_is_told(app: App) -> None:
    await _runs(app, "a", Role.CHAT)

    [found] = await processes.shards(app)

    assert not found.well


async def test_without_anybody_who_hears_people_shards_are_not_the_trouble(app: App) -> None:
    await _runs(app, "w", Role.WORKER)

    assert await processes.shards(app) == []


async def test_one_process_on_sqlite_shares_no_shards(tmp_path: Path) -> None:
    app = build_app(Settings(data_dir=tmp_path), platforms={"discord": FakePlatform()})

    assert await processes.shards(app) == []
    await app.close()


async def test_with_postgres_no_folder_of_this_machine_is_asked_for_room(app: App) -> None:
    assert soundness.disk(app) == []
