"""Styled lines and command names as Discord's Markdown, with foreign text escaped."""

import ipaddress
import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from bot.cards.compose import web_url
from bot.cards.richtext import Line, Span
from bot.text import one_line, shorten, split_sentences

OPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "watch": "expression",
        "unwatch": "watch",
        "preview": "expression",
        "schedule": "when",
        "pause": "until",
        "limit": "papers",
        "threshold": "score",
        "quiet": "silence",
        "titles": "alone",
        "style": "look",
        "why": "paper",
        "search": "expression",
        "similar": "paper",
        "top": "period",
        "saved export": "format",
        "saved find": "words",
        "saved tag": "tags",
        "saved zotero": "key",
        "library zotero": "key",
        "submit": "link",
        "delete": "paper",
        "sources add": "source",
        "sources remove": "source",
        "help": "command",
        "feed": "choice",
        "webhook": "address",
        "suggestions": "choice",
        "quiet hours": "hours",
        "roundup": "when",
        "club": "when",
        "club vote": "number",
        "club swap": "name",
        "club export": "format",
        "like": "papers",
        "library remove": "paper",
    }
)
"""What a verb's value is called in Discord's form; a verb that is not here calls it "value"."""

_MOVED: Mapping[str, str] = MappingProxyType(
    {
        "export": "admin export",
        "import": "admin import",
        "feed": "admin feed",
        "floor": "admin floor",
        "titles": "admin titles",
        "threshold": "admin threshold",
        "webhook": "admin webhook",
        "suggestions": "admin suggestions",
        "quiet hours": "admin hours",
        "roundup": "admin roundup",
        "agenda": "club agenda",
        "like": "library add",
        "similar": "find similar",
        "top": "find top",
    }
)
"""Rare verbs that stand in a group here, for Discord takes 25 commands and groups at one level."""

GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "admin": "Watches and settings in and out, and who hears of trouble.",
        "club": "The journal club: when it meets, what it reads, who presents.",
        "find": "Papers by likeness to one, or by upvotes.",
        "library": "Your group's own papers, by which this channel is taught.",
        "saved": "The papers that you marked with 🔖.",
        "sources": "Where this channel's papers come from.",
    }
)
"""What each group says of itself."""


def here(words: str) -> str:
    """A command as typed on Discord, where rare verbs stand in the group "admin"."""
    if words in _MOVED:
        return _MOVED[words]
    first, space, rest = words.partition(" ")
    return f"{_MOVED.get(first, first)}{space}{rest}"


_BARE = 250
_NAMED_HOST = re.compile(r"(?:[^.\s]{1,63}\.)+(?:[^\W\d_]{2,63}|xn--[a-z0-9-]{1,59})\.?")
"""Names with a dot before a top-level domain, in any script."""

_ALWAYS = re.compile(r"[\\`*_~|<>\[\]]")
_LINE_START = re.compile(r"^(?:[-+#]|\d+(?=\.(?:\s|$)))")
_EMOJI = re.compile(r":(?=[\w+-]+:)|:(?=//)")
_CALL = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
_IN_URL = {character: f"%{ord(character):02X}" for character in "()<>[]\\ `*|"}


def weight(text: str) -> int:
    """The length of a text in UTF-16 units, as Discord may count it."""
    return len(text) + sum(character > "\uffff" for character in text)


def escape(text: str) -> str:
    """One line of raw text that Discord shows as it is: no style, list, heading or mention."""
    text = _ALWAYS.sub(r"\\\g<0>", one_line(text))
    text = _LINE_START.sub(_escaped_mark, text)
    text = _EMOJI.sub(r"\\:", text)
    return _CALL.sub(r"\\@", text)


