"""What taste reads of a paper and of a watch: hashed words, pairs, authors, categories."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from zlib import crc32

from bot.errors import ExpressionError
from bot.matching.query.ast import And, Expression, NameFilter, Or, phrases
from bot.matching.query.expression import parse
from bot.matching.types import PaperText


@dataclass(frozen=True, slots=True)
class Interest:
    """Phrases, authors and categories that papers are wanted for."""

    phrases: tuple[str, ...]
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@lru_cache(maxsize=1 << 12)
def interest_of(watch: str) -> Interest:
    """What a watch expression wants; text that is none is taken as plain words.

    What it refuses with NOT or `-` is left out, on both sides: "diffusion -survey" says nothing
    of surveys elsewhere. A source is where papers come from, and no taste.
    """
    try:
        tree = parse(watch)
    except ExpressionError:
        return Interest((watch,))
    named = list(_named(tree))
    return Interest(
        tuple(phrase.text for phrase in phrases(tree)),
        tuple(one.name for one in named if one.field == "author"),
        tuple(one.name for one in named if one.field == "category"),
    )


def _named(tree: Expression) -> Iterator[NameFilter]:
    if isinstance(tree, NameFilter):
        yield tree
    elif isinstance(tree, And | Or):
        for part in tree.parts:
            yield from _named(part)


SIZE = 1 << 14
"""How many places features are hashed into; an index fits in 16 bits."""

GRAMS = 1 << 14
"""How many places the pieces of title words are hashed into; they serve likeness alone."""

_TITLE = 0.2
_PAIRS = 0.1
_ABSTRACT = 0.5
_AUTHORS = 0.9
_CATEGORIES = 0.2
_TEAM = 0.1
_AUTHORS_READ = 12
_AUTHORS_READ_LAST = 3
_TEAM_NAMES = ("one author", "2-3 authors", "4-7 authors", "8-15 authors", "16+ authors")
_GRAM = 4

_WORD = re.compile(r"[^\W_]+")
_LATEX = re.compile(r"\\[A-Za-z]+|'s\b")
_ROOT = 3
_SUFFIXES = (
    ("isations", "ize"), ("izations", "ize"), ("isation", "ize"), ("ization", "ize"),
    ("ations", "at"), ("ation", "at"), ("ities", ""), ("ity", ""), ("ments", ""), ("ment", ""),
    ("ings", ""), ("ing", ""), ("ises", "ize"), ("ise", "ize"), ("ically", "ic"), ("ical", "ic"),
    ("ies", "y"), ("sses", "ss"), ("ives", "iv"), ("ive", "iv"), ("edly", ""), ("ed", ""),
    ("ally", ""), ("al", ""), ("ly", ""), ("es", ""), ("s", ""), ("e", ""),
)  # fmt: skip
_FUNCTION_WORDS = (
    "a about above across after again all also although among an and any are as at be because been "
    "before being between both but by can could do does during each either few for from further "
    "had has have here how however i if in into is it its itself just may might more most much "
    "must near nor not of off on once one only onto or other our ours out over own per rather same "
    "should show shows since so some such than that the their them then there these they this "
    "those through thus to too toward towards two under until up upon us use used using via very "
    "was we well were what when where whether which while who whose why will with within without "
    "would yet you"
)
_STOP = frozenset(_FUNCTION_WORDS.split())


@dataclass(frozen=True, slots=True)
class Block:
    """Features of one kind: `share` is the kind's part of the whole, before empty kinds drop out.

    `counts` are damped counts by place in 0..SIZE-1; `words` names each place readably.
    """

    share: float
    counts: dict[int, float]
    words: dict[int, str]


@dataclass(frozen=True, slots=True)
class Features:
    """A paper's blocks; `text` says which of them are words; `grams` are pieces of title words."""

    blocks: tuple[Block, ...]
    text: int
    grams: dict[int, float]


def features(paper: PaperText) -> Features:
    """Read a paper; what a source does not give is left out."""
    title = _terms(paper.title)
    blocks = (*_title(title), _block(_ABSTRACT, _terms(paper.abstract)), *_people(paper))
    return Features(blocks, 3, _pieces(title))


