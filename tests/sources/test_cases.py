"""The smallest real inputs that once gave a wrong text, wrong people, or one paper three times."""

from datetime import UTC, datetime
from itertools import permutations

import pytest

from bot.sources.base import Intake, distinguish
from bot.sources.feed_parser import gather
from bot.sources.files import read as read_file
from storage.database import Database
from storage.papers import find_by_names, record_all
from tests import make
from tests.make import NOON
from tests.shared import SHARED, needs_shared

pytestmark = needs_shared


def entries(name):
    assert SHARED is not None
    return read_file(name, (SHARED / "cases/feeds" / name).read_bytes()).entries


def feed(items, head=""):
    return f"<rss version='2.0'><channel><title>T</title>{head}{items}</channel></rss>".encode()


def read(body, url="https://post.example.org/feed"):
    intake = Intake()
    gather("feed", body, intake, url=url)
    return intake.fresh().entries


@pytest.mark.parametrize(
    ("name", "abstract"),
    [
        ("nature-prefix.xml", ""),
        ("tandf-no-abstract.xml", ""),
        ("sciencedirect-boilerplate.xml", ""),
        ("springer-bare-doi-guid.xml", "Abstract text."),
        ("atom-comment-then-div.xml", "Text"),
        (
            "wiley-content-lost.xml",
            "We used genome skimming to obtain chloroplast DNA for a comprehensive analysis.",
        ),
        (
            "pubmed-truncated.xml",
            (
                "A new species was described. However, distinct haptoral shape differences were "
                "found and the infection of goldfish was measured."
            ),
        ),
    ],
)
def test_the_abstract_is_the_abstract_or_none(name, abstract):
    assert [entry.abstract for entry in entries(name)] == [abstract]


@pytest.mark.parametrize(
    ("name", "authors"),
    [
        ("biorxiv-authors.xml", ["M. Alpha", "A. Beta", "K. K. Gamma"]),
        ("oup-et-al.xml", ["Example A", "Sample B"]),
        ("sciencedirect-boilerplate.xml", ["Ada Example", "Bo Sample"]),
    ],
)
def test_an_author_line_is_read_as_the_people_in_it(name, authors):
    assert [entry.authors for entry in entries(name)] == [authors]


def test_people_in_records_are_read_alike():
    first, second, third, fourth = entries("biorxiv-authors.jsonl")

    assert first.authors == [
        "Kaur, M.",
        "Shukla, A.",
        "Kanwar, S.",
        "Bhati, K. K.",
        "Pandey, A. K.",
    ]
    assert second.authors == ["Kaur, M.", "Shukla, A.", "Kanwar, S."]
    assert third.authors == ["Brandão S", "Saeedi H"]
    assert fourth.authors == ["Inoda, Toshio", "Sant’Ana, Josué"]


def test_one_id_for_all_entries_makes_each_its_own():
    assert len(entries("constant-guid.xml")) == 3
    assert len({entry.names for entry in entries("constant-guid.xml")}) == 3


def test_half_a_character_costs_nothing_and_two_halves_are_one():
    assert [entry.title for entry in entries("surrogate.xml")] == [
        "Learning to see",
        "Learning to smile 😀",
    ]


def test_an_impossible_date_costs_the_date():
    assert [entry.published_at for entry in entries("date-2103.xml")] == [None]


def test_corrections_retractions_and_front_matter_are_known():
    kinds = [(str(entry.kind), entry.about) for entry in entries("correction.xml")]

    assert kinds == [
        ("correction", "Sparse routing with a mixture of experts for proteins"),
        ("retraction", "A mixture of experts for everything"),
        ("front", ""),
    ]


def test_replacements_are_no_news():
    said = [(entry.announced, entry.backlog) for entry in entries("arxiv-rss-replace.xml")]

    assert said == [
        ("new", False),
        ("replace", True),
        ("replace-cross", True),
        ("cross", False),
    ]


def test_a_json_feed_is_a_feed():
    (paper,) = entries("jsonfeed.json")

    assert (paper.title, paper.abstract) == ("A paper", "x")
    assert paper.names == ("url:https://b.example.org/1",)


SAME = (
    ("dup-1-biorxiv.xml", "dup-2-blog-link-to-biorxiv.xml"),
    ("dup-3-journal.xml", "dup-4-pubmed.xml"),
    ("dup-5-springer-bare-guid.xml", "dup-6-springer-doi.jsonl"),
    ("dup-7-hf.json", "dup-8-arxiv-doi.xml", "dup-9-blog-hf-link.xml"),
)


@pytest.mark.parametrize("names", SAME, ids=lambda names: names[0])
async def test_whatever_names_one_paper_it_is_one_in_any_order(database: Database, names):
    for order in permutations(names):
        async with database.write() as session:
            source = await make.source(session, f"{order}")
            stored = []
            for name in order:
                (entry,) = entries(name)
                ((paper, _),) = await record_all(
                    session, [(entry, entry.names, False)], source, now=NOON
                )
                stored.append(paper.id)
            await session.rollback()

        assert len(set(stored)) == 1, order


