"""A group's own papers, out of its reference manager: BibTeX, RIS, CSL-JSON, CSV, or links."""

import csv
import io
import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.errors import EntryError
from bot.sources.base import Entry, Refused, entry_of
from bot.sources.paper_ids import names_of, title_name
from bot.sources.sanitize import without_markup

LARGEST_LIST = 5_000_000
"""Characters of a list that is read."""

MOST_REFERENCES = 5_000
"""References that are taken out of one list."""

_BIBTEX = re.compile(r"^\s*@\s*\w+\s*[{(]", re.MULTILINE)
_RIS = re.compile(r"^TY  ?- ?", re.MULTILINE)
_WEB_OF_SCIENCE = re.compile(r"\AFN .*^PT ", re.MULTILINE | re.DOTALL)
_LINK_END = re.compile(r"[\s,;<>|]+")
_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b")
_SHOWN = 60


@dataclass(slots=True)
class ReferenceList:
    """What a list holds: whole references, links whose papers must be looked up, and the rest."""

    entries: list[Entry] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def read_references(text: str) -> ReferenceList:
    """The papers that a text names, whatever it was exported from; never raises.

    BibTeX, RIS, CSL-JSON, a CSV file with a column "Title" (as Zotero writes it) and plain links or
    identifiers are told apart by their looks. A bad reference is refused by its name, with the
    reason; those beside it are taken.
    """
    found = ReferenceList()
    if len(text) > LARGEST_LIST:
        told = f"It has more than {LARGEST_LIST:,} characters: give it in parts."
        found.refused.append(Refused("the list", told))
        return found
    text = text.lstrip("\ufeff \r\n\t")
    try:
        _READERS[_kind(text)](text, found)
    except (ValueError, csv.Error, RecursionError) as error:
        found.refused.append(Refused("the list", f"It cannot be read: {error}"[:300]))
    if len(found.entries) > MOST_REFERENCES:
        rest = len(found.entries) - MOST_REFERENCES
        found.refused.append(Refused("the list", f"{rest} past the {MOST_REFERENCES}th"))
        del found.entries[MOST_REFERENCES:]
    return found


def _kind(text: str) -> str:
    if text[:1] in ("[", "{"):
        return "json"
    if _WEB_OF_SCIENCE.search(text):
        return "wos"
    if _RIS.search(text):
        return "ris"
    if _BIBTEX.search(text):
        return "bibtex"
    header = text.partition("\n")[0].casefold()
    return "csv" if "," in header and "title" in header else "links"


def _read_bibtex(text: str, found: ReferenceList) -> None:
    from bibtexparser import middlewares
    from bibtexparser.entrypoint import parse_string

    logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)
    library = parse_string(
        text,
        append_middleware=[
            middlewares.NormalizeFieldKeys(),
            middlewares.LatexDecodingMiddleware(),
            middlewares.SeparateCoAuthors(),
        ],
    )
    for block in library.failed_blocks:
        where = str(block.raw or "").strip().partition("\n")[0][:_SHOWN]
        found.refused.append(Refused(where or "an entry", "its BibTeX is broken"))
    for one in library.entries:
        facts = {key: value.value for key, value in one.fields_dict.items()}
        authors = facts.get("author") or ()
        _take(
            found,
            title=facts.get("title"),
            authors=authors if isinstance(authors, list) else [authors],
            abstract=facts.get("abstract"),
            year=facts.get("year") or facts.get("date"),
            ids=(facts.get("eprint"), facts.get("pmid") and f"pmid:{facts['pmid']}"),
            doi=facts.get("doi"),
            url=facts.get("url"),
            where=one.key,
        )


def _read_ris(text: str, found: ReferenceList) -> None:
    import rispy

    for one in rispy.loads(text, skip_unknown_tags=True):
        urls = one.get("urls") or [one.get("url")]
        _take(
            found,
            title=one.get("title") or one.get("primary_title") or one.get("short_title"),
            authors=one.get("authors") or one.get("first_authors") or (),
            abstract=one.get("abstract") or one.get("notes_abstract"),
            year=one.get("year") or one.get("publication_year"),
            ids=(one.get("id"),),
            doi=one.get("doi"),
            url=next((url for url in urls if url), None),
            where=str(one.get("id") or ""),
        )


def _read_web_of_science(text: str, found: ReferenceList) -> None:
    import rispy

    for one in rispy.loads(text, implementation=rispy.WokParser, skip_unknown_tags=True):
        _take(
            found,
            title=one.get("document_title"),
            authors=one.get("author_full_name") or one.get("authors") or (),
            abstract=one.get("abstract"),
            year=one.get("publication_year"),
            ids=(one.get("pubmed_id") and f"pmid:{one['pubmed_id']}",),
            doi=one.get("doi"),
            url=None,
            where=str(one.get("accession_number") or ""),
        )


