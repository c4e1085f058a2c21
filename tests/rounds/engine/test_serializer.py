"""Nothing that a stranger wrote into the engine's rows runs, and what old versions left is done."""

import asyncio
import base64
import pickle
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from dbos import DBOS
from sqlmodel import select

from bot.rounds.engine.client import QUEUE, VERSION, slot_name
from bot.rounds.engine.serializer import PickledRowError
from bot.rounds.scheduling.schedule import Slot
from bot.tasks import backup
from config.settings import Settings
from storage import watches
from storage.database import Database
from storage.models import LocalMessage
from tests import make
from tests.make import NOON
from tests.running import Running
from tests.waiting import PATIENCE

TITLES = ["Diffusion models for a", "Diffusion models for b"]
NEXT_DAY = NOON + timedelta(days=1)
DUE = Slot(1, NEXT_DAY.replace(hour=9))


@pytest.fixture
def either_url(tmp_path: Path, migrated: Path) -> str:
    """SQLite alone: these tests work on its files."""
    shutil.copy(migrated, tmp_path / "paperround.sqlite")
    return f"sqlite:///{tmp_path / 'paperround.sqlite'}"


@pytest.fixture
async def folder(tmp_path: Path, database: Database) -> Path:
    async with database.write() as session:
        channel = await make.channel(session)
        await watches.add(
            session, channel.id or 0, text="diffusion model", typed="", by="anna", now=NOON
        )
        for title in TITLES:
            await make.paper(session, title)
    return tmp_path


class Trap:
    """Writes a file when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __reduce__(self) -> object:
        return Path.touch, (self._file,)


def _insert(engine: sqlite3.Connection, table: str, **row: object) -> None:
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    engine.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))


def _craft(path: Path, trap: str) -> None:
    """Put a pickle wherever the engine reads one: inputs, outputs, errors and steps."""
    waiting = {"status": "ENQUEUED", "queue_name": QUEUE, "application_version": VERSION}
    waiting["application_name"] = "paperround"
    with closing(sqlite3.connect(path)) as engine, engine:
        for number, said in enumerate(("py_pickle", None, "portable_json")):
            _insert(
                engine,
                "workflow_status",
                workflow_uuid=f"input{number}",
                name="posts",
                inputs=trap,
                serialization=said,
                **waiting,
            )
        _insert(
            engine,
            "workflow_status",
            workflow_uuid=slot_name(DUE),
            name="slot",
            inputs=f'{{"positionalArgs":[1,"{DUE.at.isoformat()}"],"namedArgs":{{}}}}',
            serialization="portable_json",
            **waiting,
        )
        _insert(
            engine,
            "operation_outputs",
            workflow_uuid=slot_name(DUE),
            function_id=1,
            function_name="pick",
            output=trap,
            serialization="py_pickle",
        )
        for number, column in enumerate(("output", "error")):
            _insert(
                engine,
                "workflow_status",
                workflow_uuid=f"ended{number}",
                name="posts",
                status="SUCCESS" if column == "output" else "ERROR",
                serialization="py_pickle",
                **{column: trap},
            )


async def _posted(running: Running) -> Counter[str]:
    async with running.database.read() as session:
        logged = (await session.exec(select(LocalMessage))).all()
    return Counter(one.body["card"]["title"] for one in logged if one.kind == "card")


async def test_a_crafted_pickle_in_a_restored_backup_runs_nowhere_and_holds_up_no_round(
    folder: Path, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    trap = base64.b64encode(pickle.dumps(Trap(ran))).decode()
    async with Running(folder):
        pass
    _craft(folder / "paperround-engine.sqlite", trap)
    backup.back_up(Settings(data_dir=folder), tmp_path / "copy")
    await backup.restore(Settings(data_dir=tmp_path / "new"), tmp_path / "copy")

    async with Running(tmp_path / "new", now=NEXT_DAY) as running:
        for ended in ("ended0", "ended1"):
            handle = await DBOS.retrieve_workflow_async(ended)
            with pytest.raises(PickledRowError):
                await handle.get_result()
        await DBOS.list_workflows_async()
        async with asyncio.timeout(PATIENCE):
            while len(await DBOS.list_workflows_async(status=["ERROR"])) < 5:
                await asyncio.sleep(0.05)
        await running.engine.tick()
        await running.until_delivered(at_least=len(TITLES))

        assert not ran.exists()
        assert await _posted(running) == Counter(TITLES)


async def test_what_an_older_version_left_pending_is_dropped_and_done_anew(folder: Path) -> None:
    async with Running(folder):
        pass
    with closing(sqlite3.connect(folder / "paperround-engine.sqlite")) as engine, engine:
        for status in ("PENDING", "ENQUEUED"):
            _insert(
                engine,
                "workflow_status",
                workflow_uuid=f"2:slot:1:{status}",
                status=status,
                name="slot",
                inputs=base64.b64encode(pickle.dumps({"args": (1, "now"), "kwargs": {}})).decode(),
                serialization="py_pickle",
                application_version="2",
                executor_id="gone",
            )

    async with Running(folder, now=NEXT_DAY) as running:
        left = await DBOS.list_workflows_async(app_version="2")
        await running.engine.tick()
        await running.until_delivered(at_least=len(TITLES))

        assert left == []
        assert await _posted(running) == Counter(TITLES)
