"""A feed's body before it is parsed: how large and deep it is, and every identifier in its items.

Linear in the size of the body. The parser of feeds keeps one identifier an entry of those that
PubMed and others give; here are all of them.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import pairwise
from xml.parsers import expat

from bot.errors import SourceError

LARGEST = 20_000_000
DEEPEST = 200
MOST_ELEMENTS = 1_000_000
MOST_ATTRIBUTES = 100
MOST_IN_ENTRY = 5_000
LONGEST_TEXT = 2_000_000
"""Bytes, levels, elements, attributes of one, elements and characters of one entry: no feed has
more, and reading such a thing could take for ever."""

_ITEMS = frozenset(("item", "entry"))
_IDENTIFIERS = frozenset(("identifier", "doi", "prism:doi", "guid", "pii", "pmid", "article-id"))
_TYPES = frozenset(("section", "type", "articletype", "genre"))
_TAG = re.compile(rb"<[A-Za-z][^<>\s/]*")
_ATTRIBUTE = re.compile(rb"=\s*[\"']")
_ITEM = re.compile(rb"<(?:\w+:)?(?:item|entry)[\s>]", re.IGNORECASE)
_LONGEST_IDENTIFIER = 500


@dataclass(slots=True)
class ItemFacts:
    """What stands in one item beside what the parser of feeds gives."""

    identifiers: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)


class _Stop(Exception):  # noqa: N818 - not an error: it ends the scan
    """Ends the scan of a body that is beyond measure; the text says why."""


@dataclass(slots=True)
class _Scan:
    depth: int = 0
    elements: int = 0
    in_item: int = 0
    text: int = 0
    items: list[ItemFacts] = field(default_factory=list)
    _item_depth: int = 0
    _name: str = ""
    _said: list[str] = field(default_factory=list)

    def enter(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.elements += 1
        local = name.rpartition(":")[2].lower()
        if local in _ITEMS and not self._item_depth:
            self._item_depth, self.in_item, self.text = self.depth, 0, 0
            self.items.append(ItemFacts())
        self.in_item += 1
        self._refuse(len(attributes))
        self._name = local if self._item_depth and self.depth == self._item_depth + 1 else ""
        self._said = []

    def leave(self, _name: str) -> None:
        if self._name and self._said:
            said = "".join(self._said).strip()
            if self._name in _IDENTIFIERS and len(said) <= _LONGEST_IDENTIFIER:
                self.items[-1].identifiers.append(said)
            elif self._name in _TYPES and len(said) <= _LONGEST_IDENTIFIER:
                self.items[-1].types.append(said)
        self._name = ""
        if self.depth == self._item_depth:
            self._item_depth = 0
        self.depth -= 1

    def read(self, text: str) -> None:
        self.text += len(text)
        if self._item_depth and self.text > LONGEST_TEXT:
            raise _Stop(f"an entry is longer than {LONGEST_TEXT:,} characters")
        if self._name in _IDENTIFIERS or self._name in _TYPES:
            self._said.append(text)

    def _refuse(self, attributes: int) -> None:
        if self.depth > DEEPEST:
            raise _Stop(f"its tags are nested more than {DEEPEST} deep")
        if attributes > MOST_ATTRIBUTES:
            raise _Stop(f"a tag has more than {MOST_ATTRIBUTES} attributes")
        if self.elements > MOST_ELEMENTS:
            raise _Stop(f"it has more than {MOST_ELEMENTS:,} tags")
        if self._item_depth and self.in_item > MOST_IN_ENTRY:
            raise _Stop(f"an entry has more than {MOST_IN_ENTRY:,} tags")


def scan(where: str, body: bytes) -> list[ItemFacts]:
    """The identifiers and types of each item, in order; malformed XML is read up to its fault.

    Raises SourceError, naming `where`, for a body beyond the limits of this module.
    """
    if len(body) > LARGEST:
        raise SourceError(f"{where}: it is larger than {LARGEST // 1_000_000} MB")
    found = _Scan()
    reader = expat.ParserCreate()
    reader.buffer_text = True
    reader.StartElementHandler = found.enter
    reader.EndElementHandler = found.leave
    reader.CharacterDataHandler = found.read
    broken = False
    try:
        reader.Parse(body, True)
    except _Stop as stop:
        raise SourceError(f"{where}: {stop}") from None
    except (expat.ExpatError, ValueError, LookupError):
        broken = True
    if broken:
        _refuse_malformed(where, body)
    return found.items


def _refuse_malformed(where: str, body: bytes) -> None:
    """Bounds for what the strict reader cannot see: tags are counted, wherever they stand."""
    tags = [match.start() for match in _TAG.finditer(body)]
    if len(tags) > MOST_ELEMENTS:
        raise SourceError(f"{where}: it has more than {MOST_ELEMENTS:,} tags")
    for start, end in pairwise((*tags, len(body))):
        close = body.find(b">", start, end)
        if len(_ATTRIBUTE.findall(body, start, end if close < 0 else close)) > MOST_ATTRIBUTES:
            raise SourceError(f"{where}: a tag has more than {MOST_ATTRIBUTES} attributes")
    items = [match.start() for match in _ITEM.finditer(body)]
    for start, end in pairwise((*items, len(body))):
        if end - start > LONGEST_TEXT:
            raise SourceError(f"{where}: an entry is longer than {LONGEST_TEXT:,} characters")
        if bisect_left(tags, end) - bisect_left(tags, start) > MOST_IN_ENTRY:
            raise SourceError(f"{where}: an entry has more than {MOST_IN_ENTRY:,} tags")
    depth = deepest = 0
    for match in re.finditer(rb"<(/?)[A-Za-z][^<>]*?(/?)>", body):
        depth = max(0, depth - 1) if match[1] else depth + (0 if match[2] else 1)
        deepest = max(deepest, depth)
    if deepest > DEEPEST * 20:
        raise SourceError(f"{where}: its tags are nested more than {DEEPEST} deep")


def for_entries(items: list[ItemFacts], entries: int) -> list[ItemFacts]:
    """The facts of each of so many entries; empty ones where the two readings disagree."""
    return items if len(items) == entries else [ItemFacts()] * entries