def escape_within(text: str, limit: int) -> str:
    """The escaped text in at most `limit` UTF-16 units; what is cut is cut before escaping."""
    raw = one_line(text)
    shown = escape(raw)
    while (over := weight(shown) - limit) > 0:
        # An escape costs one more unit, so cutting half of what is too much never cuts too far.
        raw = shorten(raw, len(raw) - max(1, over // 2))
        shown = escape(raw)
    return shown


def paragraphs(text: str, limit: int) -> list[str]:
    """Running text, escaped, in parts of at most `limit` UTF-16 units that end with a sentence."""
    made: list[str] = []
    for sentence in split_sentences(one_line(text)):
        shown = escape_within(sentence, limit)
        if made and weight(made[-1]) + 1 + weight(shown) <= limit:
            made[-1] = f"{made[-1]} {shown}"
        else:
            made.append(shown)
    return made


def raw_within(text: str, limit: int) -> str:
    """One line in at most `limit` UTF-16 units, for what Discord shows as it is, such as a name."""
    raw = one_line(text)
    while (over := weight(raw) - limit) > 0:
        raw = shorten(raw, len(raw) - max(1, over // 2))
    return raw


def address(url: str | None, limit: int) -> str | None:
    """The URL where a person can safely open it and Discord takes it as a link, or None.

    It has at most `limit` characters, and a host with a dot: Discord refuses a whole message for a
    button to `http://wiki:8090/`.
    """
    safe = web_url(url)
    return safe if safe is not None and weight(safe) <= limit and _is_linkable(safe) else None


def bare_address(url: str | None) -> str | None:
    """A safe URL that Discord does not accept as a link, as inline code; None for any other."""
    safe = web_url(url)
    if safe is None or weight(safe) > _BARE or _is_linkable(safe):
        return None
    return _code(safe)


def _is_linkable(url: str) -> bool:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    return port != 0 and (_NAMED_HOST.fullmatch(host) is not None or _is_ipv4(host))


def _is_ipv4(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def link(label: str, url: str) -> str:
    """A Markdown link from an escaped label and an address; no preview is made of it."""
    return f"[{label}](<{''.join(_IN_URL.get(character, character) for character in url)}>)"


def markdown(line: Line, limit: int) -> str:
    """The line with its styles, whole spans only, in at most `limit` UTF-16 units.

    The span that does not fit whole is shortened, and what follows it is left out.
    """
    parts: list[str] = []
    room = limit
    for span in line:
        shown = _span(span)
        if weight(shown) > room:
            parts.append(escape_within(span.text, room) if room > 1 else "")
            break
        parts.append(shown)
        room -= weight(shown)
    return "".join(parts)


def _span(span: Span) -> str:
    text = _shown(span)
    if not text.strip():
        return text
    if (bare := bare_address(span.url)) is not None:
        text = f"{text} ({bare})"
    if (url := address(span.url, 1_000)) is not None:
        text = link(text, url)
    if span.style in ("bold", "italic"):
        mark = "**" if span.style == "bold" else "*"
        inner = text.strip()
        before, after = text[: text.index(inner)], text[text.index(inner) + len(inner) :]
        return f"{before}{mark}{inner}{mark}{after}"
    return text


def _shown(span: Span) -> str:
    """The span's text without its style, but for code, which has its own way of escaping.

    Space at the ends separates a span from its neighbours, so it stays.
    """
    if span.style == "command":
        return _code(f"/papers {here(span.text)}")
    if span.style == "code" and span.url is None:
        return _code(span.text)
    inner = escape(span.text)
    before = " " if span.text[:1].isspace() else ""
    after = " " if span.text[-1:].isspace() and inner else ""
    return f"{before}{inner}{after}"


def _code(text: str) -> str:
    """Inside code nothing can be escaped, only kept from ending it."""
    inner = one_line(text).replace("``", "''")
    if not inner:
        return ""
    return f"`` {inner} ``" if "`" in inner else f"`{inner}`"


def _escaped_mark(found: re.Match[str]) -> str:
    mark = found[0]
    return f"{mark}\\" if mark[-1].isdigit() else f"\\{mark}"
