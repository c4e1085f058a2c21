"""The doctor tries what it vouches for, and says of every trouble what to do."""

import json
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bot.app import App
from bot.bootstrap import build_app
from bot.errors import DatabaseError, NotSentError, SettingsError
from bot.picks.taste import Taste
from bot.ports import Role
from bot.rounds.process import heartbeat
from bot.tasks import doctor, doctor_checks
from config.settings import Settings
from storage import channels, install_state, processes
from storage import models as tables
from storage.database import Database
from storage.models import PostState, SourceHealth, Worker
from tests import make
from tests.fakes import FakePlatform
from tests.postgres import Postgres


async def _examined(
    folder: Path, capsys: pytest.CaptureFixture[str], *, code: int
) -> dict[str, Any]:
    settings = Settings(data_dir=folder, huggingface=False)
    assert await doctor.examine(settings, as_json=True) == code
    return {one["what"]: one for one in json.loads(capsys.readouterr().out)}


async def test_a_sound_install_has_nothing_to_do(
    tmp_path: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    found = await _examined(tmp_path, capsys, code=0)

    assert {
        "disk",
        "database",
        "writing",
        "engine",
        "local",
        "clock",
        "deliveries",
        "tastes",
    } <= set(found)


async def test_a_full_disk_and_a_damaged_engine_are_told_together(
    tmp_path: Path,
    database: Database,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor_checks, "LEAST_FREE", 10**18)
    (tmp_path / "paperround-engine.sqlite").write_bytes(b"no database" * 100)

    found = await _examined(tmp_path, capsys, code=1)

    assert "Make room" in found["disk"]["advice"]
    assert "move" in found["engine"]["advice"]


async def test_a_database_that_takes_no_write_is_found_out(database: Database) -> None:
    app = build_app(Settings(database_url=database.url.replace("+aiosqlite", "")))
    async with app.database.engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA query_only=ON")

    found = await doctor_checks.writing(app)
    await app.close()

    assert not found.well
    assert found.advice


async def test_a_held_database_says_who_to_end(
    tmp_path: Path, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database._BUSY_SECONDS", 0.1)
    app = build_app(Settings(data_dir=tmp_path))
    holder = sqlite3.connect(tmp_path / "paperround.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    found = await doctor_checks.writing(app)
    holder.close()
    await app.close()

    assert "locked" in found.found
    assert found.advice.startswith("Another program holds the file")


async def test_a_clock_that_was_set_back_is_noticed_by_what_is_written(
    tmp_path: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async with database.write() as session:
        source = await make.source(session)
        source.polled_at = datetime.now(UTC) + timedelta(days=1)
        source.health = SourceHealth.QUIET
        session.add(source)
    app = build_app(Settings(data_dir=tmp_path))

    found = await doctor_checks.clock(app)
    await app.close()

    assert "NTP" in found.advice


async def test_posts_that_are_stuck_or_doubtful_are_counted(
    tmp_path: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async with database.write() as session:
        channel = await make.channel(session)
        await make.post(session, channel, await make.paper(session, "A"))
        doubtful = await make.paper(session, "B")
        await make.post(session, channel, doubtful, state=PostState.UNKNOWN)

    found = await _examined(tmp_path, capsys, code=1)

    assert "1 wait, the oldest since 2026-03-02 12:00 UTC" in found["deliveries"]["found"]
    assert "of 1 nobody knows" in found["deliveries"]["found"]
    assert "paperround deliveries --failed" in found["deliveries"]["advice"]


async def test_a_damaged_checkpoint_is_named_with_what_it_costs(
    tmp_path: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async with database.write() as session:
        for number, blob in enumerate((Taste().dumps(), Taste().dumps()[:-1])):
            channel = await make.channel(session, f"local:room-{number}")
            kept = {"state": b"", "checkpoint": blob, "checkpoint_at": make.NOON}
            session.add(
                tables.StoredTaste(channel_id=channel.id or 0, updated_at=make.NOON, **kept)
            )

    found = await _examined(tmp_path, capsys, code=1)

    assert found["tastes"]["found"] == "damaged: local:room-1 (votes before 2026-03-02)"
    assert "is lost" in found["tastes"]["advice"]


async def test_a_platform_that_refuses_the_token_is_named_with_its_settings(
    tmp_path: Path, database: Database
) -> None:
    class Refusing(FakePlatform):
        async def introduce(self) -> str:
            raise NotSentError("Slack refuses the token (invalid_auth)")

    app = build_app(Settings(data_dir=tmp_path), platforms={"slack": Refusing()})

    (found,) = await doctor_checks.platforms(app)
    await app.close()

    assert not found.well
    assert "PAPERROUND_SLACK_" in found.advice


async def test_a_server_that_does_not_run_is_no_success_but_a_note(
    tmp_path: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await doctor.examine(Settings(data_dir=tmp_path, huggingface=False), as_json=False) == 0

    said = capsys.readouterr().out
    assert "note server: does not run\n       Start it with: paperround run" in said
    assert "ok   writing: the database takes it" in said


async def test_the_demos_data_is_called_that(
    tmp_path: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async with database.write() as session:
        await install_state.claim_for_demo(session)

    found = await _examined(tmp_path, capsys, code=0)

    assert "the demo's sample papers" in found["data"]["found"]
    assert found["server"]["advice"] == "Start it with: paperround demo"


async def test_a_postgres_is_asked_for_its_age_and_our_rights(
    postgres: Postgres, migrated_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = postgres.create(migrated_postgres)
    app = build_app(Settings(database_url=postgres.url(name)))
    (sound,) = await doctor_checks.postgres(app)
    monkeypatch.setattr(doctor_checks, "OLDEST_POSTGRES", 99)
    (old,) = await doctor_checks.postgres(app)
    await app.close()
    postgres.drop(name)

    assert sound.well
    assert not old.well
    assert "99 or newer" in old.advice


async def test_a_postgres_user_who_may_make_nothing_is_told_what_to_be_granted(
    postgres: Postgres, migrated_postgres: str
) -> None:
    name = postgres.create(migrated_postgres)
    with psycopg.connect(postgres.url(name), autocommit=True) as owner:
        owner.execute("CREATE ROLE guest LOGIN")
        owner.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest")
    app = build_app(Settings(database_url=postgres.url(name).replace("postgres:@", "guest:@")))
    (found,) = await doctor_checks.postgres(app)
    writing = await doctor_checks.writing(app)
    await app.close()
    postgres.drop(name)

    assert not found.well
    assert found.advice.startswith("GRANT CREATE ON DATABASE")
    assert not writing.well


async def test_a_clock_apart_from_that_of_postgres_is_told(
    postgres: Postgres, migrated_postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = postgres.create(migrated_postgres)
    app = build_app(Settings(database_url=postgres.url(name)))
    with_ntp = await doctor_checks.clock(app)
    async with app.database.read() as session:
        late = await install_state.seconds_apart(session, datetime.now(UTC) - timedelta(hours=1))
    monkeypatch.setattr(install_state, "seconds_apart", _given(late))
    without = await doctor_checks.clock(app)
    await app.close()
    postgres.drop(name)

    assert with_ntp.well
    assert late >= 3600
    assert f"it is {late:.0f} s behind the database's" in without.found
    assert "NTP" in without.advice


def _given(seconds: float) -> Callable[..., Awaitable[float]]:
    async def seconds_apart(_session: object, _now: datetime) -> float:
        return seconds

    return seconds_apart


async def test_channels_that_cannot_be_posted_to_are_named_with_why(
    tmp_path: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async with database.write() as session:
        for number in range(2):
            await make.channel(session, f"local:room-{number}")
        gone = await make.channel(session, "local:gone")
        await channels.lose(session, gone.id or 0, "not_in_channel")

    found = await _examined(tmp_path, capsys, code=0)

    told = found["channels"]
    assert told["found"] == "2 active; 1 cannot be posted to: local:gone (not_in_channel)"
    assert told["advice"].startswith("Invite the bot")


async def test_a_wrong_token_is_not_blamed_on_the_network(
    tmp_path: Path, database: Database
) -> None:
    class Refused(FakePlatform):
        async def introduce(self) -> str:
            raise SettingsError("Slack refuses PAPERROUND_SLACK_APP_TOKEN: copy it again.")

    app = build_app(Settings(data_dir=tmp_path), platforms={"slack": Refused()})

    (found,) = await doctor_checks.platforms(app)
    await app.close()

    assert (found.well, found.advice) == (False, "")


async def test_a_server_that_is_not_there_is_told_as_one_not_as_a_folder(tmp_path: Path) -> None:
    absent = Database("postgresql://ada:s3cret@127.0.0.1:1/papers")

    with pytest.raises(DatabaseError, match="Check that the server runs there") as told:
        await absent.migrate()
    await absent.close()

    assert "s3cret" not in str(told.value)
    assert "folder" not in str(told.value)


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
        await processes.join(session, row)


async def _hears(app: App, name: str, *held: int, of: int) -> None:
    async with app.database.write() as session:
        await processes.keep_shards(session, name, held, of)


async def test_two_roles_that_cover_everything_are_well(app: App) -> None:
    await _runs(app, "w", Role.WORKER)
    await _runs(app, "c", Role.CHAT)

    found = await doctor.server(app, held=False, verb="run")

    assert (found.well, found.found) == (True, "runs (1 as worker, 1 as chat)")


@pytest.mark.parametrize(
    ("alive", "dead", "start"),
    [(Role.CHAT, Role.WORKER, "--role worker"), (Role.WORKER, Role.CHAT, "--role chat")],
)
async def test_what_died_and_nobody_else_does_is_named_with_what_to_start(
    app: App, alive: Role, dead: Role, start: str
) -> None:
    await _runs(app, "a", alive)
    await _runs(app, "d", dead, silent=heartbeat.SILENT_SECONDS + 30)

    found = await doctor.server(app, held=False, verb="run")

    assert not found.well
    assert start in found.advice


async def test_a_server_of_one_process_lacks_nothing(app: App) -> None:
    await _runs(app, "all", Role.ALL)

    assert (await doctor.server(app, held=False, verb="run")).well


async def test_shards_that_are_all_held_are_well(app: App) -> None:
    for name, held in (("a", (0, 1)), ("b", (2,))):
        await _runs(app, name, Role.CHAT)
        await _hears(app, name, *held, of=3)

    [found] = await doctor.shards(app)

    assert (found.well, found.found) == (True, "all 3 heard by 2 processes")


async def test_shards_of_a_dead_process_are_named_until_another_hears_them(app: App) -> None:
    await _runs(app, "a", Role.CHAT)
    await _runs(app, "dead", Role.CHAT, silent=heartbeat.SILENT_SECONDS + 30)
    await _hears(app, "a", 0, of=4)
    await _hears(app, "dead", 1, 3, of=4)

    [found] = await doctor.shards(app)

    assert (found.well, found.found) == (False, "3 of 4 heard by nobody: 1, 2, 3")
    assert "within a minute" in found.advice


async def test_a_chat_that_hears_no_shard_at_all_is_told(app: App) -> None:
    await _runs(app, "a", Role.CHAT)

    [found] = await doctor.shards(app)

    assert not found.well


async def test_without_anybody_who_hears_people_shards_are_not_the_trouble(app: App) -> None:
    await _runs(app, "w", Role.WORKER)

    assert await doctor.shards(app) == []


async def test_one_process_on_sqlite_shares_no_shards(tmp_path: Path) -> None:
    app = build_app(Settings(data_dir=tmp_path), platforms={"discord": FakePlatform()})

    assert await doctor.shards(app) == []
    await app.close()


async def test_with_postgres_no_folder_of_this_machine_is_asked_for_room(app: App) -> None:
    assert doctor_checks.disk(app) == []
