"""A collection of the ACL Anthology, such as 2026.acl, from the data that it publishes."""

import hashlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError, XMLParser

from bot.errors import SourceError
from bot.sources.apis.common import Access, Windowed
from bot.sources.base import Facts, Fresh, Intake
from bot.sources.dates import find_moment
from bot.sources.paper_ids import names_of

URL = "https://raw.githubusercontent.com/acl-org/acl-anthology/master/data/xml"
SITE = "https://aclanthology.org"


class AclCollection(Windowed):
    """All papers of a collection; read in full, as a collection appears at once."""

    def __init__(self, access: Access, collection: str) -> None:
        self._access = access
        self._collection = collection

    async def read(self, since: date, now: datetime, kept: dict[str, Any]) -> Fresh:
        """The collection's file, unless it is as it was."""
        body = await self._access.text(f"{self._collection}.xml")
        kept["title"] = f"ACL Anthology, {self._collection}"
        known = hashlib.sha256(body).hexdigest()
        if kept.get("body") == known:
            return Fresh((), {})
        intake = Intake()
        for where, paper in _papers(self._collection, body):
            intake.add(where, paper, facts_of)
        kept["body"] = known
        return intake.fresh()


def _papers(collection: str, body: bytes) -> Iterator[tuple[str, tuple[str, Element, str]]]:
    reader = XMLParser()  # noqa: S314 - no external entities; expat bounds the internal ones
    try:
        reader.feed(body)
        root: Element = reader.close()
    except ParseError:
        raise SourceError(f"ACL Anthology {collection}: an answer that is no XML") from None
    for volume in root.iter("volume"):
        year, month = volume.findtext("./meta/year", ""), volume.findtext("./meta/month", "")
        for paper in volume.findall("paper"):
            prefix = f"{root.get('id')}-{volume.get('id')}"
            address = (paper.findtext("url") or f"{prefix}.{paper.get('id')}").strip()
            yield f"ACL Anthology {address}", (address, paper, f"{month} {year}".strip())


def facts_of(item: tuple[str, Element, str]) -> Facts:
    """What a paper of a collection says, in the words of `Entry`."""
    address, paper, issued = item
    return {
        "names": names_of(doi=paper.findtext("doi"), url=f"{SITE}/{address}"),
        "title": _text(paper.find("title")),
        "abstract": _text(paper.find("abstract")),
        "authors": [
            f"{_text(each.find('first'))} {_text(each.find('last'))}".strip()
            for each in paper.findall("author")
        ],
        "published_at": find_moment(f"1 {issued}") or find_moment(issued[-4:]),
        "url": f"{SITE}/{address}/",
        "pdf_url": f"{SITE}/{address}.pdf",
        "retracted": paper.find("retracted") is not None,
    }


def _text(element: Element | None) -> str:
    return "" if element is None else " ".join("".join(element.itertext()).split())