def interest(wanted: Interest) -> Features:
    """Read what is wanted as if its phrases were a title."""
    titles = [_terms(text) for text in wanted.phrases]
    words = [term for title in titles for term in title]
    named = _names(wanted.authors), _classes(wanted.categories)
    return Features((*_title(*titles), *named), 2, _pieces(words))


def shares_a_word(text: str, other: str) -> bool:
    """Whether two texts have a content word in common, in any of its forms."""
    return not {stem for stem, _ in _terms(text)}.isdisjoint(stem for stem, _ in _terms(other))


def _title(*titles: list[tuple[str, str]]) -> tuple[Block, Block]:
    """Words, and pairs of neighbours, of one or more runs of words."""
    pairs = [(f"{a} {b}", f"{x} {y}") for terms in titles for (a, x), (b, y) in pairwise(terms)]
    return _block(_TITLE, [term for terms in titles for term in terms]), _block(_PAIRS, pairs)


def _people(paper: PaperText) -> tuple[Block, Block, Block]:
    """Authors (of long lists the first and the last), categories, and how many authors."""
    names = list(paper.authors)
    read = [*names[:_AUTHORS_READ], *names[_AUTHORS_READ:][-_AUTHORS_READ_LAST:]]
    team = _TEAM_NAMES[min(int(math.log2(len(names))), len(_TEAM_NAMES) - 1)] if names else ""
    return (
        _names(read),
        _classes(paper.categories),
        _block(_TEAM, [(f"+{team}", team)] if team else []),
    )


def _names(authors: Sequence[str]) -> Block:
    return _block(_AUTHORS, [(f"@{name.casefold()}", name) for name in authors])


def _classes(categories: Sequence[str]) -> Block:
    return _block(_CATEGORIES, [(f"#{name.casefold()}", name) for name in categories])


def _block(share: float, terms: list[tuple[str, str]]) -> Block:
    """Count terms given as (key, readable word), repeats damped."""
    counts: dict[int, float] = {}
    words: dict[int, str] = {}
    surfaces = dict(reversed(terms))
    for key, count in Counter(key for key, _ in terms).items():
        place = _place(key)
        counts[place] = counts.get(place, 0.0) + 1.0 + math.log(count)
        words.setdefault(place, surfaces[key])
    return Block(share, counts, words)


def _terms(text: str) -> list[tuple[str, str]]:
    """The content words of a text in order, as (stem, the word in lower case)."""
    folded = _LATEX.sub(" ", text).casefold()
    if not folded.isascii():
        folded = unicodedata.normalize("NFKD", folded)
        folded = "".join(c for c in folded if not unicodedata.combining(c))
    return [(_stem(word), word) for word in _WORD.findall(folded) if word not in _STOP]


def _pieces(terms: list[tuple[str, str]]) -> dict[int, float]:
    """Runs of letters, so that "phosphorylated" and "dephosphorylation" are seen to be alike."""
    return dict(Counter(place for _, word in terms for place in _grams(word)))


@lru_cache(maxsize=1 << 16)
def _grams(word: str) -> tuple[int, ...]:
    framed = f"_{word}_"
    count = max(len(framed) - _GRAM + 1, 1)
    return tuple(
        crc32(framed[n : n + _GRAM].encode(errors="replace")) % GRAMS for n in range(count)
    )


@lru_cache(maxsize=1 << 16)
def _stem(word: str) -> str:
    """Cut one ending, so that the forms of a word fall together; `_ROOT` letters always stay."""
    for ending, instead in _SUFFIXES:
        if word.endswith(ending) and len(word) - len(ending) >= _ROOT and not word.endswith("ss"):
            return word[: -len(ending)] + instead
    return word


@lru_cache(maxsize=1 << 16)
def _place(key: str) -> int:
    """Where a feature is hashed, the same on every machine."""
    return crc32(key.encode(errors="replace")) % SIZE


def texts(read: Features) -> Iterator[Block]:
    """The blocks that are words."""
    yield from read.blocks[: read.text]
