"""Whatever breaks outside, nothing is lost or doubled, and one failure stays one failure."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.cards.card import Card
from bot.ports import ChannelRef, MessageRef
from bot.rounds import polling as polling_room
from bot.rounds.delivery import sender
from bot.rounds.delivery.delivery import Delivery
from bot.rounds.polling import Polling
from bot.rounds.scheduling.schedule import Timetable, due_slots, parse_schedule
from bot.sources.base import Broken, Poll
from storage import posts, watches
from storage.database import Database
from storage.models import PostState
from tests import make
from tests.commands.test_with_rounds import Office
from tests.fakes import FakePlatform
from tests.make import NOON
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def either_url(tmp_path: Path, migrated: Path) -> str:
    """SQLite alone: these tests work on its files."""
    shutil.copy(migrated, tmp_path / "paperround.sqlite")
    return f"sqlite:///{tmp_path / 'paperround.sqlite'}"


class Hanging(FakePlatform):
    """Never answers in one channel."""

    async def post(self, channel: ChannelRef, card: Card, **marks: Any) -> MessageRef:
        if channel.channel == "hanging":
            await asyncio.Event().wait()
        return await super().post(channel, card, **marks)


async def _due(database: Database, address: str, title: str) -> int:
    async with database.write() as session:
        channel = await make.channel(session, address)
        made = await make.post(session, channel, await make.paper(session, title))
    return made.id or 0


async def _state(database: Database, post_id: int) -> PostState:
    async with database.read() as session:
        found = await posts.get(session, post_id)
    assert found is not None
    return found.state


async def test_a_database_that_another_program_holds_is_waited_for(
    database: Database, tmp_path: Path
) -> None:
    post_id, platform = await _due(database, "local:general", "A"), FakePlatform()
    holder = sqlite3.connect(tmp_path / "paperround.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    sending = asyncio.create_task(
        Delivery(database, {"local": platform}, lambda: NOON, "main").deliver(post_id)
    )
    await asyncio.sleep(0.5)
    held = platform.titles("local:general")
    holder.execute("COMMIT")
    await sending
    holder.close()

    assert held == []
    assert platform.titles("local:general") == ["A"]


async def test_on_a_full_disk_no_round_is_half_made_and_it_is_made_when_there_is_room(
    database: Database, tmp_path: Path
) -> None:
    async with database.write() as session:
        channel = await make.channel(session)
        await watches.add(session, channel.id or 0, text="diffusion", typed="", by="anna", now=NOON)
        for number in range(5):
            await make.paper(session, f"Diffusion models number {number}")

    command = [sys.executable, "-m", "tests.full_disk", str(tmp_path)]
    told = await asyncio.to_thread(
        subprocess.run,
        command,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    office = Office(database, NOON)
    async with database.read() as session:
        half_made = await posts.list_slot(session, 1, NOON)
    made = await office.runs.services.rounds.pick(1, NOON, NOON)

    assert told.returncode == 3, told.stdout + told.stderr
    assert "full" in told.stdout or "I/O" in told.stdout
    assert half_made == []
    assert len(made) == 5


async def test_a_channel_whose_platform_hangs_delays_no_other_and_is_let_go(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "CALL_SECONDS", 1.5)
    platform = Hanging()
    stuck = await _due(database, "local:hanging", "A")
    well = await _due(database, "local:general", "B")
    delivery = Delivery(database, {"local": platform}, lambda: NOON, "main")

    waits, done = await asyncio.gather(delivery.deliver(stuck), delivery.deliver(well))

    assert done is None
    assert waits is not None
    assert platform.titles("local:general") == ["B"]
    assert await _state(database, stuck) is PostState.SENDING


async def test_a_source_that_hangs_is_broken_with_a_reason(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Endless:
        async def poll(self, cursor: Mapping[str, Any], now: datetime) -> Poll:
            await asyncio.Event().wait()
            raise AssertionError

    monkeypatch.setattr(polling_room, "POLL_SECONDS", 0.1)

    outcome = await Polling(database, lambda *_: Endless(), lambda: NOON).ask("feed", "x", {})

    assert isinstance(outcome, Broken)
    assert "not read within" in outcome.reason


@pytest.mark.parametrize("step", [-3600, -5, 5, 3600])
def test_a_clock_that_is_set_neither_repeats_nor_skips_a_slot(step: int) -> None:
    daily = parse_schedule("daily 09:00 UTC")
    nine = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def due(at: datetime, since: datetime) -> list[datetime]:
        return [slot.at for slot in due_slots([Timetable(1, daily, since)], at, 0)]

    jumped = nine + timedelta(seconds=30 + step)
    assert due(jumped, nine) == []
    assert due(nine + timedelta(days=1, seconds=step + 3600), nine) == [nine + timedelta(days=1)]


@pytest.mark.parametrize(
    ("first", "days"),
    [(datetime(2026, 3, 27, tzinfo=UTC), 5), (datetime(2026, 10, 23, tzinfo=UTC), 5)],
)
def test_daylight_saving_gives_one_slot_a_local_day_both_ways(first: datetime, days: int) -> None:
    paris = parse_schedule("daily 02:30 Europe/Paris")
    since, made = first, []
    for minute in range(0, days * 24 * 60, 10):
        now = first + timedelta(minutes=minute)
        for slot in due_slots([Timetable(1, paris, since)], now, 0):
            made.append(slot.at)
            since = slot.at

    assert len(made) == days
    assert len(set(made)) == days
