"""When a channel wants no posts: hours of the day, weekends and public holidays."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache

from bot.errors import CommandError

_TIME = r"(\d{1,2})[:.h]?(\d{2})?\s*([ap]\.?m\.?)?"
_SPAN = re.compile(
    rf"(?:(?:from|between)\s+)?{_TIME}\s*(?:-|–|to|until|till|and)\s*{_TIME}(?![\w:])",
    re.IGNORECASE,
)
_PLACE = re.compile(
    r"holidays?(?:\s+(?:of|in))?(?:\s+([A-Za-z]{2}(?:-[A-Za-z0-9]{1,3})?))?\b", re.IGNORECASE
)
_WEEKENDS = re.compile(r"\bweekends?\b", re.IGNORECASE)
_SATURDAY = 5
_NOON = 12
_FORM = "for example: quiet hours 19:00-08:00 weekends holidays DE"


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Times without posts, read on the channel's own clock.

    `start` to `end` may go over midnight and is empty where both are the same; `holidays` is a
    country ("DE") or a part of one ("DE-BY") whose public holidays are quiet, "" for none. `str()`
    is the canonical text, "" for no quiet at all.
    """

    start: time = time(0)
    end: time = time(0)
    weekends: bool = False
    holidays: str = ""

    def __str__(self) -> str:
        span = f"{self.start:%H:%M}-{self.end:%H:%M}" if self.start != self.end else ""
        weekends = "weekends" if self.weekends else ""
        public = f"holidays {self.holidays}" if self.holidays else ""
        return " ".join(part for part in (span, weekends, public) if part)

    def holds(self, local: datetime) -> bool:
        """Whether nothing is to be posted at this local time."""
        if self.weekends and local.weekday() >= _SATURDAY:
            return True
        if self.holidays and is_holiday(self.holidays, local.date()):
            return True
        now = local.time().replace(tzinfo=None)
        if self.start <= self.end:
            return self.start <= now < self.end
        return now >= self.start or now < self.end


NO_QUIET = QuietHours()
"""Posts at any time."""


@lru_cache(maxsize=10_000)
def parse_quiet_hours(text: str) -> QuietHours:
    """Read "19:00-08:00 weekends holidays DE", any part of it, or "off"; raises CommandError."""
    rest = " ".join(text.split())
    if rest.lower() in ("", "off", "none"):
        return NO_QUIET
    span, place = _SPAN.search(rest), _PLACE.search(rest)
    weekends = _WEEKENDS.search(rest)
    for found in (span, place, weekends):
        rest = rest.replace(found[0], " ", 1) if found else rest
    if left := " ".join(word for word in rest.split() if word.lower() not in ("and", ",", "on")):
        raise CommandError(f"{left.strip(' ,')} says nothing about quiet hours; {_FORM}")
    start, end = (
        (_clock(*span.groups()[:3]), _clock(*span.groups()[3:])) if span else (time(0),) * 2
    )
    return QuietHours(start, end, bool(weekends), _country(place[1]) if place else "")


def _clock(hour: str, minute: str | None, half: str | None) -> time:
    """A time of day; `half` is "am" or "pm" where it was said, and 12 am is midnight."""
    try:
        if half is None:
            return time(0 if hour == "24" and not int(minute or 0) else int(hour), int(minute or 0))
        if not 1 <= int(hour) <= _NOON:
            raise ValueError
        return time(int(hour) % _NOON + _NOON * half.lower().startswith("p"), int(minute or 0))
    except ValueError:
        said = f"{hour}:{minute or '00'}{half or ''}"
        raise CommandError(f"{said} is not a time of day; {_FORM}") from None


def _country(code: str | None) -> str:
    """The canonical code of a place whose holidays are known; raises CommandError."""
    if not code:
        raise CommandError(f"Say whose holidays, as a country's two letters; {_FORM}")
    # Imported where it is used: it is not small, and few channels ask for it.
    from holidays import list_supported_countries

    place = code.upper()
    country, _, part = place.partition("-")
    parts = list_supported_countries().get(country)
    if parts is None or (part and part not in parts):
        raise CommandError(f"The holidays of {place} are not known here; {_FORM}")
    return place


def is_holiday(place: str, day: date) -> bool:
    """Whether a day is a public holiday of a country ("DE") or a part of it ("DE-BY")."""
    return day in _days(place, day.year)


@lru_cache(maxsize=1_000)
def _days(place: str, year: int) -> frozenset[date]:
    from holidays import country_holidays

    country, _, part = place.partition("-")
    return frozenset(country_holidays(country, subdiv=part or None, years=year))
