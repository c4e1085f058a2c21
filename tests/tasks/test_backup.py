"""A backup taken while rounds run restores elsewhere, and nothing is posted twice."""

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from bot.cards.card import Card
from bot.errors import DatabaseError
from bot.ports import ChannelRef, MessageRef
from bot.rounds.scheduling.schedule import Slot
from bot.tasks import backup as task
from config.settings import Settings
from storage import backup, watches
from storage.database import Database
from storage.models import Post, PostState
from tests import make
from tests.fakes import FakePlatform
from tests.make import NOON
from tests.running import Running

TITLES = [f"Diffusion models for {letter}" for letter in "abcde"]


class Shared(FakePlatform):
    """A platform that both installs post to; `midway` is set when the third post is on its way.

    From then on it waits for `go`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.midway, self.go = asyncio.Event(), asyncio.Event()

    async def post(
        self,
        channel: ChannelRef,
        card: Card,
        *,
        delivery_id: str,
        under: MessageRef | None = None,
    ) -> MessageRef:
        if len(self.posted) == 2:
            self.midway.set()
            await self.go.wait()
        return await super().post(channel, card, delivery_id=delivery_id, under=under)


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


def _settings(folder: Path) -> Settings:
    return Settings(data_dir=folder, huggingface=False)


def _posting_to(platform: FakePlatform, folder: Path, now: datetime = NOON) -> Running:
    running = Running(folder, now=now)
    running.app.platforms["local"] = platform
    return running


@pytest.mark.parametrize("name", ["copy", "copy.tar.gz"])
async def test_a_backup_in_the_middle_of_a_round_restores_and_posts_nothing_twice(
    folder: Path, tmp_path: Path, name: str
) -> None:
    platform, saved, elsewhere = Shared(), tmp_path / "kept" / name, tmp_path / "new" / "data"
    async with _posting_to(platform, folder) as running:
        working = asyncio.create_task(running.engine.run_slot(Slot(1, NOON)))
        await platform.midway.wait()
        assert task.back_up(_settings(folder), saved) == 0
        platform.go.set()
        await working

    assert await task.restore(_settings(elsewhere), saved) == 0
    async with _posting_to(platform, elsewhere) as restored:
        await restored.until_delivered(at_least=len(TITLES))

    assert Counter(card.title for _, card, _ in platform.posted) == Counter(TITLES)


async def test_the_copy_has_everything_and_only_its_owner_may_read_it(
    folder: Path, tmp_path: Path
) -> None:
    saved = tmp_path / "copy"
    task.back_up(_settings(folder), saved)

    with sqlite3.connect(saved / "paperround.sqlite") as copy:
        papers = copy.execute("SELECT count(*) FROM paper").fetchone()[0]
    assert papers == len(TITLES)
    assert {path.stat().st_mode & 0o077 for path in saved.glob("*.sqlite")} == {0}


async def test_restoring_takes_what_was_on_its_way_for_possibly_sent(
    folder: Path, tmp_path: Path, database: Database
) -> None:
    async with database.write() as session:
        channel = await make.channel(session)
        paper = await make.paper(session, TITLES[0])
        await make.post(session, channel, paper, state=PostState.DUE)
    task.back_up(_settings(folder), tmp_path / "copy")

    await task.restore(_settings(tmp_path / "new"), tmp_path / "copy")

    restored = Database(_settings(tmp_path / "new").database)
    async with restored.read() as session:
        post = await session.get(Post, 1)
    await restored.close()
    assert post is not None
    assert (post.state, post.maybe_sent) == (PostState.DUE, True)


async def test_nothing_is_overwritten(folder: Path, tmp_path: Path) -> None:
    saved = tmp_path / "copy"
    task.back_up(_settings(folder), saved)

    with pytest.raises(DatabaseError, match="exists already"):
        task.back_up(_settings(folder), saved)
    with pytest.raises(DatabaseError, match="never overwrites"):
        await task.restore(_settings(folder), saved)


@pytest.mark.parametrize("content", [None, b"", b"no archive", b"PK\x03\x04" * 300])
async def test_what_is_no_backup_is_refused_and_leaves_nothing_behind(
    tmp_path: Path, content: bytes | None
) -> None:
    wrong = tmp_path / "wrong.tar.gz"
    if content is None:
        wrong.mkdir()
    else:
        wrong.write_bytes(content)

    with pytest.raises(DatabaseError, match=r"wrong.tar.gz is no backup made by") as told:
        await task.restore(_settings(tmp_path / "new"), wrong)

    assert "\n" not in str(told.value)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("kept", [2, 10, 200, 0.5, 0.99])
async def test_a_backup_cut_short_is_refused_and_leaves_nothing_behind(
    folder: Path, tmp_path: Path, kept: float
) -> None:
    saved = tmp_path / "copy.tar.gz"
    task.back_up(_settings(folder), saved)
    whole = saved.read_bytes()
    saved.write_bytes(whole[: kept if isinstance(kept, int) else int(len(whole) * kept)])

    with pytest.raises(DatabaseError, match=r"not whole.*take an older one"):
        await task.restore(_settings(tmp_path / "new"), saved)

    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("size", "why"), [(None, "lacks"), (5_000, "damaged"), (90_000, "damaged")]
)
async def test_a_backup_without_its_whole_database_is_refused(
    folder: Path, tmp_path: Path, size: int | None, why: str
) -> None:
    saved = tmp_path / "copy"
    task.back_up(_settings(folder), saved)
    copy = saved / "paperround.sqlite"
    if size is None:
        copy.unlink()
    else:
        copy.write_bytes(copy.read_bytes()[:size])

    with pytest.raises(DatabaseError, match=f"not whole.*{why}"):
        await task.restore(_settings(tmp_path / "new"), saved)

    assert not (tmp_path / "new").exists()


async def test_a_backup_of_a_newer_paperround_is_named_itself(folder: Path, tmp_path: Path) -> None:
    saved = tmp_path / "copy"
    task.back_up(_settings(folder), saved)
    with closing(sqlite3.connect(saved / "paperround.sqlite", isolation_level=None)) as copy:
        copy.execute("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(DatabaseError, match=f"{saved} was made by a newer Paperround"):
        await task.restore(_settings(tmp_path / "new"), saved)

    assert list((tmp_path / "new").glob("*.sqlite")) == []


def test_a_restore_that_cannot_end_puts_back_what_it_moved(tmp_path: Path) -> None:
    engine, ours = tmp_path / "engine", tmp_path / "ours"
    engine.write_text("engine")
    ours.write_text("ours")

    with pytest.raises(DatabaseError, match="cannot be written"):
        backup.put({engine: tmp_path / "a", ours: tmp_path / "no" / "b"})

    assert sorted(path.name for path in tmp_path.iterdir()) == ["engine", "ours"]


@pytest.mark.parametrize("name", ["copy", "copy.tar.gz"])
def test_a_place_that_takes_no_files_is_said_to_be_one(folder: Path, name: str) -> None:
    with pytest.raises(DatabaseError, match=r"written in /proc: .* a folder that you may write to"):
        task.back_up(_settings(folder), Path("/proc") / name)


def test_without_data_there_is_nothing_to_back_up(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="nothing to back up"):
        task.back_up(_settings(tmp_path), tmp_path / "copy")


async def test_postgres_is_left_to_its_own_tools_without_its_password(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, database_url="postgresql://ada:s3cret@db/papers")

    with pytest.raises(DatabaseError, match=r"pg_dump --format=custom") as told:
        task.back_up(settings, tmp_path / "copy")
    with pytest.raises(DatabaseError, match="pg_restore"):
        await task.restore(settings, tmp_path / "copy")

    assert "s3cret" not in str(told.value)


async def test_data_that_another_tool_restored_is_doubted_without_a_name(
    tmp_path: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    async with database.write() as session:
        channel = await make.channel(session)
        await make.post(session, channel, await make.paper(session, "A"), state=PostState.SENDING)
        sent = await make.paper(session, "B")
        await make.post(session, channel, sent, state=PostState.POSTED)

    assert await task.doubt(_settings(tmp_path)) == 0

    assert "1 posts are looked for" in capsys.readouterr().out
    async with database.read() as session:
        marks = [(await session.get_one(Post, key)).maybe_sent for key in (1, 2)]
    assert marks == [True, False]
