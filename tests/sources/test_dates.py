import pytest

from bot.errors import EntryError
from bot.sources.dates import moment


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-01-31", "2024-01-31T00:00:00+00:00"),
        ("2024-01-31T10:20:30Z", "2024-01-31T10:20:30+00:00"),
        ("2024-01-31T10:20:30.123Z", "2024-01-31T10:20:30.123000+00:00"),
        ("2024-01-31 10:20", "2024-01-31T10:20:00+00:00"),
        ("2025-08-20T00:00:00-04:00", "2025-08-20T00:00:00-04:00"),
        ("Tue, 03 Jun 2025 04:00:00 -0400", "2025-06-03T04:00:00-04:00"),
        ("Mar 13, 2023", "2023-03-13T00:00:00+00:00"),
        ("March 13,  2023", "2023-03-13T00:00:00+00:00"),
        ("13 Sep 2023", "2023-09-13T00:00:00+00:00"),
        ("2023-03", "2023-03-01T00:00:00+00:00"),
        ("2023", "2023-01-01T00:00:00+00:00"),
        (2023, "2023-01-01T00:00:00+00:00"),
        (1700000000, "2023-11-14T22:13:20+00:00"),
        (1700000000000, "2023-11-14T22:13:20+00:00"),
    ],
)
def test_a_date_is_read_in_the_spellings_of_sources(written, expected):
    assert moment(written).isoformat() == expected


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_date_is_no_error(nothing):
    assert moment(nothing) is None


@pytest.mark.parametrize(
    "written",
    ["soon", "2024-13-45", "31/01/2024", "Smarch 13, 2020", "Feb 30, 2024", True, 1e300, [], {}],
)
def test_what_is_no_date_is_refused_with_an_example(written):
    with pytest.raises(EntryError, match="write it as 2024-01-31"):
        moment(written)
