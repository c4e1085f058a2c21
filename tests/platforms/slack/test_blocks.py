"""Every message keeps Slack's limits, and nothing from a feed becomes markup."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.cards.card import Card, CardLink
from bot.cards.richtext import Line, bold, code, italic, line, link
from bot.platforms.slack.blocks import Message, card_message, line_message, reply_message
from bot.ports import Reply
from tests.peers.slack.strict import check_blocks
from tests.platforms.slack.cards import BARE, BEYOND, HEAD, HOSTILE, ORDINARY

TEN_SCRIPTS = (
    "Ελένη Papadopoulou, Иван Петров, 李伟, 佐藤 愛, 김민준, नेहा शर्मा, محمد علي, דוד לוי, "
    "สมชาย ใจดี, ანა ბერიძე"
)


@pytest.mark.parametrize(
    "card", [ORDINARY, BARE, HOSTILE, BEYOND], ids=["ordinary", "bare", "hostile", "beyond"]
)
def test_a_card_looks_like_this(card: Card, snapshot: SnapshotAssertion) -> None:
    message = card_message(card)

    assert check_blocks(message.blocks) is None
    assert json.dumps(message.blocks, indent=1, ensure_ascii=False) == snapshot


def test_the_head_of_a_digest_looks_like_this(snapshot: SnapshotAssertion) -> None:
    message = line_message(*HEAD)

    assert check_blocks(message.blocks) is None
    assert json.dumps(message.blocks, indent=1, ensure_ascii=False) == snapshot


def test_an_answer_looks_like_this(snapshot: SnapshotAssertion) -> None:
    reply = Reply(
        lines=(
            line("Watching ", italic("graph & flow"), "."),
            line(bold("97"), " ", link("A < B", "https://a.example/?x=1&y=2"), ": ", code("a`b")),
        ),
        cards=(ORDINARY,),
        file=("saved.bib", "@misc{a,\n  title = {A < B & ```C```}\n}"),
    )

    message = reply_message(reply)

    assert check_blocks(message.blocks) is None
    assert json.dumps(message.blocks, indent=1, ensure_ascii=False) == snapshot


@pytest.mark.parametrize("text", ["<!channel>", "<@U1>", "<https://a.b|c>", "a & b", "&lt;"])
def test_text_from_outside_stays_text(text: str) -> None:
    card = Card(title=text, url="https://a.example", authors=text, summary=text, badges=(text,))

    shown = json.dumps(card_message(card).blocks)

    assert text not in shown.replace("&amp;lt;", "")
    assert check_blocks(card_message(card).blocks) is None


def test_names_in_ten_scripts_stay_as_they_are() -> None:
    card = Card(title="T", url=None, authors=TEN_SCRIPTS, summary="")

    assert TEN_SCRIPTS in card_message(card).blocks[0]["text"]["text"]


def test_votes_show_once_there_are_any() -> None:
    from dataclasses import replace

    without = json.dumps(card_message(replace(ORDINARY, votes=(0, 0))).blocks)
    voted = json.dumps(card_message(replace(ORDINARY, votes=(2, 1))).blocks, ensure_ascii=False)

    assert without == json.dumps(card_message(ORDINARY).blocks)
    assert "👍 2  👎 1" in voted


def test_three_hundred_watches_fit_one_message() -> None:
    lines = tuple(line(f"{n}. ", italic(f"watch number {n} & " + "x" * 60)) for n in range(300))

    message = reply_message(Reply(lines=lines))

    assert check_blocks(message.blocks) is None
    assert "watch number 299" in message.blocks[-1]["text"]["text"]


def test_an_answer_beyond_all_bounds_says_that_there_is_more() -> None:
    message = reply_message(Reply(lines=tuple(line("y" * 2500) for _ in range(80))))

    assert check_blocks(message.blocks) is None
    assert "more than fits" in message.blocks[-1]["text"]["text"]


def _texts(message: Message) -> str:
    return json.dumps(message.blocks)


_any_text = st.text(max_size=400)
_spans = st.builds(
    lambda text, style, url: line(style(text)) if url is None else line(link(text, url)),
    _any_text,
    st.sampled_from([bold, italic, code, lambda text: text]),
    st.none() | st.sampled_from(["https://a.example/?q=1&r=2", "javascript:x", "not a url", ""]),
)


@settings(deadline=None, max_examples=60)
@given(
    title=_any_text, authors=_any_text, summary=st.text(max_size=6000), why=_spans, url=_any_text
)
def test_no_card_breaks_a_limit(
    title: str, authors: str, summary: str, why: Line, url: str
) -> None:
    card = Card(
        title=title or "Untitled",
        url=url,
        authors=authors,
        summary=summary,
        links=(CardLink("PDF", url),),
        why=why,
    )

    message = card_message(card)

    assert check_blocks(message.blocks) is None
    assert message.text


@settings(deadline=None, max_examples=60)
@given(lines=st.lists(_spans, max_size=30))
def test_no_answer_breaks_a_limit(lines: list[Line]) -> None:
    message = line_message(*lines)

    assert check_blocks(message.blocks) is None
    assert message.text


def test_an_answer_without_words_still_says_something() -> None:
    message: Any = reply_message(Reply())

    assert message.text == "Done."
