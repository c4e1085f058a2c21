"""A saved search of PubMed (E-utilities), and what its records say."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError, XMLParser

from bot.errors import SourceError
from bot.sources.apis.common import Access, Windowed
from bot.sources.base import Facts, Fresh, Intake
from bot.sources.dates import find_moment
from bot.sources.paper_ids import names_of
from bot.sources.paper_kinds import kind_of, without_mark

URL = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
_AT_ONCE = 200
_MOST = 2_000
_TOOL = "paperround"
_SENTENCE_END = re.compile(r"\.\s*$")


class PubMedSearch(Windowed):
    """What a search finds that entered PubMed since a day; written as PubMed's users write it."""

    def __init__(self, access: Access, search: str) -> None:
        self._access = access
        self._search = search

    async def read(self, since: date, now: datetime, kept: dict[str, Any]) -> Fresh:
        """Ask for the ids, then for their records."""
        days = (now.astimezone(UTC).date() - since).days + 1
        ids, translated = await self._find(days)
        kept["title"] = f"PubMed, {self._search}"[:80]
        kept["note"] = f"PubMed reads the search as: {translated}" if translated else ""
        intake = Intake()
        for start in range(0, len(ids), _AT_ONCE):
            try:
                await self._take(ids[start : start + _AT_ONCE], intake)
            except SourceError as error:
                if not start:
                    raise
                intake.refuse(f"PubMed from number {start}", f"left unread: {error}")
                break
        return intake.fresh()

    async def _find(self, days: int) -> tuple[Sequence[str], str]:
        answer = await self._access.json(
            "PubMed",
            "esearch.fcgi",
            db="pubmed",
            term=self._search,
            datetype="edat",
            reldate=days,
            retmax=_MOST,
            retmode="json",
            **self._who(),
        )
        found = answer.get("esearchresult")
        if not isinstance(found, dict):
            raise SourceError(f"PubMed: {str(answer.get('error') or 'no search result')[:200]}")
        translated = str(found.get("querytranslation") or "")
        if wrong := _mistakes(found):
            raise SourceError(
                f"PubMed does not know {wrong}; it reads the search as: {translated or 'nothing'}"
            )
        ids = found.get("idlist")
        return [str(one) for one in ids or ()] if isinstance(ids, list) else [], translated

    async def _take(self, ids: Sequence[str], intake: Intake) -> None:
        for number, article in enumerate(await fetch(self._access, ids), start=1):
            intake.add(f"PubMed record {number}", article, facts_of)

    def _who(self) -> dict[str, str]:
        return _asker(self._access)


async def fetch(access: Access, ids: Sequence[str]) -> Sequence[Element]:
    """The records with these numbers, at most 200; raises SourceError."""
    body = await access.text(
        "efetch.fcgi", db="pubmed", id=",".join(ids), retmode="xml", **_asker(access)
    )
    return articles_in(body)


def _asker(access: Access) -> dict[str, str]:
    return {"tool": _TOOL, "email": access.email, "api_key": access.key}


def _mistakes(found: dict[str, Any]) -> str:
    said = found.get("errorlist") or {}
    words = [word for key in ("phrasesnotfound", "fieldsnotfound") for word in said.get(key) or ()]
    if found.get("ERROR"):
        words.append(str(found["ERROR"]))
    return ", ".join(repr(str(word))[:80] for word in words[:3])


def articles_in(body: bytes) -> list[Element]:
    """The records of an efetch answer; raises SourceError for what is none."""
    reader = XMLParser()  # noqa: S314 - no external entities; expat bounds the internal ones
    try:
        reader.feed(body)
        root: Element = reader.close()
    except ParseError:
        raise SourceError("PubMed: an answer that is no XML") from None
    return root.findall("PubmedArticle")


