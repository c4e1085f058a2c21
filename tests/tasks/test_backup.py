"""A backup taken while rounds run restores elsewhere, and nothing is posted twice."""

import asyncio
import sqlite3
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from bot.cards.card import Card
from bot.chat import ChannelRef, MessageRef
from bot.errors import DatabaseError
from bot.rounds.schedule import Slot
from bot.tasks import backup as task
from config.settings import Settings
from storage import watches
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
    running.app.platforms["local"] = platform  # type: ignore[index] # a dict, seen as a mapping
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


@pytest.mark.parametrize("content", [None, b"no archive", b"\x1f\x8b truncated"])
async def test_what_is_no_backup_is_refused_and_leaves_nothing_behind(
    tmp_path: Path, content: bytes | None
) -> None:
    wrong = tmp_path / "wrong.tar.gz"
    if content is None:
        wrong.mkdir()
    else:
        wrong.write_bytes(content)

    with pytest.raises(DatabaseError, match="backup"):
        await task.restore(_settings(tmp_path / "new"), wrong)

    assert list((tmp_path / "new").glob("*.sqlite")) == []


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
