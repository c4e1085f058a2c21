import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.sources.base import Broken, Fresh, Quiet
from bot.sources.feed import Feed
from bot.sources.http import Fetched
from bot.sources.parser_process import ProcessParser
from tests.shared import SHARED, needs_shared
from tests.sources.own_input import fixture
from tests.sources.replay import Answer, replay

NOW = datetime(2024, 1, 4, 12, tzinfo=UTC)


def item(title, day, text=""):
    return (
        f"<item><title>{title}</title><link>https://post.example.org/{title}</link>"
        f"<description>{text}</description><pubDate>{day:02} Jan 2024 10:00:00 GMT</pubDate></item>"
    )


def rss(*items):
    return f"<rss version='2.0'><channel><title>T</title>{''.join(items)}</channel></rss>".encode()


class Host:
    def __init__(self, body, **headers):
        self.body, self.headers = body, headers

    def __call__(self, _asked):
        return Answer(self.body, headers=self.headers)


async def test_a_new_feed_gives_all_it_holds_and_then_what_is_new(fetcher):
    host = Host(rss(item("b", 2), item("a", 1)))
    async with replay(host) as server:
        feed = Feed(fetcher, f"{server.url}/feed")
        first = await feed.poll({}, NOW)
        quiet = await feed.poll(first.cursor, NOW)
        host.body = rss(item("c", 3), item("b", 2))
        fresh = await feed.poll(json.loads(json.dumps(quiet.cursor)), NOW)

    assert [entry.title for entry in first.entries] == ["b", "a"]
    assert isinstance(quiet, Quiet)
    assert [entry.title for entry in fresh.entries] == ["c"]


async def test_an_entry_with_new_words_is_news(fetcher):
    host = Host(rss(item("a", 1)))
    async with replay(host) as server:
        feed = Feed(fetcher, server.url)
        first = await feed.poll({}, NOW)
        host.body = rss(item("a", 1, "rewritten"))
        later = await feed.poll(first.cursor, NOW)

    assert [entry.abstract for entry in later.entries] == ["rewritten"]


async def test_an_unmodified_feed_is_quiet_and_not_sent(fetcher):
    def answer(asked):
        if asked.headers.get("if-none-match") == '"7"':
            return Answer(status=304)
        return Answer(rss(item("a", 1)), headers={"ETag": '"7"'})

    async with replay(answer) as server:
        feed = Feed(fetcher, server.url)
        first = await feed.poll({}, NOW)
        again = await feed.poll(first.cursor, NOW)

    assert again == Quiet(first.cursor)


async def test_a_feed_that_broke_off_is_read_again_for_its_last_entry(fetcher):
    whole = rss(item("a", 1), item("b", 2, "the whole of it"))
    host = Host(whole[: whole.index(b" of it")], ETag='"7"')
    async with replay(host) as server:
        feed = Feed(fetcher, server.url)
        first = await feed.poll({}, NOW)
        host.body = whole
        later = await feed.poll(first.cursor, NOW)

    assert [entry.title for entry in first.entries] == ["a"]
    assert first.cursor["etag"] is None
    assert [entry.abstract for entry in later.entries] == ["the whole of it"]


async def test_a_list_from_before_is_read_on_and_none_of_it_is_news(fetcher):
    host = Host(rss(item("d", 4), item("c", 3)))
    async with replay(host) as server:
        feed = Feed(fetcher, f"{server.url}/feed")
        first = await feed.poll({}, NOW)
        host.body = rss(item("b", 2), item("a", 1))
        before = await feed.poll(first.cursor, NOW)
        host.body = rss(item("e", 4), item("d", 4), item("c", 3))
        after = await feed.poll(before.cursor, NOW)

    assert [(entry.title, entry.backlog) for entry in before.entries] == [("b", True), ("a", True)]
    assert ("e", False) in [(entry.title, entry.backlog) for entry in after.entries]


