"""RSS, Atom and JSON Feed bodies, however badly they are written.

Imports nothing that knows a database, so that a process of its own can parse, see
`bot.sources.parser_process`.
"""

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser

from bot.errors import EntryError, NoFeedError, SourceError
from bot.sources import json_feed, xml_scan
from bot.sources.feed_entry import Facts, FeedOrigin, moment, text_of
from bot.sources.paper_ids import names_of
from bot.sources.sanitize import find_count, web_url

if TYPE_CHECKING:
    from bot.sources.base import Intake

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
FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json")
_REFERENCE = re.compile(rb"&#(?:(\d{1,8})|[xX]([0-9a-fA-F]{1,7}));")
_HIGH, _LOW, _AFTER_LOW, _LAST = 0xD800, 0xDC00, 0xE000, 0x10FFFF
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x10-\x1a\x1c-\x1f]")
_RAW_SURROGATES = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_TTL = re.compile(rb"<ttl>\s*(\d{1,6})\s*</ttl>", re.IGNORECASE)
_SKIPPED = re.compile(rb"<skipHours>(.{0,2000}?)</skipHours>", re.IGNORECASE | re.DOTALL)
_HOUR = re.compile(rb"<hour>\s*(\d{1,2})\s*</hour>", re.IGNORECASE)
_HEAD = 20_000
_LONGEST_PAGE = 500_000
_SHOWN = 3
MOST_ENTRIES = 5_000
"""Entries that are read of one feed; the first ones, which are the newest nearly everywhere."""


@dataclass(frozen=True, slots=True)
class FeedHead:
    """What a feed says of itself.

    Of a search, `total` is how many entries it found in all, and `page` how many go on a page.
    `ttl` is how many minutes its answer may be kept, `skip_hours` the hours (0-23, UTC) in which
    nothing new comes.
    """

    title: str
    updated: datetime | None
    total: int | None
    page: int | None
    listed: int
    cut_off: bool
    ttl: int | None = None
    skip_hours: Sequence[int] = ()


class Item(NamedTuple):
    """One entry as it was read: where it stood, and what it says or why it says nothing."""

    where: str
    facts: Facts | None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """A body as it was parsed; `homes` are the names of the feed's own pages."""

    head: FeedHead
    items: Sequence[Item]
    homes: Sequence[str] = field(default_factory=tuple)

    def put_into(self, intake: "Intake") -> FeedHead:
        """Put every entry into `intake`; returns the head."""
        intake.not_papers(self.homes)
        for item in self.items:
            if item.facts is None:
                intake.refuse(item.where, item.refused)
            else:
                intake.add(item.where, item.facts, lambda facts: facts)
        return self.head


def gather(
    where: str, body: bytes, intake: "Intake", *, url: str = "", content_type: str = ""
) -> FeedHead:
    """Put every entry of a feed into `intake`; raises as `parse` does."""
    return parse(where, body, url=url, content_type=content_type).put_into(intake)


def parse(where: str, body: bytes, *, url: str = "", content_type: str = "") -> ParsedFeed:
    """Read a feed's body: what it says of itself, and every entry.

    Any encoding and most malformed XML is read. A feed that breaks off keeps its entries but the
    last one, which may be half of itself. Raises SourceError for what is no feed, for a body beyond
    the limits of `xml_scan`, and for the error answer of arXiv's API.
    """
    if json_feed.is_json(body):
        return _parse_json(where, body, url)
    if recoded := _utf16_as_utf8(body):
        body, content_type = recoded, content_type.partition(";")[0]
    body = _writable(body)
    more = xml_scan.scan(where, body)
    parsed = _parse(where, body, url, content_type)
    entries: Sequence[Mapping[str, Any]] = parsed.entries[:MOST_ENTRIES]
    if not parsed.get("version") and not entries:
        raise _no_feed(where, body, url)
    cut_off = bool(parsed.get("bozo")) and _CLOSED.search(body[-2000:]) is None
    if cut_off and not entries:
        raise SourceError(f"{where}: the feed breaks off before its first entry")
    link = str(parsed.feed.get("link") or "")
    origin = FeedOrigin(where, url, link)
    extra = xml_scan.for_entries(more[:MOST_ENTRIES], len(entries))
    late = len(parsed.entries) - len(entries)
    items = [
        Item(f"{where} entry {number}", None, "the feed breaks off inside it")
        if cut_off and number == len(entries)
        # A plain dictionary has the same keys, each in its one spelling, and is read at once.
        else _item(f"{where} entry {number}", origin, dict(entry), facts)
        for number, (entry, facts) in enumerate(zip(entries, extra, strict=True), start=1)
    ]
    if late:
        why = f"{late} entries are left unread: a feed has at most {MOST_ENTRIES:,}"
        items.append(Item(f"{where} entry {MOST_ENTRIES + 1}", None, why))
    head = _head(parsed.feed, body, len(entries), cut_off=cut_off)
    return ParsedFeed(head, items, _homes(url, link))


def _item(
    where: str, origin: FeedOrigin, entry: Mapping[str, Any], more: xml_scan.ItemFacts
) -> Item:
    try:
        return Item(where, origin.facts_of(entry, more))
    except EntryError as error:
        return Item(where, None, str(error))


