"""Text to terms: each raw token becomes terms at positions, by a pure function of the token alone.

Positions are in units: a content word is 4 wide, a function word 1, a comma adds 2, a colon or
semicolon 8, a sentence end 100, a field boundary 1000; an acronym in brackets lies over the word
before it and takes no room. Lower-case terms are folded words, upper-case terms are acronyms.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from bot.matching.letters import lower, plain
from bot.matching.stems import stem
from bot.matching.vocabulary import DIRECTIONS, FUNCTION_WORDS, LINK, words
from bot.matching.words import fold_word

WORD, SMALL, COMMA, BRACKET, CLAUSE, SENTENCE, FIELD = 4, 1, 2, 2, 8, 100, 1000
"""Widths and pauses in position units."""

Part = Literal["word", "small", "joined", "acronym", "name"]


class Piece(NamedTuple):
    """A term of a token, from `start` to the start of its last part `end`, relative to the token.

    `part` says what it is: a "word" or a "small" function word stands for itself; "joined",
    "acronym" and "name" lie over words. `inner` is true between two hyphens.
    """

    term: str
    start: int
    end: int
    part: Part = "word"
    inner: bool = False


class Token(NamedTuple):
    """What a raw token says: its pieces, and how far it moves the position on.

    `defines` is the acronym that stands alone in brackets, or "".
    """

    pieces: tuple[Piece, ...]
    advance: int
    defines: str = ""


_EDGE = re.compile(r"^([^\w+#]*)(.*?)([^\w+#]*)$", re.DOTALL)
_DEFINES = re.compile(r"^[(\[]([A-Z][A-Za-z0-9-]{0,8}[A-Z0-9])s?[)\]][^\w]*$")
_PARTS = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+(?:'[^\W_]+)*[+#]*")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_CAPITALS = re.compile(r"[A-Z]{2,5}(?=s?$)")
_VERSIONED = re.compile(r"^([a-z]{3,}?)-?v?\d+(?:\.\d+)*$")
_FROM_TO = re.compile(r"^([a-z]{3,})2([a-z]{3,})$")
_PLAIN_WORD = re.compile(r"[a-z]+\Z")
_ABBREVIATIONS = words(
    "e.g i.e eg ie al vs fig figs eq eqs cf etc resp approx dr prof st no sec ref w.r.t i.i.d"
)
_LONGEST = 60
_MOST_JOINED, _LONGEST_JOINED = 4, 20
_FREE_CAPITALS = 5


def is_capitals(word: str) -> bool:
    """Tell an all-capitals word of 2-4 letters, a plural s allowed: matched only in capitals."""
    found = _CAPITALS.match(word)
    return found is not None and len(found[0]) < _FREE_CAPITALS


@lru_cache(maxsize=1 << 16)
def analyse(raw: str) -> Token:
    """Return what one white-space-delimited token says; any text is taken, none raises.

    Linear in the token: of a run longer than 60 letters only the first 60 are kept.
    """
    if _PLAIN_WORD.match(raw) and len(raw) <= _LONGEST:
        return _word_token(raw)
    text = plain(raw)
    if found := _DEFINES.match(text):
        return _in_brackets(found[1], text)
    edge = _EDGE.match(text)
    assert edge is not None  # noqa: S101 - the pattern matches every string
    before, core, after = edge.groups()
    pieces, width = body(core)
    lead = BRACKET if "(" in before or "[" in before else 0
    if lead:
        pieces = tuple(p._replace(start=p.start + lead, end=p.end + lead) for p in pieces)
    return Token(pieces, lead + width + _pause(core, after))


def _word_token(word: str) -> Token:
    if word in FUNCTION_WORDS:
        kept = word in DIRECTIONS or word == LINK
        return Token((Piece(word, 0, 0, "small"),) if kept else (), SMALL)
    return Token((Piece(fold_word(word), 0, 0),), WORD)


def _in_brackets(acronym: str, text: str) -> Token:
    pieces, _ = body(acronym)
    over = tuple(p._replace(start=-WORD, end=-WORD) for p in pieces)
    return Token(over, _pause(acronym, text[-1] if text[-1] not in ")]" else ""), acronym)


def _pause(core: str, after: str) -> int:
    if not after:
        return 0
    if any(mark in after for mark in ".!?…"):
        bare = core.lower()
        short = bare in _ABBREVIATIONS or (len(core) == 1 and core.isupper())
        if not (short and "." in after):
            return SENTENCE
    if ";" in after or ":" in after:
        return CLAUSE
    return COMMA if "," in after or ")" in after or "]" in after or not core else 0


@lru_cache(maxsize=1 << 15)
def body(core: str) -> tuple[tuple[Piece, ...], int]:
    """Return pieces and width of a token without its outer punctuation."""
    parts = [part for run in _PARTS.findall(core) for part in _split_wide(run)]
    if len(parts) == 1 and (crossing := _FROM_TO.match(parts[0].lower())):
        parts = [crossing[1], "to", crossing[2]]
    pieces: list[Piece] = []
    at = 0
    for i, part in enumerate(parts):
        inner = 0 < i < len(parts) - 1
        found = _part_pieces(part[:_LONGEST], at, inner=inner)
        pieces += found
        at += WORD if found and found[0].part != "small" else SMALL
    if len(parts) > 1:
        pieces += _joins(parts, pieces)
    return tuple(pieces), at


def _split_wide(run: str) -> list[str]:
    """Return one part a character for scripts written without spaces, else the run itself."""
    if run.isascii() or not _WIDE.search(run):
        return [run]
    return [part for part in re.split(f"({_WIDE.pattern})", run) if part]


def _part_pieces(part: str, at: int, *, inner: bool) -> list[Piece]:
    word = _lower_word(part)
    pieces = []
    if word not in FUNCTION_WORDS:
        pieces.append(Piece(fold_word(word), at, at, "word", inner))
        if cut := _VERSIONED.match(word):
            pieces.append(Piece(fold_word(cut[1]), at, at, "name", inner))
    elif word in DIRECTIONS or word == LINK:
        pieces.append(Piece(word, at, at, "small"))
    if capitals := _CAPITALS.match(part):
        pieces.append(Piece(capitals[0], at, at, "acronym", inner))
    return pieces


def _lower_word(part: str) -> str:
    word = lower(part)
    if "'" in word:
        word = word.removesuffix("'s").replace("'", "")
    return word.replace(",", "")


def _joins(parts: list[str], pieces: list[Piece]) -> list[Piece]:
    """Return the joined forms of neighbours in a compound: pre-training is also pretraining."""
    alone = [p for p in pieces if p.part in ("word", "small")]
    short = len(parts) <= _MOST_JOINED and all(len(part) <= _LONGEST_JOINED for part in parts)
    if len(alone) != len(parts) or not short:
        return []
    joined = [
        Piece(fold_word(_lower_word(a) + _lower_word(b)), one.start, two.end, "joined", two.inner)
        for a, b, one, two in zip(parts, parts[1:], alone, alone[1:], strict=False)
        if one.part == two.part == "word"
    ]
    if len(parts) > len(joined) + 1 or len(joined) > 1:
        whole = fold_word("".join(map(_lower_word, parts)))
        joined.append(Piece(whole, alone[0].start, alone[-1].end, "joined"))
    return joined


class Item(NamedTuple):
    """A term as it stands in a paper: absolute positions, and the token it comes from."""

    term: str
    start: int
    end: int
    token: int
    part: Part
    inner: bool


class Reading(NamedTuple):
    """A paper's title and abstract as terms in reading order.

    Tokens from `border` on are the abstract's; `by_key` lists the items of each stem; `defined`
    maps an acronym to the folded long form that the paper itself gives it in front of brackets.
    """

    tokens: tuple[str, ...]
    border: int
    by_key: dict[str, list[Item]]
    defined: dict[str, tuple[str, ...]]


@lru_cache(maxsize=64)
def read(title: str, abstract: str) -> Reading:
    """Return title and abstract as terms; linear in their length."""
    head = title.split()
    tokens = (*head, *abstract.split())
    by_key: dict[str, list[Item]] = {}
    defined: dict[str, tuple[str, ...]] = {}
    at = 0
    for i, raw in enumerate(tokens):
        if i == len(head):
            at += FIELD
        token = analyse(raw)
        if token.defines and (long := long_form(token.defines, tokens[max(0, i - _REACH) : i])):
            defined.setdefault(token.defines, long)
        for p in token.pieces:
            item = Item(p.term, at + p.start, at + p.end, i, p.part, p.inner)
            by_key.setdefault(stem(p.term).key, []).append(item)
        at += token.advance
    return Reading(tokens, len(head), by_key, defined)


_REACH = 12


def long_form(acronym: str, before: Sequence[str]) -> tuple[str, ...]:
    """Return the words in front of a bracketed acronym that spell it, or () if they do not.

    Capitals of the acronym are matched to first letters, last to first, with no content word left
    out: "low-rank adaptation (LoRA)". It does not guess at "explainable AI (XAI)".
    """
    letters = [c.lower() for c in acronym if c.isupper()]
    spoken = [p.term for raw in before for p in analyse(raw).pieces if p.part == "word"]
    found = tuple(spoken[-len(letters) :])
    return found if [word[0] for word in found] == letters else ()


@lru_cache(maxsize=1 << 10)
def phrase_terms(text: str) -> tuple[Piece, ...]:
    """Return the terms that a phrase of a watch needs, at the positions they would have.

    Content words and `DIRECTIONS`; of a word of 2-4 capitals the acronym alone. Punctuation between
    words makes no pause here. Empty where the text holds no content word.
    """
    terms: list[Piece] = []
    at = 0
    for raw in text.split():
        edge = _EDGE.match(plain(raw))
        assert edge is not None  # noqa: S101 - the pattern matches every string
        pieces, width = body(edge[2])
        chosen = {p.start: p for p in pieces if _needed(p)}
        capitals = (p for p in pieces if p.part == "acronym" and len(p.term) < _FREE_CAPITALS)
        chosen |= {p.start: p for p in capitals}
        terms += [p._replace(start=at + p.start, end=at + p.end) for p in chosen.values()]
        at += width
    return tuple(terms) if any(p.part != "small" for p in terms) else ()


def _needed(piece: Piece) -> bool:
    return piece.part == "word" or (piece.part == "small" and piece.term != LINK)