async def test_an_entry_dated_in_the_future_does_not_silence_its_feed(fetcher):
    host = Host(rss(item("from-the-future", 30), item("a", 3)))
    async with replay(host) as server:
        feed = Feed(fetcher, f"{server.url}/feed")
        first = await feed.poll({}, NOW)
        host.body = rss(item("b", 4), item("a", 3))
        second = await feed.poll(first.cursor, NOW)
        kept_by_an_earlier_version = {**first.cursor, "newest": "2024-01-30T10:00:00+00:00"}
        again = await feed.poll(kept_by_an_earlier_version, NOW)

    for poll in (second, again):
        assert [(entry.title, entry.backlog) for entry in poll.entries] == [("b", False)]


async def test_one_that_comes_some_days_late_is_news_and_an_archive_is_not(fetcher):
    host = Host(rss(item("c", 4), *(item(f"old-{day}", day) for day in (3, 2, 1))))
    async with replay(host) as server:
        feed = Feed(fetcher, f"{server.url}/feed")
        first = await feed.poll({}, NOW)
        host.body = rss(
            item("c", 4), item("late", 1), *(item(f"old-{day}", day) for day in (3, 2, 1))
        )
        late = await feed.poll(first.cursor, NOW)
        host.body = rss(*(item(f"archive-{day}", day) for day in (2, 1)), item("new", 4))
        archive = await feed.poll(late.cursor, NOW)

    assert [(entry.title, entry.backlog) for entry in late.entries] == [("late", False)]
    assert {entry.title: entry.backlog for entry in archive.entries} == {
        "archive-2": True,
        "archive-1": True,
        "new": False,
    }


async def test_what_a_feed_asks_of_its_readers_is_handed_on(fetcher):
    body = rss(item("a", 1)).replace(
        b"<title>T</title>",
        b"<title>The Post</title><ttl>90</ttl>"
        b"<skipHours><hour>13</hour><hour>14</hour></skipHours>",
        1,
    )
    async with replay(Host(body)) as server:
        poll = await Feed(fetcher, server.url).poll({}, NOW)
    async with replay(Host(rss(item("a", 1)), **{"Cache-Control": "public, max-age=600"})) as other:
        kept = await Feed(fetcher, other.url).poll({}, NOW)

    assert poll.advice.title == "The Post"
    assert poll.advice.again_after == 3 * 3600
    assert kept.advice.again_after == 600


async def test_a_feed_that_moved_for_good_names_its_new_address_and_one_that_is_gone_says_so(
    fetcher,
):
    def answer(asked):
        if asked.path == "/old":
            return Answer(status=301, headers={"Location": "/new"})
        if asked.path == "/today":
            return Answer(status=302, headers={"Location": "/new"})
        if asked.path == "/gone":
            return Answer(status=410)
        return Answer(rss(item("a", 1)))

    async with replay(answer) as server:
        moved = await Feed(fetcher, f"{server.url}/old").poll({}, NOW)
        lent = await Feed(fetcher, f"{server.url}/today").poll({}, NOW)
        gone = await Feed(fetcher, f"{server.url}/gone").poll({}, NOW)

    assert moved.advice.moved_to == f"{server.url}/new"
    assert lent.advice.moved_to is None
    assert gone.gone


async def test_a_server_that_asks_to_wait_is_left_alone_for_as_long(fetcher):
    async with replay(lambda _: Answer(status=429, headers={"Retry-After": "3600"})) as server:
        poll = await Feed(fetcher, server.url).poll({}, NOW)

    assert isinstance(poll, Broken)
    assert poll.advice.again_after == 3600


async def test_a_feed_whose_newest_entry_was_withdrawn_is_quiet(fetcher):
    host = Host(rss(item("c", 9), item("b", 2)))
    async with replay(host) as server:
        feed = Feed(fetcher, server.url)
        first = await feed.poll({}, NOW)
        host.body = rss(item("b", 2))
        poll = await feed.poll(first.cursor, NOW)

    assert isinstance(poll, Quiet)


