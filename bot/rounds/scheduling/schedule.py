"""When a channel's digest is due: schedules as text, and a pure function of the time."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim
from rapidfuzz import process

from bot.errors import CommandError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SETS = {"weekdays": DAYS[:5], "weekends": DAYS[5:], "everyday": DAYS, "daily": DAYS}
_NAMED = {_SETS[name]: name for name in ("weekdays", "weekends")}
_CLOCK = re.compile(r"^([01]?\d|2[0-3]):([0-5]\d)$")
_USAGE = (
    "A schedule is daily, instant or off; for example: schedule daily 09:00 Europe/Paris weekdays"
)


@dataclass(frozen=True, slots=True)
class Off:
    """Nothing by itself; `now` still works."""

    def __str__(self) -> str:
        return "off"


@dataclass(frozen=True, slots=True)
class Instant:
    """A round soon after new papers come in; the day for limits ends at midnight in `zone`."""

    zone: str = "UTC"

    def __str__(self) -> str:
        return "instant" if self.zone == "UTC" else f"instant {self.zone}"


@dataclass(frozen=True, slots=True)
class Daily:
    """A round at a local time on chosen weekdays; daylight saving is the zone's business."""

    at: time
    zone: str = "UTC"
    days: tuple[str, ...] = DAYS

    def __str__(self) -> str:
        days = "" if self.days == DAYS else f" {_NAMED.get(self.days) or ','.join(self.days)}"
        return f"daily {self.at:%H:%M} {self.zone}{days}"


Schedule = Off | Instant | Daily


@dataclass(frozen=True, slots=True)
class Timetable:
    """What `due_slots` needs to know of a channel.

    `since` is its last slot, or when it was made; `owed_at` is when a round outside the schedule is
    due, if one is.
    """

    channel_id: int
    schedule: Schedule
    since: datetime
    paused: bool = False
    paused_until: datetime | None = None
    last_paper_id: int = 0
    owed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which a channel's digest is due."""

    channel_id: int
    at: datetime


@lru_cache(maxsize=10_000)
def parse_schedule(text: str) -> Schedule:
    """Read what a person typed after `schedule`; raises CommandError with an example.

    `str()` of the result is the canonical text, and parsing that gives the same schedule.
    """
    words = text.strip().split()
    kind = words[0].lower() if words else ""
    if kind == "off" and len(words) == 1:
        return Off()
    if kind == "instant" and not words[2:]:
        return Instant(*[_zone(word) for word in words[1:]])
    if kind == "daily" and len(words) > 1:
        return _daily(words[1:])
    raise CommandError(f"{text.strip() or 'An empty schedule'} is not a schedule. {_USAGE}")


def zone_of(schedule: Schedule) -> ZoneInfo:
    """The zone in which a channel's day begins and ends."""
    return ZoneInfo("UTC") if isinstance(schedule, Off) else ZoneInfo(schedule.zone)


def day_start(schedule: Schedule, now: datetime) -> datetime:
    """The beginning of the channel's local day, in UTC."""
    local = now.astimezone(zone_of(schedule))
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def due_slots(timetables: Iterable[Timetable], now: datetime, newest_paper_id: int) -> list[Slot]:
    """The slots that are due at `now` and not yet picked, at most one for a channel.

    After downtime only the latest missed slot is due: its window covers the earlier ones.
    An instant channel is due when papers came in after its last round.
    """
    due = []
    for table in timetables:
        at = None if _is_paused(table, now) else _due_at(table, now, newest_paper_id)
        if at is not None:
            due.append(Slot(table.channel_id, at))
    return due


def next_slot(schedule: Schedule, now: datetime) -> datetime | None:
    """The next time a daily schedule is due after `now`, or None for the others."""
    if not isinstance(schedule, Daily):
        return None
    upcoming = next(CronSim(_cron(schedule), now.astimezone(ZoneInfo(schedule.zone))))
    return upcoming.astimezone(UTC)


def _due_at(table: Timetable, now: datetime, newest_paper_id: int) -> datetime | None:
    if table.owed_at is not None and table.since < table.owed_at <= now:
        return table.owed_at
    if isinstance(table.schedule, Instant):
        return now if newest_paper_id > table.last_paper_id else None
    if isinstance(table.schedule, Daily):
        latest = _latest_slot(table.schedule, now)
        return latest if latest > table.since else None
    return None


@lru_cache(maxsize=2_000)
def _latest_slot(schedule: Daily, now: datetime) -> datetime:
    # Thousands of channels share a few schedules, and ask at the same moment.
    local = (now + timedelta(seconds=1)).astimezone(ZoneInfo(schedule.zone))
    return next(CronSim(_cron(schedule), local, reverse=True)).astimezone(UTC)


def _is_paused(table: Timetable, now: datetime) -> bool:
    return table.paused and (table.paused_until is None or now < table.paused_until)


def _cron(schedule: Daily) -> str:
    days = ",".join(str((DAYS.index(day) + 1) % 7) for day in schedule.days)
    return f"{schedule.at.minute} {schedule.at.hour} * * {days}"


def _daily(words: list[str]) -> Daily:
    clock = _CLOCK.match(words[0])
    if clock is None:
        raise CommandError(f"{words[0]} is not a time of day from 00:00 to 23:59. {_USAGE}")
    at = time(int(clock[1]), int(clock[2]))
    rest = words[1:]
    zone = "UTC"
    if rest and not _days(rest[0]):
        zone, rest = _zone(rest[0]), rest[1:]
    if not rest:
        return Daily(at, zone)
    named = [day for word in rest for day in _named_days(word)]
    return Daily(at, zone, tuple(day for day in DAYS if day in named))


def _named_days(word: str) -> tuple[str, ...]:
    days = _days(word)
    if not days:
        raise CommandError(
            f"{word} is not a day of the week: write mon,tue,… or weekdays. {_USAGE}"
        )
    return days


def _days(word: str) -> tuple[str, ...]:
    """The days that a word names, or () if it names none."""
    found: list[str] = []
    for part in word.lower().rstrip(",").split(","):
        named = _SETS.get(part) or tuple(day for day in DAYS if _is_day(part, day))
        if not named:
            return ()
        found.extend(named)
    return tuple(found)


def _is_day(part: str, day: str) -> bool:
    full = {"mon": "monday", "tue": "tuesday", "wed": "wednesday", "thu": "thursday"}
    full |= {"fri": "friday", "sat": "saturday", "sun": "sunday"}
    return part.startswith(day) and full[day].startswith(part)


@cache
def _zones() -> dict[str, str]:
    """The names of all time zones by their lower-case form; they are read from many files."""
    return {name.lower(): name for name in available_timezones()}


def _zone(word: str) -> str:
    exact = _zones()
    if word.lower() in exact:
        return exact[word.lower()]
    best = process.extractOne(word, sorted(exact.values()))
    hint = f" Did you mean {best[0]}?" if best else ""
    raise CommandError(f"{word} is not a time zone.{hint} {_USAGE}")
