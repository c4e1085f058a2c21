"""Who is quick votes before a post is noted as standing; the vote counts all the same."""

import asyncio
from datetime import timedelta
from pathlib import Path

from sqlmodel import select

from bot.bootstrap import build_app
from bot.ports import ChannelRef, MessageRef, Person, Reaction
from config.settings import Settings
from storage import claims, posts
from storage.claims import Note
from storage.database import Database
from storage.models import PostState, Vote
from tests import make
from tests.fakes import FakePlatform
from tests.make import NOON
from tests.waiting import PATIENCE

GENERAL = ChannelRef("local", "", "general")
VOTE = Reaction(MessageRef(GENERAL, "7"), Person("ada", "ada"), "👍", added=True, at=NOON)


async def _votes(database: Database) -> int:
    async with database.read() as session:
        return len((await session.exec(select(Vote))).all())


async def test_a_vote_on_a_post_that_is_not_noted_yet_counts_once_it_is(
    tmp_path: Path, database: Database
) -> None:
    app = build_app(Settings(data_dir=tmp_path), platforms={"local": FakePlatform()})
    async with database.write() as session:
        channel = await make.channel(session)
        paper = await make.paper(session, "A")
        until = NOON + timedelta(minutes=2)
        made = await make.post(
            session, channel, paper, state=PostState.SENDING, attempts=1, lease_until=until
        )

    inbox = app.inbox(app.remote_engine())
    await inbox.reaction(VOTE)
    assert await _votes(database) == 0

    async with database.write() as session:
        note = Note(made.id or 0, 1, PostState.POSTED, message="7", posted_at=NOON)
        await claims.note(session, [note])
    async with asyncio.timeout(PATIENCE):
        while await _votes(database) == 0:
            await asyncio.sleep(0.02)
    await app.close()


async def test_a_reaction_on_somebody_elses_message_is_nobodys_business(
    tmp_path: Path, database: Database
) -> None:
    app = build_app(Settings(data_dir=tmp_path), platforms={"local": FakePlatform()})
    async with database.write() as session:
        await make.channel(session)

    assert not await app.recorder.is_early(VOTE)
    await app.close()


async def test_a_post_deleted_in_the_chat_is_noted_and_no_later_vote_edits_it(
    tmp_path: Path, database: Database
) -> None:
    app = build_app(Settings(data_dir=tmp_path), platforms={"local": FakePlatform()})
    async with database.write() as session:
        channel = await make.channel(session)
        paper = await make.paper(session, "A")
        made = await make.post(
            session, channel, paper, state=PostState.POSTED, message="7", posted_at=NOON
        )

    inbox = app.inbox(app.remote_engine())
    await inbox.message_gone(MessageRef(GENERAL, "8"))
    await inbox.message_gone(MessageRef(GENERAL, "7"))
    await inbox.message_gone(MessageRef(GENERAL, "7"))
    await inbox.reaction(VOTE)

    async with database.read() as session:
        kept = await posts.get(session, made.id or 0)
    assert kept is not None
    assert (kept.state, kept.message, kept.posted_at) == (PostState.DROPPED, None, NOON)
    assert kept.reason == "somebody deleted it in the chat"
    assert await _votes(database) == 0
    await app.close()
