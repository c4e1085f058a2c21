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
    _, rows, *_ = verdicts(run(ours, figures("cdist partial_ratio", 20_000, 60_000.0)))
    assert verdict in next(line for line in rows.splitlines() if "cdist" in line)


def test_tens_are_held_against_tens():
    ours = figures(OURS, 20_000, 100.0, tens=200.0)
    _, rows, *_ = verdicts(run(ours, figures("FTS5 porter", 20_000, 300.0, tens=8_000.0)))
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


def test_a_target_missed_for_new_words_alone_says_so():
    ours = figures(OURS, 20_000, 100.0, warm=60.0, shares={"words never seen before": 0.4})
    *_, said = verdicts(run(ours, figures("FTS5 porter", 20_000, 240.0)))
    assert "times faster than FTS5: it asks for 80 µs a paper, and ours takes 100; 40" in said
    assert "without those it would be met (of all: words never seen before 40%)" in said


def test_a_target_missed_even_by_seen_papers_says_what_is_left():
    ours = figures(OURS, 20_000, 100.0, warm=60.0)
    *_, said = verdicts(run(ours, figures("cdist partial_ratio", 20_000, 24_000.0)))
    assert "one by one; 60 are left" in said


def test_papers_seen_before_are_not_told_of_new_words():
    shares = {"words never seen before": 0.4, "authors": 0.15, "the rest": 0.45}
    ours = figures(OURS, 20_000, 100.0, warm=60.0, shares=shares)
    *_, said = verdicts(run(ours, figures("Aho-Corasick", 20_000, 30.0)))
    assert "though no word is new (of all: the rest 75%, authors 25%)" in said


def test_one_paper_alone_is_told_what_each_call_costs():
    ours = figures(OURS, 20_000, 200.0, alone=2_000.0, alone_shares={"authors": 0.25})
    *_, said = verdicts(run(ours))
    assert "so that 1,800 (90%) are what each call costs" in said
    assert "(of all: authors 25%)" in said


def test_what_is_met_has_nothing_in_its_way():
    ours = figures(OURS, 20_000, 100.0, alone=900.0)
    assert not any("in the way" in part for part in verdicts(run(ours)))
