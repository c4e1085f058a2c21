"""Letters: LaTeX, accents and Greek folded to plain lower-case letters."""

import re
import unicodedata

_GREEK = """
alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma sigma
tau upsilon phi chi psi omega
"""
_GREEK_LETTERS = dict(zip("αβγδεζηθικλμνξοπρςστυφχψω", _GREEK.split(), strict=True))
_GREEK_LETTERS |= {"ϵ": "epsilon", "ϕ": "phi", "ϑ": "theta", "ϱ": "rho", "ϖ": "pi"}
_UNDECOMPOSED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣－", "-") | dict.fromkeys("’‘ʼ＇´`", "'"))

_ACCENT = re.compile(r"\\(?:['`^\"~=.]|[Hckruvbdt](?![A-Za-z]))\s*\{?\s*\\?([A-Za-z])\}?")
_MACRO = re.compile(r"\\([A-Za-z]+)")
_LETTER_MACROS = {
    "ae": "ae", "oe": "oe", "o": "o", "l": "l", "ss": "ss", "aa": "a", "i": "i", "j": "j",
    "varepsilon": "epsilon", "varphi": "phi", "vartheta": "theta", "ell": "l",
}  # fmt: skip
_LETTER_MACROS |= {name: name for name in _GREEK.split()}
_LETTER_MACROS |= {name.capitalize(): name for name in _GREEK.split()}
_MARKS = frozenset("${}\\^~")
_LATEX_NOISE = str.maketrans("", "", "${}\\^~")


def plain(text: str) -> str:
    """Return the text with LaTeX marks, ligatures and odd dashes resolved; case is kept.

    Unknown macros vanish but for their arguments. It parses no LaTeX: `cards.latex` does.
    """
    if text.isascii() and _MARKS.isdisjoint(text):
        return text
    if "\\" in text:
        text = _ACCENT.sub(r"\1", text)
        text = _MACRO.sub(_macro, text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_DASHES)
    return text.translate(_LATEX_NOISE)


def _macro(found: re.Match[str]) -> str:
    return _LETTER_MACROS.get(found[1], "")


def lower(text: str) -> str:
    """Return the text in lower case, without accents, a lone Greek letter by its name.

    Words in Greek, Cyrillic, Arabic … keep their letters: only a one- or two-letter Greek symbol is
    spelled out.
    """
    text = text.lower()
    if text.isascii():
        return text
    text = text.translate(_UNDECOMPOSED).replace("ß", "ss")
    marks = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in marks if not unicodedata.combining(c))
    if sum(c in _GREEK_LETTERS for c in text) == 1:
        text = "".join(_GREEK_LETTERS.get(c, c) for c in text)
    return text
