"""The terms that a phrase of a watch needs, with the distances and pauses that were typed."""

import re
from functools import lru_cache

from bot.matching.text.normalize import lower, plain
from bot.matching.text.pieces import (
    FREE_CAPITALS,
    WORD,
    Piece,
    moved,
    new_piece,
    read_part,
    split,
)
from bot.matching.text.tokenizer import (
    OUTER,
    TITLE_END,
    Token,
    analyse,
    bare,
    inner_pause,
    raw_tokens,
)
from bot.matching.text.word_lists import DIRECTIONS


@lru_cache(maxsize=1 << 10)
def phrase_terms(text: str) -> tuple[Piece, ...]:
    """The terms that a phrase of a watch needs, at the positions they would have.

    Content words, `DIRECTIONS`, and `PARTICLES` at the beginning or in a compound; of a word of 2-4
    capitals the acronym alone. Pauses are those typed. An acronym in brackets behind other words is
    left out: papers drop it. Empty where the text holds no content word.
    """
    terms: list[Piece] = []
    at = pause = 0
    for raw in raw_tokens(text):
        chosen, token, inside = _needed(raw, in_front=not terms)
        pause += token.lead
        if not (token.defines and terms):
            terms += [
                new_piece((term, a + at, b + at, part, x, pause + p))
                for term, a, b, part, x, p in chosen
            ]
        at += token.width
        pause += inside + min(token.pause, TITLE_END)
    return tuple(terms) if any(p.part != "small" for p in terms) else ()


SHORTEST_PREFIX = 3
"""Letters in front of a wildcard, at least."""

_WILDCARD = re.compile(rf"\W*([^\W\d_]{{{SHORTEST_PREFIX},}})\*\W*").fullmatch


def is_prefix(term: str) -> bool:
    """Whether a term is a wildcard: "transform*"."""
    return len(term) > SHORTEST_PREFIX and term[-1] == "*"


@lru_cache(maxsize=1 << 12)
def _needed(raw: str, *, in_front: bool) -> tuple[tuple[Piece, ...], Token, int]:
    """The pieces of a token that a phrase needs, the token, and the pauses inside it."""
    token = analyse(raw)
    if "*" in raw and (wild := _WILDCARD(raw)) and not wild[1].isupper():
        piece = Piece(f"{lower(wild[1])}*", 0, 0)
        return (piece,), token._replace(pieces=(piece,), width=WORD), 0
    if token.defines:
        token = token._replace(pieces=moved(token.pieces, WORD), width=WORD * in_front)
    chosen = _chosen(token.pieces, compound=in_front or len(token.pieces) > 1)
    inside = _pauses_inside(raw) if "-" in raw.strip(OUTER) else ((0, 0),)
    chosen = tuple(
        piece._replace(pause=max((units for at, units in inside if at <= piece.start), default=0))
        for piece in chosen
    )
    return chosen, token, inside[-1][1]


def _pauses_inside(raw: str) -> tuple[tuple[int, int], ...]:
    """The units of pause up to places within a compound: 5 before "chip" in on-a-chip."""
    at = units = 0
    found = [(0, 0)]
    for part in split(bare(plain(raw))):
        units += inner_pause(part)
        at += read_part(part)[1]
        found.append((at, units))
    return tuple(found)


def _chosen(pieces: tuple[Piece, ...], *, compound: bool) -> tuple[Piece, ...]:
    chosen = {p.start: p for p in pieces if _counts(p, compound=compound)}
    capitals = (p for p in pieces if p.part == "acronym" and len(p.term) < FREE_CAPITALS)
    chosen |= {p.start: p for p in capitals}
    return tuple(chosen.values())


def _counts(piece: Piece, *, compound: bool) -> bool:
    if piece.part == "small":
        return compound or piece.term in DIRECTIONS
    return piece.part == "word"
