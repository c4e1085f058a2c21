"""Styled text to Slack's mrkdwn; nothing from outside becomes a mention, a link or markup of ours.

Slack asks for exactly three characters to be escaped, `&`, `<` and `>`, and so it is done here.
A stray `*` or `_` may still show as emphasis: Slack has no escape for those.
"""

from collections.abc import Iterable
from urllib.parse import urlsplit

from bot.cards.spans import Line, Span
from bot.cards.text import shorten

LONGEST_URL = 3000
_MARKS = {"bold": "*", "italic": "_", "code": "`", "plain": ""}


def escape(text: str) -> str:
    """The text with `&`, `<` and `>` as entities, and nothing else changed."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """The text as it was before Slack escaped it."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def web_link(url: str | None) -> str | None:
    """The address as it may stand in a link, or None for all but sane http and https ones."""
    if not url or any(character.isspace() for character in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    safe = url.replace("|", "%7C").replace("<", "%3C").replace(">", "%3E")
    return safe if len(safe) <= LONGEST_URL else None


def mrkdwn(line: Line) -> str:
    """One line of a message."""
    return "".join(map(_span, line))


def fitted(text: str, limit: int) -> str:
    """Raw text escaped, in at most `limit` characters; where cut, after a sentence or word."""
    escaped, room = escape(text), limit
    while len(escaped) > limit:
        escaped = escape(shorten(text, room))
        room = room * limit // max(limit + 1, len(escaped))
    return escaped


def gathered(lines: Iterable[str], limit: int) -> list[str]:
    """Lines joined into texts of at most `limit` characters; one longer line is cut."""
    texts: list[str] = []
    for line in lines:
        cut = line if len(line) <= limit else line[: limit - 1] + "…"
        if texts and len(texts[-1]) + 1 + len(cut) <= limit:
            texts[-1] += "\n" + cut
        else:
            texts.append(cut)
    return texts


def _span(span: Span) -> str:
    text = span.text.replace("`", "'") if span.style == "code" else span.text
    core = escape(text.strip())
    if not core:
        return escape(text)
    if url := web_link(span.url):
        core = f"<{escape(url)}|{core}>"
    mark = _MARKS[span.style]
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{before}{mark}{core}{mark}{after}"
