"""Of a workspace that is forgotten no word stays, and nothing of any other is touched."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select as plain_select
from sqlmodel import SQLModel

from bot.errors import CommandError, NotFoundError
from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.retention import GONE_FOR, Kept, Retention
from bot.tasks import workspace as task
from config.settings import Settings
from storage import channels, installations, sources, votes, watches, workspaces
from storage.database import Database
from storage.models import ChannelSource, ChannelState, DigestHeader, StoredTaste
from storage.workspaces import Holdings
from tests import make
from tests.make import NOON

MARKS = ("T0SECRET", "C0SECRET", "U0SECRET", "secret-words", "secret.example", "Secret paper")


async def _fill(database: Database, workspace: str, channel: str, person: str, words: str) -> None:
    """A workspace with one of everything, all of it recognisable."""
    async with database.write() as session:
        made = await make.channel(session, f"slack:{workspace}/{channel}")
        made.name, made.extras, made.feed_key = words, {"note": words}, f"{words}-key"
        feed = await sources.add(
            session, kind="feed", spec=f"https://{words}.example", name=words, shared=False
        )
        session.add(ChannelSource(channel_id=made.id, source_id=feed.id))
        shared = await make.paper(session, "Shared paper")
        own = await make.paper(
            session, f"{words.split('-', maxsplit=1)[0].title()} paper", given_by=feed
        )
        for paper in (shared, own):
            post = await make.post(session, made, paper, match={"watch": words})
            await make.vote(session, post.id or 0, person)
        await votes.save(session, made.workspace_id, person, own.id or 0, on=True, at=NOON)
        await watches.add(session, made.id or 0, text=words, typed=words, by=person, now=NOON)
        session.add(DigestHeader(channel_id=made.id, slot_at=NOON, delivery_id=words, made_at=NOON))
        session.add(StoredTaste(channel_id=made.id, state=words.encode(), updated_at=NOON))
        await installations.save(session, "slack", workspace, b"x", NOON)
        found = await channels.workspace_of(session, made)
        found.name, found.admin_channel_id = words, made.id


@pytest.fixture
async def two(database: Database) -> Database:
    await _fill(database, "T0SECRET", "C0SECRET", "U0SECRET", "secret-words")
    await _fill(database, "T0OTHER", "C0OTHER", "U0OTHER", "other-words")
    return database


async def _everything(database: Database) -> dict[str, list[str]]:
    async with database.read() as session:
        connection = await session.connection()
        return {
            table.name: sorted(str(row) for row in await connection.execute(plain_select(table)))
            for table in SQLModel.metadata.sorted_tables
        }


async def test_of_a_forgotten_workspace_no_word_stays(two: Database) -> None:
    async with two.write() as session:
        workspace = await channels.find_workspace(session, "slack", "T0SECRET")
        assert workspace is not None
        assert await workspaces.holdings(session, workspace) == Holdings(1, 1, 2, 2, 1)
        await workspaces.forget(session, workspace, NOON)

    after = await _everything(two)
    assert [mark for mark in MARKS if mark in str(after)] == []
    assert all(word in str(after) for word in ("T0OTHER", "other-words", "Other paper", "U0OTHER"))
    assert "Shared paper" in str(after)


async def test_the_numbers_of_what_was_forgotten_are_given_to_nobody_else(two: Database) -> None:
    async with two.write() as session:
        old = {each.id for each in await channels.list_platform(session, "slack")}
        workspace = await channels.find_workspace(session, "slack", "T0OTHER")
        assert workspace is not None
        await workspaces.forget(session, workspace, NOON)
        fresh = await make.channel(session, "slack:T0OTHER/C0OTHER")

        assert fresh.id not in old
        assert fresh.workspace_id != workspace.id
        assert await watches.list_channel(session, fresh.id or 0) == []


@pytest.mark.parametrize(("days", "kept"), [(29, True), (31, False)])
async def test_what_removed_the_bot_is_forgotten_after_30_days(
    two: Database, days: int, *, kept: bool
) -> None:
    await _remove(two, back=False)

    await _retention(two).let_go(NOON + timedelta(days=days))

    assert ("secret-words" in str(await _everything(two))) is kept
    assert "other-words" in str(await _everything(two))


async def test_what_is_back_in_time_is_kept(two: Database) -> None:
    await _remove(two, back=True)

    await _retention(two).let_go(NOON + GONE_FOR + timedelta(days=300))

    assert "secret-words" in str(await _everything(two))


async def _remove(database: Database, *, back: bool) -> None:
    async with database.write() as session:
        await workspaces.end(session, "slack", "T0SECRET", NOON)
        channel = await channels.find(session, "slack:T0SECRET/C0SECRET")
        assert channel is not None
        channel.state = ChannelState.GONE
        session.add(channel)
        if back:
            await workspaces.begin_again(session, "slack", "T0SECRET")


def _retention(database: Database) -> Retention:
    kept = Kept(*[timedelta(days=10_000)] * 3)
    return Retention(database, TasteStore(90), kept, timedelta(days=7))


async def test_a_host_deletes_a_workspace_by_name_after_a_look(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data_dir=tmp_path, huggingface=False)
    database = Database(settings.database)
    await database.migrate()
    await _fill(database, "T0SECRET", "C0SECRET", "U0SECRET", "secret-words")

    assert await task.forget(settings, "slack:T0SECRET", sure=False) == 0
    assert "secret-words" in str(await _everything(database))
    assert await task.forget(settings, "slack:T0SECRET", sure=True) == 0
    assert "secret-words" not in str(await _everything(database))

    with pytest.raises(NotFoundError):
        await task.forget(settings, "slack:T0SECRET", sure=True)
    with pytest.raises(CommandError):
        await task.forget(settings, "local:general", sure=True)
    assert "1 channels, 1 watches, 2 posts" in capsys.readouterr().out
    await database.close()
