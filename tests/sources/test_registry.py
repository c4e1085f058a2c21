from datetime import UTC, datetime

import pytest

from bot.errors import SourceError
from bot.sources.arxiv import ArxivCategory
from bot.sources.base import Broken
from bot.sources.feed import Feed
from bot.sources.huggingface import HuggingFaceDaily
from bot.sources.paper_ids import find_category
from bot.sources.registry import open_source, recognise, typed_as
from tests.sources.replay import Answer, replay


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cs.LG", ("arxiv", "cs.LG", "arxiv/cs.LG")),
        ("cs.lg", ("arxiv", "cs.LG", "arxiv/cs.LG")),
        ("arXiv:stat.ML", ("arxiv", "stat.ML", "arxiv/stat.ML")),
        ("arxiv cond-mat.str-el", ("arxiv", "cond-mat.str-el", "arxiv/cond-mat.str-el")),
        ("cat:hep-th", ("arxiv", "hep-th", "arxiv/hep-th")),
        ("https://arxiv.org/list/cs.CL/recent", ("arxiv", "cs.CL", "arxiv/cs.CL")),
        ("<https://arxiv.org/list/cs.CL/new|cs.CL>", ("arxiv", "cs.CL", "arxiv/cs.CL")),
        ("huggingface", ("huggingface", "daily", "huggingface")),
        ("Daily Papers", ("huggingface", "daily", "huggingface")),
        ("https://huggingface.co/papers", ("huggingface", "daily", "huggingface")),
        ("https://huggingface.co/papers/date/2024-01-02", ("huggingface", "daily", "huggingface")),
        (
            "https://rss.arxiv.org/rss/cs.LG",
            ("arxiv", "cs.LG", "arxiv/cs.LG"),
        ),
        (
            "https://www.example.org/blog/feed.xml",
            ("feed", "https://www.example.org/blog/feed.xml", "example.org/blog"),
        ),
        (
            "https://huggingface.co/blog/feed.xml",
            ("feed", "https://huggingface.co/blog/feed.xml", "huggingface.co/blog"),
        ),
        ("example.org/feed", ("feed", "https://example.org/feed", "example.org")),
    ],
)
def test_what_people_type_is_recognised(text, expected):
    assert recognise(text) == expected


@pytest.mark.parametrize(
    "text", ["", "cs.", "machine learning", "javascript:alert(1)", "hep-th.LG"]
)
def test_what_is_no_source_is_refused_with_examples(text):
    with pytest.raises(SourceError, match=r"give an arXiv category such as cs\.LG"):
        recognise(text)


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("physics.ao-ph", "physics.ao-ph"),
        ("MATH.st", "math.ST"),
        ("q-bio", "q-bio"),
        ("68T05", None),
    ],
)
def test_a_category_has_one_spelling(text, category):
    assert find_category(text) == category


@pytest.mark.parametrize(
    ("kind", "spec", "expected"),
    [
        ("huggingface", "daily", HuggingFaceDaily),
        ("arxiv", "cs.LG", ArxivCategory),
        ("feed", "https://example.org/feed", Feed),
    ],
)
async def test_each_kind_opens_and_polls(fetcher, kind, spec, expected):
    async with replay(lambda _: Answer(status=500)) as server:
        bases = {"huggingface": server.url, "arxiv": server.url}
        source = open_source(
            kind, spec.replace("https://example.org", server.url), fetcher, bases=bases
        )
        poll = await source.poll({}, datetime(2024, 1, 10, tzinfo=UTC))

    assert isinstance(source, expected)
    assert isinstance(poll, Broken)
    assert server.asked


async def test_a_kind_from_a_newer_version_is_refused(fetcher):
    with pytest.raises(SourceError, match="no source of the kind 'carrier-pigeon'"):
        open_source("carrier-pigeon", "x", fetcher, bases={})


@pytest.mark.parametrize(
    ("text", "kind", "spec"),
    [
        ("biorxiv:neuroscience", "biorxiv", "neuroscience"),
        ("bioRxiv: Plant_Biology", "biorxiv", "plant biology"),
        ("medrxiv:oncology", "medrxiv", "oncology"),
        ("chemrxiv:catalysis", "chemrxiv", "catalysis"),
        ("pubmed:crispr AND review[pt]", "pubmed", "crispr AND review[pt]"),
        ('journal:"Nature Methods"', "journal", "Nature Methods"),
        ("journal: PRL", "journal", "PRL"),
        ('europepmc:"gut flora" AND SRC:PPR', "europepmc", '"gut flora" AND SRC:PPR'),
        ("acl:2026.acl", "acl", "2026.acl"),
        ("cites:https://arxiv.org/abs/1706.03762v2", "cites", "arxiv:1706.03762"),
        ("cites:<https://doi.org/10.1000/X|doi>", "cites", "doi:10.1000/x"),
        ("author:https://orcid.org/0000-0002-1825-0097", "author", "0000-0002-1825-0097"),
        ("https://rss.arxiv.org/atom/math.GT", "arxiv", "math.GT"),
        ("http://export.arxiv.org/rss/hep-th", "arxiv", "hep-th"),
        ("feed://lab.example.org/atom", "feed", "https://lab.example.org/atom"),
        ("feed:https://lab.example.org/atom", "feed", "https://lab.example.org/atom"),
        ("lab.example.org", "feed", "https://lab.example.org"),
    ],
)
async def test_a_source_is_known_by_its_name(text, kind, spec, fetcher):
    found = recognise(text)

    assert found[:2] == (kind, spec)
    assert recognise(typed_as(*found[:2]))[:2] == found[:2]
    assert open_source(*found[:2], fetcher, bases={})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("biorxiv:neurosience", "the nearest are biorxiv:neuroscience"),
        ("pubmed:", "say what to look for"),
        ("author:0000-0002-1825-0098", "is no ORCID"),
        ("author:Ada", "give an ORCID"),
        ("cites:nothing", "give a link to a paper"),
        ("openreview:ICLR.cc/2026", "OpenReview answers no program"),
    ],
)
def test_a_name_that_means_nothing_is_answered_with_what_to_write(text, why):
    with pytest.raises(SourceError, match=why):
        recognise(text)