def _homes(url: str, link: str) -> list[str]:
    """The names of the feed's own pages, which are no papers; a DOI's page may well be one."""
    return [name for page in (url, link) for name in names_of(url=page) if name.startswith("url:")]


def _parse_json(where: str, body: bytes, url: str) -> ParsedFeed:
    feed = json_feed.decode(where, body)
    link = str(feed.get("home_page_url") or "")
    origin = FeedOrigin(where, url, link)
    items = [
        Item(f"{where} entry {number}", None, "not a JSON object")
        if (entry := json_feed.entry_of(item, feed)) is None
        else _item(f"{where} entry {number}", origin, entry, xml_scan.ItemFacts())
        for number, item in enumerate(json_feed.items_of(feed), start=1)
    ]
    title = " ".join(str(feed.get("title") or "").split())
    head = FeedHead(title, None, None, None, len(items), cut_off=False)
    return ParsedFeed(head, items, _homes(url, link))


def _writable(body: bytes) -> bytes:
    """The body without characters that XML forbids: one of them would cost all that follow it.

    Two references to halves of one character (`&#55357;&#56832;`) become that character; what
    stays without meaning becomes U+FFFD.
    """
    body = _RAW_SURROGATES.sub(b"\xef\xbf\xbd", _CONTROLS.sub(b" ", body))
    return _joined_halves(body) if b"&#" in body else body


def _joined_halves(body: bytes) -> bytes:
    found, at, high = bytearray(), 0, None
    for match in _REFERENCE.finditer(body):
        code = int(match[1]) if match[1] else int(match[2], 16)
        between = body[at : match.start()]
        pair = high is not None and not between and _LOW <= code < _AFTER_LOW
        if high is not None and not pair:
            found += b"&#65533;"
        found += between
        at = match.end()
        if pair and high is not None:
            found += b"&#%d;" % (0x10000 + ((high - _HIGH) << 10) + (code - _LOW))
            high = None
        elif _HIGH <= code < _LOW:
            high = code
        else:
            high = None
            found += match[0] if _is_character(code) else b"&#65533;"
    return bytes(found + (b"&#65533;" if high is not None else b"") + body[at:])


def _is_character(code: int) -> bool:
    if code < ord(" "):
        return code in (9, 10, 13)
    return not _HIGH <= code < _AFTER_LOW and code <= _LAST and code not in (0xFFFE, 0xFFFF)


def _utf16_as_utf8(body: bytes) -> bytes | None:
    """A body in UTF-16, whether or not it says so, in UTF-8; None for any other."""
    coding = next((name for start, name in _UTF16.items() if body.startswith(start)), None)
    if coding is None:
        return None
    text = body.decode(coding, errors="replace").removeprefix("\ufeff")
    return _DECLARED.sub(r"\1", text, count=1).encode(errors="replace")


def _parse(where: str, body: bytes, url: str, content_type: str) -> Any:  # noqa: ANN401 - untyped there
    # Most processes never parse: a process of its own does, see `parser_process`.
    import feedparser

    headers = {"content-location": url, "content-type": content_type}
    try:
        # A stream, never bytes or text: feedparser opens those as a file or an address first.
        return feedparser.parse(
            io.BytesIO(body),
            response_headers={name: value for name, value in headers.items() if value},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:
        raise SourceError(f"{where}: unreadable as a feed ({type(error).__name__})") from error


def _head(feed: dict[str, Any], body: bytes, listed: int, *, cut_off: bool) -> FeedHead:
    # Read as a plain dictionary, which does not pass off the date of publication as an update.
    updated = dict.get(feed, "updated_parsed") or dict.get(feed, "published_parsed")
    ttl, skipped = _TTL.search(body[:_HEAD]), _SKIPPED.search(body[:_HEAD])
    return FeedHead(
        title=" ".join(text_of(feed, "title").split()),
        updated=moment(updated),
        total=find_count(feed.get("opensearch_totalresults")),
        page=find_count(feed.get("opensearch_itemsperpage")),
        listed=listed,
        cut_off=cut_off,
        ttl=int(ttl[1]) if ttl else None,
        skip_hours=sorted({int(hour) % 24 for hour in _HOUR.findall(skipped[1])})
        if skipped
        else (),
    )


def _no_feed(where: str, body: bytes, url: str) -> NoFeedError:
    """Why this is no feed, and which feeds the page offers if it is a web page."""
    if not body.strip():
        return NoFeedError(f"{where}: it is empty")
    if b"<html" not in body[:5000].lower():
        return NoFeedError(f"{where}: neither RSS nor Atom")
    offers = _offered(body, url)
    if not offers:
        return NoFeedError(f"{where}: a web page, not a feed, and it announces none")
    told = f"{where}: a web page, not a feed; it offers a feed at {' and '.join(offers[:_SHOWN])}"
    return NoFeedError(told, offers)


def _offered(body: bytes, url: str) -> list[str]:
    """The feeds that a page announces, those of comments only where there are no others."""
    links = [
        urljoin(url, link.attributes.get("href") or "")
        for link in LexborHTMLParser(body[:_LONGEST_PAGE]).css("link[href]")
        if (link.attributes.get("type") or "").strip().lower() in FEED_TYPES
    ]
    found = list(dict.fromkeys(link for link in links if web_url(link) and link != url))
    return [link for link in found if "comment" not in link] or found
