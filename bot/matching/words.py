"""Words: one form for singular and plural, British and American spelling."""

import re

from bot.matching.vocabulary import (
    IRREGULAR,
    PLURAL_IN_CHES,
    PLURAL_IN_ICS,
    SINGULAR_IN_S,
    SPELLING,
)

_SHORTEST_ISE = 7
_OUR = re.compile(
    r"(behavi|col|neighb|fav|hon|lab|hum|rum|tum|arm|harb|vap|vig|od|sav|endeav|flav|glam)our"
)
_ISE_KEPT = re.compile(
    r"(?:wise|noise|raise|praise|rcise|mprise|terprise|rprise|promise|premise|vise|cise|poise|"
    r"guise|chise|rtise|eatise|uise|adise|ndise|demise|despise|^.?.?.?rise|arise|sunrise|moonrise)"
)
_ISE = re.compile(r"is(e|ed|es|er|ers|ing|ation|ations|able)$")
_DOUBLED_L = re.compile(r"(mode|labe|signa|trave|cance|leve|tunne|channe|fue|pane|marve)ll(?=e|i)")


def fold_word(word: str) -> str:
    """Return the one form of a lower-case word: singular, American spelling.

    Both sides are folded alike, so a form that is no word ("baye") does no harm.
    """
    return _american(_singular(word) if word[-1:] == "s" or word in IRREGULAR else word)


def _singular(word: str) -> str:
    if word in IRREGULAR:
        return IRREGULAR[word]
    if not _PLURAL.fullmatch(word) or word in SINGULAR_IN_S:
        return word
    if word.endswith(("series", "species")):
        return word
    if word.endswith("ics"):
        return word[:-1] if word in PLURAL_IN_ICS else word
    if _LONG_Y.fullmatch(word):
        return word[:-3] + "y"
    cut = 2 if _HISSING.search(word) and word not in PLURAL_IN_CHES else 1
    return word[:-cut]


_PLURAL = re.compile(r"[^\W\d_]{2,}[^\W\d_sui]s")
_LONG_Y = re.compile(r".{3,}ies")
_HISSING = re.compile(r"(?:ss|sh|ch|x|zz)es$")


def _american(word: str) -> str:
    if word in SPELLING:
        return SPELLING[word]
    if "our" in word:
        word = _OUR.sub(r"\1or", word)
    if "ll" in word:
        word = _DOUBLED_L.sub(r"\1l", word)
    if "is" in word and len(word) >= _SHORTEST_ISE and not _ISE_KEPT.search(_infinitive(word)):
        word = _ISE.sub(r"iz\1", word)
    return word


def _infinitive(word: str) -> str:
    return _ISE.sub("ise", word)
