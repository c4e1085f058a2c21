"""Views show what commands would answer, and nothing of channels a person cannot see."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.commands.context import Context
from bot.commands.overview import home, overview
from bot.ports import ChannelRef, Person
from storage import channels, sources, votes, watches
from storage.database import Database
from storage.models import Channel, ChannelState, SourceHealth
from tests import make
from tests.make import NOON

LAB = ChannelRef("slack", "T1", "C1")
SECRET = ChannelRef("slack", "T1", "C2")
ADA = Person("U1", "ada")


@pytest.fixture
def context(database: Database) -> Context:
    return Context(database, lambda: NOON, rounds=None)


async def _watch(database: Database, ref: ChannelRef, text: str) -> Channel:
    async with database.write() as session:
        channel = await make.channel(session, str(ref))
        await watches.add(session, channel.id or 0, text=text, typed=text, by="U1", now=NOON)
    return channel


async def test_an_overview_has_everything_a_form_needs(context: Context) -> None:
    await _watch(context.database, LAB, "routing")
    async with context.database.write() as session:
        channel = await channels.add(session, str(LAB), context.defaults, NOON)
        channel.paused, channel.paused_until = True, NOON + timedelta(days=1)
        source = await make.source(session)
        source.health, source.reason = SourceHealth.BROKEN, "HTTP 500"
        workspace = await channels.workspace_of(session, channel)
        workspace.admin_channel_id = channel.id
        session.add_all([channel, source, workspace])

    seen = await overview(context, LAB)

    assert seen.watches == ("routing",)
    assert (seen.schedule, seen.limit, seen.threshold, seen.quiet) == (
        "daily 09:00 UTC",
        5,
        80,
        True,
    )
    assert seen.next_at == datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert seen.paused_until == NOON + timedelta(days=1)
    assert [(one.spec, one.on, one.problem) for one in seen.sources] == [
        ("daily", True, "HTTP 500")
    ]
    assert seen.is_admin


async def test_a_pause_that_has_ended_is_no_pause(context: Context) -> None:
    channel = await _watch(context.database, LAB, "routing")
    async with context.database.write() as session:
        channel.paused, channel.paused_until = True, NOON - timedelta(hours=1)
        session.add(channel)

    seen = await overview(context, LAB)

    assert (seen.paused, seen.paused_until) == (False, None)


async def test_looking_at_an_unknown_channel_does_not_make_it_known(context: Context) -> None:
    seen = await overview(context, LAB)

    assert (seen.watches, seen.limit) == ((), context.defaults.post_limit)
    async with context.database.read() as session:
        assert await channels.find(session, str(LAB)) is None


async def test_a_home_shows_visible_channels_alone(context: Context) -> None:
    await _watch(context.database, LAB, "routing")
    await _watch(context.database, SECRET, "our secret product")

    page = await home(context, "slack", "T1", ADA, [LAB, ChannelRef("slack", "T1", "C404")])

    assert [(one.channel, one.watches, one.problem) for one in page.channels] == [(LAB, 1, None)]
    assert "secret" not in repr(page)


async def test_a_home_shows_what_the_person_saved_in_this_workspace_latest_first(
    context: Context,
) -> None:
    channel = await _watch(context.database, LAB, "routing")
    async with context.database.write() as session:
        for hours, title in enumerate(("A", "B")):
            paper = await make.paper(session, title)
            at = NOON + timedelta(hours=hours)
            await votes.save(session, channel.workspace_id, "U1", paper.id or 0, on=True, at=at)

    mine = await home(context, "slack", "T1", ADA, ())
    others = await home(context, "slack", "T1", Person("U2", "bo"), ())
    elsewhere = await home(context, "slack", "T2", ADA, ())

    assert [card.title for card in mine.saved] == ["B", "A"]
    assert others.saved == elsewhere.saved == ()


@pytest.mark.parametrize(
    ("facts", "problem"),
    [
        ({"state": ChannelState.GONE, "state_reason": "archived"}, "archived"),
        ({"paused": True}, "posts are paused"),
        ({"schedule": "off"}, "the schedule is off"),
        ({}, "nothing is watched"),
    ],
)
async def test_a_channel_without_papers_says_why(
    context: Context, facts: dict[str, object], problem: str
) -> None:
    async with context.database.write() as session:
        channel = await make.channel(session, str(LAB))
        for name, value in facts.items():
            setattr(channel, name, value)
        session.add(channel)
        await sources.add(session, kind="feed", spec="x", name="x")

    page = await home(context, "slack", "T1", ADA, [LAB])

    assert [one.problem for one in page.channels] == [problem]
