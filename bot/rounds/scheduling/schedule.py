"""When a channel's digest is due: schedules as text, and a pure function of the time."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim

from bot.errors import CommandError
from bot.matching.text.word_lists import words
from bot.rounds.scheduling.quiet_hours import NO_QUIET, QuietHours
from bot.rounds.scheduling.zones import find_zone, zone_hint

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SETS = {
    "weekdays": DAYS[:5], "weekday": DAYS[:5], "workdays": DAYS[:5], "workday": DAYS[:5],
    "weekends": DAYS[5:], "weekend": DAYS[5:],
}  # fmt: skip
_NAMED = {_SETS[name]: name for name in ("weekdays", "weekends")}
USAGE = (
    "A schedule is daily, instant or off; for example: schedule daily 09:00 Europe/Paris weekdays"
)
"""How every refusal of a schedule ends."""


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
    quiet: QuietHours = NO_QUIET


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
    typed = text.replace(",", ", ").split()
    kind = typed[0].lower() if typed else ""
    if kind == "off" and len(typed) == 1:
        return Off()
    if kind == "instant":
        return _instant(typed[1:])
    if kind == "weekly":
        return _weekly([word for word in typed[1:] if word.lower() != "on"], text.strip())
    return _daily(typed, text.strip())


def _weekly(typed: list[str], text: str) -> Schedule:
    """A daily schedule of the day that was named; raises CommandError where none was."""
    schedule = _daily(typed, text) if typed else None
    if not isinstance(schedule, Daily) or schedule.days == DAYS:
        raise CommandError("Say on which day too; for example: schedule weekly fri 15:00")
    return schedule


def zone_of(schedule: Schedule) -> ZoneInfo:
    """The zone in which a channel's day begins and ends."""
    return ZoneInfo("UTC") if isinstance(schedule, Off) else ZoneInfo(schedule.zone)


def day_start(schedule: Schedule, now: datetime) -> datetime:
    """The beginning of the channel's local day, in UTC."""
    local = now.astimezone(zone_of(schedule))
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def due_slots(timetables: Iterable[Timetable], now: datetime, newest_paper_id: int) -> list[Slot]:
    """The slots that are due at `now` and not yet picked, at most one for a channel.

    In quiet hours none is; what was due in them is when they end.

    After downtime only the latest missed slot is due: its window covers the earlier ones.
    An instant channel is due when papers came in after its last round.
    """
    due = []
    for table in timetables:
        at = None if is_silent(table, now) else _due_at(table, now, newest_paper_id)
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


def is_silent(table: Timetable, now: datetime) -> bool:
    """Whether nothing is to be posted by itself now: a pause, or quiet hours."""
    return _is_paused(table, now) or _is_quiet(table, now)


def _is_quiet(table: Timetable, now: datetime) -> bool:
    return table.quiet != NO_QUIET and table.quiet.holds(now.astimezone(zone_of(table.schedule)))


def _is_paused(table: Timetable, now: datetime) -> bool:
    return table.paused and (table.paused_until is None or now < table.paused_until)


def _cron(schedule: Daily) -> str:
    days = ",".join(str((DAYS.index(day) + 1) % 7) for day in schedule.days)
    return f"{schedule.at.minute} {schedule.at.hour} * * {days}"


def _instant(left: list[str]) -> Instant:
    if not left:
        return Instant()
    zone, count = _zone(left)
    if left[count:]:
        raise CommandError(f"{left[count]} is too much after instant {zone}. {USAGE}")
    return Instant(zone)


def _daily(left: list[str], typed: str) -> Daily:
    """Read days, a time and a zone in any order: "9am weekdays", "every monday at nine"."""
    at: time | None = None
    zone: str | None = None
    days: list[str] = []
    known = False
    while left:
        if left[0].lower().strip(",") in _FILLERS:
            left = left[1:]
            continue
        if found := _days(left[0]):
            days += found
            left = left[1:]
        elif at is None and (clock := _clock(left)):
            at, left = clock[0], left[clock[1] :]
        elif not (known or find_zone(left) or _is_hopeful(left[0])):
            raise CommandError(f"{typed} is not a schedule. {USAGE}")
        elif zone is None:
            zone, count = _zone(left)
            left = left[count:]
        else:
            raise CommandError(f"{left[0]} is not a day of the week: write mon,tue,… . {USAGE}")
        known = True
    if not known:
        raise CommandError(f"{typed or 'An empty schedule'} is not a schedule. {USAGE}")
    chosen = tuple(day for day in DAYS if day in days) or DAYS
    return Daily(at or _USUAL, zone or "UTC", chosen)


_USUAL = time(9)
"""When a schedule that names days alone is due."""

_FILLERS = words(
    "daily day everyday every each at on the in time zone o'clock and à a las um uhr h"
)
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven")
_NUMBER_OF = {word: hour for hour, word in enumerate(_NUMBERS, 1)}
_NUMBER_OF |= {"midnight": 0, "midday": 12, "noon": 12, "twelve": 12}
_CLOCK = re.compile(r"(\d{1,2})(?:[:.h](\d\d))?h?([ap])?\.?(?:m\.?)?", re.IGNORECASE)
_HALVES = {"am": "a", "a.m.": "a", "a.m": "a", "pm": "p", "p.m.": "p", "p.m": "p"}
_NOON, _HOURS, _MINUTES = 12, 24, 60


def _clock(left: list[str]) -> tuple[time, int] | None:
    """The time that words begin with, and how many they are: 9am, 9 am, 21:30, 9h, nine.

    Raises CommandError for a time that no clock has.
    """
    word = left[0].lower().rstrip(",")
    half = _HALVES.get(left[1].lower().rstrip(",")) if len(left) > 1 else None
    count = 1 + (half is not None)
    if word in _NUMBER_OF:
        hour, minute = _NUMBER_OF[word], 0
    elif found := _CLOCK.fullmatch(word):
        hour, minute, half = int(found[1]), int(found[2] or 0), found[3] or half
    else:
        return None
    if half and 1 <= hour <= _NOON:
        hour = hour % _NOON + _NOON * (half == "p")
    if hour >= _HOURS or minute >= _MINUTES:
        raise CommandError(f"{left[0]} is not a time of day from 00:00 to 23:59. {USAGE}")
    return time(hour, minute), count


def _is_hopeful(word: str) -> bool:
    """Whether a first word is meant as a zone rather than as a kind of schedule."""
    return "/" in word or any(sign in word for sign in "+-")


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
    return part.startswith(day) and full[day].startswith(part.removesuffix("s") or part)


def _zone(left: list[str]) -> tuple[str, int]:
    """The zone that words begin with, and how many they are; raises CommandError with a hint."""
    found = find_zone(left)
    if found is None:
        hint = zone_hint(left[0])
        raise CommandError(" ".join(f"{left[0]} is not a time zone. {hint} {USAGE}".split()))
    return found
