"""Each form of a card leaves out more than the one before it."""

from dataclasses import replace

import pytest

from bot.cards.card import Card, CardLink, Form, plain_text, simplified

CARD = Card(
    title="Sparse experts " * 20,
    url="http://wiki:8090/paper",
    authors="Li, Guo and 10 others",
    summary="They route.",
    links=(CardLink("PDF", "http://wiki:8090/paper.pdf"),),
    thumbnail="https://example.org/a.png",
    badges=("beyond your watches",),
)


@pytest.mark.parametrize("form", Form)
def test_a_form_leaves_out_all_that_those_before_it_leave_out(form: Form) -> None:
    made = simplified(CARD, form)
    assert made.form is form
    assert (made.thumbnail is None) == (form >= Form.NO_PICTURE)
    assert (made.summary == "") == (form >= Form.SHORT)
    assert (len(made.title) <= 150) == (form >= Form.SHORT)
    assert (made.url is None) == (form >= Form.BARE)


def test_the_full_form_is_the_card_itself() -> None:
    assert simplified(CARD, Form.FULL) == CARD


def test_bare_text_names_the_paper_and_where_it_is() -> None:
    card = replace(CARD, title="Sparse experts")
    assert plain_text(card) == "Sparse experts\nLi, Guo and 10 others\nhttp://wiki:8090/paper"
    assert plain_text(simplified(card, Form.BARE)) == "Sparse experts\nLi, Guo and 10 others"
