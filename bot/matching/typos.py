"""Which words are typos or regular forms of others."""

from collections.abc import Callable

from rapidfuzz.distance import OSA

from bot.matching.stems import stem

ONE_TYPO_FROM, TWO_TYPOS_FROM = 5, 9
"""Letters that a word needs for one typo to be borne, and for two."""


def typos(known: str, seen: str) -> int | None:
    """Return how many typos (1 or 2) turn one word into the other, None where they are two words.

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
    """Tell a regular form of a known word: "planting" where "plant" is known."""
    key, kind = stem(folded)
    return kind != "base" and (known(key) or known(key + "e"))
