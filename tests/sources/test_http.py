import asyncio
import gzip
import socket
import zlib
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import SourceError
from bot.sources.http import Fetcher, NotServedError, is_gzip, shown, unpacked
from tests.shared import SHARED, needs_shared
from tests.sources.replay import Answer, replay


class Pace:
    """A limiter that counts instead of waiting."""

    def __init__(self):
        self.entered = 0

    async def __aenter__(self):
        self.entered += 1

    async def __aexit__(self, *_):
        return None


async def test_an_answer_comes_with_what_to_ask_next_time(fetcher):
    headers = {"ETag": '"1"', "Last-Modified": "Wed, 03 Jan 2024 05:00:00 GMT"}
    answer = Answer(b"body", headers={**headers, "Content-Type": "text/xml"})
    async with replay(lambda _: answer) as server:
        fetched = await fetcher.get(f"{server.url}/feed?key=1")

    assert (fetched.body, fetched.not_modified) == (b"body", False)
    assert (fetched.etag, fetched.last_modified) == ('"1"', headers["Last-Modified"])
    assert fetched.content_type == "text/xml"
    assert server.asked[0].headers["user-agent"].startswith("paperround/")
    assert server.asked[0].headers["host"] == server.url.removeprefix("http://")


async def test_what_was_not_modified_is_not_sent_again(fetcher):
    async with replay(lambda _: Answer(status=304)) as server:
        fetched = await fetcher.get(server.url, etag='"1"', last_modified="yesterday")

    assert fetched.not_modified
    assert server.asked[0].headers["if-none-match"] == '"1"'
    assert server.asked[0].headers["if-modified-since"] == "yesterday"


@pytest.mark.parametrize(
    ("packing", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("x-gzip", gzip.compress)],
)
async def test_packed_answers_are_unpacked(fetcher, packing, pack):
    answer = Answer(pack(b"body"), headers={"Content-Encoding": packing})
    async with replay(lambda _: answer) as server:
        assert (await fetcher.get(server.url)).body == b"body"


async def test_a_packing_that_was_not_asked_for_is_refused(fetcher):
    answer = Answer(b"body", headers={"Content-Encoding": "br"})
    async with replay(lambda _: answer) as server:
        with pytest.raises(SourceError, match="packed as 'br'"):
            await fetcher.get(server.url)


async def test_a_body_of_200_mb_is_cut_off_early(fetcher):
    answer = Answer(bytes(21_000_000), declared=200_000_000)
    async with replay(lambda _: answer) as server:
        with pytest.raises(SourceError, match="larger than 20 MB, left unread"):
            await fetcher.get(server.url)
    assert len(server.asked) == 1


async def test_a_decompression_bomb_is_stopped(fetcher):
    answer = Answer(gzip.compress(bytes(30_000_000)), headers={"Content-Encoding": "gzip"})
    async with replay(lambda _: answer) as server:
        with pytest.raises(SourceError, match="unpacks to more than 20 MB"):
            await fetcher.get(server.url)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_what_may_pass_is_tried_again(fetcher, status):
    answers = iter([Answer(status=status, headers={"Retry-After": "0"}), Answer(b"body")])
    async with replay(lambda _: next(answers)) as server:
        assert (await fetcher.get(server.url)).body == b"body"


async def test_a_dropped_connection_is_tried_again(fetcher):
    answers = iter([Answer(hang_up=True), Answer(b"half", declared=99), Answer(b"body")])
    async with replay(lambda _: next(answers)) as server:
        assert (await fetcher.get(server.url)).body == b"body"


async def test_what_does_not_pass_is_reported_after_three_tries(fetcher):
    async with replay(lambda _: Answer(status=503)) as server:
        with pytest.raises(SourceError, match=r"127\.0\.0\.1/feed: it answered 503"):
            await fetcher.get(f"{server.url}/feed?token=secret")
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    "headers",
    [
        {"Retry-After": "3600"},
        {
            "Date": "Wed, 03 Jan 2024 05:00:00 GMT",
            "Retry-After": "Wed, 03 Jan 2024 06:00:00 GMT",
        },
    ],
)
async def test_a_server_that_asks_to_wait_long_is_left_alone(fetcher, headers):
    async with replay(lambda _: Answer(status=429, headers=headers)) as server:
        with pytest.raises(SourceError, match="asking to wait 3600 s"):
            await fetcher.get(server.url)
    assert len(server.asked) == 1


@pytest.mark.parametrize(("status", "kind"), [(404, NotServedError), (403, SourceError)])
async def test_a_refusal_is_reported_at_once(fetcher, status, kind):
    async with replay(lambda _: Answer(status=status)) as server:
        with pytest.raises(kind, match=f"it answered {status}"):
            await fetcher.get(server.url)
    assert len(server.asked) == 1


