"""The papers of one person, by ORCID: what the person lists, and what Crossref and PubMed know."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from bot.errors import SourceError
from bot.sources.apis import crossref, pubmed
from bot.sources.apis.common import Access, Windowed
from bot.sources.base import Facts, Fresh, Intake
from bot.sources.dates import find_moment
from bot.sources.paper_ids import names_of

URL = "https://pub.orcid.org/v3.0"
_WRITTEN = re.compile(r"(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dX])", re.IGNORECASE)
_TEN = 10
_MODULUS = 11
_LIST_DAYS = 30


def find_orcid(text: str) -> str | None:
    """The ORCID in what a person typed, with its hyphens; None where there is none.

    Raises SourceError for one whose check digit (ISO 7064, mod 11-2) is wrong: a typing mistake.
    """
    match = _WRITTEN.search(text)
    if match is None:
        return None
    orcid = "-".join(match.groups()).upper()
    total = 0
    for digit in orcid.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    check = (_MODULUS + 1 - total % _MODULUS) % _MODULUS
    if orcid[-1] != ("X" if check == _TEN else str(check)):
        raise SourceError(f"{orcid} is no ORCID: its last character does not fit; check the others")
    return orcid


class AuthorWorks(Windowed):
    """The works of a person. What is there at the first poll is backlog, of whatever date."""

    def __init__(self, access: Access, orcid: str, works: Access, records: Access) -> None:
        self._access = access
        self._orcid = orcid
        self._works = works
        self._records = records

    async def read(self, since: date, now: datetime, kept: dict[str, Any]) -> Fresh:
        """The person's own list, then the records elsewhere that carry the ORCID."""
        first = "title" not in kept
        person = await self._access.json("ORCID", f"{self._orcid}/record")
        intake = Intake()
        listed = _listed(person)
        for number, work in enumerate(listed, start=1):
            intake.add(f"ORCID work {number}", work, _facts)
        await self._elsewhere(since, now, intake)
        fresh = intake.fresh()
        name = _name(person) or self._orcid
        kept["title"] = f"Papers by {name}"
        latest = max(
            (entry for entry in fresh.entries if entry.published_at),
            key=lambda entry: entry.published_at or now,
            default=None,
        )
        kept["note"] = f"The latest paper of {name}: {latest.title}" if latest else ""
        by = f"orcid:{self._orcid} {name}"
        said = [
            entry.model_copy(
                update={
                    "backlog": first or entry.backlog,
                    "relations": [by, *(one for one in entry.relations if not _is_of(one, by))],
                }
            )
            for entry in fresh.entries
        ]
        return Fresh(said, fresh.cursor, fresh.refused, fresh.same)

    async def _elsewhere(self, since: date, now: datetime, intake: Intake) -> None:
        """What others know of the person; that they do not answer costs the rest nothing."""
        days = max(_LIST_DAYS, (now.astimezone(UTC).date() - since).days + 1)
        try:
            answer = await self._works.json(
                "Crossref",
                "works",
                filter=f"orcid:{self._orcid},from-created-date:{since}",
                rows=100,
                mailto=self._works.email,
            )
            message = answer.get("message")
            found = message.get("items") if isinstance(message, Mapping) else ()
            for number, item in enumerate(found or (), start=1):
                intake.add(f"Crossref record {number}", item, crossref.facts_of)
        except SourceError as error:
            intake.refuse("Crossref", str(error))
        try:
            search = pubmed.PubMedSearch(self._records, f"{self._orcid}[auid]")
            for entry in (await search.read(_before(now, days), now, {})).entries:
                intake.put(entry)
        except SourceError as error:
            intake.refuse("PubMed", str(error))


def _is_of(relation: str, by: str) -> bool:
    return relation.split(" ", 1)[0] == by.split(" ", 1)[0]


def _before(now: datetime, days: int) -> date:
    return date.fromordinal(now.astimezone(UTC).date().toordinal() - days)


def _name(person: Mapping[str, Any]) -> str:
    said = person.get("person")
    name = said.get("name") if isinstance(said, Mapping) else None
    if not isinstance(name, Mapping):
        return ""
    parts = (name.get("given-names"), name.get("family-name"))
    return " ".join(str(part["value"]) for part in parts if isinstance(part, Mapping))


def _listed(person: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The summary of each work, the first of those that were joined."""
    activities = person.get("activities-summary")
    works = activities.get("works") if isinstance(activities, Mapping) else None
    groups = works.get("group") if isinstance(works, Mapping) else None
    found = []
    for group in groups or ():
        summaries = group.get("work-summary") if isinstance(group, Mapping) else None
        if isinstance(summaries, list) and summaries and isinstance(summaries[0], Mapping):
            found.append(summaries[0])
    return found


def _facts(work: Mapping[str, Any]) -> Facts:
    title = ((work.get("title") or {}).get("title") or {}).get("value")
    ids = (work.get("external-ids") or {}).get("external-id") or ()
    values = [
        f"pmid:{one.get('external-id-value')}"
        if one.get("external-id-type") == "pmid"
        else str(one.get("external-id-value") or "")
        for one in ids
        if isinstance(one, Mapping) and one.get("external-id-relationship") != "part-of"
    ]
    url = (work.get("url") or {}).get("value") if isinstance(work.get("url"), Mapping) else None
    day = work.get("publication-date") or {}
    parts = [(day.get(name) or {}).get("value") for name in ("year", "month", "day")]
    return {
        "names": names_of(url=url, others=values),
        "title": str(title or ""),
        "published_at": find_moment("-".join(str(part) for part in parts if part)),
        "url": url,
    }
