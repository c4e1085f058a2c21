"""Asks archives and registries what became of papers, many in a request where they allow it."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from xml.etree.ElementTree import Element

from bot.errors import SourceError
from bot.sources.apis import pubmed
from bot.sources.apis.common import Access
from bot.sources.base import Entry
from bot.sources.paper_ids import names_of, public_id
from storage.models import Fate

_PREPRINTS = tuple(
    f"doi:{prefix}/"
    for prefix in (
        "10.1101",
        "10.64898",
        "10.26434",
        "10.31234",
        "10.21203",
        "10.20944",
        "10.36227",
    )
)
"""Whose DOIs are preprints': bioRxiv and medRxiv, ChemRxiv, PsyArXiv and three more."""

_ARXIVS_OWN = "doi:10.48550/"


@dataclass(frozen=True, slots=True)
class Found:
    """What became of a paper; `detail` is a DOI, the name of a journal or a version's number."""

    kind: Fate
    detail: str = ""


Answers = Mapping[str, Sequence[Found]]
"""What was found of each identity that was asked for; those without news may be missing."""


class Lookup(Protocol):
    """One place that knows; `batch` identities are asked for at a time, a `share` of all a day."""

    @property
    def prefixes(self) -> Sequence[str]:
        """The beginnings of the identities that it knows."""
        ...

    @property
    def batch(self) -> int:
        """How many it is asked for in one call of `ask`."""
        ...

    @property
    def days(self) -> int:
        """In how many days all are asked for once."""
        ...

    async def ask(self, names: Sequence[str]) -> Answers:
        """What became of these; raises SourceError."""
        ...


class ArxivLookup:
    """ArXiv: withdrawn, a new version, the journal that its authors name."""

    prefixes, batch, days = ("arxiv:",), 100, 1

    def __init__(self, fetch: Callable[[Sequence[str]], Awaitable[Sequence[Entry]]]) -> None:
        self._fetch = fetch

    async def ask(self, names: Sequence[str]) -> Answers:
        """One request for all."""
        entries = await self._fetch([public_id(name) for name in names])
        wanted = set(names)
        return {
            name: _of_arxiv(entry) for entry in entries for name in entry.names if name in wanted
        }


def _of_arxiv(entry: Entry) -> list[Found]:
    found = [Found(Fate.RETRACTED)] if entry.retracted else []
    dois = [name for name in entry.names if name.startswith("doi:")]
    doi = next((name for name in dois if not name.startswith(_ARXIVS_OWN)), None)
    if doi or entry.journal:
        found.append(Found(Fate.PUBLISHED, entry.journal or public_id(doi or "")))
    if entry.version:
        found.append(Found(Fate.VERSION, str(entry.version)))
    return found


_CROSSREF_KINDS = {
    "retraction": Fate.RETRACTED,
    "withdrawal": Fate.RETRACTED,
    "removal": Fate.RETRACTED,
    "expression_of_concern": Fate.CONCERN,
}


class CrossrefLookup:
    """Crossref, with Retraction Watch's data: notices that update a DOI, journals of preprints."""

    prefixes, batch, days = ("doi:",), 40, 1

    def __init__(self, access: Access) -> None:
        self._access = access

    async def ask(self, names: Sequence[str]) -> Answers:
        """One request for all notices, and one more for the preprints among them."""
        dois = {name: public_id(name) for name in names if not name.startswith(_ARXIVS_OWN)}
        # A comma would end the filter.
        dois = {name: doi for name, doi in dois.items() if "," not in doi}
        found: defaultdict[str, list[Found]] = defaultdict(list)
        if dois:
            for notice in await self._works("updates", list(dois.values()), "DOI,update-to"):
                _take_notice(notice, found)
        preprints = [doi for name, doi in dois.items() if name.startswith(_PREPRINTS)]
        if preprints:
            for work in await self._works("doi", preprints, "DOI,relation"):
                _take_journal(work, found)
        return {name: found[name] for name in dois if name in found}

    async def _works(self, kind: str, dois: Sequence[str], wanted: str) -> Sequence[Any]:
        answer = await self._access.json(
            "Crossref",
            "works",
            filter=",".join(f"{kind}:{doi}" for doi in dois),
            select=wanted,
            rows=1000,
            mailto=self._access.email,
        )
        message = answer.get("message")
        items = message.get("items") if isinstance(message, Mapping) else None
        if not isinstance(items, list):
            raise SourceError("Crossref: an answer without records")
        return [each for each in items if isinstance(each, Mapping)]