def _read_json(text: str, found: ReferenceList) -> None:
    read = json.loads(text)
    rows = read.get("items", [read]) if isinstance(read, Mapping) else read
    for row in rows if isinstance(rows, Sequence) else ():
        if isinstance(row, str):
            found.links.append(row)
        elif isinstance(row, Mapping):
            data = row.get("data")
            _take_json(data if isinstance(data, Mapping) else row, found)


def _take_json(row: Mapping[str, Any], found: ReferenceList) -> None:
    """One item of CSL-JSON, or of Zotero's own JSON, whose names differ."""
    people = row.get("author") or row.get("creators") or ()
    issued = row.get("issued")
    parts = issued.get("date-parts") if isinstance(issued, Mapping) else None
    _take(
        found,
        title=row.get("title"),
        authors=[_person(one) for one in people] if isinstance(people, Sequence) else (),
        abstract=row.get("abstract") or row.get("abstractNote"),
        year=parts or row.get("date"),
        ids=(row.get("PMID") and f"pmid:{row['PMID']}",),
        doi=row.get("DOI"),
        url=row.get("URL") or row.get("url"),
        where=str(row.get("id") or row.get("key") or ""),
    )


def _person(one: object) -> str:
    if not isinstance(one, Mapping):
        return str(one)
    given, family = (
        one.get("given") or one.get("firstName"),
        one.get("family") or one.get("lastName"),
    )
    whole = one.get("literal") or one.get("name")
    return str(whole or " ".join(str(part) for part in (given, family) if part))


def _read_csv(text: str, found: ReferenceList) -> None:
    for row in csv.DictReader(io.StringIO(text)):
        facts = {str(key).casefold().strip(): value for key, value in row.items() if key}
        authors = facts.get("author") or facts.get("authors") or ""
        _take(
            found,
            title=facts.get("title"),
            authors=[name for name in re.split(r"\s*;\s*", authors) if name],
            abstract=facts.get("abstract note") or facts.get("abstract"),
            year=facts.get("publication year") or facts.get("year") or facts.get("date"),
            ids=(facts.get("key"),),
            doi=facts.get("doi"),
            url=facts.get("url") or facts.get("link"),
            where=facts.get("key") or "",
        )


def _read_links(text: str, found: ReferenceList) -> None:
    for word in _words(text):
        if names_of(others=(word,)) or names_of(url=word):
            found.links.append(word)
        else:
            found.refused.append(Refused(word[:_SHOWN], "no link, arXiv id or DOI"))


def _words(text: str) -> Iterator[str]:
    for word in _LINK_END.split(text):
        if bare := word.strip("()[]\"'"):
            yield bare


_READERS = {
    "bibtex": _read_bibtex,
    "ris": _read_ris,
    "wos": _read_web_of_science,
    "json": _read_json,
    "csv": _read_csv,
    "links": _read_links,
}


def _take(
    found: ReferenceList,
    *,
    title: object,
    authors: Iterable[object],
    abstract: object,
    year: object,
    ids: Iterable[object],
    doi: object,
    url: object,
    where: str,
) -> None:
    """Put one reference in its place; its title names it where nothing better does."""
    said = without_markup(_plain(title))
    names = names_of(
        doi=_plain(doi) or None,
        url=_plain(url) or None,
        others=[str(one) for one in ids if one],
    )
    by_title = title_name(said)
    if names and not said:
        # A reference manager may keep the DOI alone.
        found.links.append(_plain(doi) or _plain(url) or names[0].partition(":")[2])
        return
    if not names and by_title:
        names = (by_title,)
    facts: dict[str, Any] = {
        "names": names,
        "title": said,
        "abstract": _plain(abstract),
        "authors": [name for name in map(_plain, authors) if name],
        "published_at": _published(year),
        "url": _plain(url) or None,
    }
    try:
        found.entries.append(entry_of(facts))
    except EntryError as error:
        name = said or where or "a reference without a title"
        found.refused.append(Refused(name[:_SHOWN], str(error)))


def _plain(value: object) -> str:
    return " ".join(str(value).replace("{", "").replace("}", "").split()) if value else ""


def _published(year: object) -> datetime | None:
    said = _YEAR.search(str(year or ""))
    return datetime(int(said[1]), 1, 1, tzinfo=UTC) if said else None
