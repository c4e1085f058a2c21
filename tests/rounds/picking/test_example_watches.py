"""Example watches are phrases that the papers at hand really use."""

import pytest

from bot.rounds.picking.example_watches import USUAL, example_watches


def test_the_commonest_phrases_that_share_no_word_come_first() -> None:
    titles = [
        "Scaling laws for speech",
        "On scaling laws",
        "Beyond scaling laws: distributed training",
        "Faster distributed training",
        "Laws distributed everywhere",
    ]

    assert example_watches(titles, 2) == ("scaling laws", "distributed training")


def test_what_few_titles_do_not_give_comes_from_the_usual_ones() -> None:
    assert example_watches([]) == USUAL
    assert example_watches(["Scaling laws", "Scaling laws"])[0] == "scaling laws"
    assert len(example_watches(["Scaling laws", "Scaling laws"])) == 3


@pytest.mark.parametrize(
    "title",
    [
        "Towards efficient learning",
        "Attention: is all",
        "The of and",
        "A1 B2 C3",
        "<!channel> & *bold*",
    ],
)
def test_words_that_say_nothing_are_no_example(title: str) -> None:
    assert example_watches([title, title]) == USUAL


def test_the_same_titles_give_the_same_examples_in_any_order() -> None:
    titles = ["graph neural kernels", "robot arm control", "speech codec design"] * 2

    assert example_watches(titles) == example_watches(titles[::-1])
