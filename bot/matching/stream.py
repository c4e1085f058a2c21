"""A batch of papers as one stream of the terms that watches want, in reading order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.matching.columns import Array
from bot.matching.paper import PaperText
from bot.matching.score import SAME
from bot.matching.terms import Terms
from bot.matching.text import FIELD, long_form
from bot.matching.tokens import Tokens, WantedPieces
from bot.matching.variants import DEFINITIONS

_NUMBERS_OF: dict[str, list[int]] = {}
for _number, (_short, _) in enumerate(DEFINITIONS):
    _NUMBERS_OF.setdefault(_short, []).append(_number)


@dataclass(frozen=True, slots=True)
class Stream:
    """Wanted terms of a batch, one row each, by position.

    `field` is twice the number of the paper, plus 1 in its abstract; positions of different fields
    are far apart. `certain` is 100, or less where `term` is read into a misspelt word.
    """

    term: Array
    kind: Array
    start: Array
    end: Array
    inner: Array
    certain: Array
    field: Array


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
    readings: dict[int, list[tuple[int, float]]],
) -> Stream:
    """Return the wanted terms of a batch, whose tokens are given by number."""
    fields = np.repeat(np.arange(len(lengths)), lengths)
    advance = tokens.advance[numbers]
    at = np.cumsum(advance) - advance + fields * FIELD
    rows, whose = wanted.of(numbers)
    pieces = wanted.pieces
    term, where = pieces.term.view()[rows], at[whose]
    start, end = where + pieces.start.view()[rows], where + pieces.end.view()[rows]
    inner, word = pieces.inner.view()[rows], pieces.word.view()[rows]
    certain = np.full(len(term), SAME)
    field = fields[whose]
    columns = [term, start, end, inner, certain, field]
    columns = _with_readings(columns, word, readings, len(terms))
    if (np.diff(columns[1]) < 0).any():
        order = np.argsort(columns[1], kind="stable")
        columns = [column[order] for column in columns]
    term, start, end, inner, certain, field = columns
    return Stream(term, terms.classes[term], start, end, inner, certain, field)


def _with_readings(
    columns: list[Array],
    word: Array,
    readings: dict[int, list[tuple[int, float]]],
    term_count: int,
) -> list[Array]:
    """Add a row for each word of a watch that a misspelt word may stand for."""
    if not readings:
        return columns
    misspelt = np.zeros(term_count, np.bool_)
    misspelt[list(readings)] = True
    term = columns[0]
    places = np.flatnonzero(misspelt[term] & word)
    read = [(place, *pair) for place in places.tolist() for pair in readings[int(term[place])]]
    if not read:
        return columns
    place, meant, alike = (np.array(values) for values in zip(*read, strict=True))
    added = [column[place] for column in columns]
    added[0], added[4] = meant, alike
    return [np.concatenate(pair) for pair in zip(columns, added, strict=True)]


def redefined(
    numbers: Array, raw: list[str], lengths: Sequence[int], defines: dict[int, str]
) -> Array:
    """Return codes of (paper, definition) that a paper itself overrides: see `blocked_code`."""
    return np.array(
        sorted(_overrides(numbers, raw, np.cumsum([0, *lengths])[::2], defines)), np.int64
    )


def blocked_code(paper: Array | int, definition: Array | int) -> Array | int:
    """Return one number for a paper and one of the `DEFINITIONS`."""
    return paper * len(DEFINITIONS) + definition


def _overrides(numbers: Array, raw: list[str], starts: Array, defines: dict[int, str]) -> set[int]:
    table = {number: short for number, short in defines.items() if short in _NUMBERS_OF}
    if not table:
        return set()
    flags = np.zeros(int(numbers.max(initial=0)) + 1, np.bool_)
    flags[[number for number in table if number < len(flags)]] = True
    places = np.flatnonzero(flags[numbers])
    papers = np.searchsorted(starts, places, side="right") - 1
    meant: dict[tuple[int, str], tuple[str, ...]] = {}
    for place, paper in zip(places.tolist(), papers.tolist(), strict=True):
        short = table[int(numbers[place])]
        begin = max(int(starts[paper]), place - 12)
        if long := long_form(short, raw[begin:place]):
            meant.setdefault((paper, short), long)
    return {
        int(blocked_code(paper, number))
        for (paper, short), long in meant.items()
        for number in _NUMBERS_OF[short]
        if DEFINITIONS[number][1] != long
    }
