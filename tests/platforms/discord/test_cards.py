from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from bot.cards.card import Card, CardLink, Form, simplified
from bot.cards.richtext import Span, italic, line
from bot.platforms.discord.cards import (
    LAYOUT_COMPONENTS,
    LAYOUT_TEXT,
    buttons,
    card_message,
    embed,
    find_delivery_id,
    layout,
    layouts,
)
from bot.platforms.discord.manage_form import Look, Looks
from bot.platforms.discord.markdown import address, bare_address, weight

FULL = Card(
    title="Sparrow²: Routing with O(log n) Experts",
    url="https://arxiv.org/abs/2602.00001",
    authors="Li, Guo and 10 others",
    summary="We propose *Sparrow*, a router. It needs # of steps < log n.",
    links=(
        CardLink("Abstract", "https://arxiv.org/abs/2602.00001"),
        CardLink("PDF", "https://arxiv.org/pdf/2602.00001"),
        CardLink("Code", "https://code.example/sparrow"),
        CardLink("Project", "https://sparrow.example"),
        CardLink("Discussion", "https://talk.example/2602.00001"),
    ),
    published=date(2026, 2, 27),
    upvotes=41,
    comments=1,
    thumbnail="https://pictures.example/1.png",
    why=line("matched ", italic("routing"), " in the title, 97"),
    categories=("cs.LG", "cs.DC"),
)
BARE = Card(title="Untitled", url=None, authors="", summary="")
HOSTILE = Card(
    title="**@everyone** [click](https://evil.example) <@1> " + "`" * 300,
    url="javascript:alert(1)",
    authors="# <@&2>\n> x",
    summary="- " + "*_~|" * 400,
    links=(
        CardLink("javascript", "javascript:alert(1)"),
        CardLink("L" * 500, "https://long.example/" + "a" * 600),
        CardLink("\n", "https://short.example"),
    ),
    thumbnail="file:///etc/passwd",
    why=line("> ", Span("||why||", "bold", "javascript:alert(1)")),
    badges=("@here", "x" * 500),
    upvotes=0,
)
SAMPLES = pytest.mark.parametrize(
    "card",
    [
        pytest.param(FULL, id="full"),
        pytest.param(BARE, id="bare"),
        pytest.param(HOSTILE, id="hostile"),
    ],
)


