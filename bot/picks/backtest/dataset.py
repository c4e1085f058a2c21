"""The file that a backtest replays: one JSON line for each day of each channel.

```
{"channel": "ml", "day": "2026-01-05", "k": 3, "watches": ["mixture of experts"],
 "liked": [{"id": "0", "title": "…"}],
 "entries": [{"id": "1", "title": "…", "abstract": "…", "authors": ["…"], "upvotes": 4}],
 "votes": {"1": 1, "2": -1}}
```

`watches` and `liked` (papers known to be wanted beforehand) stand on a channel's first line and
may be left out, as may an entry's `abstract`, `authors`, `categories` and `upvotes`. Days are
dates or whole numbers, and rise within a channel. `k` is how many papers are shown that day.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import PaperroundError

_FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC)


class BacktestError(PaperroundError):
    """A backtest cannot be made of what was given."""


@dataclass(frozen=True, slots=True)
class ReplayedPaper:
    """A paper of a replayed day; it satisfies `PaperText`."""

    id: str
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    upvotes: float = 0.0
    source: str = "backtest"


@dataclass(frozen=True, slots=True)
class Day:
    """What arrived on one day, how it was voted on (+1 or -1, by id), and how many were shown."""

    at: datetime
    entries: tuple[ReplayedPaper, ...]
    votes: Mapping[str, int]
    k: int


@dataclass(frozen=True, slots=True)
class ReplayedChannel:
    """A channel's days in order, with its watches and what it liked before them."""

    name: str
    watches: tuple[str, ...]
    liked: tuple[ReplayedPaper, ...]
    days: tuple[Day, ...]


class _Paper(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)

    id: str
    title: str
    abstract: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    upvotes: float = Field(default=0.0, ge=0.0)

    def entry(self) -> ReplayedPaper:
        return ReplayedPaper(**self.model_dump())


class _Line(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)

    channel: str
    day: str
    entries: tuple[_Paper, ...]
    votes: dict[str, int]
    k: int = Field(ge=1)
    watches: tuple[str, ...] = ()
    liked: tuple[_Paper, ...] = ()


def read_channels(lines: Iterable[str]) -> list[ReplayedChannel]:
    """The channels of a file, in order of appearance; blank lines are skipped.

    Raises BacktestError that names the line and the fault.
    """
    found: dict[str, tuple[_Line, list[Day]]] = {}
    for number, text in enumerate(lines, start=1):
        if text.strip():
            line = _parsed(number, text)
            first, days = found.setdefault(line.channel, (line, []))
            if line is not first and (line.watches or line.liked):
                raise BacktestError(f"line {number}: watches and liked belong on the first line")
            days.append(_day(number, line, days))
    return [
        ReplayedChannel(name, first.watches, tuple(one.entry() for one in first.liked), tuple(days))
        for name, (first, days) in found.items()
    ]


def _parsed(number: int, text: str) -> _Line:
    try:
        return _Line.model_validate_json(text)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise BacktestError(f"line {number}: {where or 'JSON'}: {fault['msg']}") from error


def _day(number: int, line: _Line, before: list[Day]) -> Day:
    at = _time(number, line.day)
    if before and at <= before[-1].at:
        raise BacktestError(f"line {number}: day {line.day} does not follow the one before it")
    ids = [one.id for one in line.entries]
    if len(set(ids)) < len(ids):
        raise BacktestError(f"line {number}: an entry's id stands twice")
    for paper, vote in line.votes.items():
        if vote not in (-1, 1) or paper not in ids:
            raise BacktestError(
                f"line {number}: votes are +1 or -1 on the day's entries, not {vote} on {paper}"
            )
    return Day(at, tuple(one.entry() for one in line.entries), line.votes, line.k)


def _time(number: int, day: str) -> datetime:
    try:
        if day.isdigit():
            return _FIRST_DAY + timedelta(days=int(day))
        at = datetime.fromisoformat(day)
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        raise BacktestError(f"line {number}: day {day!r} is no date and no number") from error


def to_line(channel: ReplayedChannel, index: int) -> str:
    """One day of a channel as a line that `read_channels` takes."""
    day = channel.days[index]
    facts: dict[str, Any] = {
        "channel": channel.name,
        "day": day.at.isoformat(),
        "k": day.k,
        "entries": [_facts(entry) for entry in day.entries],
        "votes": dict(day.votes),
    }
    if index == 0:
        facts |= {"watches": channel.watches, "liked": [_facts(one) for one in channel.liked]}
    return json.dumps(facts, ensure_ascii=False)


def _facts(entry: ReplayedPaper) -> dict[str, Any]:
    return {
        "id": entry.id,
        "title": entry.title,
        "abstract": entry.abstract,
        "authors": entry.authors,
        "categories": entry.categories,
        "upvotes": entry.upvotes,
    }
