"""A channel's posts as a feed, read by a real feed parser."""

from datetime import timedelta

import feedparser
import pytest

from bot.platforms.local.adapter import LocalChat
from storage import channels
from storage.database import Database
from storage.models import Channel, PostState
from tests import make
from tests.make import NOON
from tests.platforms.local.conftest import GENERAL, Open

KEY = "a-secret_of-this_channel"


async def open_feed(database: Database, key: str | None = KEY) -> Channel:
    async with database.write() as session:
        channel = await channels.find(session, str(GENERAL))
        assert channel is not None
        channel.feed_key = key
        session.add(channel)
    return channel


async def post(database: Database, channel: Channel, title: str, **facts: object) -> None:
    async with database.write() as session:
        paper = await make.paper(session, title, url="https://example.org/1")
        made = await make.post(session, channel, paper, **facts)
        session.add(made)


@pytest.fixture
async def channel(chat: LocalChat, database: Database) -> Channel:
    return await open_feed(database)


async def test_posts_are_read_newest_first_and_without_those_taken_down(
    open_client: Open, channel: Channel, database: Database
) -> None:
    later = NOON + timedelta(hours=1)
    await post(database, channel, "One <b>& two</b>", state=PostState.POSTED, posted_at=NOON)
    await post(database, channel, "Three", state=PostState.POSTED, posted_at=later)
    await post(database, channel, "Taken down", state=PostState.DROPPED, posted_at=NOON)
    await post(database, channel, "On its way")

    answer = await open_client().get(f"/feeds/{KEY}.atom")
    feed = feedparser.parse(answer.content)

    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert not feed.bozo
    assert feed.feed.title == "general · Paperround"
    assert [entry.title for entry in feed.entries] == ["Three", "One <b>& two</b>"]
    assert feed.entries[0].link == "https://example.org/1"
    assert feed.entries[0].published == "2026-03-02T13:00:00Z"


async def test_the_same_posts_as_json_feed(
    open_client: Open, channel: Channel, database: Database
) -> None:
    await post(database, channel, "One", state=PostState.POSTED, posted_at=NOON)

    feed = (await open_client().get(f"/feeds/{KEY}.json")).json()

    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert [item["title"] for item in feed["items"]] == ["One"]
    assert feed["feed_url"].endswith(f"/feeds/{KEY}.json")


async def test_a_reader_that_has_it_already_is_told_so(
    open_client: Open, channel: Channel, database: Database
) -> None:
    client = open_client()
    tag = (await client.get(f"/feeds/{KEY}.atom")).headers["etag"]

    same = await client.get(f"/feeds/{KEY}.atom", headers={"If-None-Match": f"W/{tag}"})
    await post(database, channel, "News", state=PostState.POSTED, posted_at=NOON)
    other = await client.get(f"/feeds/{KEY}.atom", headers={"If-None-Match": tag})

    assert (same.status_code, same.content) == (304, b"")
    assert other.status_code == 200


async def test_the_address_alone_opens_it_by_any_name_and_without_the_token(
    open_client: Open, channel: Channel
) -> None:
    client = open_client(token="a-token-of-some-length", host="0.0.0.0")

    assert (await client.get(f"/feeds/{KEY}.atom")).status_code == 200
    named = await client.get(f"/feeds/{KEY}.atom", headers={"Host": "papers.example.org"})
    assert named.status_code == 200
    assert (await client.get("/c/general")).status_code == 401


@pytest.mark.parametrize("path", ["other.atom", f"{KEY}.rss", f"{KEY}", ".atom"])
async def test_no_other_address_is_a_feed(open_client: Open, channel: Channel, path: str) -> None:
    assert (await open_client().get(f"/feeds/{path}")).status_code == 404


async def test_an_address_that_was_renewed_is_gone(
    open_client: Open, channel: Channel, database: Database
) -> None:
    await open_feed(database, "another-secret")

    assert (await open_client().get(f"/feeds/{KEY}.atom")).status_code == 404
