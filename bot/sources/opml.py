"""OPML: the lists of feeds that readers of feeds exchange."""

from collections.abc import Iterable
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement, tostring

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
    """The feeds of a list, each once, however badly it is written; raises SourceError for none."""
    if len(text) > LARGEST:
        raise SourceError(f"the list is longer than {LARGEST:,} characters; divide it")
    try:
        # As bytes, for a text might be taken for an address.
        found = listparser.parse(text.encode("utf-8", "replace"))
    except Exception as error:
        raise SourceError(f"the list cannot be read ({type(error).__name__})") from error
    feeds = {feed.url: Outline(one_line(feed.title or ""), feed.url) for feed in found.feeds}
    if not feeds:
        raise SourceError("the list names no feed")
    return list(feeds.values())


def write_opml(title: str, feeds: Iterable[Outline]) -> str:
    """A list of feeds as OPML 2.0."""
    root = Element("opml", version="2.0")
    SubElement(SubElement(root, "head"), "title").text = title
    body = SubElement(root, "body")
    for feed in feeds:
        SubElement(body, "outline", type="rss", text=feed.title, xmlUrl=feed.url)
    return tostring(root, encoding="unicode", xml_declaration=True) + "\n"