def _take_notice(notice: Mapping[str, Any], found: dict[str, list[Found]]) -> None:
    for update in notice.get("update-to") or ():
        kind = isinstance(update, Mapping) and _CROSSREF_KINDS.get(
            str(update.get("type") or "").lower().replace("-", "_")
        )
        if kind:
            for name in names_of(doi=str(update.get("DOI") or "")):
                found.setdefault(name, []).append(Found(kind, str(notice.get("DOI") or "")))


def _take_journal(work: Mapping[str, Any], found: dict[str, list[Found]]) -> None:
    relation = work.get("relation")
    journals = relation.get("is-preprint-of") if isinstance(relation, Mapping) else None
    for each in journals or ():
        if isinstance(each, Mapping) and each.get("id-type") == "doi":
            for name in names_of(doi=str(work.get("DOI") or "")):
                found.setdefault(name, []).append(Found(Fate.PUBLISHED, str(each.get("id") or "")))


class PubmedLookup:
    """PubMed: retracted, an expression of concern, the journal's version of a preprint."""

    prefixes, batch, days = ("pmid:",), 200, 1

    def __init__(self, access: Access) -> None:
        self._access = access

    async def ask(self, names: Sequence[str]) -> Answers:
        """One request for all."""
        ids = [public_id(name).removeprefix("pmid:") for name in names]
        articles = await pubmed.fetch(self._access, ids)
        return {name: found for article in articles for name, found in [_of_pubmed(article)]}


def _of_pubmed(article: Element) -> tuple[str, list[Found]]:
    facts = pubmed.facts_of(article)
    found = [Found(Fate.RETRACTED)] if facts["retracted"] else []
    if pubmed.linked(article, "ExpressionOfConcernIn"):
        found.append(Found(Fate.CONCERN))
    if pubmed.is_preprint(article) and pubmed.linked(article, "UpdateIn"):
        found.append(Found(Fate.PUBLISHED))
    return next(name for name in facts["names"] if name.startswith("pmid:")), found


class BiorxivLookup:
    """BioRxiv and medRxiv: withdrawn, or the journal's DOI; one request a paper, so over a week."""

    prefixes, batch, days = ("doi:10.1101/", "doi:10.64898/"), 1, 7

    def __init__(self, access: Access) -> None:
        self._access = access

    async def ask(self, names: Sequence[str]) -> Answers:
        """The server that has it is asked second where the first one does not."""
        return {name: await self._one(public_id(name)) for name in names}

    async def _one(self, doi: str) -> list[Found]:
        for server in ("biorxiv", "medrxiv"):
            answer = await self._access.json(server, f"details/{server}/{doi}/na/json")
            versions = answer.get("collection")
            if isinstance(versions, list) and versions and isinstance(versions[-1], Mapping):
                return _of_biorxiv(versions[-1])
        return []


def _of_biorxiv(item: Mapping[str, Any]) -> list[Found]:
    found = []
    if "withdraw" in str(item.get("type") or "").lower():
        found.append(Found(Fate.RETRACTED))
    published, version = str(item.get("published") or "NA"), str(item.get("version") or "")
    if published.startswith("10."):
        found.append(Found(Fate.PUBLISHED, published))
    if version.isdecimal():
        found.append(Found(Fate.VERSION, version))
    return found
