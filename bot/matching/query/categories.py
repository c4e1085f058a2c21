"""arXiv's categories, and the keys under which category and source watches are found."""

from difflib import get_close_matches

from bot.matching.authors.names import name_words
from bot.matching.query.ast import Expression, NameFilter, named
from bot.matching.query.facts import ANY_PAPER
from bot.matching.types import PaperText

_BY_ARCHIVE = {
    "astro-ph": "CO EP GA HE IM SR",
    "cond-mat": "dis-nn mes-hall mtrl-sci other quant-gas soft stat-mech str-el supr-con",
    "cs": (
        "AI AR CC CE CG CL CR CV CY DB DC DL DM DS ET FL GL GR GT HC IR IT LG LO MA MM MS NA NE NI "
        "OH OS PF PL RO SC SD SE SI SY"
    ),
    "econ": "EM GN TH",
    "eess": "AS IV SP SY",
    "math": (
        "AC AG AP AT CA CO CT CV DG DS FA GM GN GR GT HO IT KT LO MG MP NA NT OA OC PR QA RA RT SG "
        "SP ST"
    ),
    "nlin": "AO CD CG PS SI",
    "physics": (
        "acc-ph ao-ph app-ph atm-clus atom-ph bio-ph chem-ph class-ph comp-ph data-an ed-ph "
        "flu-dyn gen-ph geo-ph hist-ph ins-det med-ph optics plasm-ph pop-ph soc-ph space-ph"
    ),
    "q-bio": "BM CB GN MN NC OT PE QM SC TO",
    "q-fin": "CP EC GN MF PM PR RM ST TR",
    "stat": "AP CO ME ML OT TH",
}
_UNDIVIDED = "gr-qc hep-ex hep-lat hep-ph hep-th math-ph nucl-ex nucl-th quant-ph"

CATEGORIES: tuple[str, ...] = (
    *(f"{archive}.{field}" for archive, some in _BY_ARCHIVE.items() for field in some.split()),
    *_UNDIVIDED.split(),
)
"""All of them, such as "cs.LG" and "quant-ph"."""

_KNOWN = {name.casefold() for name in (*CATEGORIES, *_BY_ARCHIVE)}


_DOTTED = {name.casefold(): name for name in CATEGORIES if "." in name}


def category_named(text: str) -> str | None:
    """The arXiv category whose name, with its dot, a text is: cs.lg is cs.LG."""
    return _DOTTED.get(text.casefold())


def strange_categories(tree: Expression) -> dict[str, tuple[str, ...]]:
    """The categories of a watch that arXiv does not have, each with at most three near it.

    Feeds have categories of their own, so a strange one is no error.
    """
    wanted = [one.name for one in named(tree) if one.field == "category"]
    return {name: _near(name) for name in wanted if name.casefold() not in _KNOWN}


def _near(name: str) -> tuple[str, ...]:
    folded = {each.casefold(): each for each in CATEGORIES}
    found = get_close_matches(name.casefold(), folded, n=3, cutoff=0.7)
    return tuple(folded[each] for each in found)


def label_key(leaf: NameFilter) -> tuple[str, ...]:
    """The key of a category or source that a watch names."""
    words = name_words(leaf.name)
    return ("source", "".join(words)) if leaf.field == "source" else ("category", *words)


def label_keys(paper: PaperText) -> set[tuple[str, ...]]:
    """The keys that a paper answers to: any, of its source, and of categories at all levels."""
    keys: set[tuple[str, ...]] = {ANY_PAPER, ("source", "".join(name_words(paper.source)))}
    for category in paper.categories:
        words = name_words(category)
        keys.update(("category", *words[: i + 1]) for i in range(len(words)))
    return keys
