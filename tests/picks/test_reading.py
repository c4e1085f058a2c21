"""Many papers read against a model at once are read as each is alone."""

from dataclasses import replace

import numpy as np
import pytest

from bot.picks.features import SIZE
from bot.picks.reading import Reading, products

RANDOM = np.random.default_rng(7)
MODEL = RANDOM.normal(size=(3, SIZE)).astype(np.float32)
MEANING = RANDOM.normal(size=(3, 4)).astype(np.float32)


def _paper(words: int) -> Reading:
    places = np.sort(RANDOM.choice(SIZE, words, replace=False))
    values = RANDOM.normal(size=words).astype(np.float32)
    meaning = RANDOM.normal(size=4).astype(np.float32)
    return Reading(places, values, ("word",) * words, meaning, 0)


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
