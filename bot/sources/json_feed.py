"""JSON Feed (versions 1 and 1.1, jsonfeed.org) in the shape that the parser of XML feeds gives."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.errors import SourceError
from bot.sources.dates import find_moment

_BOM = b"\xef\xbb\xbf"


def is_json(body: bytes) -> bool:
    """Whether a body begins as a JSON object does."""
    return body[:200].removeprefix(_BOM).lstrip()[:1] == b"{"


def decode(where: str, body: bytes) -> Mapping[str, Any]:
    """The feed in a body; raises SourceError, naming `where`, for what is none."""
    try:
        feed = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        raise SourceError(f"{where}: neither RSS nor Atom, and JSON that cannot be read") from None
    if not isinstance(feed, Mapping) or not isinstance(feed.get("items"), list):
        raise SourceError(f"{where}: neither RSS nor Atom nor JSON Feed")
    return feed


def items_of(feed: Mapping[str, Any]) -> Sequence[object]:
    """The items of a decoded feed."""
    found: Sequence[object] = feed["items"]
    return found


def entry_of(item: object, feed: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """An item in the words of the XML parser's entries; None for what is no object."""
    if not isinstance(item, Mapping):
        return None
    published = find_moment(item.get("date_published") or item.get("date_modified"))
    texts = [item.get(key) for key in ("summary", "content_html", "content_text")]
    said = [text for text in texts if isinstance(text, str) and text.strip()]
    return {
        "id": _text(item.get("id")),
        "link": _text(item.get("url") or item.get("external_url")),
        "title": _text(item.get("title")) or (said[0][:200] if said else ""),
        "summary": said[0] if said else "",
        "content": [{"value": text} for text in said[1:]],
        "authors": _authors(item) or _authors(feed),
        "tags": [{"term": tag} for tag in item.get("tags") or () if isinstance(tag, str)],
        "published_parsed": published.utctimetuple() if published else None,
        "media_thumbnail": [{"url": item["image"]}] if isinstance(item.get("image"), str) else [],
        "links": [
            {"type": one.get("mime_type"), "href": one.get("url")}
            for one in item.get("attachments") or ()
            if isinstance(one, Mapping)
        ],
    }


def _authors(said: Mapping[str, Any]) -> list[Mapping[str, str]]:
    listed = said.get("authors") or [said.get("author")]
    found = listed if isinstance(listed, list) else []
    return [{"name": one["name"]} for one in found if isinstance(one, Mapping) and one.get("name")]


def _text(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""
