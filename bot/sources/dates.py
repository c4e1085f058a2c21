"""Times as sources write them."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from bot.errors import EntryError

_MONTH_FIRST = re.compile(r"([A-Z][a-z]{2})[a-z]*\.? (\d{1,2}),? (\d{4})")
_DAY_FIRST = re.compile(r"(\d{1,2}) ([A-Z][a-z]{2})[a-z]*\.? (\d{4})")
_UNPADDED = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_YEAR_OR_MONTH = re.compile(r"(\d{4})(?:-(\d{1,2}))?")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LATEST_PLAIN_YEAR = 9999
_MILLISECONDS_FROM = 100_000_000_000


def moment(value: object) -> datetime | None:
    """The time in a date as a source wrote it; None for nothing written.

    Reads ISO 8601, RFC 2822, "Mar 13, 2023", "13 March 2023", "2023-03", a year, and Unix seconds
    or milliseconds. A date alone is its midnight UTC, a time without a zone is UTC. Raises
    EntryError for anything else; whether the year is possible is for `Entry` to judge.
    """
    if value is None or value == "":
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_number(value)
    if isinstance(value, str) and (found := _from_text(" ".join(value.split()))):
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    raise EntryError(f"{str(value)[:40]!r} is no date; write it as 2024-01-31")


def find_moment(value: object) -> datetime | None:
    """The time in a date as a source wrote it, as `moment` reads it; None where it cannot be read.

    One odd date costs an entry its date and no more.
    """
    try:
        return moment(value)
    except EntryError:
        return None


def _from_number(value: float) -> datetime:
    if isinstance(value, int) and 0 < value <= _LATEST_PLAIN_YEAR:
        return datetime(value, 1, 1, tzinfo=UTC)
    try:
        seconds = value / 1000 if abs(value) >= _MILLISECONDS_FROM else value
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise EntryError(f"{str(value)[:40]} is no date; write it as 2024-01-31") from None


def _from_text(text: str) -> datetime | None:
    readings: tuple[Callable[[str], datetime | None], ...] = (
        datetime.fromisoformat,
        _from_words,
        _from_year_or_month,
        parsedate_to_datetime,
    )
    for reading in readings:
        try:
            if found := reading(text):
                return found
        except (ValueError, TypeError, OverflowError, IndexError):
            continue
    return None


def _from_words(text: str) -> datetime | None:
    if match := _MONTH_FIRST.fullmatch(text):
        month, day, year = match.groups()
    elif match := _DAY_FIRST.fullmatch(text):
        day, month, year = match.groups()
    else:
        return None
    return datetime(int(year), _MONTHS.index(month) + 1, int(day), tzinfo=UTC)


def _from_year_or_month(text: str) -> datetime | None:
    """Also a day whose month or day has one digit, "2026-6-30"."""
    if match := _UNPADDED.fullmatch(text):
        return datetime(int(match[1]), int(match[2]), int(match[3]), tzinfo=UTC)
    match = _YEAR_OR_MONTH.fullmatch(text)
    return match and datetime(int(match[1]), int(match[2] or 1), 1, tzinfo=UTC)
