"""A journal by its name or ISSN, from Crossref; its retractions too."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from bot.errors import EntryError, SourceError
from bot.sources.abstracts import read_texts
from bot.sources.apis import europepmc
from bot.sources.apis.common import Access, Windowed
from bot.sources.base import Entry, Facts, Fresh, Intake
from bot.sources.dates import find_moment
from bot.sources.paper_ids import names_of
from bot.sources.paper_kinds import CORRECTION, RETRACTION, kind_of, without_mark
from bot.sources.sanitize import without_markup

URL = "https://api.crossref.org"
_PAGE = 200
_MOST_PAGES = 10
_ISSN = re.compile(r"\d{4}-\d{3}[\dXx]")
_SELECTED = (
    "DOI,title,abstract,author,container-title,created,published,type,update-to,relation,URL"
)
_JATS_TITLE = re.compile(r"<(/?)jats:title\b")
_SHOWN = 3
SHORT_NAMES = {
    "prl": "0031-9007",
    "prx": "2160-3308",
    "pra": "2469-9926",
    "prb": "2469-9950",
    "prd": "2470-0010",
    "pre": "2470-0045",
    "rmp": "0034-6861",
    "jacs": "0002-7863",
    "nejm": "0028-4793",
    "jama": "0098-7484",
    "bmj": "0959-8138",
    "lancet": "0140-6736",
    "nature": "0028-0836",
    "science": "0036-8075",
    "cell": "0092-8674",
    "pnas": "0027-8424",
    "nar": "0305-1048",
    "apj": "0004-637X",
    "mnras": "0035-8711",
    "jmlr": "1532-4435",
    "jcp": "0021-9606",
    "angewandte": "1433-7851",
    "elife": "2050-084X",
    "plos one": "1932-6203",
    "nature methods": "1548-7091",
    "nature communications": "2041-1723",
    "nat commun": "2041-1723",
    "nat methods": "1548-7091",
}
"""Journals by what people call them."""


class Journal(Windowed):
    """What a journal registered since a day; front matter left out, missing abstracts looked up.

    `wanted` is an ISSN, a short name such as "prl", or a title; a title that several journals may
    have is Broken with their names. `abstracts` is where missing abstracts are asked for.
    """

    def __init__(self, access: Access, wanted: str, abstracts: Access | None = None) -> None:
        self._access = access
        self._wanted = wanted
        self._abstracts = abstracts

    async def read(self, since: date, now: datetime, kept: dict[str, Any]) -> Fresh:
        """All pages of works; a later page that fails leaves what came before it."""
        if "issn" not in kept:
            kept["issn"], kept["title"] = await self._known()
        intake, mark, start = Intake(), "*", 0
        for _ in range(_MOST_PAGES):
            try:
                found, following = await self._page(kept["issn"], since, mark)
            except SourceError as error:
                if not start:
                    raise
                intake.refuse(f"Crossref from number {start}", f"left unread: {error}")
                break
            for number, item in enumerate(found, start=start + 1):
                intake.add(f"Crossref record {number}", item, facts_of)
            start += len(found)
            if len(found) < _PAGE or following in ("", mark):
                break
            mark = following
        return await self._with_abstracts(intake.fresh(), kept)

    async def _known(self) -> tuple[str, str]:
        """The journal's ISSN and title; raises SourceError where several may be meant."""
        wanted = self._wanted.strip(" \"'“”")
        issn = SHORT_NAMES.get(wanted.casefold())
        if issn or _ISSN.fullmatch(wanted):
            issn = (issn or wanted).upper()
            answer = await self._access.json("Crossref", f"journals/{issn}", mailto=self._who)
            said = answer.get("message")
            return issn, str(said.get("title") or wanted) if isinstance(said, Mapping) else wanted
        answer = await self._access.json(
            "Crossref", "journals", query=wanted, rows=20, mailto=self._who
        )
        found = [one for one in _items(answer) if isinstance(one, Mapping) and one.get("ISSN")]
        same = [one for one in found if _folded(one.get("title")) == _folded(wanted)]
        if len(same) == 1 or (len(found) == 1 and not same):
            only = (same or found)[0]
            return str(only["ISSN"][0]), str(only.get("title") or wanted)
        raise SourceError(_ambiguous(wanted, same or found))

    async def _page(self, issn: str, since: date, mark: str) -> tuple[Sequence[object], str]:
        answer = await self._access.json(
            "Crossref",
            "works",
            filter=f"issn:{issn},from-created-date:{since},type:journal-article",
            select=_SELECTED,
            rows=_PAGE,
            cursor=mark,
            mailto=self._who,
        )
        message = answer.get("message")
        following = message.get("next-cursor") if isinstance(message, Mapping) else ""
        return _items(answer), str(following or "")

    async def _with_abstracts(self, fresh: Fresh, kept: dict[str, Any]) -> Fresh:
        bare = [entry for entry in fresh.entries if not entry.abstract and entry.kind == "paper"]
        if not bare or self._abstracts is None:
            return fresh
        found = await europepmc.abstracts_of(self._abstracts, bare)
        if found:
            kept["note"] = f"{len(found)} missing abstracts come from Europe PMC"
        return Fresh(
            [_filled(entry, found) for entry in fresh.entries],
            fresh.cursor,
            fresh.refused,
            fresh.same,
        )

    @property
    def _who(self) -> str:
        return self._access.email


