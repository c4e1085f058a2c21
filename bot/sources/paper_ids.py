"""Paper identities: arXiv ids and versions, DOIs, titles; and arXiv categories."""

import hashlib
import re
import unicodedata
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

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
    rf"(?:oai:)?(?:arxiv(?:\.org)?:)?\s*(?:{_ARXIV})(?:v(?P<version>\d{{1,3}}))?", re.IGNORECASE
)
_WITHIN = re.compile(
    rf"(?<![\w.])(?:{_ARXIV})(?:v(?P<version>\d{{1,3}}))?(?!\w|\.\d)", re.IGNORECASE
)
_DOI = re.compile(r"(?:doi:\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
_ARXIV_DOI = "10.48550/arxiv."
_ARXIV_HOSTS = ("arxiv.org", "alphaxiv.org", "ar5iv.org", "ar5iv.labs.arxiv.org")
_PAPER_PAGE_HOSTS = ("huggingface.co", "hf.co")
_TRACKING = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|msclkid|yclid|igshid|mc_[ce]id|_hs\w+|ref_src", re.IGNORECASE
)
_PORTS = {"http": 80, "https": 443}
_LONGEST_NAME = 500


def names_of(
    *,
    arxiv_id: str | None = None,
    doi: str | None = None,
    url: str | None = None,
    plain_id: str | None = None,
) -> tuple[str, ...]:
    """All identities that the arguments hold, strongest first: arXiv, DOI, opaque id, URL.

    Each argument is read for what it is: a DOI or a URL that belongs to arXiv gives the arXiv
    name, and an opaque id that is an arXiv id, a DOI or a URL is named as such. What cannot be
    read gives no name, so the result may be empty.
    """
    found = {
        *_names_in(arxiv_id, opaque=False),
        *_names_in(doi, opaque=False),
        *_names_in(url, opaque=False),
        *_names_in(plain_id, opaque=True),
    }
    return tuple(sorted(found, key=_strength))


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


def title_name(title: str) -> str | None:
    """The identity of last resort, for a page that gives titles and nothing else.

    Case, accents, punctuation and LaTeX marks do not count. None where no letter or digit is
    left. Never given beside a stronger name: two papers may share a title.
    """
    folded = unicodedata.normalize("NFKD", title).casefold()
    words = re.findall(r"[^\W_]+", "".join(c for c in folded if not unicodedata.combining(c)))
    if not words:
        return None
    digest = hashlib.sha256(" ".join(words).encode("utf-8", "replace")).hexdigest()[:10]
    return f"title:{'-'.join(words)[:60].strip('-')}-{digest}"


def _strength(name: str) -> tuple[int, str]:
    return ("arxiv", "doi", "id", "url").index(name.partition(":")[0]), name


def _names_in(text: str | None, *, opaque: bool) -> tuple[str, ...]:
    text = (text or "").strip()
    if not text:
        return ()
    if match := _EXACT.fullmatch(text):
        return (f"arxiv:{_canonical(match)}",)
    if match := _DOI.fullmatch(text):
        return (_doi_name(match[1]),)
    if text[:8].lower().startswith(("http://", "https://")):
        return _names_in_url(text)
    return (_bounded("id", text),) if opaque else ()


def _names_in_url(text: str) -> tuple[str, ...]:
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return ()
    if not host:
        return ()
    path = unquote(parts.path)
    if _is_at(host, ("doi.org",)) and (match := _DOI.fullmatch(path.lstrip("/"))):
        return (_doi_name(match[1]),)
    arxiv = _arxiv_in_path(host, path)
    return (arxiv,) if arxiv else (_bounded("url", _plain_url(parts, host, port)),)


def _arxiv_in_path(host: str, path: str) -> str | None:
    kinds = "papers" if _is_at(host, _PAPER_PAGE_HOSTS) else "[a-z0-9-]+"
    if kinds != "papers" and not _is_at(host, _ARXIV_HOSTS):
        return None
    match = re.match(rf"/{kinds}/", path)
    if match is None:
        return None
    rest = re.sub(r"\.pdf$", "", path[match.end() :].rstrip("/"), flags=re.IGNORECASE)
    exact = _EXACT.fullmatch(rest)
    return f"arxiv:{_canonical(exact)}" if exact else None


def _plain_url(parts: SplitResult, host: str, port: int | None) -> str:
    """One spelling of a URL; http and https are one place, fragments and trackers say nothing."""
    place = host if port is None or port == _PORTS[parts.scheme] else f"{host}:{port}"
    kept = [
        pair
        for pair in parse_qsl(parts.query, keep_blank_values=True)
        if not _TRACKING.fullmatch(pair[0])
    ]
    query = f"?{urlencode(kept)}" if kept else ""
    return f"https://{place}{parts.path.rstrip('/')}{query}"


def _doi_name(doi: str) -> str:
    doi = doi.rstrip(".,;").lower()
    if doi.startswith(_ARXIV_DOI) and (match := _EXACT.fullmatch(doi[len(_ARXIV_DOI) :])):
        return f"arxiv:{_canonical(match)}"
    return _bounded("doi", doi)


def _canonical(match: re.Match[str]) -> str:
    return match["new"] or f"{match['archive'].lower()}/{match['number']}"


def _is_at(host: str, places: tuple[str, ...]) -> bool:
    return any(host == place or host.endswith("." + place) for place in places)


def _bounded(namespace: str, value: str) -> str:
    """A name that fits an index: one that is too long ends in a digest of all of it."""
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
