"""A batch of papers as one stream of the terms that watches want, in reading order."""

from dataclasses import dataclass

import numpy as np

from bot.matching.columns import Array, where
from bot.matching.likeness import SAME
from bot.matching.misspelt import Misspelt
from bot.matching.phrase import acronym_term
from bot.matching.pieces import AFTER, BEFORE
from bot.matching.reading import REACH, spelled
from bot.matching.score import LONG_ABSTRACT
from bot.matching.terms import Terms
from bot.matching.tokens import WORD, Text, Tokens, WantedPieces
from bot.matching.variants import DEFINITIONS

_NUMBERS_OF: dict[str, list[int]] = {}
for _number, (_short, _) in enumerate(DEFINITIONS):
    _NUMBERS_OF.setdefault(_short, []).append(_number)
_NUMBERS_SAID: dict[str, list[int]] = {}
for _short, _numbers in _NUMBERS_OF.items():
    _NUMBERS_SAID.setdefault(acronym_term(_short), []).extend(_numbers)


@dataclass(frozen=True, slots=True)
class Stream:
    """Wanted terms of a batch, one row each, by position.

    `kind` is the term's stem class; `field` is twice the number of the paper, plus 1 in its
    abstract, and positions of different fields are far apart. `certain` is 100, or less where
    `term` is read into a misspelt word. `links` counts the word "of" in all tokens before.
    """

    term: Array
    kind: Array
    start: Array
    end: Array
    glued: Array
    certain: Array
    field: Array
    links: Array

    @property
    def widest(self) -> int:
        """Units from the start of any term to its end, at most."""
        return int((self.end - self.start).max(initial=0))


def stream(text: Text, tokens: WantedPieces, terms: Terms, misspelt: Misspelt) -> Stream:
    """Return the wanted terms of a batch."""
    rows, token = tokens.of(text.numbers)
    certain = np.full(len(rows), SAME)
    words = where(rows[:, 3] & WORD)
    if read := misspelt.read(rows[words, 0]):
        place, meant, alike = (np.array(values) for values in zip(*read, strict=True))
        added = rows[words[place]]
        added[:, 0] = meant
        rows, certain = np.concatenate((rows, added)), np.concatenate((certain, alike))
        token = np.concatenate((token, token[words[place]]))
    at = text.start[token]
    start, order = rows[:, 1] + at, None
    if (start[1:] < start[:-1]).any():
        order = np.argsort(start, kind="stable")
        rows, token, certain, start = rows[order], token[order], certain[order], start[order]
        at = at[order]
    term, end, glued = rows[:, 0], rows[:, 2] + at, rows[:, 3] & (BEFORE | AFTER)
    kind = terms.classes[term]
    return Stream(term, kind, start, end, glued, certain, text.field[token], text.links[token])


def redefined(text: Text, tokens: Tokens) -> list[int]:
    """Return codes of (paper, definition) that a paper itself overrides: see `blocked_code`."""
    meant: dict[tuple[int, str], tuple[str, ...]] = {}
    places = text.defining
    if not len(places):
        return []
    papers, numbers = text.field[places] >> 1, text.numbers[places]
    begins = np.maximum(text.field.searchsorted(2 * papers), places - REACH)
    columns = (papers, numbers, begins, places)
    for paper, number, begin, place in zip(*[c.tolist() for c in columns], strict=True):
        short = tokens.defines(number)
        before = text.numbers[begin:place][::-1].tolist()
        if long := spelled(short, map(tokens.words, before)):
            meant.setdefault((paper, short), long)
    return [
        int(blocked_code(paper, number))
        for (paper, short), long in meant.items()
        for number in _NUMBERS_OF[short]
        if DEFINITIONS[number][1] != long
    ]


def in_passing(items: Stream, text: Text, terms: Terms) -> list[int]:
    """Return codes of (paper, definition) whose acronym stands once, in a long abstract."""
    said = where(terms.are_acronyms(items.term) & (items.certain == SAME))
    if not len(said):
        return []
    term, field, start = items.term[said], items.field[said], items.start[said]
    places: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for one, whose, at in zip(term.tolist(), field.tolist(), start.tolist(), strict=True):
        places.setdefault((whose >> 1, one), set()).add((whose, at))
    once = [(one, min(found)[0]) for (_, one), found in places.items() if len(found) == 1]
    words = np.bincount(text.field, minlength=2 * text.papers)
    return [
        int(blocked_code(whose >> 1, number))
        for one, whose in once
        if whose & 1 and words[whose] >= LONG_ABSTRACT
        for number in _NUMBERS_SAID[terms.texts[one]]
    ]


def blocked_code(paper: Array | int, definition: Array | int) -> Array | int:
    """Return one number for a paper and one of the `DEFINITIONS`."""
    return paper * len(DEFINITIONS) + definition
