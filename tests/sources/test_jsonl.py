import json

import pytest

from bot.errors import EntryError
from bot.sources.base import entry_of
from bot.sources.jsonl import Fault, facts_of, items, lines


def entry(**record):
    return entry_of(facts_of({"id": "p1", "title": "T", **record}))


@pytest.mark.parametrize(
    ("written", "names", "number"),
    [
        (["Ada Post", "Bo Bag"], ["Ada Post", "Bo Bag"], 2),
        ([{"name": "Ada Post"}, {"fullname": "Bo Bag"}, 7], ["Ada Post", "Bo Bag"], 2),
        ("Ada Post, Bo Bag and Cy Round", ["Ada Post", "Bo Bag", "Cy Round"], 3),
        ("Ada Post, Bo Bag, and Cy Round", ["Ada Post", "Bo Bag", "Cy Round"], 3),
        ("Post, A.; Bag, B.", ["Post, A.", "Bag, B."], 2),
        ("Anders Anderson", ["Anders Anderson"], 1),
        (12, [], 12),
        (None, [], None),
    ],
)
def test_authors_are_read_in_every_spelling(written, names, number):
    paper = entry(authors=written)

    assert (paper.authors, paper.author_count) == (names, number)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["cs.LG", "cs.AI"], ["cs.LG", "cs.AI"]),
        ("cs.LG cs.AI", ["cs.LG", "cs.AI"]),
        ("cs.LG, cs.AI", ["cs.LG", "cs.AI"]),
        ("Machine Learning; Vision", ["Machine Learning", "Vision"]),
        (None, []),
    ],
)
def test_categories_may_be_a_list_or_a_text(written, expected):
    assert entry(categories=written).categories == expected


def test_an_abstract_may_be_called_summary_and_beside_one_a_summary_is_the_sources_own():
    assert entry(summary="Long.").abstract == "Long."
    both = entry(abstract="Long.", summary="Short.")
    assert (both.abstract, both.source_summary) == ("Long.", "Short.")


def test_an_arxiv_id_brings_its_version_and_page():
    paper = entry(id="2401.00001v3")

    assert paper.names == ("arxiv:2401.00001",)
    assert (paper.version, paper.url) == (3, "https://arxiv.org/abs/2401.00001")


def test_a_record_may_be_known_by_doi_or_url_alone():
    assert entry(id=None, doi="10.1000/X").names == ("doi:10.1000/x",)
    assert entry(id=None, url="https://example.org/p").names == ("url:https://example.org/p",)
    assert entry(id=17).names == ("id:17",)


@pytest.mark.parametrize("remark", ["12 pages, 3 figures", ""])
def test_a_remark_called_comments_is_no_number_of_them(remark):
    assert entry(comments=remark).comments is None


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ({"id": "p1"}, "it has no title"),
        ({"title": "T"}, "no id, DOI or URL"),
        ({"id": "p1", "title": "T", "date": "yesterday"}, "'yesterday' is no date"),
        ({"id": "p1", "title": "T", "upvotes": "many"}, "'many' is not a whole number"),
        ({"id": "p1", "title": ["T"]}, "title should be a valid string"),
        ([1], "not a JSON object"),
    ],
)
def test_a_record_that_cannot_be_taken_says_why(record, why):
    with pytest.raises(EntryError, match=why):
        entry_of(facts_of(record))


def test_lines_are_counted_as_an_editor_does_and_broken_ones_stand_alone():
    text = '\n{"id": 1}\n\nnot json\n' + "[" * 100_000 + '\n{"a":"\udce9"}\n{"id": 2}'

    found = list(lines("f", text))

    assert [where for where, _ in found] == [f"f line {n}" for n in (2, 4, 5, 6, 7)]
    assert [isinstance(record, Fault) for _, record in found] == [False, True, True, True, False]


def test_an_array_that_breaks_off_gives_the_items_before_the_break():
    text = json.dumps([{"id": 1}, {"id": 2}, {"id": 3}], indent=1)[:-8]

    found = list(items("f", text))

    assert [record for _, record in found[:2]] == [{"id": 1}, {"id": 2}]
    assert found[2][0] == "f paper 3"
    assert isinstance(found[2][1], Fault)
