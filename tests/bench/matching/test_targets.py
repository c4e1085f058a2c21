"""A run is judged against its own peers, and only on what it measured."""

import pytest

from tests.bench.matching.cell import OURS, Figures
from tests.bench.matching.targets import growth, verdicts


def figures(subject, watches, unseen, **more):
    return Figures(subject, watches, **{**ZEROS, **more, "unseen": unseen})


ZEROS = {"build_s": 0.0, "tens": 0.0, "finds": 0.0, "base_mb": 0.0, "peak_mb": 0.0}


def run(*cells):
    return {(cell.subject, cell.watches): cell for cell in cells}


@pytest.mark.parametrize(("unseen", "verdict"), [(100.0, "met"), (101.0, "**missed**")])
def test_a_ratio_is_met_up_to_its_bound(unseen, verdict):
    ours = figures(OURS, 20_000, unseen)
    _, rows = verdicts(run(ours, figures("cdist partial_ratio", 20_000, 60_000.0)))
    assert verdict in next(line for line in rows.splitlines() if "cdist" in line)


def test_tens_are_held_against_tens():
    ours = figures(OURS, 20_000, 100.0, tens=200.0)
    _, rows = verdicts(run(ours, figures("FTS5 porter", 20_000, 300.0, tens=8_000.0)))
    assert "| the same, in tens | ≥ 50 | 40 | **missed** |" in rows


def test_a_run_without_the_sizes_of_the_targets_has_no_verdict():
    assert list(verdicts(run(figures(OURS, 1_000, 5.0)))) == []


def test_a_start_is_judged_where_it_was_measured():
    start = figures("start", 200_000, 0.0, build_s=9.0)
    _, rows = verdicts({}, [start])
    assert "| start out of SQLite with 200,000, s | ≤ 15 | 9 | met |" in rows


def test_growth_is_one_where_time_follows_watches():
    small, large = figures(OURS, 100, 7.0), figures(OURS, 1_000, 70.0)
    assert growth(small, large) == pytest.approx(1)
