"""Many papers read against a model at once are read as each is alone."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from bot.picks.features import SIZE
from bot.picks.vectors import PaperVector, Remembered, products

RANDOM = np.random.default_rng(7)
MODEL = RANDOM.normal(size=(3, SIZE)).astype(np.float32)
MEANING = RANDOM.normal(size=(3, 4)).astype(np.float32)


def _paper(words: int) -> PaperVector:
    places = np.sort(RANDOM.choice(SIZE, words, replace=False))
    values = RANDOM.normal(size=words).astype(np.float32)
    meaning = RANDOM.normal(size=4).astype(np.float32)
    return PaperVector(places, values, ("word",) * words, meaning, 0)


@pytest.mark.parametrize(
    "sizes",
    [(), (0,), (5,), (0, 0), (3, 0, 4), (0, 7), (7, 0), (0, 2, 0, 0, 9, 0)],
    ids=str,
)
def test_a_paper_without_words_takes_nothing_from_its_neighbours(sizes: tuple[int, ...]) -> None:
    papers = [_paper(size) for size in sizes]

    together = products(MODEL, MEANING, papers)

    alone = [MODEL[:, one.places] @ one.values + MEANING @ one.meaning for one in papers]
    assert together.shape == (3, len(sizes))
    assert np.allclose(together.T, np.array(alone).reshape(-1, 3), atol=1e-4)


def test_a_paper_that_is_moved_is_read_where_it_lies_now() -> None:
    paper, other = _paper(5), _paper(5)
    moved = replace(paper, meaning=other.meaning)

    apart = products(MODEL, MEANING, [moved]) - products(MODEL, MEANING, [paper])

    assert np.allclose(apart[:, 0], MEANING @ (other.meaning - paper.meaning), atol=1e-4)


def reading(digest: int = 0) -> PaperVector:
    nothing = np.zeros(0, dtype=np.float32)
    return PaperVector(np.zeros(0, dtype=np.int64), nothing, (), nothing, digest)


def refused() -> PaperVector:
    pytest.fail("it is held, and need not be made")


@pytest.fixture
def made() -> list[int]:
    return []


@pytest.fixture
def make(made: list[int]) -> Callable[[int], Callable[[], PaperVector]]:
    def making(digest: int) -> Callable[[], PaperVector]:
        def it() -> PaperVector:
            made.append(digest)
            return reading(digest)

        return it

    return making


def test_what_was_made_is_not_made_again():
    remembered = Remembered(2)

    first = remembered.of("a", reading)

    assert remembered.of("a", refused) is first


def test_one_too_many_pushes_out_the_first(made, make):
    remembered = Remembered(2)

    for key in (1, 2, 3):
        remembered.of(key, make(key))

    assert len(remembered) == 2
    remembered.of(2, refused)
    remembered.of(3, refused)
    remembered.of(1, make(1))
    assert made == [1, 2, 3, 1]


def test_what_nobody_asked_for_between_two_calls_is_forgotten_and_the_rest_stays(made, make):
    remembered = Remembered(9)
    for key in (1, 2):
        remembered.of(key, make(key))

    remembered.forget()
    assert remembered.of(1, refused).digest == 1
    remembered.forget()

    assert len(remembered) == 1
    remembered.of(1, refused)
    remembered.of(2, make(2))
    assert made == [1, 2, 2]


def test_of_two_ages_the_older_goes_first(make):
    remembered = Remembered(2)
    remembered.of(1, make(1))
    remembered.forget()
    remembered.of(2, make(2))

    remembered.of(3, make(3))

    remembered.of(2, refused)
    remembered.of(3, refused)
    assert len(remembered) == 2
