import unicodedata
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.cards.compose import compose
from bot.cards.paper import CardPaper
from bot.cards.spans import Line, italic, line
from bot.sources.sample import SampleDigest
from bot.sources.source import Fresh
from storage.models import Paper

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
