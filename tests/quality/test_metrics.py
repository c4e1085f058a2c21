"""The judges themselves, against figures worked out by hand and laws they must keep."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.quality.metrics import (
    Choice,
    average_precision,
    macro,
    ndcg,
    paired_interval,
    precision_at,
)

rankings = st.lists(st.booleans(), min_size=1, max_size=30)


@pytest.mark.parametrize(
    ("ranked", "k", "wanted", "value"),
    [
        ([1, 1, 0], 10, None, 1.0),
        ([0, 1], 10, None, 1 / math.log2(3)),
        ([1, 0, 1], 2, None, 1 / (1 + 1 / math.log2(3))),
        ([1], 10, 2, 1 / (1 + 1 / math.log2(3))),
        ([0, 0], 10, None, 0.0),
        ([], 10, None, 0.0),
        ([], 10, 4, 0.0),
    ],
)
def test_ndcg_is_the_share_of_the_best_discounted_gain(ranked, k, wanted, value):
    assert ndcg(ranked, k, wanted) == pytest.approx(value)


@pytest.mark.parametrize(
    ("ranked", "k", "value"), [([1, 0, 1], 2, 0.5), ([1], 4, 0.25), ([0, 0, 1], 2, 0.0)]
)
def test_precision_counts_empty_places_as_unwanted(ranked, k, value):
    assert precision_at(ranked, k) == value


@pytest.mark.parametrize(
    ("ranked", "wanted", "value"),
    [
        ([1, 0, 1], None, (1 + 2 / 3) / 2),
        ([1, 0, 1], 4, (1 + 2 / 3) / 4),
        ([0, 0], None, 0.0),
        ([], 3, 0.0),
    ],
)
def test_average_precision_charges_for_what_was_never_shown(ranked, wanted, value):
    assert average_precision(ranked, wanted) == pytest.approx(value)


@given(rankings)
def test_rank_measures_are_one_exactly_for_the_best_order(ranked):
    best = sorted(ranked, reverse=True)
    for measure in (lambda r: ndcg(r, len(r)), average_precision):
        assert measure(ranked) <= measure(best) + 1e-12
        assert measure(best) == pytest.approx(1.0 if any(ranked) else 0.0)


@given(rankings, st.data())
def test_moving_a_wanted_item_up_never_hurts(ranked, data):
    place = data.draw(st.integers(0, len(ranked) - 1))
    better = ranked.copy()
    if place and ranked[place]:
        better[place - 1 : place + 1] = better[place], better[place - 1]
    assert ndcg(better, 10) >= ndcg(ranked, 10) - 1e-12
    assert average_precision(better) >= average_precision(ranked) - 1e-12


def test_choice_gives_precision_recall_and_their_harmonic_mean():
    choice = Choice(right=2, chosen=4, wanted=8)
    assert (choice.precision, choice.recall) == (0.5, 0.25)
    assert choice.f1 == pytest.approx(1 / 3)


def test_choosing_nothing_scores_nothing_and_raises_nothing():
    assert Choice(0, 0, 3).f1 == Choice(0, 0, 3).precision == Choice(0, 0, 0).recall == 0.0


def test_macro_average_weighs_topics_alike_and_silence_as_nothing():
    mean = macro([Choice(1, 1, 2), Choice(0, 0, 5)])
    assert (mean.precision, mean.recall, mean.silent) == (0.5, 0.25, 0.5)
    assert mean.f1 == pytest.approx(1 / 3)


def test_macro_average_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least one"):
        macro([])


def test_interval_of_a_constant_gain_is_a_point():
    interval = paired_interval([0.5, 0.7, 0.9], [0.25, 0.45, 0.65], rounds=50)
    assert (interval.mean, interval.low, interval.high) == pytest.approx((0.25, 0.25, 0.25))


def test_interval_holds_its_mean_and_repeats_for_one_seed():
    ours, theirs = [0.9, 0.1, 0.5, 0.4], [0.2, 0.3, 0.5, 0.1]
    interval = paired_interval(ours, theirs, rounds=500)
    assert interval.low < interval.mean < interval.high
    assert interval == paired_interval(ours, theirs, rounds=500)


@pytest.mark.parametrize(("ours", "theirs"), [([1], [1, 2]), ([], []), ([[1]], [[1]])])
def test_interval_refuses_values_that_are_no_pairs(ours, theirs):
    with pytest.raises(ValueError, match="common shape"):
        paired_interval(ours, theirs)
