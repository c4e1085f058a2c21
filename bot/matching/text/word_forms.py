"""Which words are forms of each other, and which are typos."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple

from rapidfuzz.distance import OSA

from bot.matching.text.word_lists import ADJECTIVES, NO_STEM

Kind = Literal["base", "ing", "ed", "ize", "ized", "ics"]


class Stem(NamedTuple):
    """What a word shares with its near forms (`key`), and which form it is (`kind`)."""

    key: str
    kind: Kind


_VOWELS = re.compile(r"[aeiouy]+")
_SHORTEST, _SHORTEST_BASE = 4, 3
_ENDINGS = ("e", "ing", "ed", "ization", "ics")
_LAST_LETTERS = frozenset(ending[-1] for ending in _ENDINGS)
_UNDOUBLED = "aeious"
_SAME_STEM = {"dataset": Stem("data", "ing"), "seq": Stem("sequenc", "base")}
_SAME_STEM |= {word: Stem(base, "ing") for word, base in ADJECTIVES.items()}
_SAME_STEM |= {f"{word}s": Stem(base, "ics") for word, base in ADJECTIVES.items()}


@lru_cache(maxsize=1 << 14)
def stem(term: str) -> Stem:
    """The light stem of a folded word: -ing, -ed, -ize and -ization, and -ics.

    "rating" and "rate" share a key, "rat" has its own; "generation" and "general" stay apart.
    It does not touch -er, -ion, -al, -ive: those change what a paper is about.
    """
    if term in _SAME_STEM:
        return _SAME_STEM[term]
    if len(term) < _SHORTEST or term in NO_STEM or not term.isalpha():
        return Stem(term, "base")
    if term[-1] not in _LAST_LETTERS or not term.endswith(_ENDINGS):
        return Stem(_key(term), "base")
    if term[-1] == "s":
        return Stem(term[:-1], "ics")
    for ending in ("ization", "izing", "ized", "ize"):
        if term.endswith(ending) and len(term) > len(ending) + 2:
            return Stem(term[: -len(ending)] + "iz", "ized" if ending == "ized" else "ize")
    return _verb(term)


def _verb(term: str) -> Stem:
    for ending, kind in (("ing", "ing"), ("ed", "ed")):
        base = term.removesuffix(ending)
        if (
            base != term
            and len(base) >= _SHORTEST_BASE
            and _VOWELS.search(base)
            and base[-1] != "e"
        ):
            return Stem(_base(base), "ing" if kind == "ing" else "ed")
    return Stem(_key(term), "base")


def _base(cut: str) -> str:
    """The key of a verb whose ending was cut off: runn → run, rat → rate, encod → encod."""
    if cut[-1] == cut[-2] and cut[-1] not in _UNDOUBLED:
        return cut[:-1]
    return cut + "e" if _short(cut) else cut


def _key(term: str) -> str:
    if term[-1] == "e" and not _short(term[:-1]):
        return term[:-1]
    if term[-1] == term[-2] and term[-1] not in _UNDOUBLED:
        return term[:-1]
    return term


def _short(base: str) -> bool:
    """Whether a syllable doubles its consonant or carries an e: rat, cod, scal; not train."""
    groups = _VOWELS.findall(base)
    return (
        len(groups) == 1
        and len(groups[0]) == 1
        and base[-1] not in "aeiouwxy"
        and base[-2:-1] in tuple("aeiouy")
    )


ONE_TYPO_FROM, TWO_TYPOS_FROM = 5, 9
"""Letters that a word needs for one typo to be borne, and for two."""


def typos(known: str, seen: str) -> int | None:
    """How many typos (1 or 2) turn one word into the other, None where they are two words.

    A typo is an edit or a swap of neighbours (optimal string alignment); one from 5 letters on,
    two from 9, the first letter right, letters only. Both are folded words.
    """
    shorter = min(len(known), len(seen))
    if shorter < ONE_TYPO_FROM or known[0] != seen[0] or known == seen:
        return None
    if not (known.isalpha() and seen.isalpha()):
        return None
    most = 2 if shorter >= TWO_TYPOS_FROM else 1
    distance = OSA.distance(known, seen, score_cutoff=most)
    return distance if distance <= most else None


def is_form(folded: str, known: Callable[[str], bool]) -> bool:
    """Whether a word is a regular form of a known one: "planting" where "plant" is known."""
    key, kind = stem(folded)
    return kind != "base" and (known(key) or known(key + "e"))
