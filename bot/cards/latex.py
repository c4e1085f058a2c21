"""LaTeX in titles and abstracts made readable: accents, symbols and scripts; fonts dropped.

This module decides what is LaTeX at all (in an abstract a percent sign, an ampersand, a tilde
or a lone dollar is nearly always itself) and how it reads. Reading it is pylatexenc's work, taught
scripts, links and unknown commands; it is imported where it is used, for it is slow to import and
few texts need it.
"""

import re
import unicodedata
from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text
    from pylatexenc.latexwalker import LatexMacroNode, LatexSpecialsNode
    from pylatexenc.macrospec import LatexContextDb


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


_SHOWN_AS_LAST_ARGUMENT = {
    "href": "{{",
    "url": "{",
    "textcolor": "[{{",
    "footnote": "[{",
    "textsuperscript": "{",
}
_HIDDEN = {"cite": "*[[{", "citep": "*[[{", "citet": "*[[{", "ref": "{", "label": "{"}
_INVISIBLE = (
    *("left", "right", "big", "Big", "bigl", "bigr", "limits", "displaystyle"),
    *("xspace", "noindent", "centering", "protect", "small", "large", "bf", "it", "rm", "tt", "sc"),
)
_SUPERSCRIPTS = str.maketrans(
    "0123456789+-−=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθφχ∘⊤*'",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡ°ᵀ*′",
)
_SUBSCRIPTS = str.maketrans(
    "0123456789+-−=()aehijklmnoprstuvxβγρφχ",
    "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ",
)


def convert(text: str) -> str:
    """Read `text` as LaTeX; where it is none, raises any of many errors, RecursionError too."""
    from pylatexenc import latexwalker

    walker = latexwalker.LatexWalker(text, latex_context=_grammar(), tolerant_parsing=False)
    nodes, _, _ = walker.get_latex_nodes()
    return str(_reader().nodelist_to_text(nodes))


@cache
def _grammar() -> "LatexContextDb":
    """Which commands take which arguments, beyond what pylatexenc knows."""
    from pylatexenc import latexwalker
    from pylatexenc.macrospec import MacroSpec, MacroStandardArgsParser, SpecialsSpec

    known = latexwalker.get_default_latex_context_db()
    arguments = {**_SHOWN_AS_LAST_ARGUMENT, **_HIDDEN}
    known.add_context_category(
        "paperround",
        macros=[MacroSpec(name, args) for name, args in arguments.items()],
        specials=[SpecialsSpec(mark, args_parser=MacroStandardArgsParser("{")) for mark in "^_"],
        prepend=True,
    )
    return known


@cache
def _reader() -> "LatexNodes2Text":
    from pylatexenc import latex2text
    from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, SpecialsTextSpec

    known = latex2text.get_default_latex_context_db()
    rules = {
        **{name: f"%({len(args)})s" for name, args in _SHOWN_AS_LAST_ARGUMENT.items()},
        **dict.fromkeys((*_HIDDEN, *_INVISIBLE), ""),
        "textasciicircum": "^",
    }
    known.add_context_category(
        "paperround",
        macros=[MacroTextSpec(name, rule) for name, rule in rules.items()],
        specials=[SpecialsTextSpec("^", _superscript), SpecialsTextSpec("_", _subscript)],
        prepend=True,
    )
    known.set_unknown_macro_spec(MacroTextSpec("", _unknown))
    return LatexNodes2Text(latex_context=known)


def _unknown(node: "LatexMacroNode", l2tobj: "LatexNodes2Text") -> str:
    r"""A command that nobody knows shows its arguments, else its name: "We present \Method"."""
    arguments = [part for part in node.nodeargd.argnlist if part] if node.nodeargd else []
    return l2tobj.nodelist_to_text(arguments) or f"{node.macroname}{node.macro_post_space}"


def _superscript(node: "LatexSpecialsNode", l2tobj: "LatexNodes2Text") -> str:
    return _script("^", l2tobj.node_arg_to_text(node, 0), _SUPERSCRIPTS)


def _subscript(node: "LatexSpecialsNode", l2tobj: "LatexNodes2Text") -> str:
    return _script("_", l2tobj.node_arg_to_text(node, 0), _SUBSCRIPTS)


def _script(mark: str, text: str, small: dict[int, int]) -> str:
    folded = unicodedata.normalize("NFKC", text).replace(" ", "")
    if all(ord(character) in small for character in folded):
        return folded.translate(small)
    return f"{mark}{folded}" if len(folded) == 1 else f"{mark}({text.strip()})"
