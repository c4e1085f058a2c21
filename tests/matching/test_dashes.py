import pytest

from bot.matching.dashes import ambiguous_dash
from bot.matching.expression import parse


@pytest.mark.parametrize(
    ("typed", "left_out", "wanted", "instead"),
    [
        ("experts -survey paper", "survey", "paper", 'experts -"survey paper"'),
        ("a1 -deep learning models OR b1", "deep", "learning models", None),
        ("title:graphs –social network -trees", "social", "network", None),
        ("(robots -toy arm) OR hands", "toy", "arm", '(robots -"toy arm") OR hands'),
    ],
)
def test_a_dash_before_several_words_is_told_what_it_took(
    typed: str, left_out: str, wanted: str, instead: str | None
) -> None:
    found = ambiguous_dash(typed)

    assert found is not None
    assert (found.left_out, found.wanted) == (left_out, wanted)
    assert instead in (None, found.instead)
    assert ambiguous_dash(found.instead) is None
    parse(found.instead)


@pytest.mark.parametrize(
    "typed",
    [
        "experts",
        "experts -survey",
        "-survey AND paper",
        'experts -"survey paper"',
        "experts -(survey paper)",
        "experts NOT survey paper",
        "pre-training models",
        "experts -survey -paper",
        "experts -survey OR paper",
    ],
)
def test_a_dash_that_says_what_it_means_is_left_alone(typed: str) -> None:
    assert ambiguous_dash(typed) is None
