"""A watch tells taste what it wants, and nothing of what it refuses."""

import pytest

from bot.picks.features import Interest, interest_of
from bot.picks.taste import Taste
from tests.picks.papers import Text, day


@pytest.mark.parametrize(
    ("watch", "wanted"),
    [
        ("mixture of experts -survey", Interest(("mixture of experts",))),
        ("diffusion (protein OR molecule) NOT (review OR survey)",
         Interest(("diffusion", "protein", "molecule"))),
        ('author:"Yann LeCun" category:cs.CL',
         Interest((), ("Yann LeCun",), ("cs.CL",))),
        ("title:routing -author:Somebody", Interest(("routing",))),
        ("source:arxiv agents", Interest(("agents",))),
        ('"open', Interest(('"open',))),
    ],
)  # fmt: skip
def test_what_is_wanted_is_read_off_the_expression(watch: str, wanted: Interest) -> None:
    assert interest_of(watch) == wanted


def liking(watch: str, paper: Text) -> float:
    return Taste(words=(watch,)).opinion(paper, day(0)).value


def test_a_word_that_a_watch_refuses_is_not_liked_for_it() -> None:
    survey = Text("A survey of everything")

    assert liking("routing -survey", survey) == 0.0
    assert liking("routing -survey", Text("Routing")) == liking("routing", Text("Routing")) > 0.0


def test_an_author_and_a_category_that_are_watched_are_liked_beforehand() -> None:
    by_her = Text("Anything", authors=("Ada Li",), categories=("cs.NI",))

    assert liking('author:"Ada Li"', by_her) > 0.0
    assert liking("category:cs.NI", by_her) > 0.0
    assert liking("-category:cs.NI routing", by_her) == 0.0


def test_neighbours_of_different_phrases_are_no_pair() -> None:
    apart = liking("graph OR cuts", Text("Graph cuts"))

    assert liking("graph cuts", Text("Graph cuts")) > apart
