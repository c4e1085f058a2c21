"""OPML: the lists of feeds that readers of feeds exchange."""

import re
from collections.abc import Iterable
from html.entities import html5
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring
from xml.parsers.expat import ErrorString, ExpatError, ParserCreate, errors

import listparser

from bot.errors import SourceError
from bot.text import one_line

LARGEST = 1_000_000
"""Characters of a list that is read."""


class Outline(NamedTuple):
    """A feed of a list: what it is called there, "" where nothing is said, and its address."""

    title: str
    url: str


def is_opml(text: str) -> bool:
    """Whether a text is such a list."""
    start = text.lstrip()[:2_000].lower()
    return start.startswith("<") and "<opml" in start


def read_opml(text: str) -> list[Outline]:
    """The feeds of a list, each once, however badly it is written.

    Raises SourceError for none, which says where the list is broken, if it is.
    """
    if len(text) > LARGEST:
        raise SourceError(f"the list is longer than {LARGEST:,} characters; divide it")
    text = _with_characters(text)
    try:
        # As bytes, for a text might be taken for an address.
        found = listparser.parse(text.encode("utf-8", "replace"))
    except Exception as error:
        raise SourceError(f"the list cannot be read ({type(error).__name__})") from error
    feeds = {feed.url: Outline(one_line(feed.title or ""), feed.url) for feed in found.feeds}
    if not feeds:
        fault = find_fault(text)
        raise SourceError(f"the list names no feed; {fault}" if fault else "the list names no feed")
    return list(feeds.values())


def find_fault(text: str) -> str | None:
    """Where a list is broken, in a person's words; None where it is not.

    What stands before that place may have been read all the same.
    """
    reader = ParserCreate()
    try:
        reader.Parse(_with_characters(text).encode("utf-8", "replace"), True)
    except ExpatError as error:
        lines = text.splitlines() or [""]
        there = one_line(lines[min(error.lineno, len(lines)) - 1])[:_SHOWN]
        quote = f", which reads: {there}" if there else ""
        said = _MEANT.get(error.code) or ErrorString(error.code)
        return f"it is broken in line {error.lineno} ({said}){quote}"
    return None


_MEANT = {
    errors.codes[errors.XML_ERROR_TAG_MISMATCH]: "a tag is closed that is not the open one",
    errors.codes[errors.XML_ERROR_NO_ELEMENTS]: "it ends before its last tag is closed",
    errors.codes[errors.XML_ERROR_UNCLOSED_TOKEN]: "a tag is never finished",
    errors.codes[errors.XML_ERROR_INVALID_TOKEN]: "a < that must be written as &lt;",
    errors.codes[errors.XML_ERROR_UNDEFINED_ENTITY]: "an & with a name that XML does not know",
    errors.codes[errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]: "something follows the end",
    errors.codes[errors.XML_ERROR_UNBOUND_PREFIX]: "a name with a colon that nothing explains",
    errors.codes[errors.XML_ERROR_DUPLICATE_ATTRIBUTE]: "something is said twice in one tag",
}
_SHOWN = 80
_LONE = re.compile(r"&(?![A-Za-z][A-Za-z0-9]{0,30};|#[0-9]{1,7};|#[xX][0-9a-fA-F]{1,6};)")
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,30};)")


def _with_characters(text: str) -> str:
    """The text without what XML does not know: &eacute;, and an & that stands alone."""
    text = _LONE.sub("&amp;", text)
    return _NAMED.sub(lambda found: _character(found[1]) or found[0], text)


def _character(name: str) -> str:
    return "" if name in ("amp;", "lt;", "gt;", "quot;", "apos;") else html5.get(name, "")


def write_opml(title: str, feeds: Iterable[Outline]) -> str:
    """A list of feeds as OPML 2.0."""
    root = Element("opml", version="2.0")
    SubElement(SubElement(root, "head"), "title").text = title
    body = SubElement(root, "body")
    for feed in feeds:
        SubElement(body, "outline", type="rss", text=feed.title, xmlUrl=feed.url)
    return tostring(root, encoding="unicode", xml_declaration=True) + "\n"
