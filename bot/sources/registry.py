"""Sources by kind and spec, as they are stored, and by what people type to add one."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from rapidfuzz import process

from bot.errors import SourceError
from bot.sources import arxiv, huggingface
from bot.sources.apis import acl, biorxiv, crossref, europepmc, openalex, orcid, pubmed
from bot.sources.apis.acl import AclCollection
from bot.sources.apis.biorxiv import PreprintServer
from bot.sources.apis.categories import CATEGORIES
from bot.sources.apis.common import Access
from bot.sources.apis.crossref import Journal
from bot.sources.apis.europepmc import EuropePmcSearch
from bot.sources.apis.openalex import Citations
from bot.sources.apis.orcid import AuthorWorks
from bot.sources.apis.pubmed import PubMedSearch
from bot.sources.arxiv import ArxivCategory
from bot.sources.base import Source
from bot.sources.feed import Feed
from bot.sources.http import Fetcher
from bot.sources.huggingface import HuggingFaceDaily
from bot.sources.paper_ids import ARCHIVES, find_category, names_of, public_id
from bot.sources.parser_process import FeedParser
from bot.sources.sanitize import web_url
from storage.sealing import is_sealed

DAILY = ("huggingface", "daily", "huggingface")
"""Kind, spec and name of the Daily Papers."""

_DAILY_WORDS = frozenset(("huggingface", "hugging face", "hf", "daily papers", "daily"))
_ARXIV_PREFIX = re.compile(r"(?:arxiv(?:[:/ ]\s*|$))?(?:cat:)?", re.IGNORECASE)
_ARXIV_LIST = re.compile(r"/list/([^/]+)(?:/.*)?")
_ARXIV_FEED = re.compile(r"/(?:rss/|atom/)?([\w.+-]+?)(?:\.(?:xml|rss|atom))?/?")
_FEED_SCHEME = re.compile(r"^feed://", re.IGNORECASE)
_HOST = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,24}", re.IGNORECASE)
_ARCHIVE = re.compile(ARCHIVES, re.IGNORECASE)
_SERVERS = {"biorxiv": "bioRxiv", "medrxiv": "medRxiv", "chemrxiv": "ChemRxiv"}
_SEARCHES = {
    "pubmed": ("PubMed, ", "pubmed:crispr AND review[pt]"),
    "europepmc": ("Europe PMC, ", "europepmc:microbiome AND SRC:PPR"),
    "journal": ("", 'journal:"Nature Methods"'),
    "acl": ("ACL Anthology, ", "acl:2026.acl"),
}
_NAME_NOISE = re.compile(r"/(?:index|feed|rss|atom)(?:\.(?:xml|rss|atom))?/?$", re.IGNORECASE)
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Reach:
    """With what sources are opened: their addresses where they are not the real ones, and who asks.

    `bases` overrides the address of a service, as settings and tests do; `keys` are those that a
    service gave the host; `email` is whom a service writes to; `parser` reads the bodies of feeds;
    `cross_lists` says whether an arXiv category has papers of other first categories.
    """

    fetcher: Fetcher
    bases: Mapping[str, str] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    email: str = ""
    parser: FeedParser | None = None
    cross_lists: bool = True

    def access(self, service: str) -> Access:
        """How a service is reached."""
        base = self.bases.get(service, _BASES[service])
        return Access(self.fetcher, base, self.email, self.keys.get(service, ""))


_BASES: Mapping[str, str] = MappingProxyType(
    {
        "biorxiv": biorxiv.URL,
        "pubmed": pubmed.URL,
        "europepmc": europepmc.URL,
        "crossref": crossref.URL,
        "acl": acl.URL,
        "openalex": openalex.URL,
        "orcid": orcid.URL,
    }
)


def open_source(
    kind: str,
    spec: str,
    fetcher: Fetcher,
    *,
    bases: Mapping[str, str],
    reach: Reach | None = None,
) -> Source:
    """The source that a stored kind and spec mean.

    `bases` overrides the address of a service, as settings and tests do; `reach` has what else
    sources are opened with. Raises SourceError for a kind that this version does not know.
    """
    if is_sealed(spec):
        raise SourceError(
            "its address cannot be decrypted: add the key that it was stored with to "
            "PAPERROUND_ENCRYPTION_KEY, after the new one, with a comma between"
        )
    reach = reach or Reach(fetcher, bases)
    makers: Mapping[str, Callable[[], Source]] = {
        "huggingface": lambda: HuggingFaceDaily(
            fetcher, base_url=bases.get("huggingface", huggingface.SITE)
        ),
        "arxiv": lambda: ArxivCategory(
            fetcher,
            spec,
            base_url=bases.get("arxiv", arxiv.API),
            feeds_url=_arxiv_feeds(bases.get("arxiv", arxiv.API)),
            cross_lists=reach.cross_lists,
        ),
        "feed": lambda: Feed(fetcher, spec, reach.parser),
        "biorxiv": lambda: PreprintServer(reach.access("biorxiv"), "biorxiv", spec),
        "medrxiv": lambda: PreprintServer(reach.access("biorxiv"), "medrxiv", spec),
        "chemrxiv": lambda: EuropePmcSearch(
            reach.access("europepmc"), _chemrxiv(spec), f"ChemRxiv, {spec}".removesuffix(", ")
        ),
        "pubmed": lambda: PubMedSearch(reach.access("pubmed"), spec),
        "europepmc": lambda: EuropePmcSearch(reach.access("europepmc"), spec),
        "journal": lambda: Journal(reach.access("crossref"), spec, reach.access("europepmc")),
        "acl": lambda: AclCollection(reach.access("acl"), spec),
        "cites": lambda: Citations(reach.access("openalex"), spec),
        "author": lambda: AuthorWorks(
            reach.access("orcid"), spec, reach.access("crossref"), reach.access("pubmed")
        ),
    }
    if kind not in makers:
        raise SourceError(f"this version knows no source of the kind {kind!r}; update Paperround")
    return makers[kind]()


def _arxiv_feeds(api: str) -> str:
    """Where announcements are, "" beside an API that is not arXiv's own."""
    return arxiv.FEEDS if urlsplit(api).hostname == urlsplit(arxiv.API).hostname else ""


