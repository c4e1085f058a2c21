"""Identities in the addresses of papers' pages: a DOI in the path, a PubMed id, a forum id.

Everything here reads the address alone; no page is fetched.
"""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/[^\s?#&\"<>]+")
_AFTER_DOI = re.compile(
    r"(?:/(?:full(?:text)?(?:html)?|abs(?:tract)?|e?pdf(?:direct)?|meta|html|references|figures"
    r"|citations?|cite|suppl(?:ementary|ement)?|metrics|info|summary|full-text|share|download"
    r"|tables|peer-review|comments?|article-info|video-abstract|related)(?:/.*)?"
    r"|\.(?:full|abstract|e?pdf|html?|short|long|figures-only|full-text|article-info|supplementary"
    r"-material|full\.pdf(?:\+html)?))$",
    re.IGNORECASE,
)
_OPENRXIV = re.compile(r"(?:biorxiv|medrxiv)\.org$")
_OPENRXIV_PATH = re.compile(
    r"/(?:cgi/content/(?:short|abstract|full)|content/early/\d{4}/\d{2}/\d{2}|content)"
    r"/(?P<id>\d{4}\.\d{2}\.\d{2}\.\d{5,8}|\d{6})(?:v\d+)?(?:\..*)?$"
)
_OPENRXIV_VERSION = re.compile(r"^(10\.(?:1101|64898)/[\d.]+?)v\d+(?:\..*)?$")
_OPENRXIV_PREFIXES = ("10.1101", "10.64898")
_PII = re.compile(r"(?:pii/|PII)?(S[\d()-]{10,24}[\dX])(?=/|$)", re.IGNORECASE)
_PII_HOSTS = ("sciencedirect.com", "cell.com", "thelancet.com", "linkinghub.elsevier.com")
_LANCET = re.compile(r"S\d{4}-\d{3}[\dX]\(\d{2}\)\d{5}-[\dX]", re.IGNORECASE)
_LONGEST_WRAP = 3


class PathRule(NamedTuple):
    """A publisher whose path holds the end of the DOI: host, pattern with one group, DOI's form."""

    host: str
    path: re.Pattern[str]
    doi: str


_RULES = (
    PathRule("nature.com", re.compile(r"/articles/([a-z0-9][\w.-]+?)(?:\.pdf)?$"), "10.1038/{}"),
    PathRule("pubs.rsc.org", re.compile(r"/content/(?:article\w+/)\d{4}/\w+/(\w+)$"), "10.1039/{}"),
    PathRule(
        "elifesciences.org",
        re.compile(r"/(?:articles|reviewed-preprints)/(\d+)"),
        "10.7554/elife.{}",
    ),
    PathRule("peerj.com", re.compile(r"/articles/(\d+)/?$"), "10.7717/peerj.{}"),
    PathRule("peerj.com", re.compile(r"/articles/(\w+-\d+)/?$"), "10.7717/peerj-{}"),
    PathRule("researchsquare.com", re.compile(r"/article/(rs-\d+)"), "10.21203/rs.3.{}"),
    PathRule("preprints.org", re.compile(r"/manuscript/(\d{6}\.\d{4})"), "10.20944/preprints{}"),
    PathRule("zenodo.org", re.compile(r"/records?/(\d+)"), "10.5281/zenodo.{}"),
)
_PLACES: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("pubmed.ncbi.nlm.nih.gov", re.compile(r"^/(\d{1,9})(?:/|$)"), "pmid"),
    ("ncbi.nlm.nih.gov", re.compile(r"^/(?:m/)?pubmed/(\d{1,9})(?:/|$)"), "pmid"),
    ("europepmc.org", re.compile(r"^/(?:article|abstract)/med/(\d{1,9})", re.IGNORECASE), "pmid"),
    ("ncbi.nlm.nih.gov", re.compile(r"/articles/(PMC\d{1,9})", re.IGNORECASE), "pmc"),
    ("europepmc.org", re.compile(r"/articles?/(?:PMC/)?(PMC\d{1,9})", re.IGNORECASE), "pmc"),
    ("aclanthology.org", re.compile(r"^/([A-Z]\d{2}-\d{4}|\d{4}\.[\w-]+\.\d+)(?=/|\.|v|$)"), "acl"),
    (
        "aclweb.org",
        re.compile(r"^/anthology/([A-Z]\d{2}-\d{4}|\d{4}\.[\w-]+\.\d+)(?=/|\.|v|$)"),
        "acl",
    ),
)
_WRAPPERS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"(?:^|\.)google\.[a-z.]+/(?:url|scholar_url|aclk)$"), ("url", "q")),
    (re.compile(r"\.safelinks\.protection\.outlook\.com/"), ("url",)),
    (re.compile(r"^l\.facebook\.com/l\.php$"), ("u",)),
    (re.compile(r"(?:proxy|libproxy)[\w.-]*/login$"), ("url", "qurl")),
)


