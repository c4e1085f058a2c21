"""A goal is judged at thresholds chosen alike, and what is behind or ahead is said."""

import numpy as np
import pytest

from tests.quality.matching.compare import Standing
from tests.quality.matching.verdict import verdict
from tests.quality.metrics import Mean


def stands(name, f1, recall=0.5, topics=(0.0,)):
    mean = Mean(precision=0.5, recall=recall, f1=f1, silent=0.0)
    return Standing(name, 80.0, mean, f1 + np.array(topics), 0.0, 0.0, 0.0)


def said(task, *, ours, default, peer=0.54, added=0.4, recall=0.5):
    others = [stands("partial_ratio", peer), stands("exact phrase", added)]
    return verdict(task, stands("it", ours), stands("it", default, recall=recall), others)


@pytest.mark.parametrize(("ours", "result"), [(0.55, "**Met.**"), (0.54, "**Missed.**")])
def test_ours_is_held_at_its_own_best_threshold(ours, result):
    assert result in said("M3", ours=ours, default=0.1)


@pytest.mark.parametrize(("default", "place"), [(0.53, "not first"), (0.55, "first too")])
def test_what_a_new_channel_gets_stands_beside_it(default, place):
    assert f"At 80, where a channel begins, ours is {default:.3f}, {place}." in said(
        "M3", ours=0.56, default=default
    )


def test_a_baseline_of_our_own_that_is_ahead_is_said_to_be():
    assert "exact phrase, 0.580, ahead of ours" in said("M3", ours=0.55, default=0.5, added=0.58)


def test_tags_ask_for_enough_at_the_default_threshold_as_well():
    assert "**Met.**" in said("M1", ours=0.55, default=0.5, recall=0.24)
    assert "**Missed.**" in said("M1", ours=0.55, default=0.5, recall=0.23)


def test_a_task_without_a_target_has_no_verdict():
    assert "**" not in said("M2", ours=0.1, default=0.1)


@pytest.mark.parametrize(("spread", "doubted"), [(0.3, True), (0.001, False)])
def test_a_lead_that_may_be_chance_is_said_to_be(spread, doubted):
    ours = stands("it", 0.55, topics=np.linspace(-spread, spread, 9))
    others = [stands("partial_ratio", 0.54, topics=[0.0] * 9), stands("exact phrase", 0.4)]

    assert ("may be chance" in verdict("M3", ours, ours, others)) == doubted
