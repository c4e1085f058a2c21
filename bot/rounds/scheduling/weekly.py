"""A time of the week, or of every few weeks: as text, and as pure functions of the time."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.errors import CommandError
from bot.rounds.scheduling.schedule import DAYS, USAGE, Daily, parse_schedule

_WEEK = 7
_MOST_WEEKS = 12
_EVERY = re.compile(
    r"\bevery\s+(?P<count>\d{1,3}|other|second|two|three|four)\s+weeks?\b"
    r"|\b(?P<two>biweekly|bi-weekly|fortnightly)\b|\b(?P<one>every\s+week|weekly)\b",
    re.IGNORECASE,
)
_COUNTS = {"other": 2, "second": 2, "two": 2, "three": 3, "four": 4}
_SAYS_UTC = re.compile(r"\b(?:utc|gmt|z)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Weekly:
    """A local time on one day of every week, or of every `every` weeks.

    `zone` is "" where it is the channel's own. `str()` is the canonical text.
    """

    day: str
    at: time
    zone: str = ""
    every: int = 1

    def __str__(self) -> str:
        zone = f" {self.zone}" if self.zone else ""
        pace = f" every {self.every} weeks" if self.every > 1 else ""
        return f"{self.day} {self.at:%H:%M}{zone}{pace}"

    def zone_or(self, usual: ZoneInfo) -> ZoneInfo:
        """The zone whose clock is meant."""
        return ZoneInfo(self.zone) if self.zone else usual

    def first(self, now: datetime, zone: ZoneInfo) -> date:
        """The local day of the first time after `now`."""
        local = now.astimezone(zone)
        ahead = (DAYS.index(self.day) - local.weekday()) % _WEEK
        day = local.date() + timedelta(days=ahead)
        return day if self.on(day, zone) > now else day + timedelta(days=_WEEK)

    def on(self, day: date, zone: ZoneInfo) -> datetime:
        """The time of the clock on a local day, in UTC.

        What a clock skips in spring is an hour later, what it has twice in autumn the first.
        """
        return datetime.combine(day, self.at, tzinfo=zone).astimezone(UTC)

    def latest(self, now: datetime, zone: ZoneInfo, first: date) -> datetime | None:
        """The last time at or before `now`, in UTC; None where `first`, a local day, is to come."""
        count = self._count(now, zone, first)
        return self._nth(count, zone, first) if count >= 0 else None

    def following(self, now: datetime, zone: ZoneInfo, first: date) -> datetime:
        """The next time after `now`, in UTC; never before `first`."""
        return self._nth(max(0, self._count(now, zone, first) + 1), zone, first)

    def _count(self, now: datetime, zone: ZoneInfo, first: date) -> int:
        """How many times after the first the last one was; negative before the first."""
        local = now.astimezone(zone)
        count = (local.date() - first).days // (_WEEK * self.every)
        return count if self._nth(count, zone, first) <= now else count - 1

    def _nth(self, count: int, zone: ZoneInfo, first: date) -> datetime:
        return self.on(first + timedelta(days=count * _WEEK * self.every), zone)


def parse_weekly(text: str, example: str) -> Weekly:
    """Read "fri 15:00 Europe/Paris every 2 weeks", its parts in any order.

    Raises CommandError that ends with the example. Parsing `str()` of it gives the same.
    """
    usage = f"For example: {example}"
    pace = _EVERY.search(text)
    rest = f"{text[: pace.start()]} {text[pace.end() :]}" if pace else text
    try:
        read = parse_schedule(f"weekly {' '.join(rest.split())}")
    except CommandError as error:
        if "weekly" in str(error):
            raise CommandError(f"Say a day of the week and a time. {usage}") from error
        raise CommandError(str(error).replace(USAGE, usage)) from error
    assert isinstance(read, Daily)
    if len(read.days) != 1:
        raise CommandError(f"One day of the week is enough. {usage}")
    zone = "" if read.zone == "UTC" and not _SAYS_UTC.search(rest) else read.zone
    return Weekly(read.days[0], read.at, zone, _pace(pace, usage))


def _pace(found: re.Match[str] | None, usage: str) -> int:
    if found is None or found["one"]:
        return 1
    said = (found["count"] or "two").lower()
    count = _COUNTS.get(said) or int(said)
    if not 1 <= count <= _MOST_WEEKS:
        raise CommandError(f"Every 1 to {_MOST_WEEKS} weeks, not every {count}. {usage}")
    return count
