"""Whether a paper is about what a channel watches: match score and meaning, blended.

Chosen on the judged pool (T3, tests/quality): `NEARNESS` and `LEAST` by cross-validation over its
eight open days and over its eight channels; both choices give the same orders.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bot.errors import ExpressionError
from bot.matching.query.ast import And, Expression, Not, Or, Phrase, phrases
from bot.matching.query.expression import parse

Floats = NDArray[np.float32]

NEARNESS = 8.0
"""Weight of nearness (-1..1) beside a full match score (0..1)."""

LEAST = 0.7
"""Relevance that a pick needs: a full match at a nearness of .16, or without any match one of .29.

Higher is stricter: on the open days .8 picks a twentieth less, and a third fewer wrong ones.
"""

_USUAL = 0.2
"""The nearness at which relevance is the match score; that of about half of what matches."""

STRICT = 90
"""Threshold (0-100) above which papers come by their words alone."""

_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a watch asks for, as meaning reads it.

    `texts` are the phrases that are encoded, none where it names authors, categories or sources
    alone. `every` says that each mention counts, for all its phrases are quoted or it has none.
    `open` says that a paper may come by its meaning alone: the watch is plain words.
    """

    texts: tuple[str, ...]
    every: bool
    open: bool


@lru_cache(maxsize=1 << 12)
def wanted_by(watch: str) -> Wanted:
    """What a watch asks for; text that is no expression is taken as plain words."""
    try:
        tree = parse(watch)
    except ExpressionError:
        return Wanted((watch,), every=False, open=True)
    found = tuple(phrases(tree))
    return Wanted(
        tuple(dict.fromkeys(phrase.text for phrase in found)),
        every=all(phrase.exact for phrase in found),
        open=all(_is_plain(part) for part in _parts(tree)),
    )


def _parts(tree: Expression) -> Iterator[Expression]:
    """A tree and what it is made of; what ORs join stands for itself."""
    if isinstance(tree, Or):
        for part in tree.parts:
            yield from _parts(part)
    else:
        yield tree


def _is_plain(tree: Expression) -> bool:
    if isinstance(tree, And | Not):
        return False
    return isinstance(tree, Phrase) and not tree.exact and tree.scope == "anywhere"


def centred(rows: Floats, centre: Floats) -> Floats:
    """Unit vectors (papers x d) less what all papers have in common, at length 1 again.

    A row of zeros, of a paper without a vector, stays so.
    """
    if not rows.shape[1] or len(centre) != rows.shape[1]:
        return rows
    known = rows.any(axis=1)
    moved = rows - centre
    moved /= np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
    moved[~known] = 0.0
    return moved.astype(np.float32)


def similarities(papers: Floats, watches: Sequence[Floats]) -> Floats:
    """How near each paper is to each watch, -1..1 (papers x watches).

    `papers` are rows of length 1; a watch is one row for each of its phrases, of which the nearest
    counts.
    """
    if not watches:
        return np.zeros((len(papers), 0), dtype=np.float32)
    starts = np.cumsum([0, *(len(rows) for rows in watches[:-1])])
    every: Floats = papers @ np.concatenate(watches).T
    return np.maximum.reduceat(every, starts, axis=1)


def nearness(near: Floats) -> NDArray[np.float64]:
    """How near papers are to a channel's watches, from their similarities (papers x watches).

    The mean of the nearest watch and of the three nearest: a paper on the team's topic is near to
    several, one that says a word of it in passing to one at most. There must be a watch.
    """
    ordered = np.sort(near, axis=1)[:, ::-1][:, :_NEAREST]
    return np.asarray((ordered[:, 0] + ordered.mean(axis=1)) / 2, dtype=np.float64)


def relevance(score: float, near: float | None) -> float:
    """A match score (0-100), moved by a nearness (-1..1); without one it is the score, 0..1."""
    return score / 100 + (NEARNESS * (near - _USUAL) if near is not None else 0.0)


def needed(score: float) -> float:
    """The nearness at which a paper with this match score (0-100) is a pick."""
    return _USUAL + (LEAST - score / 100) / NEARNESS
