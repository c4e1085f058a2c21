"""Authors in a short form: "Li", "Li and Guo", "Li, Guo and 10 others", "7 authors"."""

import re
from collections.abc import Sequence

from bot.cards.latex import readable
from bot.cards.text import one_line, shorten

_LONGEST_NAME = 60
_SHOWN = 2
_GROUP = re.compile(
    r"\b(?:collaborations?|team|consortium|group|project|committee|organi[sz]ation|labs?|(?-i:AI))\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])")
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|phd|md)\.?", re.IGNORECASE)
_INITIAL = re.compile(r"[^\W\d_]\.?(?:-?[^\W\d_]\.)*")
_PARTICLE = re.compile(
    r"(?i:van|vanden|von|de|der|den|di)|al|bin|dal?|dalla|degli|dei|dell?a?|do?s|du|el|ibn|las?|los"
    r"|san|ter|vom|y|zu[mr]?|['’]t"
)


def short_authors(names: Sequence[str], count: int | None = None) -> str:
    """The surnames of the first two authors and how many others; "" where nothing is known.

    `count` is the number of all authors where the source gave fewer names than that, or none.
    Three names are all shown. Groups ("ATLAS Collaboration") keep their whole name, and where two
    shown surnames are the same, whole names tell them apart.
    """
    known = [name for name in map(_clean, names) if name]
    total = max(count or 0, len(known))
    if not known:
        return _counted(total, "author") if total else ""
    shown = known if total == len(known) <= _SHOWN + 1 else known[:_SHOWN]
    surnames = [surname(name) for name in shown]
    parts = surnames if len(set(surnames)) == len(surnames) else list(shown)
    if others := total - len(shown):
        parts.append(_counted(others, "other"))
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def full_authors(names: Sequence[str]) -> str:
    """All names that the source gave, as it gave them; "" where it gave none."""
    return ", ".join(name for name in map(_clean, names) if name)


def surname(name: str) -> str:
    """The surname in "Yann LeCun", "LeCun, Y.", "Laurens van der Maaten" or "Sutton R.".

    A group, a name of one word and a name of initials alone come back whole. Does not know which
    name is the family's where the order of a language differs and no comma says so.
    """
    if _GROUP.search(name):
        return name
    before, comma, after = name.partition(",")
    if comma and before.strip() and not _SUFFIX.fullmatch(after.strip()):
        return before.strip()
    words = before.split()
    if len(words) > 1 and _SUFFIX.fullmatch(words[-1]):
        words.pop()
    while len(words) > 1 and _INITIAL.fullmatch(words[-1]):
        words.pop()
    start = len(words) - 1
    while start > 1 and _PARTICLE.fullmatch(words[start - 1]):
        start -= 1
    return " ".join(words[start:])


def _clean(name: str) -> str:
    text = one_line(readable(name)).replace(" ,", ",")
    if not any(map(str.isalnum, text)):
        return ""
    return shorten(_ASIDE.sub("", text).strip(" ,;") or text, _LONGEST_NAME)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
