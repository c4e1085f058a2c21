"""Rounds survive a kill at any step: each due post arrives exactly once.

A child process runs the real engine on real files and dies by `os._exit` at a chosen step; this
process then restarts on the same files.
"""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from dbos import DBOS, SetEnqueueOptions, SetWorkflowID, WorkflowHandleAsync
from sqlmodel import select

from bot.cards.richtext import plain
from bot.errors import DatabaseError
from bot.platforms.local.messages import load_lines
from bot.rounds.engine.client import QUEUE, VERSION, Given
from bot.rounds.engine.engine import refuse_old_sqlite
from bot.rounds.engine.workflows import KEPT, WORKFLOWS, sweep
from bot.rounds.picking.pick import Picker
from bot.rounds.scheduling.schedule import Slot
from storage import channels, watches
from storage.database import Database
from storage.installations import new_key
from storage.models import LocalMessage, Paper, PostState, SourceHealth
from tests import make
from tests.make import NOON
from tests.peers.webhook import receiver
from tests.running import STEPS, Running
from tests.waiting import PATIENCE

TITLES = ["Diffusion models for a", "Diffusion models for b", "Diffusion models for c"]
_OLD_RESUMPTION = "resume:1"
"""What versions up to 2 held while they resumed the posts of channel 1."""


@pytest.fixture
def either_url(tmp_path: Path, migrated: Path) -> str:
    """SQLite alone: these tests work on its files."""
    shutil.copy(migrated, tmp_path / "paperround.sqlite")
    return f"sqlite:///{tmp_path / 'paperround.sqlite'}"


@pytest.fixture
async def folder(tmp_path: Path, database: Database) -> Path:
    """A data folder in which one channel has three papers to come."""
    async with database.write() as session:
        channel = await make.channel(session)
        await watches.add(
            session, channel.id or 0, text="diffusion model", typed="", by="anna", now=NOON
        )
        for title in TITLES:
            await make.paper(session, title)
    return tmp_path


def _die_at(folder: Path, step: str) -> int:
    command = [sys.executable, "-m", "tests.running", str(folder), step]
    return subprocess.run(command, check=False, timeout=PATIENCE).returncode


async def _posted(running: Running) -> Counter[str]:
    async with running.database.read() as session:
        logged = (await session.exec(select(LocalMessage))).all()
    return Counter(message.body["card"]["title"] for message in logged if message.kind == "card")


@pytest.mark.parametrize("step", STEPS)
async def test_a_kill_at_any_step_loses_nothing_and_posts_nothing_twice(
    folder: Path, step: str
) -> None:
    assert _die_at(folder, step) == 9

    async with Running(folder) as running:
        await running.engine.run_slot(Slot(1, NOON))
        await running.until_delivered()
        found = await _posted(running)

    assert found == Counter(TITLES)


async def test_a_slot_started_by_many_ticks_runs_once(folder: Path) -> None:
    async with Running(folder) as running:
        slot = Slot(1, NOON)
        results = await asyncio.gather(*(running.engine.run_slot(slot) for _ in range(5)))

        assert len({tuple(ids) for ids in results}) == 1
        assert await _posted(running) == Counter(TITLES)


async def test_a_tick_runs_due_slots_and_does_not_run_them_again(folder: Path) -> None:
    async with Running(folder, now=NOON + timedelta(days=1)) as running:
        first = await running.engine.tick()
        await running.until_delivered(at_least=len(TITLES))
        second = await running.engine.tick()

    assert (first, second) == (1, 0)


async def test_a_tick_tells_webhooks_what_was_posted(folder: Path) -> None:
    key, allowed = new_key(), ("127.0.0.1",)
    async with (
        receiver() as there,
        Running(folder, encryption_key=key, allow_hosts=allowed) as running,
    ):
        async with running.database.read() as session:
            channel = await channels.get(session, 1)
        assert running.app.webhooks is not None
        await running.app.webhooks.connect(channel, there.url, "ana")
        await running.engine.run_slot(Slot(1, NOON))

        await running.engine.tick()
        async with asyncio.timeout(PATIENCE):
            while len(there.received) < len(TITLES):
                await asyncio.sleep(0.02)

    assert {each.event["data"]["title"] for each in there.received} == set(TITLES)


async def test_a_slot_that_stays_due_is_asked_for_by_one_tick_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free, pick = threading.Event(), Picker.pick

    async def held(rounds: Picker, channel_id: int, slot_at: datetime, now: datetime) -> list[int]:
        while not free.is_set():
            await asyncio.sleep(0.01)
        return await pick(rounds, channel_id, slot_at, now)

    monkeypatch.setattr(Picker, "pick", held)
    async with Running(folder, now=NOON + timedelta(days=1)) as running:
        asked: list[str] = []
        enqueue = running.engine._enqueue

        async def noted(work: str, name: str, *given: Given) -> WorkflowHandleAsync[Any]:
            asked.append(work)
            return await enqueue(work, name, *given)

        monkeypatch.setattr(running.engine, "_enqueue", noted)
        due = [await running.engine.tick() for _ in range(3)]
        free.set()
        await running.until_delivered(at_least=len(TITLES))

    assert (due, asked.count("slot")) == ([1, 1, 1], 1)


async def test_a_tick_takes_up_a_post_that_had_to_wait_long(folder: Path) -> None:
    async with Running(folder) as running:
        async with running.database.write() as session:
            [channel] = await channels.list_active(session)
            paper = (await session.exec(select(Paper).order_by(Paper.id))).first()
            assert paper is not None
            await make.post(session, channel, paper, state=PostState.FAILED, retry_at=NOON)
        running.now += timedelta(minutes=2)
        await running.engine.tick()
        too_early = await _posted(running)
        running.now += timedelta(minutes=2)
        await running.engine.tick()
        await running.until_delivered()

        assert (too_early, await _posted(running)) == (Counter(), Counter([paper.title]))


