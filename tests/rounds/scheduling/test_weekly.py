"""A time of the week is read as people write it, and falls once a week whatever clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import CommandError
from bot.rounds.scheduling.schedule import DAYS
from bot.rounds.scheduling.weekly import Weekly, parse_weekly

PARIS = ZoneInfo("Europe/Paris")
EXAMPLE = "roundup fri 15:00"

weeklies = st.builds(
    Weekly,
    st.sampled_from(DAYS),
    st.times(timezones=st.none()).map(lambda at: at.replace(second=0, microsecond=0)),
    st.sampled_from(("", "UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata")),
    st.integers(1, 12),
)
moments = st.integers(0, 3 * 365 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
zones = st.sampled_from(("UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe"))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("fri 15:00", Weekly("fri", time(15))),
        ("on Friday at 3pm", Weekly("fri", time(15))),
        ("thu 10:00 every 2 weeks", Weekly("thu", time(10), every=2)),
        ("every other week on thu 10:00", Weekly("thu", time(10), every=2)),
        ("biweekly thu 10", Weekly("thu", time(10), every=2)),
        ("every week mon 9:30 Europe/Paris", Weekly("mon", time(9, 30), "Europe/Paris")),
        ("monday 09:00 UTC", Weekly("mon", time(9), "UTC")),
        ("weekly fri 15:00", Weekly("fri", time(15))),
        ("fri", Weekly("fri", time(9))),
    ],
)
def test_a_time_of_the_week_is_read_as_people_write_it(typed: str, meant: Weekly) -> None:
    assert parse_weekly(typed, EXAMPLE) == meant


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Say a day of the week and a time"),
        ("15:00", "Say a day of the week and a time"),
        ("weekdays 15:00", "One day of the week"),
        ("fri 25:00", "not a time of day"),
        ("fri 15:00 every 40 weeks", "Every 1 to 12 weeks"),
        ("fri 15:00 Europe/Pari", "not a time zone"),
    ],
)
def test_what_is_no_time_of_the_week_is_refused_with_an_example(typed: str, said: str) -> None:
    with pytest.raises(CommandError, match=said) as refused:
        parse_weekly(typed, EXAMPLE)
    assert EXAMPLE in str(refused.value)


@given(weeklies)
def test_the_canonical_text_reads_as_the_same(weekly: Weekly) -> None:
    assert parse_weekly(str(weekly), EXAMPLE) == weekly


@given(weeklies, moments, st.integers(0, 400), zones)
def test_now_lies_between_the_latest_and_the_following(
    weekly: Weekly, ordered: datetime, days: int, zone_name: str
) -> None:
    zone = weekly.zone_or(ZoneInfo(zone_name))
    first = weekly.first(ordered, zone)
    now = ordered + timedelta(days=days, minutes=days * 7)

    latest, following = weekly.latest(now, zone, first), weekly.following(now, zone, first)

    assert following > now
    assert weekly.on(first, zone) > ordered
    if latest is None:
        assert following == weekly.on(first, zone)
        return
    assert latest <= now
    between = following.astimezone(zone).date() - latest.astimezone(zone).date()
    assert between == timedelta(weeks=weekly.every)
    assert weekly.latest(following, zone, first) == following


@given(weeklies, moments, zones)
def test_asked_every_hour_each_time_is_due_once(
    weekly: Weekly, ordered: datetime, zone_name: str
) -> None:
    zone = weekly.zone_or(ZoneInfo(zone_name))
    first = weekly.first(ordered, zone)
    asked = [ordered + timedelta(hours=hours) for hours in range(24 * 7 * 3)]
    seen = [at for now in asked if (at := weekly.latest(now, zone, first)) is not None]
    assert seen == sorted(seen)
    days = {at.astimezone(zone).date() for at in seen}
    assert len(set(seen)) == len(days)


@pytest.mark.parametrize(
    ("day", "at", "utc"),
    [
        (date(2026, 3, 22), time(2, 30), datetime(2026, 3, 22, 1, 30, tzinfo=UTC)),
        (date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        (date(2026, 3, 29), time(15, 0), datetime(2026, 3, 29, 13, 0, tzinfo=UTC)),
        (date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (date(2026, 10, 25), time(15, 0), datetime(2026, 10, 25, 14, 0, tzinfo=UTC)),
    ],
)
def test_clocks_that_change_move_the_time_with_them(day: date, at: time, utc: datetime) -> None:
    assert Weekly("sun", at).on(day, PARIS) == utc