class Shelf:
    """A fetcher that always hands out the same body, wherever it is asked for."""

    def __init__(self, body):
        self.body = body

    async def get(self, url, **_):
        return Fetched(self.body, None, None, False, "application/rss+xml", url)


async def test_a_feed_of_arxivs_that_stands_still_is_broken():
    feed = Feed(Shelf(fixture("arxiv.rss")), "https://rss.arxiv.org/rss/cs.LG")

    fresh = await feed.poll({}, NOW)
    stale = await feed.poll(fresh.cursor, NOW + timedelta(days=6))

    assert isinstance(fresh, Fresh)
    assert isinstance(stale, Broken)
    assert "it stands still since 2024-01-03" in stale.reason


async def test_a_feed_none_of_whose_entries_is_usable_is_broken(fetcher):
    async with replay(Host(rss("<item><link>https://x.example.org</link></item>"))) as server:
        poll = await Feed(fetcher, server.url).poll({}, NOW)

    assert isinstance(poll, Broken)
    assert "none of its 1 entries is usable: title is empty" in poll.reason


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(status=404), "it answered 404"),
        (Answer(b"<html><body>Hello</body></html>"), "a web page, not a feed"),
        (Answer(b""), "it is empty"),
        (Answer(status=500), "it answered 500"),
    ],
)
async def test_what_the_outside_does_wrong_is_broken_and_never_raised(fetcher, answer, why):
    async with replay(lambda _: answer) as server:
        poll = await Feed(fetcher, server.url).poll({}, NOW)

    assert isinstance(poll, Broken)
    assert why in poll.reason


async def test_an_empty_feed_is_quiet(fetcher):
    async with replay(Host(rss())) as server:
        assert isinstance(await Feed(fetcher, server.url).poll({}, NOW), Quiet)


async def test_the_servers_word_on_the_encoding_counts(fetcher):
    body = "<rss><channel><item><title>Réseaux</title></item></channel></rss>".encode("latin-1")
    host = Host(body, **{"Content-Type": "application/rss+xml; charset=iso-8859-1"})
    async with replay(host) as server:
        poll = await Feed(fetcher, server.url).poll({}, NOW)

    assert [entry.title for entry in poll.entries] == ["Réseaux"]


@needs_shared
async def test_a_real_cut_of_arxivs_feed_is_fresh_and_then_quiet(fetcher):
    (path,) = (SHARED / "arxiv/rss").glob("*.xml")
    async with replay(Host(path.read_bytes())) as server:
        feed = Feed(fetcher, server.url)
        first = await feed.poll({}, datetime(2025, 8, 20, 12, tzinfo=UTC))
        again = await feed.poll(first.cursor, datetime(2025, 8, 20, 13, tzinfo=UTC))

    assert len(first.entries) == 7
    assert isinstance(again, Quiet)


PAGE = (
    '<!doctype html><html><head><link rel="alternate" type="application/rss+xml" href="/feed">'
    '<link rel="alternate" type="application/atom+xml" href="/comments/feed">{}</head></html>'
)


@pytest.mark.parametrize("parser", [None, ProcessParser(size=1)], ids=["here", "process"])
async def test_a_page_names_the_feeds_that_it_announces(fetcher, parser):
    more = '<link type="application/feed+json" href="https://other.example.org/feed.json">'
    async with replay(lambda _: Answer(PAGE.format("").encode())) as server:
        one = await Feed(fetcher, f"{server.url}/lab", parser).poll({}, NOW)
        server.answer = lambda _: Answer(PAGE.format(more).encode())
        two = await Feed(fetcher, f"{server.url}/lab", parser).poll({}, NOW)
    if parser is not None:
        parser.close()

    assert list(one.offers) == [f"{server.url}/feed"]
    assert list(two.offers) == [f"{server.url}/feed", "https://other.example.org/feed.json"]
    assert "it offers a feed at" in one.reason
