from collections.abc import Callable

import numpy as np
import pytest

from bot.picks.reading import Reading
from bot.picks.remembered import Remembered


def reading(digest: int = 0) -> Reading:
    nothing = np.zeros(0, dtype=np.float32)
    return Reading(np.zeros(0, dtype=np.int64), nothing, (), nothing, digest)


def refused() -> Reading:
    pytest.fail("it is held, and need not be made")


@pytest.fixture
def made() -> list[int]:
    return []


@pytest.fixture
def make(made: list[int]) -> Callable[[int], Callable[[], Reading]]:
    def making(digest: int) -> Callable[[], Reading]:
        def it() -> Reading:
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
