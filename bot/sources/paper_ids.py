"""Paper identities: arXiv ids and versions, DOIs, titles; and arXiv categories."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from bot.sources.publisher_urls import doi_at, is_at, other_ids, unwrapped
from storage.paper_names import NAMESPACES

ARCHIVES = (
    "acc-phys|adap-org|alg-geom|ao-sci|astro-ph|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas"
    "|cond-mat|cs|dg-ga|econ|eess|funct-an|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math-ph|math|mtrl-th"
    "|nlin|nucl-ex|nucl-th|patt-sol|physics|plasm-ph|q-alg|q-bio|q-fin|quant-ph|solv-int|stat"
    "|supr-con"
)
"""All archives that arXiv ever had, as alternatives of a regular expression."""

_ARXIV = (
    r"(?P<new>\d{2}(?:0[1-9]|1[0-2])\.\d{4,5})"
    rf"|(?P<archive>{ARCHIVES})(?:\.[a-z-]{{2,12}})?/(?P<number>\d{{2}}(?:0[1-9]|1[0-2])\d{{3}})"
)
_EXACT = re.compile(
    rf"(?:oai:|info:)?(?:arxiv(?:\.org)?[:/])?\s*(?:{_ARXIV})(?:v(?P<version>\d{{1,3}}))?",
    re.IGNORECASE,
)
_WITHIN = re.compile(
    rf"(?<![\w.])(?:{_ARXIV})(?:v(?P<version>\d{{1,3}}))?(?!\w|\.\d)", re.IGNORECASE
)
_DOI = re.compile(r"(?:(?:info:|urn:)?doi[:/]|doi\s)?\s*(10\.\d{4,9}(?:\.\d+)*/\S+)", re.IGNORECASE)
_MEDLINE = re.compile(r"(?:info:)?(?:pmid|pubmed|med):?[\s/]*(\d{1,9})", re.IGNORECASE)
_CENTRAL = re.compile(r"(?:info:)?(?:pmc(?:id)?:?[\s/]*)?(PMC\d{1,9})(?:\.\d+)?", re.IGNORECASE)
_PREPRINT_VERSION = re.compile(
    r"^(10\.21203/rs\.[\w.-]+?)/v\d+$|^(10\.20944/preprints[\d.]+?)\.v\d+$"
    r"|^(10\.26434/chemrxiv[\w.-]+?)-v\d+$|^(10\.12688/[a-z]+\.\d+)\.\d+$"
    r"|^(10\.(?:1101|64898)/[\d.]+?)v\d+$|^(10\.\d{5}/osf\.io/\w+?)_v\d+$"
)
_ARXIV_DOI = "10.48550/arxiv."
_ACL_DOI = "10.18653/v1/"
_ELSEVIER_DOI = re.compile(r"10\.1016/(s\d{4}-?\d{3}[\dx]\(\d{2}\)\d{5}-?[\dx])")
_ARXIV_HOSTS = ("arxiv.org", "alphaxiv.org", "ar5iv.org", "ar5iv.labs.arxiv.org")
# Sites on arXiv's papers, with the part of the path that stands before the id.
_ABOUT_ARXIV = {
    "huggingface.co": "papers",
    "hf.co": "papers",
    "papers.cool": "arxiv",
    "scirate.com": "arxiv",
    "semanticscholar.org": "arxiv",
    "emergentmind.com": "papers",
    "bytez.com": "docs/arxiv",
}
_BIBCODE = re.compile(r"/abs/\d{4}arXiv(\d{4})(\d{5})[A-Z]")
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_hs\w+|ref_src|af|dgcid|rss"
    r"|rft_dat|mkt_tok|cmpid|at_(?:medium|campaign)|track",
    re.IGNORECASE,
)
_MEDLINE_TRACKING = frozenset(("fc", "ff", "v"))
_ROUTE = re.compile(r"!?/.")
_PORTS = {"http": 80, "https": 443}
_LONGEST_NAME = 500


def names_of(
    *,
    arxiv_id: str | None = None,
    doi: str | None = None,
    url: str | None = None,
    plain_id: str | None = None,
    others: Iterable[str | None] = (),
) -> tuple[str, ...]:
    """All identities that the arguments hold, strongest first, in the order of `NAMESPACES`.

    Each argument is read for what it is: a DOI or a URL that belongs to arXiv gives the arXiv
    name, a publisher's address the DOI in its path, and an opaque id that is an arXiv id, a DOI or
    a URL is named as such. `others` are identifiers that may be anything of that, such as
    "pmid:1" and "doi:10.1/x"; an opaque text among them is no identity. What cannot be read gives
    no name, so the result may be empty.
    """
    found = {
        *_names_in(arxiv_id, opaque=False),
        *_names_in(doi, opaque=False),
        *_names_in(url, opaque=False),
        *_names_in(plain_id, opaque=True),
        *(name for other in others for name in _names_in(other, opaque=False)),
    }
    return tuple(sorted(found, key=_strength))


def anchored(name: str, url: str) -> str | None:
    """The name of a URL with its "#anchor"; None where `url` is not at `name` or has no anchor."""
    anchor = url.partition("#")[2]
    if not anchor or name not in _names_in(url, opaque=False):
        return None
    return _bounded("url", f"{name.partition(':')[2]}#{anchor}")


def split_arxiv(text: str) -> tuple[str, int | None]:
    """The canonical id and the version in an arXiv id: "2401.00001v2" is ("2401.00001", 2).

    Accepts "arXiv:" before it; a subject class in an old id is dropped ("math.GT/0309136" is
    "math/0309136"). Raises ValueError on anything else, URLs included.
    """
    match = _EXACT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not an arXiv id such as 2401.00001 or hep-th/9901001")
    return _canonical(match), int(match["version"]) if match["version"] else None


def find_arxiv(text: str) -> str | None:
    """The first arXiv id anywhere in what a person typed: a link, a DOI, an id; else None."""
    match = _WITHIN.search(re.sub(r"(?i)arxiv[.:]", " ", unquote(text)))
    return _canonical(match) if match else None


def public_id(name: str) -> str:
    """A name without its namespace, for people: "arxiv:2401.00001" is "2401.00001"."""
    return name.partition(":")[2]


@lru_cache(maxsize=1 << 11)
def title_name(title: str) -> str | None:
    """The identity of last resort, for a page that gives titles and nothing else.

    Case, accents, punctuation and LaTeX marks do not count. None where no letter or digit is
    left. Never given beside a stronger name: two papers may share a title.
    """
    folded = title.lower() if title.isascii() else _folded(title)
    words = re.findall(r"[^\W_]+", folded)
    if not words:
        return None
    digest = hashlib.sha256(" ".join(words).encode("utf-8", "replace")).hexdigest()[:10]
    return f"title:{'-'.join(words)[:60].strip('-')}-{digest}"


def _folded(title: str) -> str:
    folded = unicodedata.normalize("NFKD", title).casefold()
    return "".join(c for c in folded if not unicodedata.combining(c))


def _strength(name: str) -> tuple[int, str]:
    return NAMESPACES.index(name.partition(":")[0]), name


# An entry says the same address and id several times.
@lru_cache(maxsize=1 << 8)
def _names_in(text: str | None, *, opaque: bool) -> tuple[str, ...]:
    text = (text or "").strip()
    if not text:
        return ()
    if match := _EXACT.fullmatch(text):
        return (f"arxiv:{_canonical(match)}",)
    if match := _DOI.fullmatch(text):
        return _doi_names(match[1])
    if (name := _medline_name(text)) is not None:
        return (name,)
    if text[:8].lower().startswith(("http://", "https://")):
        return _names_in_url(unwrapped(text))
    return (_bounded("id", text),) if opaque else ()


def _medline_name(text: str) -> str | None:
    if match := _MEDLINE.fullmatch(text):
        return f"pmid:{int(match[1])}"
    match = _CENTRAL.fullmatch(text)
    return f"pmc:{match[1].upper()}" if match else None


def _names_in_url(text: str) -> tuple[str, ...]:
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").rstrip(".").removeprefix("www."), parts.port
    except ValueError:
        return ()
    if not host:
        return ()
    path = unquote(parts.path)
    if is_at(host, "doi.org") and (match := _DOI.fullmatch(path.lstrip("/"))):
        return _doi_names(match[1])
    if arxiv := _arxiv_in_path(host, path):
        return (arxiv,)
    plain = _bounded("url", _plain_url(parts, host, port))
    dois = [name for doi in doi_at(host, parts) for name in _doi_names(doi)]
    more = [f"{namespace}:{value}" for namespace, value in other_ids(host, parts)]
    return (*dois, *more, plain)


def _arxiv_in_path(host: str, path: str) -> str | None:
    if is_at(host, "adsabs.harvard.edu") and (bibcode := _BIBCODE.search(path)):
        return _arxiv_name(f"{bibcode[1]}.{bibcode[2]}")
    kinds = "(?:[a-z]{2}/)?[a-z0-9-]+" if is_at(host, *_ARXIV_HOSTS) else None
    kinds = kinds or next((kind for site, kind in _ABOUT_ARXIV.items() if is_at(host, site)), None)
    match = re.match(rf"/{kinds}/", path) if kinds else None
    if match is None:
        return None
    rest = re.sub(r"\.pdf$", "", path[match.end() :].rstrip("/."), flags=re.IGNORECASE)
    return _arxiv_name(rest)


def _arxiv_name(text: str) -> str | None:
    exact = _EXACT.fullmatch(text)
    return f"arxiv:{_canonical(exact)}" if exact else None


def _plain_url(parts: SplitResult, host: str, port: int | None) -> str:
    """One spelling of a URL; http and https are one place, anchors and trackers say nothing.

    What stands after "#/" or "#!/" is a path of a site that routes by it, and stays.
    """
    place = host if port is None or port == _PORTS[parts.scheme] else f"{host}:{port}"
    noise = _MEDLINE_TRACKING if is_at(host, "pubmed.ncbi.nlm.nih.gov") else ()
    kept = [
        pair
        for pair in parse_qsl(parts.query, keep_blank_values=True)
        if not _TRACKING.fullmatch(pair[0]) and pair[0] not in noise
    ]
    query = f"?{urlencode(kept)}" if kept else ""
    route = f"#{parts.fragment.rstrip('/')}" if _ROUTE.match(parts.fragment) else ""
    return f"https://{place}{parts.path.rstrip('/')}{query}{route}"


def _doi_names(doi: str) -> tuple[str, ...]:
    """A DOI's name in lower case and without a preprint's version, and what else it says."""
    doi = doi.rstrip(".,;:'\"").lower()
    while doi.endswith((")", "]", "}", ">")) and doi.count(doi[-1]) > doi.count(_OPENING[doi[-1]]):
        doi = doi[:-1].rstrip(".,;:")
    if doi.startswith(_ARXIV_DOI) and (arxiv := _arxiv_name(doi[len(_ARXIV_DOI) :])):
        return (arxiv,)
    if match := _PREPRINT_VERSION.match(doi):
        doi = next(group for group in match.groups() if group)
    names = [_bounded("doi", doi)]
    if doi.startswith(_ACL_DOI):
        names.append(f"acl:{_acl_id(doi[len(_ACL_DOI) :])}")
    if match := _ELSEVIER_DOI.fullmatch(doi):
        names.append(f"pii:{re.sub(r'[()-]', '', match[1]).upper()}")
    return tuple(names)


_OPENING = {")": "(", "]": "[", "}": "{", ">": "<"}


def _acl_id(text: str) -> str:
    """An ACL Anthology id in its own spelling: the old ones begin with a capital letter."""
    return text if text[:1].isdecimal() else text.upper()


def _canonical(match: re.Match[str]) -> str:
    return match["new"] or f"{match['archive'].lower()}/{match['number']}"


def _bounded(namespace: str, value: str) -> str:
    """A name that fits an index: one that is too long ends in a digest of all of it."""
    if not value.isprintable():
        value = "".join(c if c.isprintable() else " " for c in value)
    if len(value) > _LONGEST_NAME:
        digest = hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()
        value = f"{value[: _LONGEST_NAME - 70]}…{digest}"
    return f"{namespace}:{value.encode('utf-8', 'replace').decode()}"


_CATEGORY = re.compile(
    rf"(?P<archive>{ARCHIVES})(?:\.(?P<subject>[a-z]{{2}}|[a-z-]{{3,12}}))?", re.IGNORECASE
)
_ABBREVIATION = 2
DIVIDED = frozenset(
    (
        "astro-ph",
        "cond-mat",
        "cs",
        "econ",
        "eess",
        "math",
        "nlin",
        "physics",
        "q-bio",
        "q-fin",
        "stat",
    )
)
"""Archives with classes of their own; alone, such a name means all of them."""


def find_category(text: str) -> str | None:
    """The class in its own spelling ("CS.lg" is "cs.LG"), or None for what cannot be one.

    Known by shape, not from a list: that a class exists only arXiv can say.
    """
    match = _CATEGORY.fullmatch(text.strip())
    if match is None:
        return None
    archive, subject = match["archive"].lower(), match["subject"]
    if subject is None:
        return archive
    if archive not in DIVIDED:
        return None
    return f"{archive}.{subject.upper() if len(subject) == _ABBREVIATION else subject.lower()}"