def _chemrxiv(topic: str) -> str:
    preprints = '(SRC:PPR AND PUBLISHER:"ChemRxiv")'
    return f"{preprints} AND ({topic})" if topic else preprints


def recognise(text: str) -> tuple[str, str, str]:
    """Kind, spec and name of the source that a person means.

    That is an arXiv category, a name such as "biorxiv:neuroscience", the address of a page or of a
    feed, or the Daily Papers. Slack's angle brackets around links are taken off. Raises SourceError
    with examples.
    """
    typed = text.strip().strip("<>").partition("|")[0].strip()
    if typed.lower() in _DAILY_WORDS:
        return DAILY
    if named := _named(text.strip()):
        return named
    if category := find_category(_ARXIV_PREFIX.sub("", typed, count=1)):
        return _category(category)
    if url := _address(typed):
        return _at(url)
    raise SourceError(
        f"{text.strip()[:100]!r} is no source; give an arXiv category such as cs.LG, a name such "
        'as biorxiv:neuroscience, pubmed:crispr or journal:"Nature Methods", the address of a site '
        "or of a feed, or huggingface"
    )


def typed_as(kind: str, spec: str) -> str:
    """What a person types to add a source: an address, a category, or its name."""
    if kind in ("feed", "arxiv", "huggingface"):
        return "huggingface" if kind == "huggingface" else spec
    if kind == "cites":
        value = public_id(spec)
        page = "https://arxiv.org/abs/" if spec.startswith("arxiv:") else ""
        return f"cites:{page}{value}"
    return f"{kind}:{spec}"


def _address(typed: str) -> str | None:
    """A web address, also one that begins with feed:// or without any "https://"."""
    typed = _FEED_SCHEME.sub("https://", re.sub(r"^feed:(?=https?:)", "", typed))
    if "://" not in typed:
        host = _HOST.fullmatch(typed) and not _ARCHIVE.fullmatch(typed.partition(".")[0])
        looks_so = "/" in typed or host
        typed = f"https://{typed}" if looks_so and " " not in typed else ""
    return web_url(typed)


def _named(typed: str) -> tuple[str, str, str] | None:
    """A source by the name of its server or index, as in "pubmed:crispr"."""
    word, colon, rest = typed.strip("<>").partition(":")
    kind, spec = word.strip().lower(), rest.strip().strip("<>")
    if not colon or rest.startswith("//"):
        return None
    if kind in _SERVERS:
        return _of_server(kind, spec.strip("\"'“”").replace("_", " ").lower())
    if kind in _SEARCHES:
        name, example = _SEARCHES[kind]
        if not spec:
            raise SourceError(f"say what to look for, for example {example}")
        spec = spec.strip('"“”') if kind == "journal" else spec
        return kind, spec, f"{name}{spec}"[:LONGEST_NAME]
    if kind == "author":
        found = orcid.find_orcid(spec)
        if found is None:
            raise SourceError("give an ORCID, for example author:0000-0002-1825-0097")
        return "author", found, f"Papers by {found}"
    if kind == "cites":
        return _cited(spec.partition("|")[0])
    if kind == "openreview":
        raise SourceError(
            "OpenReview answers no program without a login of its own, so it is not read; many of "
            "its papers are on arXiv: add a category, such as cs.LG"
        )
    return None


def _of_server(kind: str, category: str) -> tuple[str, str, str]:
    name = _SERVERS[kind]
    known = CATEGORIES.get(kind)
    if known and category and category not in known:
        near = process.extract(category, known, limit=3)
        listed = ", ".join(f"{kind}:{found[0]}" for found in near)
        raise SourceError(f"{name} has no category {category!r}; the nearest are {listed}")
    return kind, category, f"{name}, {category}" if category else name


def _cited(spec: str) -> tuple[str, str, str]:
    names = names_of(url=spec, plain_id=spec)
    name = next((one for one in names if one.startswith(("doi:", "arxiv:"))), None)
    if name is None:
        raise SourceError("give a link to a paper with a DOI, or on arXiv, after cites:")
    return "cites", name, f"Papers that cite {public_id(name)}"[:LONGEST_NAME]


def _at(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    if host in ("huggingface.co", "hf.co") and parts.path.startswith(("/papers", "/api/daily")):
        return DAILY
    categories = _arxiv_categories(host, parts.path)
    if len(categories) == 1:
        return _category(categories[0])
    return "feed", url, feed_name(url)


def _arxiv_categories(host: str, path: str) -> list[str]:
    """The categories that an address of arXiv's lists or its feeds means, mostly one."""
    if not (host == "arxiv.org" or host.endswith(".arxiv.org")):
        return []
    feeds = host == "rss.arxiv.org" or path.startswith(("/rss/", "/atom/"))
    found = (_ARXIV_FEED if feeds else _ARXIV_LIST).fullmatch(path)
    parts = found[1].split("+") if found else ()
    return [category for part in parts if (category := find_category(part))]


def feed_name(url: str) -> str:
    """What a feed is called until it says its own title: its host and path."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    return _NAME_NOISE.sub("", f"{host}{parts.path}").strip("/")[:LONGEST_NAME]


def _category(category: str) -> tuple[str, str, str]:
    return "arxiv", category, f"arxiv/{category}"
