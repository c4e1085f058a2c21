"""Links under a card: each place once, in a fixed order, web addresses only."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from bot.cards.card import CardLink

_ARXIV = re.compile(
    r"https?://(?:(?:www|export)\.)?arxiv\.org/(?:abs|pdf|html)/(?P<id>[\w.-]+(?:/\d{7}\w*)?)",
    re.IGNORECASE,
)
_LONGEST_URL = 2_000


def web_url(url: str | None) -> str | None:
    """The URL if a person can safely open it (http or https, no user name, no space), else None."""
    url = (url or "").strip()
    if len(url) > _LONGEST_URL or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        safe = (
            parts.scheme.lower() in ("http", "https")
            and bool(parts.hostname)
            and not parts.username
        )
    except ValueError:
        return None
    return url if safe else None


def card_links(
    *,
    page: str | None,
    pdf: str | None,
    code: str | None,
    project: str | None,
    discussion: str | None,
) -> tuple[CardLink, ...]:
    """Abstract, PDF, Code, Project and Discussion, as far as they are known and differ.

    An arXiv page and its PDF are derived from each other; a `page` that is a PDF is called so.
    """
    arxiv = next((found["id"] for url in (page, pdf) if url and (found := _ARXIV.match(url))), None)
    if arxiv:
        arxiv = arxiv.removesuffix(".pdf")
        if not page or _ARXIV.match(page):
            page = f"https://arxiv.org/abs/{arxiv}"
        pdf = pdf or f"https://arxiv.org/pdf/{arxiv}"
    elif page and page.lower().endswith(".pdf"):
        page, pdf = None, pdf or page
    return _unique(
        (
            ("Abstract", page),
            ("PDF", pdf),
            ("Code", code),
            ("Project", project),
            ("Discussion", discussion),
        )
    )


def _unique(labelled: Iterable[tuple[str, str | None]]) -> tuple[CardLink, ...]:
    links: dict[str, CardLink] = {}
    for label, url in labelled:
        if safe := web_url(url):
            links.setdefault(_same(safe), CardLink(label, safe))
    return tuple(links.values())


def _same(url: str) -> str:
    """What two spellings of one address have in common: scheme, "www.", host case, last slash."""
    parts = urlsplit(url)
    place = f"{parts.netloc.lower().removeprefix('www.')}{parts.path.rstrip('/')}"
    return f"{place}?{parts.query}#{parts.fragment}"
