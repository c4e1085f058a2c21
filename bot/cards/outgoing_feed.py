"""A channel's posts as an Atom feed (RFC 4287) and as JSON Feed 1.1, for any feed reader."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from bot.cards.card import Card
from bot.cards.richtext import plain

ATOM = "application/atom+xml; charset=utf-8"
JSON_FEED = "application/feed+json; charset=utf-8"
"""What the two are, for `Content-Type`."""

_NAMESPACE = "http://www.w3.org/2005/Atom"
_DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'
_BY = "Paperround"


@dataclass(frozen=True, slots=True)
class FeedItem:
    """A post of the feed; `id` never changes, `authors` are full names, `at` is UTC."""

    id: str
    card: Card
    authors: Sequence[str]
    at: datetime


@dataclass(frozen=True, slots=True)
class FeedHead:
    """What a feed says of itself; `since` is its time while it has no items, UTC."""

    title: str
    address: str
    since: datetime


def atom_feed(head: FeedHead, items: Sequence[FeedItem]) -> bytes:
    """The feed as Atom, in UTF-8; the same items give the same bytes."""
    feed = ET.Element("feed", {"xmlns": _NAMESPACE})
    _add(feed, "id", head.address)
    _add(feed, "title", head.title)
    _add(feed, "updated", _time(max((item.at for item in items), default=head.since)))
    ET.SubElement(feed, "link", {"rel": "self", "href": head.address})
    _add(ET.SubElement(feed, "author"), "name", _BY)
    for item in items:
        _entry(feed, item)
    return (
        b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(feed, encoding="unicode").encode()
    )


def json_feed(head: FeedHead, items: Sequence[FeedItem]) -> bytes:
    """The feed as JSON Feed 1.1, in UTF-8; the same items give the same bytes."""
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": head.title,
        "feed_url": head.address,
        "items": [_json_item(item) for item in items],
    }
    return json.dumps(feed, ensure_ascii=False, indent=1).encode()


def _entry(feed: ET.Element, item: FeedItem) -> None:
    entry = ET.SubElement(feed, "entry")
    _add(entry, "id", f"urn:paperround:{item.id}")
    _add(entry, "title", item.card.title)
    _add(entry, "updated", _time(item.at))
    _add(entry, "published", _time(item.at))
    if item.card.url:
        ET.SubElement(entry, "link", {"rel": "alternate", "href": item.card.url})
    for name in item.authors:
        _add(ET.SubElement(entry, "author"), "name", name)
    for category in item.card.categories:
        ET.SubElement(entry, "category", {"term": category})
    _add(entry, "summary", _text(item.card))


def _json_item(item: FeedItem) -> dict[str, object]:
    known = {
        "id": f"urn:paperround:{item.id}",
        "url": item.card.url,
        "title": item.card.title,
        "content_text": _text(item.card),
        "date_published": _time(item.at),
        "authors": [{"name": name} for name in item.authors],
        "tags": list(item.card.categories),
        "image": item.card.thumbnail,
    }
    return {name: value for name, value in known.items() if value}


def _text(card: Card) -> str:
    """The summary and, below it, why the paper was picked."""
    return "\n\n".join(part for part in (card.summary or card.abstract, plain(card.why)) if part)


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
