"""Styled text to Slack's mrkdwn; nothing from outside becomes a mention, a link or markup of ours.

Slack asks for exactly three characters to be escaped, `&`, `<` and `>`, and so it is done here.
A stray `*` or `_` may still show as emphasis: Slack has no escape for those.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from bot.cards.richtext import Line, Span
from bot.text import shorten

LONGEST_URL = 3000
_LONGEST_LINK = 2000
_TOKEN = re.compile(r"<[^<>]*>|&\w+;|[^<&\s]+|\s+|.")
_MARKS = {"bold": "*", "italic": "_", "code": "`", "command": "`", "plain": ""}
_VERBATIM = ("code", "command")


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


def spoken(line: Line) -> str:
    """One line without marks, for notifications."""
    return "".join(map(_as_typed, line))


def fitted(text: str, limit: int) -> str:
    """Raw text escaped, in at most `limit` characters; where cut, after a sentence or word."""
    escaped, room = escape(text), limit
    while len(escaped) > limit:
        escaped = escape(shorten(text, room))
        room = room * limit // max(limit + 1, len(escaped))
    return escaped


def gathered(lines: Iterable[str], limit: int) -> list[str]:
    """Lines joined into texts of at most `limit` characters; a longer one goes on in the next."""
    texts: list[str] = []
    for part in (part for line in lines for part in _parts(line, limit)):
        if texts and len(texts[-1]) + 1 + len(part) <= limit:
            texts[-1] += "\n" + part
        else:
            texts.append(part)
    return texts


def _parts(line: str, limit: int) -> list[str]:
    """A line in parts that fit: cut after a word where one ends, never in a link or an entity."""
    if len(line) <= limit:
        return [line]
    parts = [""]
    for token in _TOKEN.findall(line):
        for start in range(0, len(token), limit):
            piece = token[start : start + limit]
            if len(parts[-1]) + len(piece) > limit:
                parts.append("")
            parts[-1] += piece
    return [part.strip() for part in parts if part.strip()]


def _as_typed(span: Span) -> str:
    return f"/papers {span.text}" if span.style == "command" else span.text


def _span(span: Span) -> str:
    text = _as_typed(span)
    text = text.replace("`", "'") if span.style in _VERBATIM else text
    core = escape(text.strip())
    if not core:
        return escape(text)
    if (url := web_link(span.url)) and len(core) + len(url) < _LONGEST_LINK:
        core = f"<{escape(url)}|{core}>"
    mark = _MARKS[span.style]
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{before}{mark}{core}{mark}{after}"
