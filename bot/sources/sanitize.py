"""What sources write read safely: markup as its text, web links only, numbers as numbers."""

import re
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from selectolax.lexbor import LexborHTMLParser

from bot.errors import EntryError

_SURROGATE = re.compile("[\ud800-\udfff]")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--|<!\[CDATA\[")
_BLOCK_TAG = re.compile(r"</?(?:p|br|div|li|h[1-6]|t[rd]|blockquote|pre)\b[^<>]*>", re.IGNORECASE)
_HIDDEN = ("script", "style", "template", "noscript")
LONGEST_MARKUP = 200_000
"""Characters of markup that are read of one text; no abstract has as many."""

_LONGEST_URL = 2000


def without_markup(text: str) -> str:
    """The visible text of an HTML fragment; text without tags only has its entities decoded.

    Of more than `LONGEST_MARKUP` characters the first ones are read.
    """
    if "<" not in text and "&" not in text:
        return text
    return visible_text(_BLOCK_TAG.sub(r" \g<0> ", text[:LONGEST_MARKUP]))


def visible_text(text: str, hidden: Sequence[str] = _HIDDEN) -> str:
    """The text of an HTML fragment without its tags and without all that is in `hidden` ones."""
    tree = LexborHTMLParser(f"<body>{text}" if _TAG.search(text) else f"<body>{_no_tags(text)}")
    tree.strip_tags(list(hidden), recursive=True)
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


def find_count(value: object) -> int | None:
    """A number as `count` reads it; None where it is no number that can be read."""
    try:
        return count(value)
    except EntryError:
        return None


def _no_tags(text: str) -> str:
    return text.replace("<", "&lt;")


def _needs_quoting(url: str) -> bool:
    return any(c in ' "<>\\^`{|}' for c in url)
