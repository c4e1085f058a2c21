"""RSS and Atom bodies and entries, however badly they are written."""

import calendar
import contextlib
import io
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.parsers import expat

import feedparser
from selectolax.lexbor import LexborHTMLParser

from bot.errors import EntryError, SourceError
from bot.sources.base import Facts, Intake
from bot.sources.paper_ids import find_arxiv, find_category, names_of, split_arxiv, title_name
from bot.sources.sanitize import count, web_url, without_markup

_ARXIV_PREFIX = re.compile(
    r"\s*arXiv:\S+\s+(?:Announce Type:\s*\S+\s+)?Abstract:\s*", re.IGNORECASE
)
_MOST_DIGITS = 9
_ARXIV_ERROR = "/api/errors"


@dataclass(frozen=True, slots=True)
class FeedOrigin:
    """Where a feed lives: what makes its own plain ids unique in the world."""

    where: str
    url: str
    link: str

    def facts_of(self, entry: Mapping[str, Any]) -> Facts:
        """What an entry says; raises SourceError for the error answer of arXiv's API."""
        if _ARXIV_ERROR in str(entry.get("id") or ""):
            raise SourceError(f"{self.where}: arXiv answered: {text_of(entry, 'summary')}")
        arxiv, version = _arxiv_of(entry)
        facts = _arxiv_facts(entry, arxiv, version) if arxiv else self._plain_facts(entry)
        return {**_common_facts(entry), **facts}

    def _plain_facts(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        title = text_of(entry, "title")
        link = web_url(entry.get("link"))
        names = names_of(url=link, plain_id=self._guid(entry), doi=_doi_of(entry))
        last_resort = title_name(title)
        return {
            "names": names or ((last_resort,) if last_resort else ()),
            "title": title,
            "abstract": text_of(entry, "summary") or text_of(entry, "content"),
            "authors": _names_in(entry, lists=False),
            "url": link,
            "pdf_url": _linked_pdf(entry),
        }

    def _guid(self, entry: Mapping[str, Any]) -> str | None:
        """An id that is a URL or a URN stands by itself; another is unique in its feed only."""
        guid = str(entry.get("id") or "").strip()
        if not guid or ":" in guid:
            return guid or None
        home = urlsplit(self.url or self.link).netloc
        return f"{home}/{guid}" if home else None


def _common_facts(entry: Mapping[str, Any]) -> dict[str, Any]:
    published = moment(entry.get("published_parsed"))
    # Asked for what is not there, feedparser passes off the date of publication, and warns of it.
    if published is None and "updated_parsed" in entry:
        published = moment(entry["updated_parsed"])
    return {
        "published_at": published,
        "categories": _terms(entry),
        "thumbnail": _thumbnail(entry),
        "comments": _comments(entry),
        "discussion_url": web_url(entry.get("comments")),
    }


def _arxiv_of(entry: Mapping[str, Any]) -> tuple[str | None, int | None]:
    for text in (str(entry.get("id") or ""), str(entry.get("link") or "")):
        tail = re.sub(r".*/(?:abs|pdf)/", "", text)
        try:
            return split_arxiv(tail)
        except ValueError:
            continue
    return next(
        (
            (found, None)
            for name in names_of(url=str(entry.get("link") or ""), plain_id=entry.get("id"))
            if name.startswith("arxiv:") and (found := find_arxiv(name))
        ),
        (None, None),
    )


def _arxiv_facts(entry: Mapping[str, Any], arxiv: str, version: int | None) -> dict[str, Any]:
    """ArXiv writes plain text with LaTeX in it, where "<" is "less than" and never a tag."""
    subjects = [found for term in _terms(entry) if (found := find_category(term))]
    first = str((entry.get("arxiv_primary_category") or {}).get("term") or "")
    return {
        "names": names_of(arxiv_id=arxiv, doi=_doi_of(entry)),
        "version": version,
        "title": str(entry.get("title") or ""),
        "abstract": _ARXIV_PREFIX.sub("", str(entry.get("summary") or ""), count=1),
        "authors": _names_in(entry, lists=True),
        "categories": sorted(subjects, key=lambda subject: subject != first),
        "url": f"https://arxiv.org/abs/{arxiv}",
        "pdf_url": f"https://arxiv.org/pdf/{arxiv}",
    }


def _names_in(entry: Mapping[str, Any], *, lists: bool) -> list[str]:
    """The authors; one text that lists several is split where that is sure, or `lists` says so."""
    stated = [
        str(author.get("name") or "")
        for author in entry.get("authors") or ()
        if isinstance(author, Mapping)
    ]
    names = [name for name in stated if name.strip()]
    if len(names) == 1:
        parts = re.split(r"[,;]\s*(?![^()]*\))", re.sub(r",?\s+and\s+", ", ", names[0]))
        if lists or all(" " in part.strip() for part in parts):
            names = [re.sub(r"\s*\([^()]*\)\s*$", "", part) for part in parts]
    return names


def _doi_of(entry: Mapping[str, Any]) -> str | None:
    for key in ("arxiv_doi", "prism_doi", "dc_identifier"):
        if isinstance(value := entry.get(key), str):
            return value
    return None


def _terms(entry: Mapping[str, Any]) -> list[str]:
    tags = entry.get("tags") or ()
    return [tag["term"] for tag in tags if isinstance(tag, Mapping) and tag.get("term")]


def text_of(entry: Mapping[str, Any], key: str) -> str:
    """A text element as visible text, whether it was written as text or as HTML.

    A summary is read as HTML even where it claims to be plain: many feeds lie about that.
    """
    value, detail = entry.get(key), entry.get(f"{key}_detail")
    if isinstance(value, list):
        detail = value[0] if value else None
        value = detail.get("value") if isinstance(detail, Mapping) else None
    text = value if isinstance(value, str) else ""
    plain = isinstance(detail, Mapping) and detail.get("type") == "text/plain"
    return text if plain and key != "summary" else without_markup(text)


def _thumbnail(entry: Mapping[str, Any]) -> str | None:
    for key in ("media_thumbnail", "media_content"):
        for media in entry.get(key) or ():
            image = key == "media_thumbnail" or str(media.get("type") or "").startswith("image/")
            if image and (url := web_url(media.get("url"))):
                return url
    return None


def _linked_pdf(entry: Mapping[str, Any]) -> str | None:
    links = (link for link in entry.get("links") or () if isinstance(link, Mapping))
    return next((link.get("href") for link in links if link.get("type") == "application/pdf"), None)


def _comments(entry: Mapping[str, Any]) -> int | None:
    value = str(entry.get("slash_comments") or "").strip()
    return int(value) if value.isdecimal() and len(value) <= _MOST_DIGITS else None


def moment(parsed: time.struct_time | None) -> datetime | None:
    """A time as the parser gives it; None if there is none or it is none of this world."""
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC) if parsed else None
    except (ValueError, OverflowError, OSError):
        return None


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
    place = FeedOrigin(where, url, str(parsed.feed.get("link") or ""))
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
