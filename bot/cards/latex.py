"""LaTeX in titles and abstracts made readable: accents, symbols and scripts; fonts dropped.

This module decides what is LaTeX at all (in an abstract a percent sign, an ampersand, a tilde
or a lone dollar is nearly always itself); `latex_rules` says how it reads.
"""

import re
import unicodedata
from functools import lru_cache

_MIGHT_BE_LATEX = re.compile(r"[\\$]|[\^_]\{|\{[^{}\s]*\}|``")
_DASHES = {"--": "–", "---": "—"}
_DASH = re.compile(r"(?<=\s)-{2,3}(?=\s)|(?<=\w)---(?=\w)|(?<=\d)--(?=\d)")
_TOKEN = re.compile(
    r"""
    (?P<math> \$\$ (?:[^$\\]|\\.)+ \$\$
            | \$ (?=\S) (?:[^$\\]|\\.)+ (?<!\s) \$ (?!\d)     # not "$5 and $6"
            | \$ (?=[^\s$]*\\) (?:[^$\\]|\\.)+ (?<!\s) \$     # but "$\times$4"
            | \$ (?=[^$]*[\\^_]) (?:[^$\\]|\\.)+ \$ (?!\d)    # and "$ \textit{far} $"
            | \\\( (?:(?!\\[()]).)+ \\\)
            | \\\[ (?:(?!\\[\[\]]).)+ \\\] )
  | (?P<plain> [%&\#$^_~] | \\ \Z )
  | (?P<command> \\ . )
    """,
    re.VERBOSE | re.DOTALL,
)
_LITERAL = {"^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "\\": r"\textbackslash{}"}
_SCRIPT_COMMAND = re.compile(r"([\^_])\s*(\\[A-Za-z]+\{[^{}]*\})")
_PERCENT = re.compile(r"(?<!\\)%")
_OPERATOR = re.compile(r"(?<=\w)(?=\\(?:log|ln|exp|sin|cos|min|max)(?![A-Za-z]))")
_LETTERLIKE = re.compile("[\U0001d400-\U0001d7ff]")


def readable(text: str) -> str:
    r"""The text with its LaTeX as Unicode: `$O(n^2)$` is "O(n²)", `Schr\"odinger` "Schrödinger".

    Hyphens that stand for a dash are one. Text without LaTeX comes back as it is, and so does
    text whose LaTeX is malformed. Never raises; linear in the length. Does not typeset: fractions
    and matrices come out on one line, and a citation or a reference to elsewhere is left out.
    """
    text = _DASH.sub(lambda found: _DASHES[found[0]], text)
    return _converted(text) if _MIGHT_BE_LATEX.search(text) else text


# One paper goes to many channels in a round, and parsing is most of what a card costs.
@lru_cache(maxsize=1 << 11)
def _converted(text: str) -> str:
    from bot.cards.latex_rules import convert  # noqa: PLC0415  # slow to import, rarely needed

    try:
        converted = convert(_TOKEN.sub(_protected, text))
    except Exception:  # noqa: BLE001  # a parser of anything raises anything, RecursionError too
        return text
    return _LETTERLIKE.sub(lambda found: unicodedata.normalize("NFKC", found[0]), converted)


def _protected(token: re.Match[str]) -> str:
    """Mark as literal what would mean something to LaTeX and does not mean it here."""
    if plain := token["plain"]:
        return _LITERAL.get(plain, f"\\{plain}")
    if math := token["math"]:
        math = _PERCENT.sub(r"\\%", _SCRIPT_COMMAND.sub(r"\1{\2}", math))
        return _OPERATOR.sub(" ", math)
    return token[0]