async def test_others_beside_them_stay_their_own(database: Database):
    async with database.write() as session:
        source = await make.source(session)
        stored = []
        for group in (*SAME, ("dup-10-openreview.xml",)):
            (entry,) = entries(group[0])
            ((paper, _),) = await record_all(
                session, [(entry, entry.names, False)], source, now=NOON
            )
            stored.append(paper.id)

    assert len(set(stored)) == 5


def anchored(*parts, day=2):
    return feed(
        "".join(
            f"<item><title>{title}</title><link>{link}</link>"
            f"<pubDate>{day:02} Mar 2026 09:00:00 GMT</pubDate></item>"
            for title, link in parts
        )
    )


def test_an_anchor_names_an_entry_where_it_alone_tells_entries_apart():
    page = "https://lab.example.org/publications"
    found = read(anchored(("Seeing", f"{page}#see"), ("Hearing", f"{page}#hear")))

    assert [entry.names[0] for entry in found] == [f"url:{page}#see", f"url:{page}#hear"]


def test_an_anchor_made_anew_at_every_poll_changes_nothing():
    page = "https://lab.example.org"
    before = read(anchored(("Seeing", f"{page}/see#1"), ("Hearing", f"{page}/hear#2")))
    after = read(anchored(("Seeing", f"{page}/see#3"), ("Hearing", f"{page}/hear#4")))
    shared = read(anchored(("Seeing", f"{page}#1"), ("Hearing", f"{page}#2")))
    anew = read(anchored(("Seeing", f"{page}#3"), ("Hearing", f"{page}#4")))

    assert [entry.names for entry in before] == [entry.names for entry in after]
    for one, other in zip(shared, anew, strict=True):
        assert set(one.names) & set(other.names)
    assert not set(shared[0].names) & set(anew[1].names)


def test_a_single_entry_at_an_anchor_of_the_feeds_own_page_is_named_by_it():
    head = "<link>https://lab.example.org/pubs</link>"
    item = "<item><title>{0}</title><link>https://lab.example.org/pubs#{0}</link></item>"
    (first,) = read(feed(item.format("see"), head))
    (second,) = read(feed(item.format("hear"), head))

    assert not set(first.names) & set(second.names)


def test_a_site_that_routes_by_the_anchor_has_a_page_for_each():
    site = "https://lab.example.org/"
    found = read(anchored(("Seeing", f"{site}#/papers/1"), ("Hearing", f"{site}#!/papers/2")))

    assert len({entry.names for entry in found}) == 2


def test_two_editorials_with_dois_of_their_own_are_two():
    items = "".join(
        f"<item xmlns:prism='http://prismstandard.org/namespaces/basic/2.0/'><title>Editorial</title>"
        f"<link>https://j.example.org/</link><prism:doi>10.1000/{n}</prism:doi></item>"
        for n in (1, 2)
    )

    assert len(read(feed(items))) == 2


def test_a_doi_of_the_whole_journal_names_none_of_its_papers():
    items = "".join(
        f"<item xmlns:dc='http://purl.org/dc/elements/1.1/'><title>Paper {n}</title>"
        f"<link>https://j.example.org/{n}</link><dc:identifier>10.1000/journal</dc:identifier></item>"
        for n in range(4)
    )

    assert len(read(feed(items))) == 4


def test_every_identifier_of_an_entry_counts():
    (paper,) = entries("dup-4-pubmed.xml")

    assert {"doi:10.1038/s41586-026-00001-1", "pmid:40000001"} <= set(paper.names)


def test_distinguishing_leaves_an_answer_without_shared_names_alone():
    found = entries("arxiv-rss-replace.xml")

    assert distinguish(found) == list(found)


async def test_two_ids_that_a_third_record_joins_become_one_paper(database: Database):
    async with database.write() as session:
        older = await make.paper(session, "A", "doi:10.1000/a", "url:https://a.example.org")
        await make.paper(session, "A", "pmid:7", "url:https://b.example.org")
        await make.paper(session, "A", "doi:10.1000/a", "pmid:7")
        found = [
            await find_by_names(session, [name])
            for name in ("pmid:7", "url:https://b.example.org", "url:https://a.example.org")
        ]

    assert {paper and paper.id for paper in found} == {older.id}


@needs_shared
def test_real_journal_feeds_lose_no_entry():
    assert SHARED is not None
    for path in sorted((SHARED / "journal_feeds").glob("*.*")):
        intake = Intake()
        head = gather(path.name, path.read_bytes(), intake, url="https://feeds.example.org/feed")
        fresh = intake.fresh()

        assert len(fresh.entries) + fresh.same == head.listed, path.name


def test_a_day_in_the_text_is_a_date_where_there_is_no_other():
    text = "&lt;p&gt;Publication date: Available online 15 November 2021&lt;/p&gt;"
    item = f"<item><title>T</title><link>https://s.example.org/1</link><description>{text}"
    (paper,) = read(feed(f"{item}</description></item>"))

    assert paper.abstract == ""
    assert paper.published_at == datetime(2021, 11, 15, tzinfo=UTC)
