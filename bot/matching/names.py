"""Author names: whether two written names may be one person's.

Accents, initials, a comma and the order may differ; a shared first name alone is no match.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from bot.matching.letters import lower, plain
from bot.matching.vocabulary import words

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_PARTICLES = words("van von der den de del della di da dos du la le ten ter bin al el")
_DROPPED = _PARTICLES | words("jr sr ii iii iv")
_FULL, _SWAPPED, _INITIAL = 100.0, 95.0, 90.0


class Name(NamedTuple):
    """A name in lower case without accents: surname without particles, given names in order."""

    surname: str
    given: tuple[str, ...]


def name_words(text: str) -> tuple[str, ...]:
    """Return the words of a name, category or source in lower case without accents."""
    found = re.findall(r"\w+(?:'\w+)*", lower(plain(text)))
    return tuple(word.replace("'", "") for word in found)


@lru_cache(maxsize=1 << 13)
def read_name(text: str) -> Name:
    """Return a name as written: "LeCun, Y." or "Yann LeCun" or "LeCun Y".

    A single word is a surname. Text without letters gives an empty surname, which matches nobody.
    """
    bare = text.replace(".", " ")
    if bare.isascii() and bare.replace(" ", "").isalpha():
        return _in_order(_kept(bare.lower().split()))
    before, comma, after = text.partition(",")
    if comma and (given := _words(after)) and (surname := _words(before)):
        return Name(surname[-1], tuple(given))
    return _in_order(_words(text))


def _in_order(parts: list[str]) -> Name:
    if not parts:
        return Name("", ())
    if len(parts[-1]) == 1 and len(parts[0]) > 1:
        full = [part for part in parts if len(part) > 1]
        return Name(full[-1], tuple(part for part in parts if part != full[-1]))
    return Name(parts[-1], tuple(parts[:-1]))


def _words(text: str) -> list[str]:
    found = [w.replace("'", "") for w in _WORD.findall(lower(plain(text)))]
    return _kept(found)


def _kept(found: list[str]) -> list[str]:
    if _DROPPED.isdisjoint(found):
        return found
    return [word for word in found if word not in _DROPPED] or found


def same_person(wanted: str, written: str) -> float:
    """Return 0-100: how surely a name of a watch is a paper's author.

    100 where surname and a given name agree, 95 with the order swapped, 90 through an initial; a
    watch of a surname alone matches all who bear it. Middle names count only where they conflict.
    """
    return _alike(read_name(wanted), read_name(written))


def best_author(wanted: str, authors: Sequence[str]) -> tuple[str, float]:
    """Return the author most surely meant, the first among equals, and how surely; 0 for none."""
    ours = read_name(wanted)
    swapped = _swapped(ours)
    best, most = "", 0.0
    for written in authors:
        theirs = read_name(written)
        if theirs.surname == ours.surname or theirs == swapped:
            alike = _alike(ours, theirs)
            if alike > most:
                best, most = written, alike
    return best, most


def _alike(ours: Name, theirs: Name) -> float:
    if not ours.surname:
        return 0.0
    if ours.surname == theirs.surname:
        return _given(ours.given, theirs.given)
    return _SWAPPED if theirs == _swapped(ours) else 0.0


def _swapped(name: Name) -> Name | None:
    """Return a name in the other order: the first given name as surname."""
    surname, given = name
    return Name(given[0], (*given[1:], surname)) if given else None


def _given(ours: tuple[str, ...], theirs: tuple[str, ...]) -> float:
    if not ours:
        return _FULL
    if not theirs:
        return 0.0
    if "".join(ours) == "".join(theirs):
        return _FULL
    pairs = list(zip(ours, theirs, strict=False))
    if not all(a.startswith(b) or b.startswith(a) for a, b in pairs if min(len(a), len(b)) == 1):
        return 0.0
    if not all(a == b for a, b in pairs if min(len(a), len(b)) > 1):
        return 0.0
    first = pairs[0]
    return _FULL if first[0] == first[1] and len(first[0]) > 1 else _INITIAL
