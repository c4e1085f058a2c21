"""Quiet hours are read as people write them, and hold on the channel's own clock."""

from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import CommandError
from bot.rounds.scheduling.quiet_hours import QuietHours, parse_quiet_hours
from bot.rounds.scheduling.schedule import Instant, Slot, Timetable, due_slots, parse_schedule

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("19:00-08:00", "19:00-08:00"),
        ("19-8", "19:00-08:00"),
        ("19h to 8h", "19:00-08:00"),
        ("7pm to 8am", "19:00-08:00"),
        ("from 7:30 p.m. until 12 am, weekends", "19:30-00:00 weekends"),
        ("between 12pm and 1 PM", "12:00-13:00"),
        ("22:00 until 24:00", "22:00-00:00"),
        ("weekends", "weekends"),
        ("weekend and holidays de", "weekends holidays DE"),
        ("19:00-08:00, weekends, holidays in DE-BY", "19:00-08:00 weekends holidays DE-BY"),
        ("off", ""),
        ("", ""),
    ],
)
def test_what_people_write_is_understood(typed: str, canonical: str) -> None:
    read = parse_quiet_hours(typed)

    assert str(read) == canonical
    assert parse_quiet_hours(canonical) == read


@pytest.mark.parametrize(
    "typed", ["25:00-08:00", "mornings", "holidays", "holidays ZZ", "9:75-10", "13pm-2pm"]
)
def test_what_is_none_is_answered_with_an_example(typed: str) -> None:
    with pytest.raises(CommandError, match="for example: quiet hours"):
        parse_quiet_hours(typed)


@given(st.text(max_size=60))
def test_no_text_is_a_surprise(text: str) -> None:
    with suppress(CommandError):
        parse_quiet_hours(text)


@pytest.mark.parametrize(
    ("quiet", "at", "holds"),
    [
        ("19:00-08:00", "2026-03-02 18:59", False),
        ("19:00-08:00", "2026-03-02 19:00", True),
        ("19:00-08:00", "2026-03-03 07:59", True),
        ("19:00-08:00", "2026-03-03 08:00", False),
        ("12:00-13:00", "2026-03-03 12:30", True),
        ("12:00-13:00", "2026-03-03 13:00", False),
        ("weekends", "2026-03-07 12:00", True),
        ("weekends", "2026-03-09 12:00", False),
        ("holidays DE", "2026-10-03 12:00", True),
        ("holidays DE", "2026-11-01 12:00", False),
        ("holidays DE-BY", "2026-11-01 12:00", True),
        ("", "2026-03-07 03:00", False),
    ],
)
def test_they_hold_on_the_clock_on_the_wall(quiet: str, at: str, *, holds: bool) -> None:
    local = datetime.fromisoformat(at).replace(tzinfo=BERLIN)

    assert parse_quiet_hours(quiet).holds(local) is holds


def _due(quiet: QuietHours, at: datetime, schedule: str = "instant Europe/Berlin") -> list[Slot]:
    since = datetime(2026, 3, 1, tzinfo=UTC)
    table = Timetable(1, parse_schedule(schedule), since, quiet=quiet)
    return due_slots([table], at, newest_paper_id=7)


def test_nothing_is_due_in_quiet_hours_and_all_of_it_right_after() -> None:
    quiet = parse_quiet_hours("19:00-08:00")
    night = datetime(2026, 3, 2, 6, 59, tzinfo=UTC)
    morning = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)

    assert isinstance(parse_schedule("instant Europe/Berlin"), Instant)
    assert _due(quiet, night) == []
    assert _due(quiet, morning) == [Slot(1, morning)]


def test_a_daily_slot_in_quiet_hours_comes_when_they_end() -> None:
    quiet = parse_quiet_hours("weekends")
    saturday = datetime(2026, 3, 7, 9, 0, tzinfo=UTC)
    monday = datetime(2026, 3, 9, 0, 0, tzinfo=UTC)

    assert _due(quiet, saturday, "daily 09:00") == []
    assert _due(quiet, monday, "daily 09:00") == [Slot(1, datetime(2026, 3, 8, 9, tzinfo=UTC))]


def test_the_hour_that_clocks_skip_or_repeat_is_as_quiet_as_they_show() -> None:
    quiet = parse_quiet_hours("02:00-03:00")
    before = datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
    after = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    twice = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)

    assert _due(quiet, before)
    assert _due(quiet, after)
    assert _due(quiet, twice) == []