async def test_an_empty_day_is_said_only_on_a_day_without_papers(folder: Path) -> None:
    async with Running(folder) as running:
        async with running.database.write() as session:
            channel = await make.channel(session)
            channel.quiet = False
            session.add(channel)
        await running.engine.run_slot(Slot(1, NOON))
        await running.engine.run_slot(Slot(1, NOON + timedelta(hours=1)))
        same_day = await _announced(running)

    async with Running(folder, now=NOON + timedelta(days=1)) as running:
        await running.engine.run_slot(Slot(1, NOON + timedelta(days=1)))
        await running.engine.run_slot(Slot(1, NOON + timedelta(days=1, hours=2)))
        next_day = await _announced(running)
        [said] = await _lines(running)

    assert (same_day, next_day) == (0, 1)
    assert said.startswith("No papers so far today. ")
    assert len(said.split(". ")) > 1


async def test_a_digest_ends_with_what_could_not_be_read_and_a_quiet_empty_day_says_nothing(
    folder: Path,
) -> None:
    async with Running(folder) as running:
        async with running.database.write() as session:
            await make.source(session, "read", shared=True)
            broken = await make.source(session, "broken", shared=True)
            broken.health, broken.broken_since = SourceHealth.BROKEN, NOON
            session.add(broken)
        await running.engine.run_slot(Slot(1, NOON))
        await running.engine.run_slot(Slot(1, NOON + timedelta(hours=1)))
        told = await _announced(running)

    async with Running(folder, now=NOON + timedelta(days=1)) as running:
        await running.engine.run_slot(Slot(1, NOON + timedelta(days=1)))
        next_day = await _announced(running)

    assert (told, next_day) == (1, 1)


async def _lines(running: Running) -> list[str]:
    async with running.database.read() as session:
        logged = (await session.exec(select(LocalMessage))).all()
    kept = [each.body for each in logged if each.kind == "announcement"]
    return [plain(one) for body in kept for one in load_lines(body)]


async def _announced(running: Running) -> int:
    async with running.database.read() as session:
        logged = (await session.exec(select(LocalMessage))).all()
    return sum(message.kind == "announcement" for message in logged)


async def test_a_finished_workflow_is_let_go_after_a_month_and_its_slot_not_run_again(
    folder: Path,
) -> None:
    async with Running(folder, now=NOON + timedelta(hours=1)) as running:
        await running.engine.run_slot(Slot(1, NOON))
        wall = datetime.now(UTC)
        early = await sweep(wall)
        gone = await sweep(wall + KEPT + timedelta(minutes=1))
        due = await running.engine.tick()
        await running.until_delivered()

        assert (early, gone > 0, due) == (0, True, 0)
        assert await _posted(running) == Counter(TITLES)


@pytest.mark.parametrize(("version", "goes"), [("0", True), (VERSION, False)])
async def test_only_another_versions_unfinished_workflow_is_swept(
    folder: Path, version: str, goes: bool
) -> None:
    async with Running(folder):
        with SetWorkflowID("left"), SetEnqueueOptions(app_version=version):
            # Nobody takes anything from this queue, so that it stays unfinished.
            await DBOS.enqueue_workflow_async("unknown", WORKFLOWS["posts"], [])
        gone = await sweep(datetime.now(UTC) + KEPT + timedelta(minutes=1))
        left = await DBOS.list_workflows_async(workflow_ids=["left"])

    assert (gone, not left) == (int(goes), goes)


async def test_a_resumption_left_by_another_version_does_not_block_this_ones(folder: Path) -> None:
    async with Running(folder) as running:
        async with running.database.write() as session:
            [channel] = await channels.list_active(session)
            paper = (await session.exec(select(Paper).order_by(Paper.id))).first()
            assert paper is not None
            await make.post(session, channel, paper, state=PostState.FAILED, retry_at=NOON)
        with (
            SetWorkflowID("0:resume:1:1:earlier"),
            SetEnqueueOptions(app_version="0", deduplication_id=_OLD_RESUMPTION),
        ):
            await DBOS.enqueue_workflow_async(QUEUE, WORKFLOWS["posts"], [1])
        running.now += timedelta(minutes=10)
        await running.engine.tick()
        await running.until_delivered()

        assert (await _posted(running))[paper.title] == 1


LITE, GRES = "sqlite:///engine.sqlite", "postgresql://host/name"


@pytest.mark.parametrize(
    ("python", "sqlite", "url", "refused"),
    [
        ((3, 13), (3, 40, 1), LITE, True),
        ((3, 12), (3, 42, 0), LITE, False),
        ((3, 11), (3, 40, 1), LITE, False),
        ((3, 13), (3, 40, 1), GRES, False),
    ],
)
def test_only_an_old_sqlite_under_a_newer_python_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    python: tuple[int, ...],
    sqlite: tuple[int, ...],
    url: str,
    refused: bool,
) -> None:
    monkeypatch.setattr(sys, "version_info", python)
    monkeypatch.setattr(sqlite3, "sqlite_version_info", sqlite)

    if not refused:
        refuse_old_sqlite(url)
        return
    with pytest.raises(DatabaseError, match=r"need 3.42. Use Python 3.11"):
        refuse_old_sqlite(url)


async def test_a_clock_that_was_ahead_and_is_corrected_holds_up_no_round(folder: Path) -> None:
    async with Running(folder, now=NOON + timedelta(days=3)) as running:
        await running.engine.run_slot(Slot(1, running.now))
        running.now = NOON + timedelta(hours=1)
        await running.engine.tick()
        running.now = NOON + timedelta(days=1)

        assert await running.engine.tick() == 1
