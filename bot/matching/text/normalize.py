"""One form for a word: LaTeX, accents and Greek folded, plural and spelling made equal."""

import re
import unicodedata

from bot.matching.text.inflection import uninflected
from bot.matching.text.word_lists import (
    IRREGULAR,
    JOINED_ALIASES,
    PLURAL_IN_CHES,
    PLURAL_IN_ICS,
    SINGULAR_IN_S,
    SPELLING,
)

_GREEK = """
alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma sigma
tau upsilon phi chi psi omega
"""
_GREEK_LETTERS = dict(zip("αβγδεζηθικλμνξοπρςστυφχψω", _GREEK.split(), strict=True))
_GREEK_LETTERS |= {"ϵ": "epsilon", "ϕ": "phi", "ϑ": "theta", "ϱ": "rho", "ϖ": "pi"}
_UNDECOMPOSED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)
_DASHES = {ord("İ"): "I"} | str.maketrans(
    dict.fromkeys("‐‑‒–—―−﹣－", "-") | dict.fromkeys("’‘ʼ＇´`", "'")
)

_ACCENT = re.compile(r"\\(?:['`^\"~=.]|[Hckruvbdt](?![A-Za-z]))\s*\{?\s*\\?([A-Za-z])\}?")
_MACRO = re.compile(r"\\([A-Za-z]+)")
_LETTER_MACROS = {
    "ae": "ae", "oe": "oe", "o": "o", "l": "l", "ss": "ss", "aa": "a", "i": "i", "j": "j",
    "varepsilon": "epsilon", "varphi": "phi", "vartheta": "theta", "ell": "l",
}  # fmt: skip
_LETTER_MACROS |= {name: name for name in _GREEK.split()}
_LETTER_MACROS |= {name.capitalize(): name for name in _GREEK.split()}
_SUBSCRIPT = re.compile(r"\$?_\s*\{?(\d+)\}?\$?")
_MARKS = frozenset("${}\\^~")
_LATEX_NOISE = str.maketrans("", "", "${}\\^~")


def plain(text: str) -> str:
    """The text with LaTeX marks, ligatures and odd dashes resolved; case is kept.

    Unknown macros vanish but for their arguments. It parses no LaTeX: `cards.latex` does.
    """
    if text.isascii() and _MARKS.isdisjoint(text):
        return text
    if "\\" in text:
        text = _ACCENT.sub(r"\1", text)
        text = _MACRO.sub(_macro, text)
    if "_" in text:
        text = _SUBSCRIPT.sub(r"\1", text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_DASHES).replace("i\u0307", "i")
    return text.translate(_LATEX_NOISE)


def _macro(found: re.Match[str]) -> str:
    return _LETTER_MACROS.get(found[1], "")


def lower(text: str) -> str:
    """The text in lower case, without accents, a lone Greek letter by its name.

    Words in Greek, Cyrillic, Arabic … keep their letters: only a one- or two-letter Greek symbol is
    spelled out.
    """
    text = text.lower()
    if text.isascii():
        return text
    text = text.translate(_UNDECOMPOSED).replace("ß", "ss")
    marks = unicodedata.normalize("NFKD", text).replace(_SHORT_I, "й")
    text = "".join(c for c in marks if c in _KEPT_MARKS or not unicodedata.combining(c))
    text = _ARTICLE.sub("", unicodedata.normalize("NFC", text))
    if sum(c in _GREEK_LETTERS for c in text) == 1:
        text = "".join(_GREEK_LETTERS.get(c, c) for c in text)
    return text


_SHORT_I = "и\u0306"
_KEPT_MARKS = frozenset("\u3099\u309a")
"""Marks that make another letter, in Japanese."""

_ARTICLE = re.compile(r"^[وفبكل]?ال(?=\w{3})|^ה(?=\w{3})")
"""The article that Arabic and Hebrew write as one with the word, "and" in front of it too."""

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
    """The one form of a lower-case word: singular, American spelling, and as `uninflected`.

    Both sides are folded alike, so a form that is no word ("baye") does no harm.
    """
    if word in JOINED_ALIASES:
        return JOINED_ALIASES[word]
    if (bare := uninflected(word)) != word:
        return bare
    return _american(_singular(word) if word[-1:] == "s" or word in IRREGULAR else word)


def fold_joined(word: str) -> str:
    """The one form of a name written as one, Greek letters spelled out: nfkb → nfkappab."""
    return JOINED_ALIASES.get(word, word)


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
    if ("ae" in word or "oe" in word or "ulph" in word) and (found := _LIGATURE.search(word)):
        part = found[0]
        word = word.replace(part, _MODERN.get(part) or part.replace("ae", "e").replace("oe", "e"))
    if "is" in word and len(word) >= _SHORTEST_ISE and not _ISE_KEPT.search(_infinitive(word)):
        word = _ISE.sub(r"iz\1", word)
    return word


_LIGATURE = re.compile(
    r"aemi|haem|paed|anaesth|gynaec|palaeo|archaeo|aetiolog|caesar|faec|oedema|oesoph|oestr|foet"
    r"|rrhoe|coeliac|homoeo|oenolog|sulph"
)
"""Where the British write ae, oe and ph, and Americans e and f: anaemia, oedema, sulphate."""

_MODERN = {"sulph": "sulf"}


def _infinitive(word: str) -> str:
    return _ISE.sub("ise", word)
