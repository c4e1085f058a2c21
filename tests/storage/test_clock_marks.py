"""What a clock wrote that was ahead holds nothing up once it is corrected."""

from datetime import UTC, datetime, timedelta

from sqlmodel import select

from storage import claims, clock_marks
from storage.database import Database
from storage.models import Channel, PostState
from tests import make

AHEAD = timedelta(days=2)


def _now() -> datetime:
    """True time: Postgres has a clock of its own."""
    return datetime.now(UTC).replace(microsecond=0)


async def _written_by(database: Database, clock: datetime) -> None:
    """A channel with posts in all states, as a process wrote them at that time."""
    async with database.write() as session:
        channel = await make.channel(session)
        channel.last_slot_at = clock
        for number, marks in enumerate(
            (
                {"state": PostState.DUE},
                {"state": PostState.FAILED, "retry_at": clock + timedelta(hours=1)},
                {"state": PostState.SENDING, "lease_until": clock + timedelta(minutes=2)},
            )
        ):
            paper = await make.paper(session, f"Paper {number}", at=clock)
            post = await make.post(session, channel, paper, **marks)
            post.picked_at = clock
            session.add(post)


async def test_marks_of_a_clock_two_days_ahead_are_set_back(database: Database) -> None:
    now = _now()
    await _written_by(database, now + AHEAD)
    async with database.write() as session:
        await clock_marks.set_back(session, now)

    later = now + clock_marks.CALL + timedelta(minutes=1)
    async with database.read() as session:
        free = await claims.list_unfinished(session, later)
        [channel] = (await session.exec(select(Channel))).all()
    assert len(free) == 3
    assert channel.last_slot_at is not None
    assert channel.last_slot_at <= later


async def test_a_call_that_is_on_its_way_keeps_its_lease_for_as_long_as_it_may_take(
    database: Database,
) -> None:
    now = _now()
    await _written_by(database, now + AHEAD)
    async with database.write() as session:
        await clock_marks.set_back(session, now)
        free = await claims.list_unfinished(session, now + timedelta(seconds=90))

    assert [each.state for each in free] == [PostState.DUE, PostState.FAILED]


async def test_marks_of_a_clock_that_is_right_stay(database: Database) -> None:
    now = _now()
    await _written_by(database, now)
    async with database.write() as session:
        assert await clock_marks.set_back(session, now) == 0
