"""All processes ask a service at one pace."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from storage import pace
from storage.database import Database
from storage.models import HostPace


async def reserve(database: Database, host: str = "arxiv", pause: float = 600.0) -> float:
    async with database.write() as session:
        return (await pace.reserve(session, host, pause))[0]


async def test_turns_of_several_processes_follow_each_other(database: Database) -> None:
    await database.migrate()
    other = Database(database.url)
    waits = sorted(
        await asyncio.gather(*(reserve(each) for each in (database, other, database, other)))
    )
    await other.close()

    assert waits[0] == 0
    assert all(400 * turn < wait <= 600 * turn for turn, wait in enumerate(waits[1:], start=1))
    assert await reserve(database, "pubmed") == 0


async def test_what_a_service_asks_to_wait_holds_for_all_and_takes_no_turn(
    database: Database,
) -> None:
    await database.migrate()
    async with database.write() as session:
        await pace.hold_off(session, "arxiv", 3_000.0)
    async with database.write() as session:
        wait, held = await pace.reserve(session, "arxiv", 3.0)

    assert wait == 0
    assert 2_000 < held <= 3_000


@pytest.mark.parametrize("ahead", [timedelta(hours=7), timedelta(days=400)])
async def test_what_a_wrong_clock_wrote_holds_nothing_up(
    database: Database, ahead: timedelta
) -> None:
    await database.migrate()
    then = datetime.now(UTC) + ahead
    async with database.write() as session:
        session.add(HostPace(host="arxiv", next_at=then, held_until=then))

    assert await reserve(database) == 0