async def test_redirects_are_followed_and_the_last_place_named(fetcher):
    def answer(asked):
        return (
            Answer(b"body")
            if asked.path == "/b"
            else Answer(status=301, headers={"Location": "/b"})
        )

    async with replay(answer) as server:
        assert (await fetcher.get(f"{server.url}/a")).url == f"{server.url}/b"


@pytest.mark.parametrize(
    ("location", "why"),
    [
        ("http://localhost:9/", "localhost is not on the public internet"),
        ("http://169.254.169.254/latest/meta-data", "not on the public internet"),
        ("http://[::ffff:127.0.0.1]/", "not on the public internet"),
        ("file:///etc/hostname", "leads to no web address"),
        ("/again", "more than 5 redirects"),
    ],
)
async def test_a_redirect_leads_nowhere_that_a_fetch_may_not(fetcher, location, why):
    async with replay(lambda _: Answer(status=302, headers={"Location": location})) as server:
        with pytest.raises(SourceError, match=why):
            await fetcher.get(server.url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/"])
async def test_this_machine_is_not_to_be_fetched_from(url):
    guarded = Fetcher(limiters={})

    with pytest.raises(SourceError, match="not on the public internet"):
        await guarded.get(url)
    await guarded.aclose()


@pytest.mark.parametrize("url", ["", "feed", "file:///etc/hostname", "ftp://example.org/x"])
async def test_only_web_addresses_are_fetched(fetcher, url):
    with pytest.raises(SourceError, match="is no web address"):
        await fetcher.get(url)


async def test_a_name_that_is_not_found_is_said_in_plain_words(fetcher, monkeypatch):
    async def resolve(*_: object, **__: object) -> object:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolve)
    allowed = Fetcher(allow_hosts=["papers.invalid"], limiters={}, attempts=1)

    for one in (allowed, Fetcher(limiters={}, attempts=1)):
        with pytest.raises(SourceError) as caught:
            await one.get("https://papers.invalid/x")
        assert str(caught.value) == (
            "papers.invalid/x: the host name could not be found; check the network"
        )
        await one.aclose()


async def test_a_port_where_nobody_listens_is_no_connection(fetcher):
    async with replay(lambda _: Answer()) as server:
        gone = server.url

    with pytest.raises(SourceError, match="no connection"):
        await fetcher.get(gone)


@pytest.mark.usefixtures("_no_backoff")
async def test_every_try_waits_for_the_hosts_turn():
    pace = Pace()
    paced = Fetcher(allow_hosts=["127.0.0.1"], limiters={"127.0.0.1": pace})
    answers = iter([Answer(status=500), Answer(b"body")])
    async with replay(lambda _: next(answers)) as server:
        await paced.get(server.url)
    await paced.aclose()

    assert pace.entered == 2


def test_a_place_is_named_without_what_may_be_secret():
    assert shown("https://user:pass@example.org/feed?token=1#x") == "example.org/feed"


def bare_deflate(body):
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, bare_deflate])
@settings(deadline=None)
@given(body=st.binary(max_size=2000))
def test_each_way_of_packing_is_opened(pack, body):
    assert unpacked(pack(body), longest=2000) == body


def test_members_after_each_other_are_one_body_and_padding_is_nothing():
    assert (
        unpacked(gzip.compress(b"one ") + gzip.compress(b"two") + b"\0\0", longest=9) == b"one two"
    )


def test_a_bomb_is_stopped_at_the_limit():
    bomb = gzip.compress(bytes(50_000_000))

    with pytest.raises(SourceError, match="unpacks to more than 1 MB"):
        unpacked(bomb, longest=1_000_000)


def test_members_of_a_bomb_count_together():
    with pytest.raises(SourceError, match="unpacks to more than"):
        unpacked(gzip.compress(bytes(800_000)) * 2, longest=1_000_000)


def test_a_cut_off_body_is_refused():
    with pytest.raises(SourceError, match="cut off"):
        unpacked(gzip.compress(b"x" * 1000)[:-9], longest=2000)


@settings(deadline=None)
@given(st.binary())
def test_arbitrary_bytes_are_opened_or_refused(body):
    with suppress(SourceError):
        assert len(unpacked(body, longest=100)) <= 100


def test_gzip_is_known_by_its_first_bytes():
    assert is_gzip(gzip.compress(b""))
    assert not is_gzip(b"{}")


@needs_shared
def test_a_server_that_sends_deflate_without_headers_is_understood():
    body = (SHARED / "bad_feeds/feedparser/compression/deflate-no-headers.z").read_bytes()

    assert unpacked(body, longest=1_000_000).lstrip().startswith(b"<")
