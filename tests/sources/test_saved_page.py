import html
import json
from datetime import UTC, datetime

import pytest

from bot.errors import SourceError
from bot.sources.base import Intake
from bot.sources.saved_page import gather_html, gather_text, is_page
from tests.shared import SHARED, needs_shared
from tests.sources.own_input import fixture


def read_text(text):
    intake = Intake()
    gather_text("page", text, intake)
    return intake.fresh()


def read_html(text):
    intake = Intake()
    gather_html("page", text, intake)
    return intake.fresh()


def test_a_page_saved_as_text_gives_title_abstract_authors_date_and_comments():
    first, second, _ = read_text(fixture("page.txt").decode()).entries

    assert first.title == "Routing Letters Through Sparse Villages"
    assert first.abstract.startswith("A postman knows")
    assert (first.author_count, first.comments) == (7, None)
    assert first.published_at == datetime(2023, 3, 13, tzinfo=UTC)
    assert second.abstract == (
        "Bags grow with the number of letters. A second paragraph says by how much."
    )
    assert (second.author_count, second.comments) == (1, 12)


def test_a_repeated_title_is_the_same_paper_and_an_impossible_date_is_none():
    page = read_text(fixture("page.txt").decode())

    assert page.same == 1
    assert [paper.published_at for paper in page.entries][-1] is None
    assert not page.refused


def test_a_listing_without_abstracts_gives_submitter_and_upvotes():
    text = "Daily Papers\nJan 7\nA\n·\n2 authors\nSubmitted by\ncyround\n45\nB\n·\n3 authors\n"

    first, second = read_text(text).entries

    assert (first.title, second.title) == ("A", "B")
    assert (second.submitter, second.upvotes, second.author_count) == ("cyround", 45, 3)


def test_a_text_without_author_counts_is_no_page():
    assert not is_page("A title\nAn abstract about 7 authors of note.")
    with pytest.raises(SourceError, match="page: no paper found"):
        read_text("A title")


def test_a_page_saved_as_html_gives_its_articles():
    page = read_html(fixture("page_articles.html").decode())
    first, second = page.entries

    assert first.names == ("arxiv:2401.00001",)
    assert first.title == "Routing Letters Through Sparse Villages"
    assert first.abstract.startswith("A postman knows")
    assert (first.author_count, first.comments) == (1024, 5)
    assert first.published_at == datetime(2024, 1, 2, 9, tzinfo=UTC)
    assert first.discussion_url == "https://huggingface.co/papers/2401.00001"
    assert second.names[0].startswith("title:on-the-weight-of-bags-")
    assert second.author_count == 1
    assert [refused.where for refused in page.refused] == ["page article 3"]


def test_the_data_inside_a_page_is_preferred_to_its_looks():
    props = html.escape(json.dumps({"dailyPapers": json.loads(fixture("day.json"))}))
    text = f'<div data-target="DailyPapers" data-props="{props}"></div><article>x</article>'

    page = read_html(text)

    assert page.entries[0].upvotes == 41
    assert page.refused[0].where == "page paper 2"


def test_html_without_articles_is_read_as_its_visible_text():
    text = fixture("page.txt").decode().replace("\n", "</p><p>")

    titles = [entry.title for entry in read_html(f"<body><p>{text}</p>").entries]

    assert "On the Weight of Bags" in titles


def test_html_without_papers_is_refused():
    with pytest.raises(SourceError, match="no paper found"):
        read_html("<html><body>Nothing here.</body></html>")


@needs_shared
def test_the_seed_page_gives_all_43_papers():
    (path,) = (SHARED / "seed").glob("*.txt")

    page = read_text(path.read_text())

    assert len(page.entries) == 43
    assert page.refused == ()
    assert page.entries[0].title == "Parallel Vertex Diffusion for Unified Visual Grounding"
    assert all(
        entry.abstract and entry.author_count and entry.published_at for entry in page.entries
    )
    assert sum(entry.comments or 0 for entry in page.entries) > 0
