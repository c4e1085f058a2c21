"""Every message keeps Slack's limits, and nothing from a feed becomes markup."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.cards.card import Card, CardLink
from bot.cards.digest import Titled, head_lines
from bot.cards.richtext import Line, bold, code, italic, line, link
from bot.platforms.slack.blocks import (
    MOST_ANSWERS,
    Message,
    card_message,
    head_message,
    line_message,
    line_messages,
    reply_messages,
)
from bot.ports import Reply
from tests.peers.slack.strict import MESSAGE_LENGTH, check_blocks, length
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

    [message] = reply_messages(reply)

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


def fits(message: Message) -> bool:
    return check_blocks(message.blocks) is None and length(message.blocks) <= MESSAGE_LENGTH


def test_three_hundred_watches_are_all_said() -> None:
    lines = tuple(line(f"{n}. ", italic(f"watch number {n} & " + "x" * 60)) for n in range(300))

    messages = reply_messages(Reply(lines=lines))

    assert all(map(fits, messages))
    assert len(messages) <= MOST_ANSWERS
    shown = "".join(map(_texts, messages))
    assert all(f"watch number {n} " in shown for n in range(300))


def test_an_answer_beyond_all_bounds_says_that_there_is_more() -> None:
    messages = reply_messages(Reply(lines=tuple(line("y" * 2500) for _ in range(80))))

    assert all(map(fits, messages))
    assert len(messages) == MOST_ANSWERS
    assert "more than fits" in messages[-1].blocks[-1]["text"]["text"]


@pytest.mark.parametrize("title", ["T" * 200, "<&>" * 66, "長い題名" * 50])
@pytest.mark.parametrize("url", ["https://x.example/" + "a" * 1900, "https://x.example/a"])
def test_the_list_above_fifty_long_papers_is_one_message_that_names_them_all(
    title: str, url: str
) -> None:
    head = head_lines([Titled(f"{number}th {title}", url) for number in range(50)])

    message = head_message(head)

    assert fits(message)
    assert all(f"{number}th" in _texts(message) for number in range(50))


def test_details_longer_than_a_message_are_several() -> None:
    messages = line_messages([line("z" * 1400 + f" {n}") for n in range(20)])

    assert all(map(fits, messages))
    assert len(messages) > 1
    assert all(f"z {n}" in "".join(map(_texts, messages)) for n in range(20))


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
    messages = [*line_messages(lines), head_message(lines)]

    assert all(map(fits, messages))
    assert all(message.text for message in messages)


def test_an_answer_without_words_still_says_something() -> None:
    [message] = reply_messages(Reply())

    assert message.text == "Done."
