"""Ready means that work can be done: each part that work needs is tried, not assumed."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.rounds.process import health as room
from storage.database import Database
from storage.models import PostState, Source
from tests import make
from tests.fakes import FakePlatform
from tests.health import FakeEngine, health_of
from tests.make import NOON


async def test_ready_when_every_part_is(database: Database) -> None:
    found = await health_of(database).ready()

    assert found == {"database": "ok", "engine": "ok", "local": "ok"}


async def test_an_engine_that_is_not_launched_and_a_platform_that_hears_nothing_are_named(
    database: Database,
) -> None:
    platform = FakePlatform()
    platform.hears = False

    found = await health_of(database, FakeEngine(launched=False), platform).ready()

    assert (found["engine"], found["local"]) == ("not launched", "not connected")


async def test_a_database_that_is_not_migrated_is_not_ready(tmp_path: Path) -> None:
    empty = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    try:
        found = await health_of(empty).ready()
    finally:
        await empty.close()

    assert found["database"].startswith("schema None, not ")


async def test_a_database_that_cannot_be_written_is_not_ready(database: Database) -> None:
    _sqlite_alone(database)
    async with database.engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA query_only=ON")

    assert (await health_of(database).ready())["database"] == "cannot be written"


async def test_a_database_held_by_another_is_not_waited_for(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sqlite_alone(database)
    monkeypatch.setattr(room, "PATIENCE_SECONDS", 0.1)
    holder = sqlite3.connect(tmp_path / "paperround.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    health = health_of(database)

    held = await health.ready()
    holder.execute("ROLLBACK")
    monkeypatch.undo()

    assert held["database"] == "does not answer in time"
    assert (await health.ready())["database"] == "ok"
    holder.close()


def _sqlite_alone(database: Database) -> None:
    if not database.embedded:
        pytest.skip("a fault that SQLite alone can have")


async def test_it_lives_while_ticks_go_on(database: Database) -> None:
    assert health_of(database).ailments() == []
    assert health_of(database, FakeEngine(ticking=False)).ailments()


async def test_a_platform_that_stays_lost_asks_for_a_new_start_unless_somebody_must_act(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "LOST_SECONDS", -1.0)
    platform = FakePlatform()
    health = health_of(database, platform=platform)

    found = []
    for platform.hears in (True, False, SettingsError("a token that is refused"), False, True):
        told = await health.connections()
        found.append((told["local"].split(" before")[0], len(health.ailments())))

    lost, waits = ("not connected", 1), ("not connected", 0)
    assert found == [("ok", 0), lost, waits, lost, ("ok", 0)]


async def test_posts_of_unknown_fate_are_counted_apart_from_the_oldest_wait(
    database: Database,
) -> None:
    async with database.write() as session:
        channel, paper = await make.channel(session), await make.paper(session, "A")
        await make.post(session, channel, paper, state=PostState.UNKNOWN)

    found = (await health_of(database).exposition()).decode()

    assert 'paperround_posts_waiting{state="unknown"} 1.0' in found
    assert "paperround_oldest_wait_seconds 0.0" in found


async def test_a_source_that_was_removed_leaves_the_figures(database: Database) -> None:
    health = health_of(database)
    async with database.write() as session:
        source = await make.source(session)
    before = (await health.exposition()).decode()

    async with database.write() as session:
        await session.delete(source)
    after = (await health.exposition()).decode()

    assert "paperround_source_age_seconds{" in before
    assert "paperround_source_age_seconds{" not in after


async def test_figures_tell_what_waits_and_how_old_sources_are_without_any_name(
    database: Database,
) -> None:
    secret = "https://ada:hunter2@papers.example/feed?key=s3cret"
    async with database.write() as session:
        channel = await make.channel(session, "slack:T0SECRET/C0SECRET")
        for title in "abc":
            await make.post(session, channel, await make.paper(session, title))
        session.add(
            Source(
                kind="feed",
                spec=secret,
                name=secret,
                shared=True,
                fresh_at=NOON - timedelta(hours=3),
            )
        )

    found = (await health_of(database).exposition()).decode()

    assert 'paperround_posts_waiting{state="due"} 3.0' in found
    assert f'paperround_posts_waiting{{state="{PostState.FAILED}"}} 0.0' in found
    assert 'kind="feed",source="2"} 10800.0' in found
    assert 'paperround_index_size{what="watches"} 0.0' in found
    for private in ("hunter2", "s3cret", "papers.example", "SECRET", "general"):
        assert private not in found


@pytest.mark.parametrize(
    ("ahead", "told"),
    [
        (timedelta(minutes=6), "6 min ahead of local's"),
        (-timedelta(days=3), "3 days behind local's"),
        (timedelta(seconds=20), None),
    ],
)
async def test_a_clock_apart_from_a_platforms_is_told(
    database: Database, ahead: timedelta, told: str | None
) -> None:
    platform = FakePlatform()
    platform.theirs = datetime.now(UTC) - ahead

    assert health_of(database, platform=platform).clock() == told


async def test_a_disk_without_room_is_told_before_a_write_fails(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    _sqlite_alone(database)
    monkeypatch.setattr(room, "LEAST_ROOM", 10**18)

    assert (await health_of(database).ready())["database"] == "its disk is full"
