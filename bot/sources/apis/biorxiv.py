"""bioRxiv and medRxiv by category, from their own interface (api.biorxiv.org/details)."""

import html
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from bot.errors import EntryError, SourceError
from bot.sources.apis.categories import NAMES
from bot.sources.apis.common import Access, Windowed
from bot.sources.author_names import people
from bot.sources.base import Facts, Fresh, Intake
from bot.sources.dates import find_moment
from bot.sources.paper_ids import names_of
from bot.sources.paper_kinds import kind_of, without_mark
from bot.sources.sanitize import find_count

URL = "https://api.biorxiv.org"
_MOST_PAGES = 100
_HEADING = re.compile(r"O_ST_ABS(.*?)C_ST_ABS")
_FIGURE = re.compile(r"O_FIG\b.*?C_FIG\b|O_TBL\b.*?C_TBL\b", re.DOTALL)
_MARK = re.compile(
    r"[OC]_(?:LIST|LI|LST|SCPLOW|SCPCAP|QD|TEXTBOX|DISPLAY|INLINEFIG|BLOCKFIXED|NUM|PARAGRAPH)"
)
_BRACED = re.compile(r"\{(\w+)\}")
_BRACKETED = re.compile(r"\[(&\w+;)\]")


class PreprintServer(Windowed):
    """One category of bioRxiv or medRxiv, "" for all of them; versions of a preprint are one."""

    def __init__(self, access: Access, server: str, category: str) -> None:
        self._access = access
        self._server = server
        self._category = category.replace("_", " ").lower()
        self._where = f"{NAMES[server]} {self._category}".strip()

    async def read(self, since: date, now: datetime, kept: dict[str, Any]) -> Fresh:
        """All pages of the days; a later page that fails leaves what came before it."""
        intake = Intake()
        span = f"details/{self._server}/{since}/{now.astimezone(UTC).date()}"
        query = {"category": self._category.replace(" ", "_")} if self._category else {}
        start = 0
        for _ in range(_MOST_PAGES):
            try:
                answer = await self._access.json(self._where, f"{span}/{start}", **query)
                found, total = _page(self._where, answer)
            except SourceError as error:
                if not start:
                    raise
                intake.refuse(f"{self._where} from number {start}", f"left unread: {error}")
                break
            for number, item in enumerate(found, start=start + 1):
                if self._is_wanted(item):
                    intake.add(f"{self._where} paper {number}", item, self._facts)
            start += len(found)
            if not found or start >= total:
                break
        kept["title"] = ", ".join(part for part in (NAMES[self._server], self._category) if part)
        return intake.fresh()

    def _is_wanted(self, item: object) -> bool:
        if not self._category or not isinstance(item, Mapping):
            return True
        said = str(item.get("category") or "").replace("_", " ").lower().strip()
        return not said or said == self._category

    def _facts(self, item: object) -> Facts:
        if not isinstance(item, Mapping):
            raise EntryError("not a JSON object")
        doi, title = str(item.get("doi") or ""), str(item.get("title") or "")
        version = find_count(item.get("version"))
        published = str(item.get("published") or "NA")
        known = kind_of(title, [str(item.get("type") or "")], str(item.get("abstract") or ""))
        page = f"https://www.{self._server}.org/content/{doi}v{version or 1}"
        return {
            "names": names_of(doi=doi, others=[published if published != "NA" else None]),
            "title": without_mark(plain(title)),
            "abstract": plain(str(item.get("abstract") or "")),
            "authors": people([str(item.get("authors") or "")]),
            "published_at": find_moment(item.get("date")),
            "categories": [str(item["category"])] if item.get("category") else [],
            "version": version,
            # A later version updates the paper, and is no news.
            "backlog": (version or 1) > 1,
            "url": page,
            "pdf_url": f"{page}.full.pdf",
            "kind": known.kind,
            "retracted": known.retracted,
        }


def _page(where: str, answer: Mapping[str, Any]) -> tuple[list[object], int]:
    """The records of a page, and how many there are in all, which is written as a text."""
    found, messages = answer.get("collection"), answer.get("messages")
    said = messages[0] if isinstance(messages, list) and messages else {}
    if not isinstance(found, list):
        raise SourceError(f"{where}: {str(said.get('status') or 'an answer without papers')[:200]}")
    return found, find_count(said.get("total")) or 0


def plain(text: str) -> str:
    """A text of theirs without the marks of their typesetting: headings, lists, Greek letters."""
    text = _FIGURE.sub(" ", text)
    text = _HEADING.sub(lambda found: f" {found[1].strip(' :')}: ", text)
    text = _MARK.sub(" ", text)
    text = _BRACED.sub(lambda found: _greek(found[1]) or found[0], text)
    text = html.unescape(_BRACKETED.sub(r"\1", text))
    return " ".join(text.split())


def _greek(name: str) -> str:
    size = "CAPITAL" if name[:1].isupper() else "SMALL"
    try:
        return unicodedata.lookup(f"GREEK {size} LETTER {name.upper()}")
    except KeyError:
        return ""
