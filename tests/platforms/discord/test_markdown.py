import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.cards.richtext import Span, bold, code, italic, line, link, slash
from bot.platforms.discord.markdown import address, escape, escape_within, markdown, weight
from bot.text import one_line


def shown(text: str) -> str:
    """What a reader sees of escaped text: Discord drops a backslash before any punctuation."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", text)


@pytest.mark.parametrize(
    ("raw", "escaped"),
    [
        pytest.param("plain words, 3.5x faster", "plain words, 3.5x faster", id="plain"),
        pytest.param("**b** _i_ ~~s~~ ||h||", r"\*\*b\*\* \_i\_ \~\~s\~\~ \|\|h\|\|", id="style"),
        pytest.param("`c` \\n", r"\`c\` \\n", id="code"),
        pytest.param("# not a heading", r"\# not a heading", id="heading"),
        pytest.param("-# not small", r"\-# not small", id="small"),
        pytest.param("- no list", r"\- no list", id="list"),
        pytest.param("1. no list", r"1\. no list", id="numbers"),
        pytest.param("> no quote", r"\> no quote", id="quote"),
        pytest.param("state-of-the-art #1", "state-of-the-art #1", id="inside a line"),
        pytest.param("two\n# lines", "two # lines", id="lines"),
        pytest.param("<@1> <@&2> <#3> <t:4>", r"\<@1\> \<@&2\> \<#3\> \<t:4\>", id="mentions"),
        pytest.param("@everyone @here", r"\@everyone \@here", id="everyone"),
        pytest.param("[x](https://e.example)", r"\[x\](https\://e.example)", id="link"),
        pytest.param("see :tada: now", r"see \:tada: now", id="emoji"),
        pytest.param("Title: a subtitle", "Title: a subtitle", id="colon"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_raw_text_has_no_effect(raw: str, escaped: str) -> None:
    assert escape(raw) == escaped


@given(st.text())
def test_what_was_escaped_reads_as_it_was_written(raw: str) -> None:
    assert shown(escape(raw)) == one_line(raw)


@given(st.text(), st.integers(1, 60))
def test_escaped_text_keeps_its_limit_and_ends_no_escape_in_the_middle(
    raw: str, limit: int
) -> None:
    made = escape_within(raw, limit)

    assert weight(made) <= limit
    assert not re.search(r"(?<!\\)(?:\\\\)*\\$", made)


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        pytest.param(line("a ", bold("b"), " c"), "a **b** c", id="bold"),
        pytest.param(line(italic(" b ")), " *b* ", id="space stays outside the marks"),
        pytest.param(line(bold("2 * 3")), r"**2 \* 3**", id="escaped inside"),
        pytest.param(line(code("/papers watch a*b")), "`/papers watch a*b`", id="code"),
        pytest.param(line(slash("limit 5")), "`/papers limit 5`", id="command"),
        pytest.param(line(slash("export")), "`/papers admin export`", id="a moved command"),
        pytest.param(line(code("a`b")), "`` a`b ``", id="a backtick in code"),
        pytest.param(
            line(link("a[b]", "https://e.example/(x)")),
            r"[a\[b\]](<https://e.example/%28x%29>)",
            id="link",
        ),
        pytest.param(line(link("x", "javascript:alert(1)")), "x", id="no web address"),
        pytest.param(line(Span("")), "", id="empty span"),
    ],
)
def test_a_line_keeps_its_styles(made: tuple[Span, ...], expected: str) -> None:
    assert markdown(made, 200) == expected


SPANS = st.builds(
    Span,
    st.text(max_size=80),
    st.sampled_from(["plain", "bold", "italic", "code"]),
    st.none() | st.just("https://e.example/a?b=(c)"),
)


@given(st.lists(SPANS, max_size=6).map(tuple), st.integers(2, 200))
def test_a_line_keeps_its_limit(made: tuple[Span, ...], limit: int) -> None:
    assert weight(markdown(made, limit)) <= limit


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        pytest.param("https://e.example/a", True, id="web"),
        pytest.param("https://e.example/" + "a" * 600, False, id="too long"),
        pytest.param("ftp://e.example/a", False, id="another scheme"),
        pytest.param(None, False, id="none"),
    ],
)
def test_only_short_web_addresses_become_links(url: str | None, kept: bool) -> None:
    assert (address(url, 512) == url and url is not None) is kept
