"""What is due now, by the wall clock or the demo's."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from bot.errors import CommandError
from bot.rounds.scheduling.quiet_hours import parse_quiet_hours
from bot.rounds.scheduling.schedule import (
    Slot,
    Timetable,
    due_slots,
    is_silent,
    parse_schedule,
)
from storage import channels, install_state, papers, sources
from storage.database import Database
from storage.models import Channel, Source, SourceHealth

BROKEN_LONGEST = timedelta(hours=6)
"""A source that stays broken is asked at least this often."""

_MOST_DOUBLED = 12
_LONGEST_PAUSE = timedelta(days=2)
_CLOCKS_APART = timedelta(minutes=5)

log = structlog.get_logger(__name__)


async def due_channels(database: Database, now: datetime) -> list[Slot]:
    """The slots that are due at `now`; a channel whose schedule cannot be read is left out."""
    async with database.read() as session:
        active = await channels.list_active(session)
        newest = await papers.newest_id(session)
    return due_slots(_timetables(active), now, newest)


async def stuck_channels(database: Database, now: datetime, after: timedelta) -> list[str]:
    """Addresses of channels whose slot is due for longer than `after`, or cannot be read.

    An instant channel is late where it was not given a round since a paper came that long ago.
    """
    by = now - after
    async with database.read() as session:
        active = [each for each in await channels.list_active(session) if each.created_at <= by]
        newest = await papers.newest_id(session, by=by)
    timetables = {each.channel_id: each for each in _timetables(active)}
    late = {slot.channel_id for slot in due_slots(timetables.values(), by, newest)}
    return [each.address for each in active if each.id in late or each.id not in timetables]


async def due_sources(database: Database, now: datetime, every: timedelta) -> Sequence[Source]:
    """The sources whose last poll is `every` or longer ago, and that may be asked again.

    A broken one is asked less and less often, at last every six hours.
    """
    async with database.read() as session:
        polled = await sources.list_polled(session)
    return [source for source in polled if _is_due(source, now, every)]


def _is_due(source: Source, now: datetime, every: timedelta) -> bool:
    if source.polled_at is None or source.polled_at > now + _CLOCKS_APART:
        return True
    latest = source.polled_at + _LONGEST_PAUSE
    if source.next_poll_at is not None and now < min(source.next_poll_at, latest):
        return False
    return now - source.polled_at >= _pause(source, every)


def _pause(source: Source, every: timedelta) -> timedelta:
    if source.health is not SourceHealth.BROKEN:
        return every
    pause: timedelta = every * 2 ** max(0, min(source.failures - 1, _MOST_DOUBLED))
    return max(every, min(pause, BROKEN_LONGEST))


def _timetables(active: Iterable[Channel]) -> Iterable[Timetable]:
    for channel in active:
        try:
            schedule = parse_schedule(channel.schedule)
            quiet = parse_quiet_hours(channel.quiet_hours)
        except CommandError as error:
            log.warning("schedule.unreadable", channel=channel.address, reason=str(error))
            continue
        yield Timetable(
            channel_id=channel.id or 0,
            schedule=schedule,
            since=channel.last_slot_at or channel.created_at,
            paused=channel.paused,
            paused_until=channel.paused_until,
            last_paper_id=channel.last_paper_id,
            owed_at=channel.due_at,
            quiet=quiet,
        )


def is_quiet_now(channel: Channel, now: datetime) -> bool:
    """Whether a channel wants nothing by itself now: a pause, or quiet hours; or is unreadable."""
    return all(is_silent(table, now) for table in _timetables([channel]))


class Clock:
    """Call it for the time (UTC); its lead over the wall survives a restart."""

    def __init__(self) -> None:
        self._lead = timedelta()

    def __call__(self) -> datetime:
        """The time now, UTC."""
        return datetime.now(UTC) + self._lead

    async def load(self, database: Database) -> None:
        """Take up the lead that was kept in the database."""
        async with database.read() as session:
            self._lead = await install_state.clock_offset(session)

    async def advance(self, database: Database, by: timedelta) -> datetime:
        """Move forward and keep it; returns the new time."""
        async with database.write() as session:
            self._lead = await install_state.advance_clock(session, by)
        return self()
