"""A run that is cut off goes on at the kill where it was."""

from collections import Counter
from pathlib import Path

import pytest

from tests.crash.points import Crossing, Kill
from tests.crash.rows import Found, Rows

_KILLS = [Kill("votes", "commit a", number, "before") for number in (1, 2, 3)]
_COUNTS = Counter({Crossing("votes", "commit a"): 3})


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The rows of a run that was cut off after its second kill."""
    path = tmp_path / "rows.jsonl"
    rows = Rows(path, share="all")
    rows.plan("Slack, SQLite", _COUNTS, _KILLS)
    rows.add("Slack, SQLite", Found(_KILLS[0], met=True))
    rows.add("Slack, SQLite", Found(_KILLS[2], met=False))
    return path


def test_what_was_not_tried_is_left(kept: Path) -> None:
    rows = Rows(kept, share="all")

    assert rows.planned("Slack, SQLite") == [_KILLS[1]]
    assert rows.planned("Slack, Postgres") is None


def test_a_row_tells_what_was_tried_and_met_and_of_which_code(kept: Path) -> None:
    rows = Rows(kept, share="all")
    *figures, commit = rows.row("Slack, SQLite")

    assert figures == ["Slack, SQLite", 1, 3, 3, 2, 1, 0, 0, 0]
    assert commit


def test_what_was_lost_or_not_recovered_from_is_a_fault(kept: Path) -> None:
    rows = Rows(kept, share="all")
    assert rows.faults == 0

    rows.add("Slack, SQLite", Found(_KILLS[1], met=True, lost=2))
    rows.add("Slack, SQLite", Found(_KILLS[1], met=True, trouble="stuck"))

    assert Rows(kept, share="all").faults == 2


def test_rows_of_another_share_are_refused(kept: Path) -> None:
    with pytest.raises(SystemExit, match="another share"):
        Rows(kept, share="at most 16, seed 0")
