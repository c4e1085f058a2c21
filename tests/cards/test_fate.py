"""What became of a paper stands on its card and is said in a sentence."""

import pytest

from bot.cards.card import Card
from bot.cards.fate import marked, told
from bot.cards.richtext import plain

CARD = Card(title="A paper", url="https://example.org", authors="Ada Li", summary="It says.")
LONG = "this paper was retracted by its journal or withdrawn by its authors"
DOUBT = "its journal has published a concern about this paper"
CASES = [
    ({}, "A paper", ()),
    ({"retracted": "", "concern": "10.1/c"}, "Retracted: A paper", ()),
    ({"concern": "10.1/c"}, "Expression of concern: A paper", ()),
    ({"published": "Nature 612 (2026)"}, "A paper", ("Nature 612 (2026)",)),
    (
        {"published": "10.1038/1", "version": "3"},
        "A paper",
        ("published in a journal", "version 3 is out"),
    ),
]


@pytest.mark.parametrize(("fates", "title", "badges"), CASES)
def test_a_card_shows_what_became_of_its_paper(
    fates: dict[str, str], title: str, badges: tuple[str, ...]
) -> None:
    card = marked(CARD, fates)

    assert (card.title, card.badges) == (title, badges)


@pytest.mark.parametrize(
    ("kind", "detail", "said"),
    [
        (
            "retracted",
            "",
            f"Retracted: {LONG}.",
        ),
        (
            "retracted",
            "10.1/n",
            f"Retracted: {LONG}: 10.1/n",
        ),
        (
            "concern",
            "",
            f"Expression of concern: {DOUBT}.",
        ),
        ("published", "10.1/j", "Published: this paper has appeared in a journal: 10.1/j"),
        ("published", "Nature 612", "Published: this paper has appeared in Nature 612."),
        ("version", "2", "Version 2 of this paper is out."),
    ],
)
def test_each_fate_is_a_sentence(kind: str, detail: str, said: str) -> None:
    assert plain(told(kind, detail)) == said
