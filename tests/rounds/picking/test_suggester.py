"""A channel is told one suggestion a week at most, and never again of one that it refused."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from bot.cards.richtext import Line
from bot.ports import ChannelRef, Choice
from bot.rounds.admin_notices import AdminNotices
from bot.rounds.picking.match_cache import MatchCache
from bot.rounds.picking.suggester import PAUSE, SILENT_FOR, Suggester
from storage import channels, suggestions, watches
from storage.database import Database
from storage.models import Channel, PostState
from tests import make
from tests.fakes import FakePlatform
from tests.make import NOON
from tests.rounds.picking.test_suggestions import DISLIKED, INDIFFERENT, LIKED

TOLD = "alignment: 15 posts, 3 up, 8 down. Try alignment of language models"


class Desk:
    """A channel whose votes speak against a watch."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.platform = FakePlatform()
        self.now = NOON
        self.channel_id = 0

    def process(self) -> Suggester:
        """A process of its own, as after a restart."""
        notices = AdminNotices(self.database, {"slack": self.platform})
        matches = MatchCache(self.database, timedelta(days=7))
        return Suggester(self.database, matches, notices, self._time)

    def _time(self) -> datetime:
        return self.now

    async def fill(self) -> None:
        async with self.database.write() as session:
            channel = await make.channel(session, "slack:T1/C1")
            self.channel_id = channel.id or 0
            await watches.add(
                session, self.channel_id, text="alignment", typed="", by="ana", now=NOON
            )
            for title in (*LIKED, *DISLIKED, *INDIFFERENT):
                paper = await make.paper(session, title)
                post = await make.post(
                    session,
                    channel,
                    paper,
                    state=PostState.POSTED,
                    posted_at=NOON,
                    match={"watch": "alignment"},
                )
                if title not in INDIFFERENT:
                    value = 1 if title in LIKED else -1
                    await make.vote(session, post.id or 0, "ana", value=value)

    async def channel(self) -> Channel:
        async with self.database.read() as session:
            return await channels.get(session, self.channel_id)

    def told(self) -> list[str]:
        return [text for _, text in self.platform.announced]


@pytest.fixture
async def desk(database: Database) -> Desk:
    made = Desk(database)
    await made.fill()
    return made


async def test_one_is_told_with_its_cost_and_not_again_the_next_weeks(desk: Desk) -> None:
    first = await desk.process().tell(desk.channel_id)
    for _ in range(3):
        desk.now += PAUSE
        await desk.process().tell(desk.channel_id)

    assert first
    [told] = desk.told()
    assert told.startswith(TOLD)
    assert [one.text for one in await desk.process().find(await desk.channel())] == [
        "alignment of language models"
    ]


async def test_what_was_refused_is_neither_told_nor_listed(desk: Desk) -> None:
    async with desk.database.write() as session:
        await suggestions.note(session, desk.channel_id, "narrower:alignment", refused=True)

    await desk.process().tell(desk.channel_id)

    assert desk.told() == []
    assert await desk.process().find(await desk.channel()) == []


async def test_within_a_week_nothing_more_is_told(desk: Desk) -> None:
    async with desk.database.write() as session:
        await suggestions.note(session, desk.channel_id, "new:other", told_at=NOON)
    desk.now += PAUSE - timedelta(minutes=1)
    early = await desk.process().tell(desk.channel_id)
    desk.now += timedelta(minutes=1)

    assert (early, await desk.process().tell(desk.channel_id)) == (False, True)


async def test_a_channel_that_wants_none_is_told_none(desk: Desk) -> None:
    async with desk.database.write() as session:
        channel = await channels.get(session, desk.channel_id)
        channel.suggests = False
        session.add(channel)

    assert not await desk.process().tell(desk.channel_id)


async def test_a_process_looks_at_a_channel_once_a_week(desk: Desk) -> None:
    suggester = desk.process()
    before = suggester.may_be_due(desk.channel_id)
    await suggester.tell(desk.channel_id)
    after = suggester.may_be_due(desk.channel_id)
    desk.now += PAUSE

    assert (before, after, suggester.may_be_due(desk.channel_id)) == (True, False, True)


async def test_after_a_crash_while_it_is_said_it_is_not_said_again(desk: Desk) -> None:
    arrived = asyncio.Event()
    say = desk.platform.announce

    async def hangs(channel: ChannelRef, text: Line, choices: Sequence[Choice] = ()) -> None:
        await say(channel, text, choices)
        arrived.set()
        await asyncio.Event().wait()

    desk.platform.announce = hangs  # type: ignore[method-assign]
    telling = asyncio.create_task(desk.process().tell(desk.channel_id))
    await arrived.wait()
    telling.cancel()
    with suppress(asyncio.CancelledError):
        await telling

    assert not await desk.process().tell(desk.channel_id)
    assert len(desk.told()) == 1


async def test_a_watch_that_brought_nothing_and_finds_nothing_is_named(desk: Desk) -> None:
    async with desk.database.write() as session:
        await watches.add(session, desk.channel_id, text="spintronics", typed="", by="a", now=NOON)
    young = await desk.process().find(await desk.channel())
    desk.now += SILENT_FOR + timedelta(days=1)
    async with desk.database.write() as session:
        await make.paper(session, "Alignment of something", at=desk.now)

    old = await desk.process().find(await desk.channel())

    assert [one.watch for one in young] == ["alignment"]
    assert [(one.kind, one.watch) for one in old][1:] == [("silent", "spintronics")]