def _filled(entry: Entry, found: Mapping[str, str]) -> Entry:
    text = next((found[name] for name in entry.names if name in found), "")
    return entry.model_copy(update={"abstract": text}) if text and not entry.abstract else entry


def _items(answer: Mapping[str, Any]) -> Sequence[object]:
    message = answer.get("message")
    found = message.get("items") if isinstance(message, Mapping) else None
    if not isinstance(found, list):
        raise SourceError("Crossref: an answer without records")
    return found


def _ambiguous(wanted: str, found: Sequence[Mapping[str, Any]]) -> str:
    if not found:
        return f"Crossref knows no journal {wanted!r}; try its whole title or its ISSN"
    named = [f"{one.get('title')} (ISSN {one['ISSN'][0]})" for one in found[:_SHOWN]]
    return f"several journals may be meant by {wanted!r}: {'; '.join(named)}. Give the ISSN of one"


def _folded(text: object) -> str:
    return re.sub(r"\W+", " ", re.sub(r"^the\s+", "", str(text or "").casefold())).strip()


def facts_of(item: object) -> Facts:
    """What a work says of a paper, in the words of `Entry`; raises EntryError for no object."""
    if not isinstance(item, Mapping):
        raise EntryError("not a JSON object")
    title = without_markup(_first(item.get("title")))
    doi = str(item.get("DOI") or "")
    updates = [one for one in item.get("update-to") or () if isinstance(one, Mapping)]
    known = kind_of(title, [str(item.get("subtype") or "")])
    kind = known.kind
    if updates:
        retracts = any(
            "retract" in str(one.get("type")) or "withdraw" in str(one.get("type"))
            for one in updates
        )
        kind = RETRACTION if retracts else CORRECTION
    return {
        "names": names_of(doi=doi, others=_relatives(item)),
        "title": without_mark(title),
        "abstract": read_texts([_html(str(item.get("abstract") or ""))], title).abstract,
        "authors": authors_of(item),
        "relations": [
            f"orcid:{orcid[-19:].upper()} {name}"
            for one in item.get("author") or ()
            if isinstance(one, Mapping) and (orcid := str(one.get("ORCID") or ""))
            for name in authors_of({"author": [one]})
        ],
        "published_at": _date(item.get("published")) or _date(item.get("created")),
        "url": f"https://doi.org/{doi}" if doi else None,
        "kind": kind,
        "retracted": known.retracted,
        "about": known.about,
        "about_names": names_of(others=[str(one.get("DOI") or "") for one in updates]),
    }


def authors_of(item: Mapping[str, Any]) -> list[str]:
    """The people of a work, each with the given name first."""
    found = []
    for one in item.get("author") or ():
        if isinstance(one, Mapping):
            whole = f"{one.get('given') or ''} {one.get('family') or ''}".strip()
            found.append(whole or str(one.get("name") or ""))
    return [name for name in found if name]


def _relatives(item: Mapping[str, Any]) -> list[str]:
    """The DOIs of the preprints and journal versions that are the same paper."""
    relation = item.get("relation")
    if not isinstance(relation, Mapping):
        return []
    return [
        str(one.get("id") or "")
        for kind in ("has-preprint", "is-preprint-of", "is-version-of", "is-same-as")
        for one in relation.get(kind) or ()
        if isinstance(one, Mapping) and one.get("id-type") == "doi"
    ]


def _html(jats: str) -> str:
    """An abstract in JATS as HTML, as far as it has sections, headings and paragraphs."""
    return _JATS_TITLE.sub(r"<\1h2", jats).replace("jats:sec", "div").replace("jats:", "")


def _first(value: object) -> str:
    return str(value[0]) if isinstance(value, list) and value else str(value or "")


def _date(said: object) -> datetime | None:
    if not isinstance(said, Mapping):
        return None
    if said.get("date-time"):
        return find_moment(said["date-time"])
    parts = said.get("date-parts")
    first = parts[0] if isinstance(parts, list) and parts else None
    return find_moment("-".join(map(str, first))) if isinstance(first, list) and first else None
