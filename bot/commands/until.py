"""When a pause ends: what people write after `pause`, read without a clock."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.commands.quoting import quoted
from bot.errors import CommandError

_UNITS = {"minute": 1, "hour": 60, "day": 24 * 60, "week": 7 * 24 * 60}
_SPAN = re.compile(r"(?:for )?(an?|[0-9]{1,3}) (minute|hour|day|week)s?")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?: ([0-9]{2}:[0-9]{2}))?")
_FURTHEST = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True)
class Span:
    """A pause of so many minutes, hours, days or weeks from now."""

    count: int
    unit: str

    def __str__(self) -> str:
        return f"for {self.count} {self.unit}{'' if self.count == 1 else 's'}"

    def ends(self, now: datetime, zone: ZoneInfo) -> datetime:
        """`now` plus the span, in UTC; days are 24 hours whatever the zone's clocks do."""
        return now.astimezone(UTC) + timedelta(minutes=self.count * _UNITS[self.unit])


@dataclass(frozen=True, slots=True)
class Weekday:
    """A pause until the next such day begins; 0 is Monday, None is simply tomorrow."""

    number: int | None

    def __str__(self) -> str:
        return "until tomorrow" if self.number is None else f"until {_DAYS[self.number]}"

    def ends(self, now: datetime, zone: ZoneInfo) -> datetime:
        """The local midnight at which that day begins, in UTC; never today's."""
        today = now.astimezone(zone).date()
        ahead = 1 if self.number is None else (self.number - today.weekday() - 1) % 7 + 1
        return _local(today + timedelta(days=ahead), time.min, zone)


@dataclass(frozen=True, slots=True)
class Moment:
    """A pause until a local date, at its beginning unless a time of day was given."""

    day: date
    at: time = time.min

    def __str__(self) -> str:
        return f"until {self.day}" + ("" if self.at == time.min else f" {self.at:%H:%M}")

    def ends(self, now: datetime, zone: ZoneInfo) -> datetime:
        """That moment in UTC; raises CommandError if it is over or more than five years away."""
        local = now.astimezone(zone)
        if (self.day, self.at) <= (local.date(), local.time()):
            raise CommandError(f"{self.day} is over in {zone}. For example: pause until tomorrow")
        if self.day > local.date() + _FURTHEST:
            raise CommandError(
                f"{self.day} is more than five years away. For example: pause (it then lasts "
                "until somebody types resume)"
            )
        return _local(self.day, self.at, zone)


Until = Span | Weekday | Moment


def parse_until(text: str) -> Until:
    """Read "3 days", "for a week", "tomorrow", "until monday" or "2026-12-01 [09:00]".

    `str()` of the result reads as the same; anything else raises ValueError with the reason.
    """
    said = " ".join(text.lower().split())
    if span := _SPAN.fullmatch(said):
        return _span(span[1], span[2])
    said = said.removeprefix("until ").removeprefix("till ")
    if said == "tomorrow":
        return Weekday(None)
    if said in _DAYS:
        return Weekday(_DAYS.index(said))
    if moment := _DATE.fullmatch(said):
        return _moment(text, moment[1], moment[2])
    raise ValueError(f"{quoted(text)} is neither a span of time nor a day to come.")


def _span(count: str, unit: str) -> Span:
    number = 1 if count.startswith("a") else int(count)
    if not number:
        raise ValueError(f"A pause of 0 {unit}s is none.")
    return Span(number, unit)


def _moment(text: str, day: str, at: str | None) -> Moment:
    try:
        return Moment(date.fromisoformat(day), time.fromisoformat(at or "00:00"))
    except ValueError:
        raise ValueError(f"{quoted(text)} is not a date of the calendar.") from None


def _local(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
