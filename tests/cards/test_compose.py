import unicodedata
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.cards.card import CardPaper
from bot.cards.compose import card_links, compose, short_authors, surname, web_url
from bot.cards.richtext import Line, italic, line
from bot.sources.base import Fresh
from bot.sources.sample import SampleDigest
from storage.models import Paper

TWELVE = ["Wei Li", "Lin Guo", *(f"Ann Other{letter}" for letter in "abcdefghij")]


@pytest.mark.parametrize(
    ("names", "count", "expected"),
    [
        (["Wei Li"], None, "Wei Li"),
        (["Wei Li", "Lin Guo"], None, "Wei Li and Lin Guo"),
        (["Wei Li", "Lin Guo", "Yi Chen"], 3, "Wei Li, Lin Guo and Yi Chen"),
        (["Wei Li", "Lin Guo", "Yi Chen", "Al Ma"], None, "Wei Li, Lin Guo and 2 others"),
        (TWELVE, 12, "Wei Li, Lin Guo and 10 others"),
        (["Wei Li", "Lin Guo"], 3, "Wei Li, Lin Guo and 1 other"),
        (["Wei Li"], 7, "Wei Li and 6 others"),
        ([], 7, "7 authors"),
        ([], 1, "1 author"),
        ([], 0, ""),
        ([], None, ""),
        (["", "  "], 4, "4 authors"),
        (["NVIDIA", ":", "Wei Li"], None, "NVIDIA and Wei Li"),
        (["Wei Li", "Lin Li"], None, "Wei Li and Lin Li"),
        (["ATLAS Collaboration"], None, "ATLAS Collaboration"),
        (["Qwen Team", "Wei Li"], None, "Qwen Team and Wei Li"),
        ([r"Erwin Schr\"odinger (Wien)"], None, "Erwin Schrödinger"),
        (
            ["LeCun, Yann", "Downey, Jr.", "Meta, Llama Team"],
            None,
            "Yann LeCun, Downey, Jr. and Meta, Llama Team",
        ),
    ],
)
def test_the_short_form_names_two_and_counts_the_rest(
    names: list[str], count: int | None, expected: str
) -> None:
    assert short_authors(names, count) == expected


def test_an_author_whom_a_watch_asked_for_is_named_wherever_it_stands() -> None:
    shown = short_authors(TWELVE, 12, named=["Ann Otherd", "Lin Guo"])

    assert shown == "Wei Li, Lin Guo, Ann Otherd and 9 others"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Yann LeCun", "LeCun"),
        ("LeCun, Y.", "LeCun"),
        ("LeCun, Yann André", "LeCun"),
        ("Laurens van der Maaten", "van der Maaten"),
        ("Luc Van Gool", "Van Gool"),
        ("van der Maaten, Laurens", "van der Maaten"),
        ("Ronald de Wolf", "de Wolf"),
        ("Jean-Pierre Serre", "Serre"),
        ("Sutton R. S.", "Sutton"),
        ("Martin Luther King Jr.", "King"),
        ("Robert Downey, Jr.", "Downey"),
        ("William Gates III", "Gates"),
        ("Plato", "Plato"),
        ("李伟", "李伟"),
        ("J. K.", "J."),
        ("DeepSeek-AI", "DeepSeek-AI"),
        ("Moonshot AI", "Moonshot AI"),
        ("Weiwei Ai", "Ai"),
        ("The Event Horizon Telescope Collaboration", "The Event Horizon Telescope Collaboration"),
        ("Llama Team, AI at Meta", "Llama Team, AI at Meta"),
    ],
)
def test_surnames_are_told_from_given_names(name: str, expected: str) -> None:
    assert surname(name) == expected


@given(st.lists(st.text(), max_size=5), st.none() | st.integers(0, 10**6))
def test_any_names_give_a_bounded_line(names: list[str], count: int | None) -> None:
    short = short_authors(names, count)

    assert len(short) <= 280
    assert short.isprintable() or any(name for name in names)


SEEN = datetime(2026, 3, 2, 7, tzinfo=UTC)
WHY = line("matched ", italic("routing"), " in the title, 97")


def paper(**facts: Any) -> Paper:
    required: dict[str, Any] = {"title": "Sparrow", "key": "id:1", "source": "test"}
    return Paper(**{**required, "first_seen_at": SEEN, "updated_at": SEEN, **facts})


FULL = paper(
    title="Sparrow$^2$: Routing\n  with $\\mathcal{O}(\\log n)$ Experts",
    abstract=(
        "Mixtures of experts are hard to serve, e.g. under bursts. In this paper, we propose "
        "\\textsc{Sparrow}, a router that needs $O(\\log n)$ steps. Fig. 2 of Li et al. [3] is its "
        "ancestor. Experiments show 3.5$\\times$ higher throughput at equal accuracy. Code is "
        "available at https://code.example/sparrow."
    ),
    authors=["Wei Li", "Guo, L.", "Laurens van der Maaten", "Sparrow Team"],
    published_at=datetime(2026, 2, 27, 18, tzinfo=UTC),
    upvotes=41,
    comments=3,
    categories=["cs.LG", "cs.DC"],
    thumbnail="https://pictures.example/1.png",
    url="https://arxiv.org/abs/2602.00001",
    code_url="https://code.example/sparrow",
    project_url="https://code.example/sparrow/",
    discussion_url="https://talk.example/2602.00001",
)
HOSTILE = paper(
    title="<script>alert(1)</script> <!channel> @everyone \u202e\x00 " + "A" * 10_000,
    abstract="**bold** [link](javascript:alert(1)) `code` <b>&amp;</b>. " * 200,
    authors=["<@U0> |pipe|", "x" * 500],
    url="javascript:alert(1)",
    code_url="https://safe.example@evil.example/",
    thumbnail="file:///etc/passwd",
    categories=["cs.LG\n", "", "y" * 100],
)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        pytest.param(FULL, WHY, id="full"),
        pytest.param(paper(author_count=7), (), id="title-only"),
        pytest.param(
            paper(source_summary="The source says $x_1$.", abstract="Ours."), (), id="own"
        ),
        pytest.param(HOSTILE, (), id="hostile"),
    ],
)
def test_cards_say_what_they_said(one: Paper, why: Line, snapshot: SnapshotAssertion) -> None:
    assert compose(one, why=why, badges=("beyond your watches",) if why else ()) == snapshot


