"""RSS and Atom: what a feed's body says, however badly it is written."""

import contextlib
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urljoin
from xml.parsers import expat

import feedparser
from selectolax.lexbor import LexborHTMLParser

from bot.errors import EntryError, SourceError
from bot.sources.clean import count
from bot.sources.feed_entry import Place, moment, text_of
from bot.sources.intake import Intake

_CLOSED = re.compile(
    rb"</(?:\w+:)?(?:rss|feed|rdf|channel)\b[\s>]*(?:<!--.*?-->\s*)*\Z", re.IGNORECASE | re.DOTALL
)
_UTF16 = {
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
    b"<\x00": "utf-16-le",
    b"\x00<": "utf-16-be",
}
_DECLARED = re.compile(r"""\A(\s*<\?xml[^>]*?)\sencoding\s*=\s*["'][^"'>]*["']""")
_FEED_TYPES = ("application/rss+xml", "application/atom+xml")
_DEEPEST = 200


@dataclass(frozen=True, slots=True)
class FeedHead:
    """What a feed says of itself.

    Of a search, `total` is how many entries it found in all, and `page` how many go on a page.
    """

    title: str
    updated: datetime | None
    total: int | None
    page: int | None
    listed: int
    cut_off: bool


def gather(
    where: str, body: bytes, intake: Intake, *, url: str = "", content_type: str = ""
) -> FeedHead:
    """Put every entry of a feed into `intake`.

    Any encoding and most malformed XML is read. A feed that breaks off keeps its entries but the
    last one, which may be half of itself. Raises SourceError for what is no feed, and for the
    error answer of arXiv's API.
    """
    if recoded := _utf16_as_utf8(body):
        body, content_type = recoded, content_type.partition(";")[0]
    if _is_nested_deep(body):
        raise SourceError(f"{where}: its tags are nested more than {_DEEPEST} deep")
    parsed = _parse(where, body, url, content_type)
    entries: Sequence[Mapping[str, Any]] = parsed.entries
    if not parsed.get("version") and not entries:
        raise SourceError(f"{where}: {_no_feed(body, url)}")
    cut_off = bool(parsed.get("bozo")) and _CLOSED.search(body[-2000:]) is None
    if cut_off and not entries:
        raise SourceError(f"{where}: the feed breaks off before its first entry")
    place = Place(where, url, str(parsed.feed.get("link") or ""))
    for number, entry in enumerate(entries, start=1):
        if cut_off and number == len(entries):
            intake.refuse(f"{where} entry {number}", "the feed breaks off inside it")
        else:
            intake.add(f"{where} entry {number}", entry, place.facts_of)
    return _head(parsed.feed, len(entries), cut_off=cut_off)


def _utf16_as_utf8(body: bytes) -> bytes | None:
    """A body in UTF-16, whether or not it says so, in UTF-8; None for any other."""
    coding = next((name for start, name in _UTF16.items() if body.startswith(start)), None)
    if coding is None:
        return None
    text = body.decode(coding, errors="replace").removeprefix("\ufeff")
    return _DECLARED.sub(r"\1", text, count=1).encode(errors="replace")


def _is_nested_deep(body: bytes) -> bool:
    """Whether a body nests deeper than any feed: reading that takes time beyond all measure.

    Malformed XML is looked at up to its first fault, for what follows is read leniently.
    """
    depth = deepest = 0

    def enter(_name: str, _attributes: object) -> None:
        nonlocal depth, deepest
        depth += 1
        deepest = max(deepest, depth)
        if deepest > _DEEPEST:
            raise _TooDeepError

    def leave(_name: str) -> None:
        nonlocal depth
        depth -= 1

    reader = expat.ParserCreate()
    reader.StartElementHandler, reader.EndElementHandler = enter, leave
    with contextlib.suppress(expat.ExpatError, ValueError, LookupError, _TooDeepError):
        reader.Parse(body, True)
    return deepest > _DEEPEST


class _TooDeepError(Exception):
    """Ends the reading of a body that nests too deep."""


def _parse(where: str, body: bytes, url: str, content_type: str) -> feedparser.FeedParserDict:
    headers = {"content-location": url, "content-type": content_type}
    try:
        # A stream, never bytes or text: feedparser opens those as a file or an address first.
        return feedparser.parse(
            io.BytesIO(body),
            response_headers={name: value for name, value in headers.items() if value},
            sanitize_html=False,
        )
    except Exception as error:
        raise SourceError(f"{where}: unreadable as a feed ({type(error).__name__})") from error


def _head(feed: dict[str, Any], listed: int, *, cut_off: bool) -> FeedHead:
    # Read as a plain dictionary, which does not pass off the date of publication as an update.
    updated = dict.get(feed, "updated_parsed") or dict.get(feed, "published_parsed")
    return FeedHead(
        title=text_of(feed, "title"),
        updated=moment(updated),
        total=_number(feed.get("opensearch_totalresults")),
        page=_number(feed.get("opensearch_itemsperpage")),
        listed=listed,
        cut_off=cut_off,
    )


def _number(text: object) -> int | None:
    try:
        return count(text)
    except EntryError:
        return None


def _no_feed(body: bytes, url: str) -> str:
    """Why this is no feed, and which feed the page offers if it is a web page."""
    if not body.strip():
        return "it is empty"
    if b"<html" not in body[:5000].lower():
        return "neither RSS nor Atom"
    for link in LexborHTMLParser(body).css("link[href]"):
        if link.attributes.get("type") in _FEED_TYPES:
            offered = urljoin(url, link.attributes.get("href") or "")
            return f"a web page, not a feed; it offers a feed at {offered}"
    return "a web page, not a feed"