@lru_cache(maxsize=1 << 12)
def is_at(host: str, *places: str) -> bool:
    """Whether a host is one of these domains or inside one."""
    return any(host == place or host.endswith("." + place) for place in places)


def unwrapped(url: str) -> str:
    """The address that a redirect of Google, Google Scholar or a mail filter leads to.

    Any other address is returned as it is.
    """
    for _ in range(_LONGEST_WRAP):
        inner = _inside(url)
        if inner is None:
            return url
        url = inner
    return url


def _inside(url: str) -> str | None:
    try:
        parts = urlsplit(url)
        place = f"{(parts.hostname or '').rstrip('.')}{parts.path}"
    except ValueError:
        return None
    for shape, keys in _WRAPPERS:
        if shape.search(place):
            asked = parse_qs(parts.query)
            found = (asked[key][0] for key in keys if key in asked)
            return next((one for one in found if one.lower().startswith(("http:", "https:"))), None)
    return None


def doi_at(host: str, parts: SplitResult) -> tuple[str, ...]:
    """The DOIs that the address of a paper's page may mean: mostly none or one.

    bioRxiv's and medRxiv's short addresses leave out the prefix, which is one of two.
    """
    path = unquote(parts.path)
    if found := _DOI.search(path) or _in_query(parts.query):
        return (without_tail(found[0]),)
    if _OPENRXIV.search(host) and (match := _OPENRXIV_PATH.search(path)):
        return tuple(f"{prefix}/{match['id']}" for prefix in _OPENRXIV_PREFIXES)
    if is_at(host, "thelancet.com") and (pii := _LANCET.search(path)):
        return (f"10.1016/{pii[0]}",)
    for rule in _RULES:
        if is_at(host, rule.host) and (match := rule.path.search(path)):
            return (rule.doi.format(match[1]),)
    return ()


def without_tail(doi: str) -> str:
    """A DOI cut from an address, without "/full", ".pdf", a preprint's "v2" and the like."""
    doi = doi.rstrip("/.")
    while (cut := _AFTER_DOI.sub("", doi)) != doi and "/" in cut:
        doi = cut
    if match := _OPENRXIV_VERSION.match(doi):
        return match[1]
    return doi


def _in_query(query: str) -> re.Match[str] | None:
    """A DOI in a parameter such as PLOS's `?id=10.1371/…`."""
    for key, values in parse_qs(query).items():
        if key.lower() in ("id", "doi", "article", "articleid") and (
            found := _DOI.fullmatch(values[0].strip())
        ):
            return found
    return None


def other_ids(host: str, parts: SplitResult) -> list[tuple[str, str]]:
    """Namespace and id of the paper at an address of PubMed, OpenReview, the ACL or Elsevier."""
    found = [
        (namespace, match[1])
        for place, shape, namespace in _PLACES
        if is_at(host, place) and (match := shape.search(parts.path))
    ]
    asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
    if is_at(host, "ncbi.nlm.nih.gov") and asked.get("term", "").isdecimal():
        found.append(("pmid", asked["term"]))
    if is_at(host, "openreview.net") and "id" in asked and parts.path.strip("/") in _FORUM:
        found.append(("openreview", asked["id"]))
    if is_at(host, "papers.cool") and (venue := _COOL_VENUE.fullmatch(parts.path)):
        found.append(("openreview", venue[1]))
    if is_at(host, *_PII_HOSTS) and (pii := _PII.search(parts.path)):
        found.append(("pii", re.sub(r"[()-]", "", pii[1]).upper()))
    return found


_FORUM = ("forum", "pdf", "attachment")
_COOL_VENUE = re.compile(r"/venue/([\w-]+)@OpenReview")
