"""What may follow a verb, pauses included: how it is written, read and completed."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Generic, Literal, TypeVar
from zoneinfo import ZoneInfo

from bot.errors import CommandError
from bot.rounds.scheduling.schedule import Off, Schedule, parse_schedule
from bot.rounds.scheduling.weekly import Weekly, parse_weekly
from bot.text import quoted

_UNITS = {"minute": 1, "hour": 60, "day": 24 * 60, "week": 7 * 24 * 60}
_SPAN = re.compile(r"(?:for )?(an?|[0-9]{1,3}) (minute|hour|day|week)s?")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?: ([0-9]{2}:[0-9]{2}))?")
_FURTHEST = timedelta(days=5 * 366)


@dataclass(frozen=True, slots=True)
class Duration:
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


Until = Duration | Weekday | Moment


def parse_until(text: str) -> Until:
    """Read "3 days", "for a week", "tomorrow", "until monday" or "2026-12-01 [09:00]".

    `str()` of the result reads as the same; anything else raises ValueError with the reason.
    """
    said = " ".join(text.lower().split())
    if span := _SPAN.fullmatch(said):
        return _span(span[1], span[2])
    said = said.removeprefix("until ").removeprefix("till ").removeprefix("til ")
    if said == "next week":
        return Weekday(0)
    said = said.removeprefix("next ")
    if said == "tomorrow":
        return Weekday(None)
    if said in _DAYS:
        return Weekday(_DAYS.index(said))
    if moment := _DATE.fullmatch(said):
        return _moment(text, moment[1], moment[2])
    raise ValueError(f"{quoted(text)} is neither a span of time nor a day to come.")


def _span(count: str, unit: str) -> Duration:
    number = 1 if count.startswith("a") else int(count)
    if not number:
        raise ValueError(f"A pause of 0 {unit}s is none.")
    return Duration(number, unit)


def _moment(text: str, day: str, at: str | None) -> Moment:
    try:
        return Moment(date.fromisoformat(day), time.fromisoformat(at or "00:00"))
    except ValueError:
        raise ValueError(f"{quoted(text)} is not a date of the calendar.") from None


def _local(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)


T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

Live = Literal["watches", "topics", "posts", "sources", "verbs", "schedules"]
"""Where the values of an argument come from when the table of verbs cannot list them."""

_WHOLE = re.compile(r"[0-9]{1,9}")
_NUMBERS = {
    word: str(number)
    for number, word in enumerate(
        ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"), 1
    )
}
_FRACTION = re.compile(r"0?\.([0-9]{1,2})")
_AROUND_NUMBERS = frozenset(
    ("to", "at", "most", "least", "paper", "papers", "a", "per", "day", "of")
)


@dataclass(frozen=True, slots=True)
class Argument(Generic[T]):
    """Everything after a verb's words, as one value.

    `read` turns the text ("" for none) into the value and raises ValueError with a sentence, or
    CommandError when that sentence has an example already; `write` is its inverse. `choices` and
    `live` are what completion offers; `closed` says that nothing but the choices is taken, `bounds`
    that a whole number from the first to the second is.
    """

    usage: str
    read: Callable[[str], T]
    write: Callable[[T], str] = str
    choices: tuple[str, ...] = ()
    live: Live | None = None
    closed: bool = False
    bounds: tuple[int, int] | None = None


class Period(StrEnum):
    """How far back `top` looks."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class CitationFormat(StrEnum):
    """A format that reference managers read."""

    BIBTEX = "bibtex"
    RIS = "ris"
    CSL = "csl"


class ClubFormat(StrEnum):
    """A format in which a journal club's history is handed out."""

    MARKDOWN = "markdown"
    BIBTEX = "bibtex"


class FeedChoice(StrEnum):
    """What becomes of a channel's outgoing feed."""

    ON = "on"
    OFF = "off"
    NEW = "new"


def text(usage: str, *, live: Live | None = None, choices: tuple[str, ...] = ()) -> Argument[str]:
    """Words that must be there, kept as typed."""
    return Argument(usage, _required(usage), choices=choices, live=live)


def optional_text(usage: str, *, live: Live | None = None) -> Argument[str]:
    """Words that may be left out; "" then."""
    return Argument(usage, str, live=live)


def address(usage: str, *, live: Live | None = None) -> Argument[str]:
    """One link or identifier, free of the angle brackets in which chats wrap links."""
    required = _required(usage)
    return Argument(usage, lambda typed: required(typed.strip("<> ")), live=live)


