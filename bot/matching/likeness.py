"""How alike a word of a watch and one of a paper are, 0-100, typos left out."""

from functools import lru_cache

from bot.matching.phrase import Slot
from bot.matching.stems import Stem, stem

SAME, ONE_TYPO, TWO_TYPOS = 100.0, 90.0, 85.0
"""Similarity of a paper's word to a slot: the same after folding, or misspelt."""

NEAR, NEAR_SOLO, FAR_SOLO = 88.0, 84.0, 76.0
"""Similarity of one light stem: in a phrase, and in a watch of one word for -ize and other forms.

"modelling" for *model* is under the usual threshold: of such finds on real tags one in twenty was
wanted, of exact ones one in three.
"""

_SHORTEST_NEAR = 5


def near(form: str, wanted: Stem, seen: Stem) -> float:
    """Return the similarity of two different words of one stem.

    A participle (-ed) is near only as a modifier: "mechanism … is designed" is no *mechanism
    design*. -ize, -ized, -izing and -ization are near wherever they stand.
    """
    if form == "exact" or wanted.key != seen.key:
        return 0.0
    kinds = {wanted.kind, seen.kind}
    if kinds <= {"ize", "ized"} or kinds == {"base", "ics"}:
        return NEAR_SOLO if form == "solo" else NEAR
    if len(kinds) == 1 or ("ed" in kinds and form != "modifier"):
        return 0.0
    return FAR_SOLO if form == "solo" else NEAR


@lru_cache(maxsize=1 << 14)
def similarity(slot: Slot, term: str) -> float:
    """Return the similarity of a paper's word to a slot, typos left out."""
    if term == slot.term:
        return SAME
    if not (soft(term) and soft(slot.term)):
        return 0.0
    return near(slot.form, stem(slot.term), stem(term))


def soft(term: str) -> bool:
    """Tell a word long enough to have near forms; "data" has one in "dataset"."""
    return term.isalpha() and (len(term) >= _SHORTEST_NEAR or term == "data")


def has_typos(slot: Slot) -> bool:
    """Tell whether a slot takes misspelt words at all."""
    return slot.form != "exact" and len(slot.term) >= _SHORTEST_NEAR
