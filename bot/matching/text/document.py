"""A paper as a reader of phrases sees it: its terms, where they stand, and what it defines."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from bot.matching.text.definitions import acronym_key, reach, spelled
from bot.matching.text.pieces import Part
from bot.matching.text.tokenizer import (
    FIELD,
    SENTENCE,
    TITLE_END,
    analyse,
    is_joining,
    is_plural,
    raw_tokens,
    spoken,
)
from bot.matching.text.word_forms import stem


class Item(NamedTuple):
    """A term as it stands in a paper: absolute positions, and the token it comes from.

    `links` sums those of all tokens before (`word_lists.OF`), `pause` the pauses; `joined` tells
    that the token behind a word such as "and" is meant.
    """

    term: str
    start: int
    end: int
    token: int
    part: Part
    glued: int
    links: int
    pause: int
    joined: bool


_item = Item._make
"""Half as long as to call it; there are hundreds a paper."""


class _Known(NamedTuple):
    """A token's pieces as stem, term, start, end, part and glue, and the rest of what it says."""

    pieces: tuple[tuple[str, str, int, int, Part, int], ...]
    keys: tuple[str, ...]
    width: int
    pause: int
    defines: str
    links: int
    lead: int
    content: bool
    joining: bool
    plural: bool


@lru_cache(maxsize=1 << 14)
def _known(raw: str) -> _Known:
    """What a token says; kept, for most tokens of a paper were in others."""
    token = analyse(raw)
    pieces = tuple(
        (stem(p.term).key, p.term, p.start, p.end, p.part, p.glued) for p in token.pieces
    )
    keys = tuple(dict.fromkeys(piece[0] for piece in pieces))
    content = bool(token.pieces) and token.pieces[0].part == "word"
    _, width, pause, defines, links, lead = token
    facts = content, is_joining(raw), is_plural(raw)
    return _Known(pieces, keys, width, pause, defines, links, lead, *facts)


class Document:
    """A paper's title and abstract as terms; items are made when they are asked for.

    Tokens from `border` on are the abstract's. `leads` tells of each token whether a content word
    stands directly behind it, without a pause.
    """

    def __init__(self, title: str, abstract: str) -> None:
        head = raw_tokens(title)
        self.tokens = (*head, *raw_tokens(abstract))
        self.border = len(head)
        heard = (*spoken(head), *self.tokens[self.border :])
        self._known = [_known(raw) for raw in heard]
        self._starts: list[int] = []
        self._links: list[int] = []
        self._pauses: list[int] = []
        self._joined: list[bool] = []
        self._tokens_of: dict[str, list[int]] = {}
        self._items: dict[str, list[Item]] = {}
        self._defined: dict[str, tuple[tuple[str, ...], ...]] | None = None
        leads: list[bool] = []
        at = links = pause = behind = 0
        joined = plural = False
        for i, known in enumerate(self._known):
            _, keys, width, after, _, linked, lead, content, joining, many = known
            if i == self.border:
                at += FIELD
            leads.append(content and not (lead or behind or plural or i == self.border))
            pause += lead
            self._starts.append(at)
            self._links.append(links)
            self._pauses.append(pause)
            self._joined.append(joined)
            for key in keys:
                self._tokens_of.setdefault(key, []).append(i)
            at += width + (SENTENCE if after >= SENTENCE and i >= self.border else 0)
            pause += min(after, TITLE_END) if i < self.border else after
            links += linked
            behind, joined, plural = after, joining, many
        self.leads = (*leads[1:], False)

    def items(self, key: str) -> Sequence[Item]:
        """The items of a stem, in reading order, none twice."""
        found = self._items.get(key)
        if found is None:
            found = self._items[key] = []
            for i in self._tokens_of.get(key, ()):
                self._add(found, key, i)
        return found

    def _add(self, found: list[Item], key: str, i: int) -> None:
        at, links, pause, joined = (
            self._starts[i], self._links[i], self._pauses[i], self._joined[i],
        )  # fmt: skip
        for own, term, start, end, part, glued in self._known[i].pieces:
            if own != key:
                continue
            if not found or found[-1].start != at + start or found[-1].term != term:
                places = at + start, at + end, i
                found.append(_item((term, *places, part, glued, links, pause, joined)))

    def words(self) -> set[str]:
        """The terms that are words of their own."""
        return {piece[1] for known in self._known for piece in known.pieces if piece[4] == "word"}

    @property
    def by_key(self) -> dict[str, Sequence[Item]]:
        """All items, by stem."""
        return {key: self.items(key) for key in self._tokens_of}

    @property
    def defined(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """The long forms that the paper gives acronyms in front of brackets, by acronym's key."""
        if self._defined is None:
            self._defined = {}
            for i, known in enumerate(self._known):
                if known.defines:
                    self._define(known.defines, i)
        return self._defined

    def _define(self, short: str, i: int) -> None:
        assert self._defined is not None
        key = acronym_key(short)
        if long := spelled(short, self.tokens[max(0, i - reach(key)) : i]):
            self._defined[key] = (*self._defined.get(key, ()), long)


@lru_cache(maxsize=128)
def read(title: str, abstract: str) -> Document:
    """Title and abstract as terms; linear in their length."""
    return Document(title, abstract)
