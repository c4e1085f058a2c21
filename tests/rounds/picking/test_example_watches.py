"""Example watches are phrases that the papers at hand really use."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from bot.matching.query.expression import Expression
from bot.matching.text.lexicon import Lexicon
from bot.matching.types import Match
from bot.rounds.picking.example_watches import USUAL, example_watches, missed_by
from bot.rounds.picking.expression_search import ExpressionSearch
from storage.models import Paper


async def _find(
    expression: Expression, among: Sequence[Paper], threshold: float
) -> list[tuple[Paper, Match]]:
    return await ExpressionSearch(Lexicon).find(expression, among, threshold)


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


def papers(*titles: str) -> list[Paper]:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    return [
        Paper(id=n, title=title, key=f"id:{n}", source="t", first_seen_at=at, updated_at=at)
        for n, title in enumerate(titles, 1)
    ]


async def test_a_missed_paper_needed_the_narrowest_topic_of_its_title() -> None:
    window = papers(
        "Protein folding with robot arms",
        "Robot arms in the lab",
        "Robot arms and protein folding",
        "Robot arms for all",
    )

    found = await missed_by(window[0], window, _find, 80)

    assert found is not None
    assert found.watch == "protein folding"
    assert found.others == [window[2]]


async def test_a_topic_of_this_paper_alone_is_offered_where_there_is_no_other() -> None:
    window = papers("Protein folding", "Robot arms")

    found = await missed_by(window[0], window, _find, 80)

    assert found is not None
    assert (found.watch, found.others) == ("protein folding", [])


@pytest.mark.parametrize("title", ["", "Of", "NOT (AND"])
async def test_a_title_without_a_topic_offers_no_watch(title: str) -> None:
    window = papers(title, "Robot arms")

    assert await missed_by(window[0], window, _find, 80) is None