@pytest.fixture
def golden(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(JSONSnapshotExtension)


@SAMPLES
def test_a_card_as_components_looks_as_it_did(card: Card, golden: SnapshotAssertion) -> None:
    assert layout(card, delivery_id="d1").to_components() == golden


@SAMPLES
def test_a_card_as_an_embed_looks_as_it_did(card: Card, golden: SnapshotAssertion) -> None:
    made = {"embed": embed(card).to_dict(), "components": buttons(card, "d1").to_components()}

    assert made == golden


TEXT = st.builds(
    lambda words, times: words * times,
    st.text(max_size=8) | st.text("*_`<>@#[]\\ ", max_size=8),
    st.sampled_from([1, 40, 400]),
)
URL = st.none() | st.sampled_from(
    ["https://e.example/a(b)", "https://e.example/" + "é" * 700, "javascript:x", "https://\ud800"]
)
CARDS = st.builds(
    Card,
    title=TEXT,
    url=URL,
    authors=TEXT,
    summary=TEXT,
    links=st.lists(st.builds(CardLink, TEXT, URL.map(str)), max_size=8).map(tuple),
    published=st.none() | st.dates(),
    upvotes=st.none() | st.integers(0, 10**9),
    comments=st.none() | st.integers(0, 10**9),
    thumbnail=URL,
    why=st.lists(st.builds(Span, TEXT, url=URL), max_size=5).map(tuple),
    badges=st.lists(TEXT, max_size=5).map(tuple),
    categories=st.lists(TEXT, max_size=5).map(tuple),
)


@given(CARDS)
@settings(deadline=None, max_examples=60)
def test_every_layout_is_within_the_limits(card: Card) -> None:
    assert_legal(layout(card, delivery_id="d" * 25, voting=True).to_components())


@given(st.lists(CARDS, max_size=6))
@settings(deadline=None, max_examples=30)
def test_many_cards_are_spread_over_legal_messages_in_order(cards: list[Card]) -> None:
    made = layouts(cards)

    for view in made:
        assert_legal(view.to_components())
    assert sum(len(view.to_components()) for view in made) == len(cards)


@given(CARDS)
@settings(deadline=None, max_examples=60)
def test_every_embed_is_within_the_limits(card: Card) -> None:
    made = embed(card)

    assert weight(made.title or "") <= 256
    assert weight(made.description or "") <= 4_096
    assert weight(made.footer.text or "") <= 2_048
    assert weight(made.author.name or "") <= 256
    assert len(made) <= 6_000
    assert len(list(buttons(card, "d" * 25, voting=True).walk_children())) <= 25


def test_a_post_can_be_found_by_the_mark_of_its_delivery() -> None:
    assert find_delivery_id(layout(FULL, delivery_id="0f1e").to_components()) == "0f1e"
    assert find_delivery_id(buttons(FULL, "0f1e").to_components()) == "0f1e"
    assert find_delivery_id(layout(FULL).to_components()) is None


def assert_legal(components: list[dict[str, Any]]) -> None:
    every = list(walk(components))
    texts = [one["content"] for one in every if one["type"] == 10]
    assert len(every) <= LAYOUT_COMPONENTS
    assert sum(map(weight, texts)) <= LAYOUT_TEXT
    assert all(text.strip() for text in texts)
    for one in every:
        assert 1 <= weight(one.get("label", "x")) <= 80
        assert weight(one.get("url", "")) <= 512
        assert len(one.get("custom_id", "")) <= 100
        assert one["type"] != 1 or 1 <= len(one["components"]) <= 5
        assert one["type"] != 9 or 1 <= len(one["components"]) <= 3


def walk(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in components:
        yield one
        yield from walk(one.get("components", []))
        if "accessory" in one:
            yield one["accessory"]


WIKI = Card(
    title="Notes on routing",
    url="http://wiki:8090/pages/1",
    authors="Li",
    summary="On the inside.",
    links=(
        CardLink("Abstract", "http://wiki:8090/pages/1"),
        CardLink("PDF", "http://wiki:8090/files/1.pdf?a=b&c=`d`"),
        CardLink("Code", "https://code.example/sparrow"),
    ),
    thumbnail="http://wiki:8090/1.png",
    why=line("on ", Span("the wiki", "plain", "http://wiki:8090/pages/2")),
)


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("look", [Looks(), Looks(frozenset({Look.EMBEDS}))])
def test_an_address_without_a_dot_is_text_and_never_a_link(look: Looks, form: Form) -> None:
    made = card_message(simplified(WIKI, form), "d1", look)

    told = [
        *made["view"].to_components(),
        *(each.to_dict() for each in [made.get("embed")] if each),
    ]
    urls = list(every(told, "url"))
    assert all(each.startswith("https://code.example") for each in urls)
    texts = " ".join(map(str, [*every(told, "content"), *every(told, "description")]))
    assert ("`http://wiki:8090/pages/1`" in texts) == (form is not Form.BARE)
    assert "](<http://wiki" not in texts


def every(told: object, key: str) -> Iterator[str]:
    """Each value of a key at any depth."""
    if isinstance(told, dict):
        if isinstance(told.get(key), str):
            yield told[key]
        for inner in told.values():
            yield from every(inner, key)
    elif isinstance(told, list):
        for inner in told:
            yield from every(inner, key)


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://arxiv.org/abs/1", True),
        ("http://10.0.0.7:8080/x", True),
        ("https://bücher.example/x", True),
        ("https://xn--bcher-kva.example", True),
        ("https://例え.テスト/x", True),
        ("https://a_b.example/x", True),
        ("http://wiki:8090/x", False),
        ("http://localhost/x", False),
        ("http://[::1]:80/x", False),
        ("http://wiki./x", False),
        ("http://.example/x", False),
        ("http://a..example/x", False),
        ("http://host.123/x", False),
        ("http://a.example:99999/x", False),
        ("http://a.example:0/x", False),
    ],
)
def test_which_addresses_are_links_and_which_are_text(*, url: str, linked: bool) -> None:
    assert (address(url, 500), bare_address(url)) == ((url, None) if linked else (None, f"`{url}`"))