def facts_of(article: Element) -> Facts:
    """What a record says of a paper, in the words of `Entry`."""
    title = _text(article.find("./MedlineCitation/Article/ArticleTitle"))
    if title.startswith("[") and title.rstrip(".").endswith("]"):
        title = title.rstrip(".")[1:-1]
    types = [_text(each) for each in article.iter("PublicationType")]
    known = kind_of(title, types)
    identity = _identity(article)
    return {
        "names": names_of(others=identity),
        "title": without_mark(_SENTENCE_END.sub("", title)),
        "abstract": _abstract(article),
        "authors": _authors(article),
        "relations": [
            f"orcid:{_text(each)[-19:].upper()} {name}"
            for person in article.findall("./MedlineCitation/Article/AuthorList/Author")
            for each in person.findall("Identifier")
            if each.get("Source") == "ORCID" and (name := _name(person))
        ],
        "published_at": _published(article),
        "categories": [_text(each) for each in article.findall("./MedlineCitation//Keyword")][:10],
        "url": next((f"https://doi.org/{one}" for one in identity if one.startswith("10.")), None)
        or next(f"https://pubmed.ncbi.nlm.nih.gov/{one[5:]}/" for one in identity),
        "kind": known.kind,
        "retracted": known.retracted or linked(article, "RetractionIn") != [],
        "about": known.about,
        "about_names": names_of(others=linked(article, "RetractionOf", "ErratumFor")),
    }


def _identity(article: Element) -> list[str]:
    listed = article.findall("./PubmedData/ArticleIdList/ArticleId")
    placed = article.findall("./MedlineCitation/Article/ELocationID")
    return [
        f"pmid:{_text(article.find('./MedlineCitation/PMID'))}",
        *(_text(each) for each in listed if each.get("IdType") in ("doi", "pmc")),
        *(_text(each) for each in placed if each.get("EIdType") == "doi"),
    ]


def _abstract(article: Element) -> str:
    parts = []
    for each in article.findall("./MedlineCitation/Article/Abstract/AbstractText"):
        label, said = each.get("Label"), _text(each)
        if said:
            parts.append(
                f"{label.capitalize()}: {said}" if label and label != "UNLABELLED" else said
            )
    return " ".join(parts)


def _authors(article: Element) -> list[str]:
    listed = article.findall("./MedlineCitation/Article/AuthorList/Author")
    return [name for each in listed if (name := _name(each))]


def _name(person: Element) -> str:
    given = _text(person.find("ForeName")) or _text(person.find("Initials"))
    name = f"{given} {_text(person.find('LastName'))}".strip()
    return name or _text(person.find("CollectiveName"))


def is_preprint(article: Element) -> bool:
    """Whether a record is a preprint's."""
    return any(_text(each) == "Preprint" for each in article.iter("PublicationType"))


def _published(article: Element) -> datetime | None:
    """The day of electronic publication, else of the journal's issue, else of entry."""
    for path in (
        "./MedlineCitation/Article/ArticleDate",
        "./MedlineCitation/Article/Journal/JournalIssue/PubDate",
        "./PubmedData/History/PubMedPubDate[@PubStatus='pubmed']",
    ):
        each = article.find(path)
        if each is None or each.find("Year") is None:
            continue
        year, month, day = (_text(each.find(name)) for name in ("Year", "Month", "Day"))
        written = (
            f"{day or '1'} {month} {year}"
            if month.isalpha()
            else "-".join(part for part in (year, month, day) if part)
        )
        if found := find_moment(written):
            return found
    return None


def linked(article: Element, *kinds: str) -> list[str]:
    """The PubMed ids of papers that a record is linked to in one of these ways."""
    return [
        f"pmid:{_text(each.find('PMID'))}"
        for each in article.findall(".//CommentsCorrectionsList/CommentsCorrections")
        if each.get("RefType") in kinds and each.find("PMID") is not None
    ]


def _text(element: Element | None) -> str:
    """All text of an element on one line, whatever markup is in it."""
    return "" if element is None else " ".join("".join(element.itertext()).split())
