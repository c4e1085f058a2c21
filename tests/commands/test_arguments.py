"""Pauses end when people meant."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.commands.arguments import parse_until
from bot.errors import CommandError

PARIS = ZoneInfo("Europe/Paris")
WEDNESDAY = datetime(2026, 3, 25, 22, 30, tzinfo=UTC)  # 23:30 in Paris, clocks change on the 29th

ENDS = [
    ("90 minutes", "2026-03-26T00:00"),
    ("for 12 hours", "2026-03-26T10:30"),
    ("3 days", "2026-03-28T22:30"),
    ("a week", "2026-04-01T22:30"),
    ("for 2 weeks", "2026-04-08T22:30"),
    ("tomorrow", "2026-03-25T23:00"),
    ("until tomorrow", "2026-03-25T23:00"),
    ("until Thursday", "2026-03-25T23:00"),
    ("wednesday", "2026-03-31T22:00"),
    ("monday", "2026-03-29T22:00"),
    ("2026-12-01", "2026-11-30T23:00"),
    ("until  2026-07-01 09:30", "2026-07-01T07:30"),
]


@pytest.mark.parametrize(("typed", "end"), ENDS, ids=[row[0] for row in ENDS])
def test_a_pause_ends_in_the_channels_own_zone(typed: str, end: str) -> None:
    assert parse_until(typed).ends(WEDNESDAY, PARIS) == datetime.fromisoformat(f"{end}+00:00")


@pytest.mark.parametrize("typed", ["", "0 days", "someday", "1000 days", "2026-02-30", "2026-1-1"])
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        parse_until(typed)


@pytest.mark.parametrize("typed", ["2026-03-25", "2026-03-25 23:30", "0001-01-01", "9999-12-31"])
def test_a_date_that_is_over_or_far_away_is_refused(typed: str) -> None:
    with pytest.raises(CommandError, match="For example"):
        parse_until(typed).ends(WEDNESDAY, PARIS)


@settings(deadline=None)
@given(
    st.sampled_from([typed for typed, _ in ENDS]),
    st.integers(0, 250 * 24 * 60).map(lambda minutes: WEDNESDAY + timedelta(minutes=minutes - 9)),
    st.sampled_from(["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Paris"]),
)
def test_a_pause_never_ends_in_the_past(typed: str, now: datetime, zone: str) -> None:
    try:
        end = parse_until(typed).ends(now, ZoneInfo(zone))
    except CommandError:
        assume(False)

    assert end > now


@settings(deadline=None)
@given(st.sampled_from([typed for typed, _ in ENDS]))
def test_canonical_text_reads_as_the_same_pause(typed: str) -> None:
    until = parse_until(typed)

    assert parse_until(str(until)) == until