def number(usage: str, lowest: int, highest: int, *choices: int) -> Argument[int]:
    """A whole number from `lowest` to `highest`; `choices` are the usual ones."""
    required = _required(usage)

    def read(typed: str) -> int:
        said = _whole(required(typed)) if highest < _HUNDRED else _percent(required(typed))
        if said is not None and lowest <= said <= highest:
            return said
        raise ValueError(f"{quoted(typed)} is not a whole number from {lowest} to {highest}.")

    usual = tuple(str(choice) for choice in choices)
    return Argument(usage, read, choices=usual, bounds=(lowest, highest))


_HUNDRED = 100


def _percent(typed: str) -> int | None:
    """The same of a hundred: "85%" and "0.85" are 85."""
    part = _FRACTION.fullmatch(typed.strip())
    return int(part[1].ljust(2, "0")) if part else _whole(typed.replace("%", " "))


def _whole(typed: str) -> int | None:
    """The one number in words such as "to 5", "ten papers" or '"7" a day'; None for none or two."""
    words = typed.lower().replace('"', " ").split()
    found = [_NUMBERS.get(word, word) for word in words if word not in _AROUND_NUMBERS]
    return int(found[0]) if len(found) == 1 and _WHOLE.fullmatch(found[0]) else None


_CALLED: Mapping[str, str] = MappingProxyType(
    {
        "today": "day",
        "daily": "day",
        "weekly": "week",
        "monthly": "month",
        "card": "cards",
        "full": "cards",
        "list": "digest",
        "compact": "short",
        "bib": "bibtex",
        "json": "csl",
    }
)
"""Other names of choices."""

_AROUND_CHOICES = frozenset(("the", "this", "last", "past", "a", "of", "as", "to", "posts"))


def _chosen(typed: str, words: Sequence[str]) -> str:
    """The choice that was meant, such as "week" by "this week"; else the words as typed."""
    said = " ".join(word for word in typed.lower().split() if word not in _AROUND_CHOICES)
    called = _CALLED.get(said, said)
    return called if called in words else typed.lower()


def choice(usage: str, kind: type[E], default: E | None = None) -> Argument[E]:
    """One of a few words; `default` is the value where none is typed."""
    words = tuple(member.value for member in kind)
    required = _required(usage)

    def read(typed: str) -> E:
        if not typed and default is not None:
            return default
        said = _chosen(required(typed), words)
        if said not in words:
            raise ValueError(f"{quoted(typed)} is not one of {', '.join(words)}.")
        return kind(said)

    return Argument(usage, read, choices=words, closed=True)


def _required(usage: str) -> Callable[[str], str]:
    def read(typed: str) -> str:
        if not typed:
            raise ValueError(f"Something must follow it: {usage}.")
        return typed

    return read


_IDLE = frozenset(
    (
        "all",
        "my",
        "our",
        "the",
        "me",
        "us",
        "it",
        "them",
        "of",
        "here",
        "now",
        "everything",
        "watches",
        "topics",
        "papers",
        "settings",
    )
)
"""Words that say nothing more after a command that takes nothing."""


def _nothing(typed: str) -> None:
    if not _IDLE.issuperset(typed.lower().split()):
        raise ValueError("Nothing is typed after it.")


_SWITCHES = dict.fromkeys(("on", "yes", "true", "enable"), True) | dict.fromkeys(
    ("off", "no", "false", "disable"), False
)


def _switch(typed: str) -> bool:
    said = _SWITCHES.get(_required("on or off")(typed).lower())
    if said is None:
        raise ValueError(f"{quoted(typed)} is neither on nor off.")
    return said


_FOR_GOOD = frozenset(("forever", "indefinitely", "for good", "until further notice"))
_NEVER = frozenset(("never", "none", "manual", "on request"))


def _until(typed: str) -> Until | None:
    return parse_until(typed) if typed and typed.lower() not in _FOR_GOOD else None


def _schedule(typed: str) -> Schedule:
    return parse_schedule("off" if typed.lower() in _NEVER else typed)


def read_weekly(typed: str, example: str) -> Weekly | Off:
    """A time of the week, or off; raises CommandError that ends with the example."""
    if typed.strip().lower() in ("off", "none", "never"):
        return Off()
    return parse_weekly(typed, example)


NOTHING: Argument[None] = Argument("", _nothing, lambda _: "")
SWITCH: Argument[bool] = Argument(
    "on|off", _switch, lambda on: "on" if on else "off", choices=("on", "off"), closed=True
)
UNTIL: Argument[Until | None] = Argument(
    "[until]",
    _until,
    lambda until: "" if until is None else str(until),
    choices=("until tomorrow", "until monday", "for 3 days", "for 2 weeks"),
)
SCHEDULE: Argument[Schedule] = Argument(
    "daily HH:MM [zone] [weekdays] | instant [zone] | off", _schedule, live="schedules"
)
