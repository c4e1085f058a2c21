"""Sources by kind and spec, as they are stored, and by what people type to add one."""

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from bot.errors import SourceError
from bot.sources import arxiv, huggingface
from bot.sources.arxiv import ArxivCategory
from bot.sources.base import Source
from bot.sources.feed import Feed
from bot.sources.http import Fetcher
from bot.sources.huggingface import HuggingFaceDaily
from bot.sources.paper_ids import find_category
from bot.sources.parser_process import FeedParser
from bot.sources.sanitize import web_url

DAILY = ("huggingface", "daily", "huggingface")
"""Kind, spec and name of the Daily Papers."""

_DAILY_WORDS = frozenset(("huggingface", "hugging face", "hf", "daily papers", "daily"))
_ARXIV_PREFIX = re.compile(r"(?:arxiv(?:[:/ ]\s*|$))?(?:cat:)?", re.IGNORECASE)
_ARXIV_LIST = re.compile(r"/list/([^/]+)(?:/.*)?")
_NAME_NOISE = re.compile(r"/(?:index|feed|rss|atom)(?:\.(?:xml|rss|atom))?/?$", re.IGNORECASE)
LONGEST_NAME = 80


def open_source(
    kind: str,
    spec: str,
    fetcher: Fetcher,
    *,
    bases: Mapping[str, str],
    parser: FeedParser | None = None,
) -> Source:
    """The source that a stored kind and spec mean.

    `bases` overrides the address of "huggingface" or "arxiv", as settings and tests do; `parser`
    reads the bodies of feeds. Raises SourceError for a kind that this version does not know.
    """
    makers: Mapping[str, Callable[[], Source]] = {
        "huggingface": lambda: HuggingFaceDaily(
            fetcher, base_url=bases.get("huggingface", huggingface.SITE)
        ),
        "arxiv": lambda: ArxivCategory(fetcher, spec, base_url=bases.get("arxiv", arxiv.API)),
        "feed": lambda: Feed(fetcher, spec, parser),
    }
    if kind not in makers:
        raise SourceError(f"this version knows no source of the kind {kind!r}; update Paperround")
    return makers[kind]()


def recognise(text: str) -> tuple[str, str, str]:
    """Kind, spec and name of the source that a person means: a category, a page or a feed.

    Slack's angle brackets around links are taken off. Raises SourceError with examples.
    """
    typed = text.strip().strip("<>").partition("|")[0].strip()
    if typed.lower() in _DAILY_WORDS:
        return DAILY
    if category := find_category(_ARXIV_PREFIX.sub("", typed, count=1)):
        return _category(category)
    if url := web_url(typed if "://" in typed else f"https://{typed}" if "/" in typed else ""):
        return _at(url)
    raise SourceError(
        f"{text.strip()[:100]!r} is no source; give an arXiv category such as cs.LG, the address "
        "of a feed, or huggingface"
    )


def _at(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    if host in ("huggingface.co", "hf.co") and parts.path.startswith(("/papers", "/api/daily")):
        return DAILY
    listed = _ARXIV_LIST.fullmatch(parts.path) if host.endswith("arxiv.org") else None
    if listed and (category := find_category(listed[1])):
        return _category(category)
    return "feed", url, feed_name(url)


def feed_name(url: str) -> str:
    """What a feed is called until it says its own title: its host and path."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removeprefix("www.")
    return _NAME_NOISE.sub("", f"{host}{parts.path}").strip("/")[:LONGEST_NAME]


def _category(category: str) -> tuple[str, str, str]:
    return "arxiv", category, f"arxiv/{category}"
