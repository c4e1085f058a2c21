"""Sources are asked again after their interval, a broken one less and less often."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.rounds.scheduling.due import Clock, due_sources
from storage.database import Database
from storage.models import SourceHealth
from tests import make
from tests.make import NOON

SECOND = timedelta(seconds=1)
QUARTER = timedelta(minutes=15)


@pytest.mark.parametrize(
    ("health", "failures", "pause"),
    [
        (SourceHealth.FRESH, 0, QUARTER),
        (SourceHealth.QUIET, 0, QUARTER),
        (SourceHealth.BROKEN, 1, QUARTER),
        (SourceHealth.BROKEN, 2, 2 * QUARTER),
        (SourceHealth.BROKEN, 4, 8 * QUARTER),
        (SourceHealth.BROKEN, 40, 24 * QUARTER),
    ],
)
async def test_a_source_is_due_when_its_pause_is_over_and_not_a_second_before(
    database: Database, health: SourceHealth, failures: int, pause: timedelta
) -> None:
    async with database.write() as session:
        source = await make.source(session)
        source.health, source.polled_at, source.failures = health, NOON, failures

    early = await due_sources(database, NOON + pause - SECOND, QUARTER)
    due = await due_sources(database, NOON + pause, QUARTER)

    assert ([one.name for one in early], [one.name for one in due]) == ([], ["daily"])


MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("polled", "asked_for", "due"),
    [
        (NOON + 5 * MINUTE, None, False),
        (NOON + 6 * MINUTE, None, True),
        (NOON - QUARTER, NOON + SECOND, False),
        (NOON - QUARTER, NOON, True),
        (NOON - 2 * DAY + SECOND, NOON + 30 * DAY, False),
        (NOON - 2 * DAY, NOON + 30 * DAY, True),
    ],
    ids=[
        "clocks may differ by five minutes",
        "a mark from a wrong clock holds nothing up",
        "a server's pause is kept",
        "and ends when it said",
        "a pause of a month is kept for two days",
        "and no longer",
    ],
)
async def test_a_pause_that_a_server_asks_for_is_kept_within_reason(
    database: Database, polled: datetime, asked_for: datetime | None, due: bool
) -> None:
    async with database.write() as session:
        source = await make.source(session)
        source.polled_at, source.next_poll_at = polled, asked_for

    assert bool(await due_sources(database, NOON, QUARTER)) is due


async def test_a_source_that_was_never_read_is_due(database: Database) -> None:
    async with database.write() as session:
        await make.source(session)

    assert len(await due_sources(database, NOON, QUARTER)) == 1


async def test_a_clock_that_was_moved_is_ahead_after_a_restart_too(database: Database) -> None:
    clock, restarted = Clock(), Clock()
    await clock.advance(database, timedelta(days=1))
    moved = await clock.advance(database, timedelta(hours=2))
    await restarted.load(database)

    lead = timedelta(days=1, hours=2)
    for now in (moved, clock(), restarted()):
        assert abs(now - datetime.now(UTC) - lead) < timedelta(minutes=30)