async def test_the_sample_digest_reads_well(snapshot: SnapshotAssertion) -> None:
    poll = await SampleDigest().poll({}, SEEN)
    assert isinstance(poll, Fresh)

    cards = [compose(entry) for entry in poll.entries]

    assert [(card.title, card.authors, card.published, card.summary) for card in cards] == snapshot


def test_a_card_keeps_links_counts_and_date() -> None:
    card = compose(FULL, why=WHY)

    assert [link.label for link in card.links] == ["Abstract", "PDF", "Code", "Discussion"]
    assert (card.url, card.upvotes, card.comments) == ("https://arxiv.org/abs/2602.00001", 41, 3)
    assert card.published == date(2026, 2, 27)
    assert card.why == WHY


def test_an_empty_title_is_called_so() -> None:
    assert compose(paper(title=" \n")).title == "Untitled"


def any_paper() -> st.SearchStrategy[CardPaper]:
    text, maybe = st.text(), st.none() | st.text()
    return st.builds(
        SimpleNamespace,
        title=text,
        abstract=text | st.text("We. propose$\\{}_^ ", max_size=900),
        source_summary=maybe,
        authors=st.lists(text, max_size=4),
        author_count=st.none() | st.integers(0, 5000),
        published_at=st.none() | st.datetimes(timezones=st.just(UTC)),
        upvotes=st.none() | st.integers(0, 9999),
        comments=st.none() | st.integers(0, 9999),
        categories=st.lists(text, max_size=7),
        **dict.fromkeys(
            ("thumbnail", "url", "pdf_url", "code_url", "project_url", "discussion_url"), maybe
        ),
    )


@settings(max_examples=60)
@given(any_paper())
def test_any_paper_gives_a_bounded_card_free_of_control_characters(one: CardPaper) -> None:
    card = compose(one)

    texts = [card.title, card.authors, card.summary, card.abstract, *card.categories]
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for text in texts for char in text)
    assert card.title
    assert len(card.title) <= 250
    assert len(card.summary) <= 420
    assert len(card.abstract) <= 4_000
    assert len(card.categories) <= 5


ABSTRACT = "https://arxiv.org/abs/2401.00001"
PDF = "https://arxiv.org/pdf/2401.00001"


def labelled(**urls: str) -> dict[str, str]:
    empty = dict.fromkeys(("page", "pdf", "code", "project", "discussion"))
    return {link.label: link.url for link in card_links(**{**empty, **urls})}


@pytest.mark.parametrize(
    ("urls", "expected"),
    [
        ({}, {}),
        ({"page": ABSTRACT}, {"Abstract": ABSTRACT, "PDF": PDF}),
        ({"page": PDF}, {"Abstract": ABSTRACT, "PDF": PDF}),
        ({"pdf": f"{PDF}v2.pdf"}, {"Abstract": f"{ABSTRACT}v2", "PDF": f"{PDF}v2.pdf"}),
        (
            {"page": "http://export.arxiv.org/abs/hep-th/9901001v1"},
            {
                "Abstract": "https://arxiv.org/abs/hep-th/9901001v1",
                "PDF": "https://arxiv.org/pdf/hep-th/9901001v1",
            },
        ),
        (
            {"page": "https://journal.example/1", "pdf": PDF},
            {"Abstract": "https://journal.example/1", "PDF": PDF},
        ),
        ({"page": "https://a.example/paper.PDF"}, {"PDF": "https://a.example/paper.PDF"}),
        (
            {"code": "https://a.example/x", "project": "http://www.A.example/x/"},
            {"Code": "https://a.example/x"},
        ),
        (
            {"code": "https://a.example/x", "project": "https://a.example/X?y=1"},
            {"Code": "https://a.example/x", "Project": "https://a.example/X?y=1"},
        ),
        (
            {"code": "javascript:alert(1)", "discussion": "https://d.example"},
            {"Discussion": "https://d.example"},
        ),
    ],
)
def test_each_place_is_linked_once(urls: dict[str, str], expected: dict[str, str]) -> None:
    assert labelled(**urls) == expected


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://a.example/x",
        "//a.example/x",
        "/relative",
        "https://",
        "https://arxiv.org@evil.example/",
        "https://a.example/with space",
        "https://a.example/\u202egnp.exe",
        "https://[broken",
        f"https://a.example/{'x' * 3000}",
    ],
)
def test_what_is_no_safe_web_address_is_no_link(url: str | None) -> None:
    assert web_url(url) is None


@given(st.text() | st.text("htps:/.a@[]?#% ").map("https://".__add__))
def test_any_text_is_judged_without_raising(text: str) -> None:
    links = card_links(page=text, pdf=text, code=text, project=None, discussion=text)

    assert all(link.url.lower().startswith(("http://", "https://")) for link in links)
