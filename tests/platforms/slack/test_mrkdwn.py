"""Exactly three characters are escaped, and what is cut is cut sensibly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.richtext import Line, bold, code, italic, line, link, slash
from bot.platforms.slack.mrkdwn import escape, fitted, gathered, mrkdwn, unescape, web_link
from tests.peers.slack.strict import check_blocks


@given(text=st.text())
def test_escaping_is_undone_by_unescaping_and_touches_three_characters_alone(text: str) -> None:
    escaped = escape(text)

    assert unescape(escaped) == text
    assert "<" not in escaped
    assert ">" not in escaped
    assert [c for c in escaped if c in "*_~`'\"|"] == [c for c in text if c in "*_~`'\"|"]


@pytest.mark.parametrize(
    ("styled", "expected"),
    [
        (line("a & ", bold("b")), "a &amp; *b*"),
        (line(bold(" b "), "c"), " *b* c"),
        (line(italic("")), ""),
        (line(code("a`b")), "`a'b`"),
        (line("Type ", slash("limit 5")), "Type `/papers limit 5`"),
        (
            line(link("A|B", "https://a.example/x|y?z=1&w=2")),
            "<https://a.example/x%7Cy?z=1&amp;w=2|A|B>",
        ),
        (line(link("A", "javascript:alert(1)")), "A"),
        (line(link("A", "")), "A"),
    ],
)
def test_a_line_is_rendered(styled: Line, expected: str) -> None:
    assert mrkdwn(styled) == expected


@pytest.mark.parametrize(
    "url", ["ftp://a.b", "https://", "https://a b", "//a.b", "x", "", None, "https://[", "h" * 9]
)
def test_an_address_that_is_no_web_address_is_no_link(url: str | None) -> None:
    assert web_link(url) is None


def test_a_long_text_ends_with_a_sentence() -> None:
    text = "One & two. " * 100

    cut = fitted(text, 200)

    assert cut.endswith("two.")
    assert 120 < len(cut) <= 200


@given(text=st.text(max_size=3000), limit=st.integers(20, 400))
def test_no_text_is_longer_than_it_may_be(text: str, limit: int) -> None:
    assert len(fitted(text, limit)) <= limit


@pytest.mark.parametrize("text", ["&" * 5000, "x" * 5000, "a, " * 3000])
def test_a_text_without_sentences_is_not_lost(text: str) -> None:
    assert len(fitted(text, 500)) > 250


def test_lines_are_gathered_in_order() -> None:
    assert gathered(["aa", "bb", "ccccc", "d"], 5) == ["aa\nbb", "ccccc", "d"]
    assert gathered(["abcdef"], 4) == ["abcd", "ef"]
    assert gathered(["ab cd ef", "g"], 5) == ["ab cd", "ef\ng"]


@given(
    words=st.lists(st.text(st.sampled_from("ab&<> \u00e9"), max_size=12), max_size=60),
    limit=st.integers(80, 200),
)
def test_a_long_line_is_cut_into_whole_entities_and_links(words: list[str], limit: int) -> None:
    spans = [
        link(word, "https://a.example/?x=1&y=2") if n % 3 else word for n, word in enumerate(words)
    ]

    texts = gathered([mrkdwn(line(*spans))], limit)

    assert all(len(text) <= limit for text in texts)
    blocks = [
        {"type": "section", "text": {"type": "mrkdwn", "text": t}} for t in texts if t.strip()
    ]
    assert check_blocks(blocks[:50]) is None
    assert "".join("".join(texts).split()) == "".join(mrkdwn(line(*spans)).split())
