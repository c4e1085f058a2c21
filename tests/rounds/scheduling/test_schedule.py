"""Schedules read as people write them, and slots are due once, in local time."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import CommandError
from bot.rounds.scheduling.schedule import (
    Slot,
    Timetable,
    day_start,
    due_slots,
    next_slot,
    parse_schedule,
)


def _table(schedule: str, since: datetime, **facts: object) -> Timetable:
    return Timetable(channel_id=1, schedule=parse_schedule(schedule), since=since, **facts)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("off", "off"),
        ("Instant", "instant"),
        ("instant europe/paris", "instant Europe/Paris"),
        ("daily 9:00", "daily 09:00 UTC"),
        ("daily 09:30 Europe/Paris weekdays", "daily 09:30 Europe/Paris weekdays"),
        ("daily 07:05 asia/tokyo Mon, Friday", "daily 07:05 Asia/Tokyo mon,fri"),
        ("daily 23:59 weekends", "daily 23:59 UTC weekends"),
        ("daily 08:00 Europe/Paris fri,thu,wed,tue,mon", "daily 08:00 Europe/Paris weekdays"),
        ("daily 08:00 everyday", "daily 08:00 UTC"),
        ("mondays", "daily 09:00 UTC mon"),
        ("weekly fri 15:00", "daily 15:00 UTC fri"),
        ("weekly on friday 3pm Europe/Paris", "daily 15:00 Europe/Paris fri"),
        ("mondays 9am", "daily 09:00 UTC mon"),
        ("9am", "daily 09:00 UTC"),
        ("9 pm", "daily 21:00 UTC"),
        ("12am", "daily 00:00 UTC"),
        ("9h", "daily 09:00 UTC"),
        ("9h30 Europe/Paris", "daily 09:30 Europe/Paris"),
        ("every weekday at nine", "daily 09:00 UTC weekdays"),
        ("every day at noon", "daily 12:00 UTC"),
        ("weekdays 8:30 America/New York", "daily 08:30 America/New_York weekdays"),
        ("daily 9:00 new york", "daily 09:00 America/New_York"),
        ("daily at 7 tokyo", "daily 07:00 Asia/Tokyo"),
        ("tuesdays and thursdays at 10am paris", "daily 10:00 Europe/Paris tue,thu"),
        ("daily 09:00 Etc/GMT-1", "daily 09:00 Etc/GMT-1"),
    ],
)
def test_a_schedule_reads_as_typed_and_prints_canonically(typed: str, canonical: str) -> None:
    schedule = parse_schedule(typed)

    assert str(schedule) == canonical
    assert parse_schedule(canonical) == schedule


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "is not a schedule"),
        ("daily 25:00", "25:00 is not a time of day"),
        ("daily 09:00 Europe/Pariss", "Did you mean Europe/Paris"),
        ("daily 09:00 UTC someday", "someday is not a day of the week"),
        ("daily 09:00 GMT+1", "Write Etc/GMT-1, which has no summer time"),
        ("daily 09:00 UTC-5", "Write Etc/GMT\\+5"),
        ("daily 09:00 UTC+5:30", "Asia/Kolkata"),
        ("daily 09:00 IST", "Asia/Kolkata, Asia/Jerusalem or Europe/Dublin"),
        ("daily 09:00 BST", "Europe/London or Asia/Dhaka"),
        ("daily 09:00 JST", "Asia/Tokyo"),
        ("instant JST", "Asia/Tokyo"),
        ("9:75", "9:75 is not a time of day"),
    ],
)
def test_a_wrong_schedule_says_what_is_wrong_and_gives_an_example(typed: str, said: str) -> None:
    with pytest.raises(CommandError, match=said) as caught:
        parse_schedule(typed)

    assert "schedule daily 09:00" in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_a_schedule_or_a_clear_error(text: str) -> None:
    with contextlib.suppress(CommandError):
        parsed = parse_schedule(text)
        assert parse_schedule(str(parsed)) == parsed


def test_a_daily_slot_is_due_once_it_is_reached_and_until_it_was_picked() -> None:
    nine = _at("2026-03-02 09:00")

    before = due_slots([_table("daily 09:00", _at("2026-03-01 09:00"))], _at("2026-03-02 08:59"), 0)
    reached = due_slots([_table("daily 09:00", _at("2026-03-01 09:00"))], nine, 0)
    picked = due_slots([_table("daily 09:00", nine)], nine + timedelta(hours=1), 0)

    assert (before, reached, picked) == ([], [Slot(1, nine)], [])


def test_after_downtime_only_the_latest_slot_is_due() -> None:
    due = due_slots([_table("daily 09:00", _at("2026-03-01 09:00"))], _at("2026-03-05 10:00"), 0)

    assert due == [Slot(1, _at("2026-03-05 09:00"))]


def test_weekdays_skip_the_weekend() -> None:
    friday, monday = _at("2026-03-06 09:00"), _at("2026-03-09 09:00")
    table = _table("daily 09:00 UTC weekdays", friday)

    assert due_slots([table], _at("2026-03-08 12:00"), 0) == []
    assert due_slots([table], monday, 0) == [Slot(1, monday)]


@pytest.mark.parametrize(
    ("day", "utc"),
    [("2026-03-28", "08:00"), ("2026-03-29", "07:00"), ("2026-10-25", "08:00")],
)
def test_a_local_time_keeps_through_daylight_saving(day: str, utc: str) -> None:
    slot = _at(f"{day} {utc}")
    table = _table("daily 09:00 Europe/Paris", slot - timedelta(hours=20))

    assert due_slots([table], slot, 0) == [Slot(1, slot)]


def test_an_hour_that_a_clock_change_skips_or_repeats_still_gives_one_slot_a_day() -> None:
    schedule = parse_schedule("daily 02:30 Europe/Berlin")
    since, slots = _at("2026-03-27 12:00"), []
    for minutes in range(0, 5 * 24 * 60, 10):
        now = _at("2026-03-27 12:00") + timedelta(minutes=minutes)
        for slot in due_slots([Timetable(1, schedule, since)], now, 0):
            since = slot.at
            slots.append(slot)

    assert len({slot.at.date() for slot in slots}) == len(slots) == 5


def test_an_instant_channel_is_due_when_papers_came_in() -> None:
    table = _table("instant", _at("2026-03-01 09:00"), last_paper_id=7)
    now = _at("2026-03-02 09:00")

    assert due_slots([table], now, newest_paper_id=7) == []
    assert due_slots([table], now, newest_paper_id=8) == [Slot(1, now)]


def test_a_pause_holds_slots_until_it_ends() -> None:
    since, now = _at("2026-03-01 09:00"), _at("2026-03-02 10:00")
    forever = _table("daily 09:00", since, paused=True)
    ended = _table("daily 09:00", since, paused=True, paused_until=now)

    assert due_slots([forever], now, 0) == []
    assert due_slots([ended], now, 0) != []


def test_the_next_slot_is_the_first_after_now() -> None:
    schedule = parse_schedule("daily 09:00 UTC mon")

    assert next_slot(schedule, _at("2026-03-03 12:00")) == _at("2026-03-09 09:00")
    assert next_slot(parse_schedule("off"), _at("2026-03-03 12:00")) is None


def test_a_day_begins_at_local_midnight() -> None:
    tokyo = parse_schedule("daily 09:00 Asia/Tokyo")

    assert day_start(tokyo, _at("2026-03-02 16:00")) == _at("2026-03-02 15:00")
