"""The papers that cite one, from OpenAlex, within what it allows a day."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from bot.errors import EntryError, SourceError
from bot.sources.apis.common import Access, Windowed
from bot.sources.base import Facts, Fresh, Intake
from bot.sources.dates import find_moment
from bot.sources.paper_ids import names_of, public_id
from bot.sources.paper_kinds import kind_of
from bot.sources.sanitize import find_count
from bot.text import shorten

URL = "https://api.openalex.org"
CALLS_WITHOUT_KEY, CALLS_WITH_KEY = 100, 10_000
"""List calls that OpenAlex allows a day."""

_PAGE = 100
MOST_PAGES = 5
"""Calls that one poll of a paper's citations makes, at most; it is made once a day."""

_LONGEST_RELATION = 200
_SELECTED = (
    "id,doi,title,display_name,publication_date,authorships,abstract_inverted_index,type,"
    "is_retracted,primary_location,ids"
)


class Citations(Windowed):
    """The papers that cite the one known by `name` (`doi:…` or `arxiv:…`).

    What cites it when it is first asked for is backlog. A call is made no more than once a day, and
    OpenAlex is asked about papers published in the last half year.
    """

    def __init__(self, access: Access, name: str) -> None:
        self._access = access
        self._name = name

    async def read(self, since: date, now: datetime, kept: dict[str, Any]) -> Fresh:
        """Up to five pages of what cites the paper, unless it was asked for today already."""
        today = now.astimezone(UTC).date()
        first = "work" not in kept
        if kept.get("asked") == today.isoformat():
            return Fresh((), {})
        if first:
            kept["work"], cited = await self._work()
            kept["title"] = f"Papers that cite {cited}"[:80]
            kept["cited"] = cited
        intake = Intake()
        for page in range(1, MOST_PAGES + 1):
            try:
                answer = await self._access.json(
                    "OpenAlex",
                    "works",
                    filter=f"cites:{kept['work']},from_publication_date:{_half_a_year_before(today)}",
                    select=_SELECTED,
                    page=page,
                    sort="publication_date:desc",
                    per_page=_PAGE,
                    api_key=self._access.key,
                    mailto=self._access.email,
                )
            except SourceError as error:
                if page == 1:
                    raise
                intake.refuse(f"OpenAlex page {page}", f"left unread: {error}")
                break
            found = answer.get("results")
            if not isinstance(found, list):
                raise SourceError(f"OpenAlex: {str(answer.get('error') or 'no results')[:200]}")
            for number, item in enumerate(found, start=(page - 1) * _PAGE + 1):
                intake.add(f"OpenAlex record {number}", item, facts_of)
            if len(found) < _PAGE:
                break
        kept["asked"] = today.isoformat()
        fresh = intake.fresh()
        cites = shorten(f"cites:{self._name} {kept['cited']}", _LONGEST_RELATION)
        marked = [
            entry.model_copy(update={"backlog": first, "relations": [*entry.relations, cites]})
            for entry in fresh.entries
        ]
        return Fresh(marked, fresh.cursor, fresh.refused, fresh.same)

    async def _work(self) -> tuple[str, str]:
        """OpenAlex's id and the title of the cited paper; looking one up by DOI costs nothing."""
        value = public_id(self._name)
        doi = f"10.48550/arxiv.{value}" if self._name.startswith("arxiv:") else value
        answer = await self._access.json(
            "OpenAlex",
            f"works/doi:{doi}",
            select="id,display_name",
            api_key=self._access.key,
            mailto=self._access.email,
        )
        work = str(answer.get("id") or "").rpartition("/")[2]
        if not work:
            raise SourceError(f"OpenAlex knows no paper {value}")
        return work, str(answer.get("display_name") or value)


def _half_a_year_before(today: date) -> date:
    return date.fromordinal(today.toordinal() - 183)


def facts_of(item: object) -> Facts:
    """What a work says of a paper, in the words of `Entry`."""
    if not isinstance(item, Mapping):
        raise EntryError("not a JSON object")
    ids = item.get("ids") if isinstance(item.get("ids"), Mapping) else {}
    place = item.get("primary_location")
    page = place.get("landing_page_url") if isinstance(place, Mapping) else None
    title = str(item.get("display_name") or item.get("title") or "")
    known = kind_of(title, [str(item.get("type") or "")])
    return {
        "names": names_of(
            doi=str(item.get("doi") or ""), url=page, others=[str((ids or {}).get("pmid") or "")]
        ),
        "title": title,
        "abstract": _abstract(item.get("abstract_inverted_index")),
        "authors": [
            str(one["author"].get("display_name") or "")
            for one in item.get("authorships") or ()
            if isinstance(one, Mapping) and isinstance(one.get("author"), Mapping)
        ],
        "relations": [
            f"orcid:{orcid[-19:]} {one['author'].get('display_name') or ''}".strip()
            for one in item.get("authorships") or ()
            if isinstance(one, Mapping)
            and isinstance(one.get("author"), Mapping)
            and (orcid := str(one["author"].get("orcid") or ""))
        ],
        "published_at": find_moment(item.get("publication_date")),
        "url": page or item.get("doi"),
        "kind": known.kind,
        "retracted": bool(item.get("is_retracted")),
    }


def _abstract(inverted: object) -> str:
    """The text of an inverted index: each word with the places where it stands."""
    if not isinstance(inverted, Mapping):
        return ""
    placed = {
        place: str(word)
        for word, places in inverted.items()
        if isinstance(places, list)
        for place in map(find_count, places)
        if place is not None
    }
    return " ".join(placed[place] for place in sorted(placed))
