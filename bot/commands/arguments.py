"""What may follow a verb: how it is written, read and completed."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Literal, TypeVar

from bot.commands.quoting import quoted
from bot.commands.until import Until, parse_until
from bot.rounds.schedule import Schedule, parse_schedule

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

Live = Literal["watches", "topics", "posts", "sources", "verbs", "schedules"]
"""Values that only the channel, or a longer list than fits a table, can tell."""

_WHOLE = re.compile(r"[0-9]{1,9}")


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
        if _WHOLE.fullmatch(required(typed)) and lowest <= int(typed) <= highest:
            return int(typed)
        raise ValueError(f"{quoted(typed)} is not a whole number from {lowest} to {highest}.")

    usual = tuple(str(choice) for choice in choices)
    return Argument(usage, read, choices=usual, bounds=(lowest, highest))


def choice(usage: str, kind: type[E], default: E | None = None) -> Argument[E]:
    """One of a few words; `default` stands for none."""
    words = tuple(member.value for member in kind)
    required = _required(usage)

    def read(typed: str) -> E:
        if not typed and default is not None:
            return default
        if required(typed).lower() not in words:
            raise ValueError(f"{quoted(typed)} is not one of {', '.join(words)}.")
        return kind(typed.lower())

    return Argument(usage, read, choices=words, closed=True)


def _required(usage: str) -> Callable[[str], str]:
    def read(typed: str) -> str:
        if not typed:
            raise ValueError(f"Something is missing: {usage}.")
        return typed

    return read


def _nothing(typed: str) -> None:
    if typed:
        raise ValueError(f"{quoted(typed)} says nothing here.")


def _switch(typed: str) -> bool:
    if _required("on or off")(typed).lower() not in ("on", "off"):
        raise ValueError(f"{quoted(typed)} is neither on nor off.")
    return typed.lower() == "on"


def _until(typed: str) -> Until | None:
    return parse_until(typed) if typed else None


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
    "daily HH:MM [zone] [weekdays] | instant [zone] | off", parse_schedule, live="schedules"
)
