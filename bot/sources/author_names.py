"""The people in an author line, however a feed writes it: "Alpha, M., Beta, A." is two of them."""

import re
from collections.abc import Iterable, Sequence

_AND = re.compile(r",?\s+(?:and|und|et|y|&)\s+(?!al\b)|\s*&\s*")
_REMARK = re.compile(r"\s*\([^()]*\)\s*")
_ET_AL = re.compile(
    r"(?:^|[\s,;]+)(?:et\s+al\.?|and\s+(?:\d+\s+)?others|…|\.\.\.)\s*$", re.IGNORECASE
)
_NOBODY = frozenset(("", "unknown", "anonymous", "n/a", "na", "none", "null", "admin", "staff"))
_INITIALS = re.compile(r"(?:[^\W\d_]\.?(?:[\s‐-]*(?=[^\W\d_])|$)){1,5}")
_ONE_INITIAL = re.compile(r"[^\W\d_]{1,2}\.(?:[\s‐-]?[^\W\d_]{1,2}\.?)*")
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|phd|md|msc|dr)\.?", re.IGNORECASE)
_LABEL = re.compile(r"^\s*(?:authors?|author\(s\)|by)\s*:\s*", re.IGNORECASE)
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_LONGEST = 100
_LONGEST_LINE = 50_000
_A_PAIR = 2


def people(stated: Iterable[str], *, listed: bool = False, as_written: bool = False) -> list[str]:
    """The names of the people in what a source states as its authors, each as "Given Family".

    With `as_written`, "Family, Given" stays where that is one person.

    Every text may hold one person or several, separated by semicolons, commas or "and". One text
    with commas between single words is taken as several people only where that is sure, or where
    `listed` says that it is a list. "et al." and e-mail addresses are nobody; full names stay.
    """
    texts = [_without_mail(text[:_LONGEST_LINE]) for text in stated]
    # Of several that are stated one by one, each with a comma is one person, family name first.
    apart = len(texts) > 1 and not listed and all("," in text for text in texts)
    found = [
        name
        for text in texts
        for name in ([text] if apart and _is_inverted(text) else _split(text, listed=listed))
    ]
    found = [_family_first(name) if as_written else _given_first(name) for name in found]
    return [name for name in found if name.casefold() not in _NOBODY and len(name) <= _LONGEST]


def _without_mail(text: str) -> str:
    """The text without the address in "ada@example.org (Ada Post)"."""
    text = _LABEL.sub("", " ".join(text.split()))
    if match := re.fullmatch(r"\S+@\S+\s*\(([^()]*)\)", text):
        return match[1]
    words = text.split(" ")
    kept = [word for word in words if not ("@" in word and "." in word.rpartition("@")[2])]
    return " ".join(kept).strip(" <>()") if len(kept) < len(words) else text


def _is_inverted(text: str) -> bool:
    return text.count(",") == 1 and not _ET_AL.search(text) and not _AND.search(text)


def _split(text: str, *, listed: bool) -> list[str]:
    text = _REMARK.sub(" ", text) if listed else text
    text = _ET_AL.sub("", text).strip(" ,;")
    if ";" in text:
        return [part.strip() for part in text.split(";") if part.strip()]
    parts = [part for part in _between_commas(_AND.sub(", ", text)) if part]
    return [name for name in _grouped(parts, listed=listed) if name]


def _between_commas(text: str) -> list[str]:
    """The parts between commas; one within parentheses divides nothing."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and depth <= 0:
            parts.append(text[start:at].strip())
            start, depth = at + 1, 0
    return [*parts, text[start:].strip()]


def _grouped(parts: Sequence[str], *, listed: bool) -> list[str]:
    """The people that the parts between commas make."""
    parts = [part for part in map(str.strip, parts) if not _SUFFIX.fullmatch(part)]
    if _are_pairs(parts):
        pairs = zip(parts[::2], parts[1::2], strict=True)
        return [f"{family}, {given}" for family, given in pairs]
    several = len(parts) > _A_PAIR or all(" " in part or not _LATIN.search(part) for part in parts)
    if len(parts) == 1 or listed or several:
        return [re.sub(r"\s*\([^()]*\)\s*$", "", part).strip() for part in parts]
    return [", ".join(parts)]


def _are_pairs(parts: Sequence[str]) -> bool:
    """Whether family names and initials take turns, as in "Alpha, M., Beta, A. B."."""
    if len(parts) < _A_PAIR or len(parts) % 2:
        return False
    return all(_is_initials(given) for given in parts[1::2]) and not any(
        _is_initials(family) for family in parts[::2]
    )


def _is_initials(text: str) -> bool:
    if _ONE_INITIAL.fullmatch(text):
        return True
    letters = re.sub(r"[\s.‐-]", "", text)
    return letters.isupper() and letters.isalpha() and bool(_INITIALS.fullmatch(text))


def _family_first(name: str) -> str:
    return name.strip(" ,")


def _given_first(name: str) -> str:
    """The name with the given name first: "Engel, Michael S." is "Michael S. Engel"."""
    family, comma, given = (part.strip() for part in name.partition(","))
    given = given.strip(" ,")
    if not comma or not given:
        return name.strip(" ,")
    if _SUFFIX.fullmatch(given):
        return f"{family} {given}"
    return f"{given} {family}"
