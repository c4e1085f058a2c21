"""A paper is picked for what it is about; quotes, likes and dislikes have their say."""

from datetime import UTC, datetime

import numpy as np
import pytest

from bot.picks.relevance import STRICT, centred, nearness, needed, similarities, wanted_by
from bot.picks.selection import choose, judge
from bot.picks.taste import Taste
from bot.picks.types import Candidate
from tests.picks.papers import Text

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FAR, NEAR = 0.05, 0.4


def candidate(number=1, score=100.0, near: float | None = NEAR, **facts) -> Candidate:
    return Candidate(number, Text(f"paper {number}"), score, "alignment", nearness=near, **facts)


def verdict(one: Candidate, liking: float = 0.0, threshold: float = 80, floor: float = 20) -> str:
    return judge(one, liking, threshold=threshold, floor=floor)


def test_a_word_in_a_paper_about_something_else_is_in_passing():
    assert verdict(candidate(near=NEAR)) == "pick"
    assert verdict(candidate(near=FAR)) == "passing"
    assert verdict(candidate(near=needed(100.0) + 1e-6)) == "pick"
    assert verdict(candidate(near=needed(100.0) - 1e-6)) == "passing"


def test_without_a_vector_the_words_decide():
    assert verdict(candidate(near=None)) == "pick"
    assert verdict(candidate(near=None, score=60.0), threshold=60) == "pick"


def test_a_quoted_watch_takes_every_mention():
    assert verdict(candidate(near=FAR, every=True)) == "pick"


def test_what_people_like_passes_and_what_they_dislike_is_held_back():
    assert verdict(candidate(near=FAR), liking=0.8) == "pick"
    assert verdict(candidate(near=NEAR), liking=-0.3) == "disliked"
    assert verdict(candidate(near=NEAR), liking=-0.3, floor=100) == "pick"


def test_a_paper_may_come_by_its_meaning_alone_unless_the_threshold_is_strict():
    near = candidate(score=0.0, near=NEAR, open=True)
    assert verdict(near) == "pick"
    assert verdict(near, threshold=STRICT + 1) == "unmatched"
    assert verdict(candidate(score=0.0, near=NEAR)) == "unmatched"
    assert verdict(candidate(score=70.0, near=FAR, open=True)) == "unmatched"


def test_the_nearest_of_equal_matches_comes_first_and_those_in_passing_never():
    some = [candidate(number, near=near) for number, near in enumerate((0.2, FAR, 0.4, 0.3))]
    picks = choose(some, Taste(), limit=5, threshold=80, beyond=0, at=NOON, seed=0)
    assert [pick.id for pick in picks] == [2, 3, 0]


@pytest.mark.parametrize(
    ("watch", "texts", "every", "opened"),
    [
        ("mixture of experts", ("mixture of experts",), False, True),
        ("sparse attention OR KV cache", ("sparse attention", "KV cache"), False, True),
        ('"alignment"', ("alignment",), True, False),
        ("diffusion -survey", ("diffusion",), False, False),
        ("title:pruning", ("pruning",), False, False),
        ("author:Bengio", (), True, False),
    ],
)
def test_what_a_watch_asks_for_in_meaning(watch, texts, every, opened):
    wanted = wanted_by(watch)
    assert (wanted.texts, wanted.every, wanted.open) == (texts, every, opened)


def test_a_watch_is_as_near_as_its_nearest_phrase_and_a_channel_as_its_nearest_watches():
    papers = np.eye(2, dtype=np.float32)
    watches = [np.array([[1, 0], [0, 1]], np.float32), np.array([[0.6, 0.8]], np.float32)]
    near = similarities(papers, watches)
    np.testing.assert_allclose(near, [[1.0, 0.6], [1.0, 0.8]])
    np.testing.assert_allclose(nearness(near), [0.9, 0.95])


def test_what_all_papers_have_in_common_is_taken_away_but_from_papers_without_a_vector():
    rows = np.array([[1, 0], [0, 1], [0, 0]], dtype=np.float32)
    moved = centred(rows, np.array([0.5, 0.5], dtype=np.float32))
    np.testing.assert_allclose(moved[0], -moved[1], atol=1e-6)
    assert not moved[2].any()
    assert (centred(rows, np.zeros(0, np.float32)) == rows).all()
