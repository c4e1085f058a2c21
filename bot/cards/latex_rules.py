"""How LaTeX reads as plain Unicode: pylatexenc, taught scripts, links and unknown commands."""

import unicodedata
from functools import cache

from pylatexenc import latex2text, latexwalker
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, SpecialsTextSpec
from pylatexenc.latexwalker import LatexMacroNode, LatexSpecialsNode
from pylatexenc.macrospec import LatexContextDb, MacroSpec, MacroStandardArgsParser, SpecialsSpec

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
    walker = latexwalker.LatexWalker(text, latex_context=_grammar(), tolerant_parsing=False)
    nodes, _, _ = walker.get_latex_nodes()
    return str(_reader().nodelist_to_text(nodes))


@cache
def _grammar() -> LatexContextDb:
    """Which commands take which arguments, beyond what pylatexenc knows."""
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
def _reader() -> LatexNodes2Text:
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


def _unknown(node: LatexMacroNode, l2tobj: LatexNodes2Text) -> str:
    r"""A command that nobody knows shows its arguments, else its name: "We present \Method"."""
    arguments = [part for part in node.nodeargd.argnlist if part] if node.nodeargd else []
    return l2tobj.nodelist_to_text(arguments) or f"{node.macroname}{node.macro_post_space}"


def _superscript(node: LatexSpecialsNode, l2tobj: LatexNodes2Text) -> str:
    return _script("^", l2tobj.node_arg_to_text(node, 0), _SUPERSCRIPTS)


def _subscript(node: LatexSpecialsNode, l2tobj: LatexNodes2Text) -> str:
    return _script("_", l2tobj.node_arg_to_text(node, 0), _SUBSCRIPTS)


def _script(mark: str, text: str, small: dict[int, int]) -> str:
    folded = unicodedata.normalize("NFKC", text).replace(" ", "")
    if all(ord(character) in small for character in folded):
        return folded.translate(small)
    return f"{mark}{folded}" if len(folded) == 1 else f"{mark}({text.strip()})"
