"""What sources write read safely: markup as its text, web links only, numbers as numbers."""

import re
from urllib.parse import quote, urlsplit

from selectolax.lexbor import LexborHTMLParser

from bot.errors import EntryError

_SURROGATE = re.compile("[\ud800-\udfff]")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--|<!\[CDATA\[")
_BLOCKS = "p, br, div, li, h1, h2, h3, h4, tr, blockquote, pre"
_LONGEST_URL = 2000


def without_markup(text: str) -> str:
    """The visible text of an HTML fragment; text without tags only has its entities decoded."""
    if "<" not in text and "&" not in text:
        return text
    tree = LexborHTMLParser(f"<body>{text}" if _TAG.search(text) else f"<body>{_no_tags(text)}")
    tree.strip_tags(["script", "style", "template", "noscript"], recursive=True)
    for block in tree.css(_BLOCKS):
        block.insert_before(" ")
        block.insert_after(" ")
    return tree.body.text() if tree.body else ""


def web_url(text: object) -> str | None:
    """An absolute http or https URL fit for a link, or None for everything else."""
    if not isinstance(text, str) or _SURROGATE.search(text):
        return None
    url = "".join(c for c in text.strip() if c.isprintable())
    try:
        parts = urlsplit(url)
        usable = (
            parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and parts.port != 0
        )
    except ValueError:
        return None
    if not usable or len(url) > _LONGEST_URL:
        return None
    return quote(url, safe="!#$%&'()*+,/:;=?@[]~-._") if _needs_quoting(url) else url


def count(value: object) -> int | None:
    """A number of upvotes, comments or authors as a source wrote it: 12, "12", 12.0 or nothing.

    Raises EntryError for anything else; a negative number passes, for `Entry` to refuse by name.
    """
    if value is None or value == "":
        return None
    try:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError
        number = float(value)
        if number != int(number):
            raise ValueError
    except (ValueError, OverflowError):
        raise EntryError(f"{str(value)[:40]!r} is not a whole number") from None
    return int(number)


def _no_tags(text: str) -> str:
    return text.replace("<", "&lt;")


def _needs_quoting(url: str) -> bool:
    return any(c in ' "<>\\^`{|}' for c in url)
