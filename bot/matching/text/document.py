"""A paper as a reader of phrases sees it: its terms, where they stand, and what it defines."""

from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

from bot.matching.text.definitions import REACH, acronym_key, spelled
from bot.matching.text.tokenizer import (
    FIELD,
    SENTENCE,
    TITLE_END,
    Part,
    analyse,
    is_joining,
    is_plural,
    raw_tokens,
)
from bot.matching.text.word_forms import stem


class Item(NamedTuple):
    """A term as it stands in a paper: absolute positions, and the token it comes from.

    `links` counts the word "of" in all tokens before, `pause` sums the pauses before;
    `joined` tells that the token behind a word such as "and" is meant.
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


class Document(NamedTuple):
    """A paper's title and abstract as terms in reading order.

    Tokens from `border` on are the abstract's; `by_key` lists the items of each stem; `defined`
    maps an acronym's key to the folded long forms that the paper itself gives it in front of
    brackets.
    `leads` tells of each token whether a content word stands directly behind it, without a pause.
    """

    tokens: tuple[str, ...]
    border: int
    by_key: dict[str, list[Item]]
    defined: dict[str, tuple[tuple[str, ...], ...]]
    leads: tuple[bool, ...]


class _Known(NamedTuple):
    """A token's pieces as stem, term, start, end, part and glue, and the rest of what it says."""

    pieces: tuple[tuple[str, str, int, int, Part, int], ...]
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
    """Return what a token says; kept, for most tokens of a paper were in others."""
    token = analyse(raw)
    pieces = ((stem(p.term).key, p.term, p.start, p.end, p.part, p.glued) for p in token.pieces)
    content = bool(token.pieces) and token.pieces[0].part == "word"
    _, width, pause, defines, links, lead = token
    return _Known(
        tuple(pieces), width, pause, defines, links, lead, content, is_joining(raw), is_plural(raw)
    )


@lru_cache(maxsize=512)
def read(title: str, abstract: str) -> Document:
    """Return title and abstract as terms; linear in their length."""
    head = raw_tokens(title)
    tokens = (*head, *raw_tokens(abstract))
    by_key: defaultdict[str, list[Item]] = defaultdict(list)
    defined: dict[str, tuple[tuple[str, ...], ...]] = {}
    leads: list[bool] = []
    at = links = pause = behind = 0
    joined = plural = False
    for i, raw in enumerate(tokens):
        in_title = i < len(head)
        if i == len(head):
            at += FIELD
        pieces, width, after, defines, linked, lead, content, joining, many = _known(raw)
        leads.append(content and not (lead or behind or plural or i == len(head)))
        pause += lead
        if defines and (long := spelled(defines, reversed(tokens[max(0, i - REACH) : i]))):
            key = acronym_key(defines)
            defined[key] = (*defined.get(key, ()), long)
        for key, term, start, end, part, glued in pieces:
            items = by_key[key]
            if not items or items[-1].start != at + start or items[-1].term != term:
                places = at + start, at + end, i
                items.append(_item((term, *places, part, glued, links, pause, joined)))
        at += width + (SENTENCE if after >= SENTENCE and not in_title else 0)
        pause += min(after, TITLE_END) if in_title else after
        behind, joined, plural = after, joining, many
        links += linked
    return Document(tokens, len(head), dict(by_key), defined, (*leads[1:], False))


_item = Item._make
"""Half as long as to call it; there are hundreds a paper."""
