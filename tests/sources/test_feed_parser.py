import ast
import re
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from bot.errors import SourceError
from bot.sources.base import Intake
from bot.sources.feed_parser import gather
from bot.sources.sanitize import without_markup
from bot.text import one_line
from tests.shared import SHARED, needs_shared
from tests.sources.own_input import fixture

EXPECTED_TITLE = re.compile(rb"Expect:\s*(?:not bozo and )?entries\[0\]\['title'\] == ('.*')\s*\n")
BAD_FEEDS = sorted((SHARED / "bad_feeds/feedparser").rglob("*.*")) if SHARED else []


def read(body, **more):
    intake = Intake()
    head = gather("feed", body, intake, **more)
    return head, intake.fresh()


def test_an_arxiv_search_keeps_its_plain_text_version_doi_and_subjects():
    head, fresh = read(fixture("arxiv.atom"))
    first, second = fresh.entries

    assert (head.total, head.listed) == (2, 2)
    assert first.names == ("arxiv:2401.00001", "doi:10.1000/letters.1")
    assert first.title == "Routing when $a<b$ and $c>d$"
    assert first.abstract == "If x < y then route."
    assert first.version == 2
    assert first.authors == ["Ada Post", "Bo Bag"]
    assert first.categories == ["cs.LG", "cs.AI"]
    assert first.published_at == datetime(2024, 1, 1, 18, tzinfo=UTC)
    assert first.url == "https://arxiv.org/abs/2401.00001"
    assert first.pdf_url == "https://arxiv.org/pdf/2401.00001"
    assert second.names == ("arxiv:hep-th/9901001",)


def test_arxivs_own_feed_loses_its_announcement_prefix_and_splits_its_authors():
    head, fresh = read(fixture("arxiv.rss"))
    (paper,) = fresh.entries

    assert head.updated == datetime(2024, 1, 3, 5, tzinfo=UTC)
    assert (paper.version, fresh.same) == (2, 1)
    assert paper.abstract == "A postman knows it better now."
    first_version = read(fixture("arxiv.rss").replace(b"v2", b"v1"))[1].entries[0]
    assert first_version.abstract == "A postman knows that most doors need no visit."
    assert first_version.authors == ["Ada Post", "Bo Bag", "Cy Round"]


def test_a_blog_gives_visible_text_and_what_identifies_each_post():
    _, fresh = read(fixture("blog.rss"), url="https://post.example.org/feed")
    bags, only_title, home_one, home_two = fresh.entries

    assert bags.title == "Bags and letters"
    assert bags.abstract == "Heavy. Light."
    assert bags.names == ("id:post.example.org/17", "url:https://post.example.org/bags")
    assert bags.authors == ["Ada Post"]
    assert bags.comments == 4
    assert bags.thumbnail == "https://post.example.org/bag.png"
    assert bags.pdf_url == "https://post.example.org/bags.pdf"
    assert bags.published_at == datetime(2024, 1, 3, 9, tzinfo=UTC)
    assert only_title.names[0].startswith("title:only-a-title-")
    assert {home_one.title, home_two.title} == {"Home one", "Home two"}
    assert [refused.where for refused in fresh.refused] == ["feed entry 5"]


def test_a_feed_that_breaks_off_keeps_all_but_its_last_entry():
    body = fixture("blog.rss")

    head, fresh = read(body[: body.index(b"Home one") + 4])

    assert head.cut_off
    assert [paper.title for paper in fresh.entries] == ["Bags and letters", "Only a title"]
    assert fresh.refused[0].why == "the feed breaks off inside it"


def test_a_date_of_1900_or_2100_costs_its_entry_the_date_alone():
    _, whole = read(fixture("blog.rss"))
    for year in (b"1900", b"2100"):
        _, fresh = read(fixture("blog.rss").replace(b"Jan 2024", b"Jan " + year))

        assert len(fresh.entries) == len(whole.entries)
        assert None in [entry.published_at for entry in fresh.entries]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "it is empty"),
        (b"{}", "neither RSS nor Atom"),
        (b"/etc/hostname", "neither RSS nor Atom"),
        (b"<html><body>Hi</body></html>", "a web page, not a feed"),
        (
            b'<html><head><link type="application/rss+xml" href="/feed"></head></html>',
            "it offers a feed at https://post.example.org/feed",
        ),
    ],
)
def test_what_is_no_feed_is_refused(body, why):
    with pytest.raises(SourceError, match=f"feed: .*{why}"):
        read(body, url="https://post.example.org/about")


def test_a_body_is_never_taken_for_a_file_or_an_address(tmp_path):
    secret = tmp_path / "feed.xml"
    secret.write_bytes(fixture("blog.rss"))

    with pytest.raises(SourceError, match="neither RSS nor Atom"):
        read(str(secret).encode())


def test_entities_that_explode_do_not():
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE rss [<!ENTITY e0 "boom">{levels}]><rss><channel><item><title>&e11;'

    try:
        _, fresh = read(bomb.encode())
    except SourceError:
        return
    assert all(len(paper.title) < 100 for paper in fresh.entries)


@needs_shared
def test_no_bad_feed_crashes_or_loses_count():
    assert len(BAD_FEEDS) > 1300
    for path in BAD_FEEDS:
        with suppress(SourceError):
            head, fresh = read(path.read_bytes())
            assert len(fresh.entries) + len(fresh.refused) + fresh.same == head.listed


@needs_shared
def test_titles_read_as_the_corpus_expects_them():
    checked = 0
    for path in BAD_FEEDS:
        body = path.read_bytes()
        if (expected := EXPECTED_TITLE.search(body)) is None:
            continue
        wanted = ast.literal_eval(expected[1].decode())
        titles = [paper.title for paper in read(body)[1].entries]
        readings = {one_line(wanted), one_line(without_markup(wanted))} - {""}
        assert readings & set(titles[:1]) or "<img" in wanted, path.name
        checked += 1
    assert checked >= 30


@needs_shared
def test_a_real_cut_of_arxivs_feed_is_read():
    (path,) = (SHARED / "arxiv/rss").glob("*.xml")

    head, fresh = read(path.read_bytes())

    assert len(fresh.entries) == head.listed == 7
    assert all(not paper.abstract.startswith("arXiv:") for paper in fresh.entries)
    assert not any("," in name for paper in fresh.entries for name in paper.authors)


def test_a_feed_nested_beyond_measure_is_refused_at_once():
    body = b'<rss version="2.0"><channel>' + b"<a>" * 100_000

    with pytest.raises(SourceError, match="nested"):
        gather("deep.xml", body, Intake())


def test_a_feed_that_breaks_off_before_its_first_entry_is_broken_not_quiet():
    with pytest.raises(SourceError, match="before its first entry"):
        gather("cut.xml", b'<rss version="2.0"><channel><title>Half', Intake())


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("kind", ["", "application/rss+xml; charset=utf-16"])
def test_utf_16_is_read_whether_or_not_it_says_so(coding, kind):
    item = "<item><title>Bäume</title><guid>1</guid></item>"
    plain = f'<rss version="2.0"><channel>{item}</channel></rss>'
    said = f'<?xml version="1.0" encoding="utf-16"?>{plain}'

    undeclared = read(plain.encode(coding), url="https://post.example.org/", content_type=kind)
    declared = read(said.encode("utf-16"), url="https://post.example.org/", content_type=kind)

    for head, fresh in (undeclared, declared):
        assert not head.cut_off
        assert [entry.title for entry in fresh.entries] == ["Bäume"]
