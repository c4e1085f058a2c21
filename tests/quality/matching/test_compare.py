"""The comparison is fair: thresholds are the best there are, and come from the other half."""

import numpy as np
import pytest

from tests.bench.real import Sample
from tests.quality.matching.compare import best_threshold, choices, micro, reporting_half, standing
from tests.quality.matching.judged import Judged
from tests.quality.matching.spellings import families
from tests.quality.metrics import Choice, macro

TOPICS = ("graph", "image", "speech", "robot", "protein", "planet")


def random_scores(topics, papers=60):
    scores = np.random.default_rng(1).uniform(0, 100, (topics, papers)).astype(np.float32)
    wanted = np.random.default_rng(2).uniform(size=scores.shape) < scores / 150
    return scores, wanted


def test_the_best_threshold_beats_every_other_step():
    scores, wanted = random_scores(5)
    best = macro(choices(scores, wanted, best_threshold(scores, wanted))).f1
    steps = np.linspace(scores.min(), scores.max(), 101)
    assert best == max(macro(choices(scores, wanted, step)).f1 for step in steps)


def test_a_threshold_never_sees_the_half_it_is_reported_on():
    scores, wanted = random_scores(len(TOPICS))
    task = Judged("T", "", tuple(map(Sample, map(str, range(60)))), TOPICS, wanted)
    held = reporting_half(TOPICS)
    assert 0 < held.sum() < len(TOPICS)
    turned = wanted.copy()
    turned[held] = ~turned[held]
    opposite = Judged("T", "", task.papers, TOPICS, turned)
    before, after = (standing("it", each, scores, scores) for each in (task, opposite))
    assert before.threshold == after.threshold
    assert before.mean != after.mean


def test_ties_are_broken_only_where_scores_are_equal():
    scores = np.zeros((len(TOPICS), 3), dtype=np.float32)
    scores[:, 0] = 100
    ties = np.tile(np.array([0, 1, 2], dtype=np.float32), (len(TOPICS), 1))
    wanted = np.tile([False, False, True], (len(TOPICS), 1))
    task = Judged("T", "", tuple(map(Sample, "abc")), TOPICS, wanted)
    judged = standing("it", task, scores, ties, threshold=80)
    assert (judged.map_, judged.map_ties) == pytest.approx((1 / 3, 1 / 2))


def test_micro_averages_let_busy_topics_weigh_more():
    assert micro([Choice(1, 1, 2), Choice(0, 3, 2)]) == (0.25, 0.25)


def test_spellings_join_stems_and_acronyms_that_papers_define():
    texts = ["We train large language models (LLMs) at scale.", "A large language model (LLM)."]
    keywords = ["llm", "llms", "large language models", "language models", "diffusion"]
    assert families(keywords, texts) == [
        ["llm", "llms", "large language models"],
        ["language models"],
        ["diffusion"],
    ]


def test_one_odd_definition_joins_nothing():
    assert families(["rl", "robot learning"], ["Robot learning (RL) again."]) == [
        ["rl"],
        ["robot learning"],
    ]
