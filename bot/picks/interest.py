"""What a watch wants, as taste may take it: its words, authors and categories, nothing refused."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from bot.errors import ExpressionError
from bot.matching.expression import parse
from bot.matching.tree import And, Expression, Named, Or, phrases


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


def _named(tree: Expression) -> Iterator[Named]:
    if isinstance(tree, Named):
        yield tree
    elif isinstance(tree, And | Or):
        for part in tree.parts:
            yield from _named(part)
