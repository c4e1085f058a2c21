import json
from datetime import UTC, datetime

import pytest

from bot.errors import SourceError
from bot.sources.daily_papers import gather, items_of
from bot.sources.intake import Intake
from tests.sources.own_input import fixture


@pytest.fixture
def day():
    intake = Intake()
    gather("2024-01-02", items_of("2024-01-02", fixture("day.json")), intake)
    return intake.fresh()


def test_everything_the_api_says_of_a_paper_is_kept(day):
    paper = day.entries[0]

    assert paper.names == ("arxiv:2401.00001",)
    assert paper.title == "Routing Letters Through Sparse Villages"
    assert paper.abstract.endswith("no visit. We route letters to two houses at a time.")
    assert paper.authors == ["Ada Post", "Bo Bag"]
    assert (paper.upvotes, paper.comments) == (41, 3)
    assert paper.published_at == datetime(2024, 1, 1, 18, tzinfo=UTC)
    assert paper.featured_at == datetime(2024, 1, 2, 7, 30, tzinfo=UTC)
    assert paper.url == "https://arxiv.org/abs/2401.00001"
    assert paper.pdf_url == "https://arxiv.org/pdf/2401.00001"
    assert paper.discussion_url == "https://huggingface.co/papers/2401.00001"
    assert paper.code_url == "https://github.com/example/letters"
    assert paper.project_url == "https://letters.example.org"
    assert paper.thumbnail == "https://cdn.example.org/2401.00001.png"
    assert paper.source_summary == "Two houses at a time are enough."
    assert paper.submitter == "Cy Round"


def test_bad_papers_are_refused_by_place_and_the_good_ones_beside_them_kept(day):
    assert [paper.names[0] for paper in day.entries] == ["arxiv:2401.00001", "arxiv:2401.00005"]
    assert [(refused.where, refused.why) for refused in day.refused] == [
        ("2024-01-02 paper 2", "no id, DOI or URL says which paper it is"),
        ("2024-01-02 paper 3", "it has no title"),
        ("2024-01-02 paper 4", "upvotes should be greater than or equal to 0"),
        ("2024-01-02 paper 5", "Python text instead of JSON"),
        ("2024-01-02 paper 6", 'it has no "paper"'),
    ]
    assert day.same == 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"error":"Sorry, no such page."}', "an error answer instead of papers: Sorry"),
        (json.dumps(["{'paper': {'id': '1'}}"] * 3).encode(), "all 3 papers are Python text"),
        (b"[{'paper': {'id': '1'}}]", "Python text instead of JSON"),
        (b'["a", "b"]', "all 2 papers are plain text"),
        (b"<html></html>", "not JSON"),
        (b'{"a": 1}', "not a list of papers"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff", "not JSON"),
    ],
)
def test_a_body_that_is_no_day_is_refused_naming_the_day(body, why):
    with pytest.raises(SourceError, match=f"the day 2024-12-23: {why}"):
        items_of("the day 2024-12-23", body)


def test_an_empty_day_is_a_day():
    assert items_of("2024-01-06", b"[]") == []
