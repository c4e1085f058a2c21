"""A search of Europe PMC: PubMed's papers, and preprints of many servers."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from bot.errors import EntryError, SourceError
from bot.sources.apis.common import Access, Windowed
from bot.sources.base import Entry, Facts, Fresh, Intake
from bot.sources.dates import find_moment
from bot.sources.paper_ids import names_of
from bot.sources.paper_kinds import kind_of, without_mark
from bot.sources.sanitize import without_markup

URL = "https://www.ebi.ac.uk/europepmc/webservices/rest"
_PAGE = 100
_MOST_PAGES = 20
_DOIS_AT_ONCE = 25


class EuropePmcSearch(Windowed):
    """What a search finds that was first indexed since a day, in Europe PMC's own grammar.

    `called` is what people read, the search itself where it is empty.
    """

    def __init__(self, access: Access, search: str, called: str = "") -> None:
        self._access = access
        self._search = search
        self._called = called or f"Europe PMC, {search}"

    async def read(self, since: date, now: datetime, kept: dict[str, Any]) -> Fresh:
        """All pages of the search; a later page that fails leaves what came before it."""
        kept["title"] = self._called[:80]
        asked = f"({self._search}) AND (FIRST_IDATE:[{since} TO {now.astimezone(UTC).date()}])"
        intake, mark, start = Intake(), "*", 0
        for _ in range(_MOST_PAGES):
            try:
                found, following = await _page(self._access, asked, mark)
            except SourceError as error:
                if not start:
                    raise
                intake.refuse(f"Europe PMC from number {start}", f"left unread: {error}")
                break
            for number, item in enumerate(found, start=start + 1):
                intake.add(f"Europe PMC record {number}", item, facts_of)
            start += len(found)
            if not found or len(found) < _PAGE or following in ("", mark):
                break
            mark = following
        return intake.fresh()


async def _page(access: Access, asked: str, mark: str) -> tuple[Sequence[object], str]:
    answer = await access.json(
        "Europe PMC",
        "search",
        query=asked,
        format="json",
        resultType="core",
        pageSize=_PAGE,
        cursorMark=mark,
    )
    listed = answer.get("resultList")
    found = listed.get("result") if isinstance(listed, Mapping) else None
    if not isinstance(found, list):
        raise SourceError(f"Europe PMC: {str(answer.get('errMsg') or 'no results')[:200]}")
    return found, str(answer.get("nextCursorMark") or "")


async def abstracts_of(access: Access, entries: Sequence[Entry]) -> dict[str, str]:
    """The abstracts that Europe PMC has for papers without one, by DOI; {} where it fails."""
    wanted = [name[4:] for entry in entries for name in entry.names if name.startswith("doi:")]
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _DOIS_AT_ONCE):
        asked = " OR ".join(f'DOI:"{doi}"' for doi in wanted[start : start + _DOIS_AT_ONCE])
        try:
            items, _ = await _page(access, asked, "*")
        except SourceError:
            break
        for item in items:
            if isinstance(item, Mapping) and item.get("doi") and item.get("abstractText"):
                name = f"doi:{str(item['doi']).lower()}"
                found[name] = without_markup(str(item["abstractText"]))
    return found


def facts_of(item: object) -> Facts:
    """What a record says of a paper, in the words of `Entry`."""
    if not isinstance(item, Mapping):
        raise EntryError("not a JSON object")
    title = without_markup(str(item.get("title") or "")).rstrip(". ")
    listed = (item.get("pubTypeList") or {}).get("pubType") or ()
    types = [listed] if isinstance(listed, str) else [str(one) for one in listed]
    known = kind_of(title, types)
    pmid, doi = item.get("pmid"), str(item.get("doi") or "")
    page = f"https://europepmc.org/article/{item.get('source')}/{item.get('id')}"
    return {
        "names": names_of(
            doi=doi,
            plain_id=None if doi or pmid else f"{item.get('source')}/{item.get('id')}",
            others=[f"pmid:{pmid}" if pmid else None, item.get("pmcid")],
        ),
        "title": without_mark(title),
        "abstract": without_markup(str(item.get("abstractText") or "")),
        "authors": _authors(item),
        "published_at": find_moment(item.get("firstPublicationDate")),
        "url": f"https://doi.org/{doi}" if doi else page,
        "kind": known.kind,
        "retracted": known.retracted,
        "about": known.about,
    }


def _authors(item: Mapping[str, Any]) -> list[str]:
    listed = (item.get("authorList") or {}).get("author") or ()
    names = []
    for author in listed if isinstance(listed, list) else ():
        given, family = author.get("firstName") or author.get("initials"), author.get("lastName")
        whole = f"{given or ''} {family or ''}".strip()
        names.append(whole or author.get("fullName") or author.get("collectiveName") or "")
    return [name for name in names if name]
