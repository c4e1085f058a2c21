"""Watch expressions: the tree, and its canonical text.

Plain words make one fuzzy phrase; "quotes" are exact; OR, AND, NOT in capitals or a leading `-`,
parentheses, `title:`, `author:`, `category:`, `source:`, and filters such as `upvotes>20`.
`expression` reads them; here is what they are once read. `str` of a tree is its canonical text,
and parses to the same tree.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

Scope = Literal["anywhere", "title"]


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words wanted together; `exact` where they were quoted."""

    text: str
    exact: bool = False
    scope: Scope = "anywhere"

    def __str__(self) -> str:
        field = "title:" if self.scope == "title" else ""
        return f'{field}"{self.text}"' if self.exact else field + self.text


@dataclass(frozen=True, slots=True)
class NameFilter:
    """An author, category or source wanted by name."""

    field: Literal["author", "category", "source"]
    name: str

    def __str__(self) -> str:
        bare = _is_bare(self.name, words=10 if self.field == "author" else 1)
        return f"{self.field}:{self.name}" if bare else f'{self.field}:"{self.name}"'


@dataclass(frozen=True, slots=True)
class FactFilter:
    """A fact wanted of a paper: "upvotes" with ">20", "has" with "code", "since" with "7d".

    "cites" has an identity such as "arxiv:1706.03762" or "doi:10.1000/x", "orcid" an ORCID.
    """

    field: Literal["upvotes", "has", "since", "cites", "orcid"]
    value: str

    def __str__(self) -> str:
        if self.field == "upvotes":
            return self.field + self.value
        return f"{'author' if self.field == 'orcid' else self.field}:{self.value}"


@dataclass(frozen=True, slots=True)
class Not:
    """What must not be there."""

    part: "Expression"

    def __str__(self) -> str:
        inner = str(self.part)
        if isinstance(self.part, And | Or):
            return f"-({inner})"
        if isinstance(self.part, Phrase) and not self.part.exact and " " in inner:
            return f"NOT {inner}"
        return f"-{inner}"


@dataclass(frozen=True, slots=True)
class And:
    """Parts that must all match: two at least, one of them not negated, none an And itself."""

    parts: tuple["Expression", ...]

    def __str__(self) -> str:
        first, *rest = [f"({p})" if isinstance(p, Or) else str(p) for p in self.parts]
        return first + "".join(
            f" {text}" if text.startswith("-") else f" AND {text}" for text in rest
        )


@dataclass(frozen=True, slots=True)
class Or:
    """Parts of which one must match: two at least, none negated, none an Or itself."""

    parts: tuple["Expression", ...]

    def __str__(self) -> str:
        return " OR ".join(map(str, self.parts))


Expression = Phrase | NameFilter | FactFilter | Not | And | Or
"""A watch, parsed."""

_BARE_WORD = re.compile(r"[^\s\"“”„«»():–—−_|-][^\s\"“”„«»():_|]*")
_OPERATORS = {"AND", "OR", "NOT", "ANDNOT", "&", "&&"}


def _is_bare(name: str, *, words: int) -> bool:
    """Whether a name can stand without quotes."""
    parts = name.split()
    plain = all(_BARE_WORD.fullmatch(part) and part not in _OPERATORS for part in parts)
    return plain and len(parts) <= words


def named(tree: Expression) -> Iterator[NameFilter]:
    """Yields the authors, categories and sources of a tree, left to right, negated ones too."""
    if isinstance(tree, NameFilter):
        yield tree
    elif isinstance(tree, Not):
        yield from named(tree.part)
    elif isinstance(tree, And | Or):
        for part in tree.parts:
            yield from named(part)


def in_titles(tree: Expression) -> Expression:
    """The same tree, its phrases wanted (or not wanted) in titles alone."""
    if isinstance(tree, Phrase):
        return replace(tree, scope="title")
    if isinstance(tree, Not):
        return Not(in_titles(tree.part))
    if isinstance(tree, And | Or):
        return type(tree)(tuple(map(in_titles, tree.parts)))
    return tree


def phrases(tree: Expression) -> Iterator[Phrase]:
    """Yields the phrases that a paper is wanted for, left to right; negated ones are left out."""
    if isinstance(tree, Phrase):
        yield tree
    elif isinstance(tree, And | Or):
        for part in tree.parts:
            yield from phrases(part)
