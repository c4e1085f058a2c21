"""A feed that would take for ever costs its process, and nobody else anything."""

import asyncio

import pytest

from bot.errors import SourceError
from bot.sources.feed_parser import parse
from bot.sources.parser_process import Bounds, ProcessParser
from bot.sources.xml_scan import MOST_ATTRIBUTES, MOST_IN_ENTRY
from tests.shared import SHARED, needs_shared
from tests.sources.own_input import fixture

URL = "https://post.example.org/feed"


@pytest.fixture
def parser():
    parser = ProcessParser(size=1)
    yield parser
    parser.close()


async def read(parser, body):
    return await parser.parse("feed", body, url=URL, content_type="application/rss+xml")


async def test_a_process_reads_a_feed_as_this_one_does(parser):
    for name in ("blog.rss", "arxiv.atom", "arxiv.rss"):
        there = await read(parser, fixture(name))
        here = parse("feed", fixture(name), url=URL, content_type="application/rss+xml")

        assert there.head.updated == here.head.updated
        assert [item.where for item in there.items] == [item.where for item in here.items]
        for one, other in zip(there.items, here.items, strict=True):
            assert one.facts["title"] == other.facts["title"]
            assert list(one.facts["names"]) == list(other.facts["names"])
    assert parser.processes == 1


async def test_what_is_no_feed_is_told_in_the_same_words(parser):
    with pytest.raises(SourceError, match="feed: neither RSS nor Atom"):
        await read(parser, b"nothing")


async def test_nothing_is_started_before_the_first_feed(parser):
    assert parser.processes == 0


async def test_a_feed_that_takes_too_long_is_broken_and_the_next_one_is_read():
    parser = ProcessParser(size=1, bounds=Bounds(processor=0.05, wall=0.05))
    body = b"<rss version='2.0'><channel>" + b"<item><title>x</title></item>" * 4_900
    slow = ProcessParser(size=1)
    try:
        with pytest.raises(SourceError, match="feed: "):
            await read(parser, body)
        assert parser.processes == 0
        feed = await read(slow, fixture("blog.rss"))
    finally:
        parser.close()
        slow.close()
    assert len(feed.items) == 5


async def test_a_feed_that_takes_too_much_memory_is_broken():
    parser = ProcessParser(size=1, bounds=Bounds(memory=120_000_000))
    try:
        with pytest.raises(SourceError, match=r"memory|MemoryError"):
            await read(parser, b"<rss version='2.0'><channel>" + b" " * 19_000_000)
    finally:
        parser.close()


async def test_closing_ends_what_is_being_read_at_once():
    parser = ProcessParser(size=1)
    body = b"<rss version='2.0'><channel>" + b"<item><title>x & y</title></item>" * 200_000
    reading = asyncio.create_task(read(parser, body))
    while not parser.processes:
        await asyncio.sleep(0.01)
    parser.close()

    with pytest.raises(SourceError):
        await reading
    with pytest.raises(SourceError, match="the program ends"):
        await read(parser, fixture("blog.rss"))


async def test_a_process_without_work_ends_and_another_is_started(parser):
    parser = ProcessParser(size=1, idle=0.05)
    try:
        await read(parser, fixture("blog.rss"))
        while parser.processes:
            await asyncio.sleep(0.02)
        await read(parser, fixture("blog.rss"))
        assert parser.processes <= 1
    finally:
        parser.close()


ITEM = "<rss version='2.0'><channel><item><title>x{more}</title>{body}</item></channel></rss>"
MANY = 30_000


@pytest.mark.parametrize("malformed", ["", " &"])
@pytest.mark.parametrize(
    "body",
    [
        "<a " + " ".join(f'a{n}="1"' for n in range(MANY)) + "/>",
        "".join(f"<category>c{n}</category>" for n in range(MANY)),
        "<div>" * MANY,
    ],
    ids=["attributes", "categories", "depth"],
)
def test_what_takes_time_beyond_all_measure_is_refused_before_it_is_parsed(body, malformed):
    feed = ITEM.format(more=malformed, body=body).encode()

    with pytest.raises(SourceError, match=r"more than|nested"):
        parse("feed", feed)


@pytest.mark.parametrize(
    "text",
    ["&lt;div&gt;" * MANY, "&lt;a " + "x='1' " * MANY + "&gt;", "A b, " * MANY, "Ab Cd; " * MANY],
    ids=["nested", "attributes", "commas", "people"],
)
def test_long_strange_text_in_an_entry_is_read_in_time_that_grows_with_it(text):
    body = f"<description>{text}</description><author>{text}</author>"

    assert len(parse("feed", ITEM.format(more="", body=body).encode()).items) == 1


@needs_shared
def test_real_feeds_are_far_within_the_limits():
    assert MOST_ATTRIBUTES >= 100
    assert MOST_IN_ENTRY >= 5_000
    assert SHARED is not None
    for path in (SHARED / "journal_feeds").glob("*.*"):
        parse("feed", path.read_bytes())
