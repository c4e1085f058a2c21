"""A batch of papers as one stream of the terms that watches want, in reading order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.matching.columns import Array
from bot.matching.misspelt import Misspelt
from bot.matching.paper import PaperText
from bot.matching.phrase import acronym_term
from bot.matching.reading import REACH, long_form
from bot.matching.score import LONG_ABSTRACT, SAME
from bot.matching.terms import Terms
from bot.matching.text import AFTER, BEFORE, FIELD
from bot.matching.tokens import WORD, Tokens, WantedPieces
from bot.matching.variants import DEFINITIONS

_NUMBERS_OF: dict[str, list[int]] = {}
for _number, (_short, _) in enumerate(DEFINITIONS):
    _NUMBERS_OF.setdefault(_short, []).append(_number)


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


def tokenised(papers: Sequence[PaperText]) -> tuple[list[str], list[int]]:
    """Return all raw tokens of titles and abstracts, and how many each field has."""
    raw: list[str] = []
    lengths: list[int] = []
    for paper in papers:
        title, abstract = paper.title.split(), paper.abstract.split()
        raw += title
        raw += abstract
        lengths += (len(title), len(abstract))
    return raw, lengths


def stream(
    numbers: Array,
    lengths: Sequence[int],
    tokens: Tokens,
    wanted: WantedPieces,
    terms: Terms,
    *,
    misspelt: Misspelt,
) -> Stream:
    """Return the wanted terms of a batch, whose tokens are given by number."""
    measures = tokens.measures[numbers]
    advance, link = measures[:, 0], measures[:, 1]
    fields = np.repeat(np.arange(len(lengths)), lengths)
    at = np.cumsum(advance) - advance + fields * FIELD
    before = np.cumsum(link) - link
    rows, token = wanted.of(numbers)
    certain = np.full(len(rows), SAME)
    words = np.flatnonzero(rows[:, 3] & WORD)
    if read := misspelt.read(rows[words, 0]):
        place, meant, alike = (np.array(values) for values in zip(*read, strict=True))
        added = rows[words[place]]
        added[:, 0] = meant
        rows, certain = np.concatenate((rows, added)), np.concatenate((certain, alike))
        token = np.concatenate((token, token[words[place]]))
    start, order = rows[:, 1] + at[token], None
    if (start[1:] < start[:-1]).any():
        order = np.argsort(start, kind="stable")
        rows, token, certain, start = rows[order], token[order], certain[order], start[order]
    term, end, glued = rows[:, 0], rows[:, 2] + at[token], rows[:, 3] & (BEFORE | AFTER)
    kind = terms.classes[term]
    return Stream(term, kind, start, end, glued, certain, fields[token], before[token])


def redefined(numbers: Array, raw: Sequence[str], lengths: Sequence[int], tokens: Tokens) -> Array:
    """Return codes of (paper, definition) that a paper itself overrides: see `blocked_code`."""
    places = np.flatnonzero(tokens.measures[numbers, 3])
    starts = np.cumsum([0, *lengths])[::2]
    papers = np.searchsorted(starts, places, side="right") - 1
    meant: dict[tuple[int, str], tuple[str, ...]] = {}
    for place, paper in zip(places.tolist(), papers.tolist(), strict=True):
        short = tokens.defines[int(numbers[place])]
        begin = max(int(starts[paper]), place - REACH)
        if long := long_form(short, raw[begin:place]):
            meant.setdefault((paper, short), long)
    overridden = [
        blocked_code(paper, number)
        for (paper, short), long in meant.items()
        for number in _NUMBERS_OF[short]
        if DEFINITIONS[number][1] != long
    ]
    return np.array(overridden, np.int64)


def in_passing(items: Stream, lengths: Sequence[int], terms: Terms) -> Array:
    """Return codes of (paper, definition) whose acronym stands once, in a long abstract."""
    numbers = [terms.ids.get(acronym_term(short), -1) for short, _ in DEFINITIONS]
    said = np.flatnonzero(np.isin(items.term, numbers) & (items.certain == SAME))
    term, field = items.term[said], items.field[said]
    _, first = np.unique(np.stack((term, items.start[said])), axis=1, return_index=True)
    term, field = term[first], field[first]
    _, one, count = np.unique(
        np.stack((term, field >> 1)), axis=1, return_index=True, return_counts=True
    )
    term, field = term[one[count == 1]], field[one[count == 1]]
    passing = (field & 1 == 1) & (np.array(lengths)[field] >= LONG_ABSTRACT)
    row, definition = np.nonzero(term[passing, None] == np.array(numbers))
    return np.asarray(blocked_code(field[passing][row] >> 1, definition), np.int64)


def blocked_code(paper: Array | int, definition: Array | int) -> Array | int:
    """Return one number for a paper and one of the `DEFINITIONS`."""
    return paper * len(DEFINITIONS) + definition
