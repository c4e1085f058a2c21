"""A phrase of a watch, compiled once: in what forms a paper may say it, and what each costs."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from typing import Literal, NamedTuple

from bot.matching.text.acronyms import INTRUDERS, Sense, acronyms, set_learned, written
from bot.matching.text.normalize import fold_joined
from bot.matching.text.phrase_terms import phrase_terms
from bot.matching.text.pieces import AFTER, SMALL, WORD, Piece, is_wide
from bot.matching.text.tokenizer import BROKEN_BY, CLAUSE
from bot.matching.text.word_lists import DIRECTIONS, LINK, LINK_TO, OF, OF_OR_TO, TAKES_TO
from bot.matching.types import How

ACRONYM_PENALTY, OF_FORM_PENALTY = 3.0, 6.0
"""Taken off a score, where a paper says a phrase through an acronym or as "Z of X Y".

The of-form was to cost 10; at 6 it is found in abstracts too, and is right as often.
"""

GLUE_COST = 16.0
"""Taken off where a phrase ends in front of, or begins behind, another word of a compound.

"Vision-Language Models" is not about *language models*, nor "Retrieval-Augmented" about
*retrieval*: in titles such finds stay, in abstracts one in ten was wanted. Quoted phrases are
spared.
"""

LOOSE_FLOOR = 85.0
"""Acronym and of-form variants need this score, whatever the threshold."""

FURTHEST = 10
"""Extra position units within one match, at most: what a threshold of 60 leaves."""

WIDEST_GAP = 12
"""Units expected between two words of a phrase, at most, however many small words stand there."""

MOST_PAUSE = 100
"""Units of pauses that a phrase bears between two words, at most: any punctuation."""

_PASTED_FROM = 5
"""Words from which a phrase was not typed but pasted."""

_PREFIXES = (
    "pre", "post", "multi", "cross", "inter", "intra", "meta", "auto", "hyper", "self", "semi",
    "non", "anti", "super", "sub", "micro", "nano", "ultra", "fine", "few", "zero", "data",
)  # fmt: skip
_SHORTEST_REST = 3
_LONGEST_JOINED = 24

Form = Literal["exact", "solo", "modifier", "head"]


class WordSlot(NamedTuple):
    """A word that a variant needs; `form` says how near a paper's word must be.

    "exact" takes the folded word alone; "solo" is a one-word watch; "head" is a phrase's last word,
    "modifier" any other.
    """

    term: str
    form: Form


class Guard(NamedTuple):
    """The sense of an acronym that a variant rests on: a paper that means another is no match.

    `term` is the acronym's term where it stands for the watch's long form, else "". A sense that is
    not `sure` must be defined by the paper.
    """

    sense: Sense
    term: str = ""
    sure: bool = True


class Variant(NamedTuple):
    """One form of a phrase: its slots in order, and the distances that cost nothing between them.

    `gaps` are of positions and `pauses` of pauses, in units. `slack` is the most extra units that
    it bears; `guard` is the sense of an acronym that it rests on; `linked` is what must be between
    the first two slots, `OF` or `OF_OR_TO`; `glue` is the cost of each end that is glued to another
    word of a compound; `intruders` are terms that must not stand in the gap of that number.
    """

    slots: tuple[WordSlot, ...]
    gaps: tuple[int, ...]
    how: How = "exact"
    note: str = ""
    penalty: float = 0.0
    floor: float = 0.0
    slack: int = FURTHEST
    guard: Guard | None = None
    linked: int = 0
    glue: float = GLUE_COST
    intruders: tuple[tuple[int, str], ...] = ()
    pauses: tuple[int, ...] = ()


_new_slot: Callable[[tuple[str, Form]], WordSlot] = partial(tuple.__new__, WordSlot)
"""A `WordSlot` of its values, at half the cost."""


@lru_cache(maxsize=1 << 10)
def variants(text: str, *, exact: bool) -> tuple[Variant, ...]:
    """The forms of a phrase, the plain one first; quoted phrases have only that.

    Words are the phrase's own: none is ever left out.
    """
    plain, pieces = plain_variant(text, exact=exact), phrase_terms(text)
    if exact or all(is_wide(p.term) for p in pieces):
        return (plain,)
    own = (
        *_recased(pieces),
        *_joined(pieces),
        *_split(pieces),
        *_of_form(pieces),
        *_turned_back(text),
    )
    if plain.guard is not None:
        own = tuple(variant._replace(guard=plain.guard) for variant in own)
    return (plain, *own, *_acronyms(pieces))


@lru_cache(maxsize=1 << 12)
def plain_variant(text: str, *, exact: bool) -> Variant:
    """The first of a phrase's forms, its words as they were typed."""
    pieces = phrase_terms(text)
    if exact:
        slots = tuple(WordSlot(p.term, "exact") for p in pieces)
        free = (MOST_PAUSE,) * (len(slots) - 1)
        return Variant(slots, _gaps(pieces), slack=0, glue=0.0, pauses=free)
    plain = _plain(pieces)
    if all(is_wide(p.term) for p in pieces):
        return plain._replace(slack=0)
    guard = _guard(pieces)
    return plain._replace(guard=guard) if guard else plain


def know_acronyms(found: Iterable[tuple[str, str, bool]]) -> None:
    """Read acronyms by these senses too from now on: short, long, and whether it is the usual one.

    An index that was made before has to be made anew.
    """
    set_learned(found)
    plain_variant.cache_clear()
    variants.cache_clear()


def _guard(pieces: Sequence[Piece]) -> Guard | None:
    """The sense of the first acronym among the words of a phrase that was not pasted."""
    if len(pieces) >= _PASTED_FROM:
        return None
    for piece in pieces:
        sense = acronyms().meant(piece.term) if piece.part in ("acronym", "word") else None
        if sense is not None:
            return Guard(sense)
    return None


def _recased(pieces: Sequence[Piece]) -> Iterator[Variant]:
    """Yields "MOE" for *MoE*, and the other way round where it is known."""
    for i, piece in enumerate(pieces):
        if piece.part != "acronym":
            continue
        sense = acronyms().meant(piece.term)
        for term in written(sense.short if sense else piece.term):
            if term != piece.term and term.upper() == piece.term.upper():
                new = (*pieces[:i], piece._replace(term=term), *pieces[i + 1 :])
                yield _plain(new)


def _gaps(pieces: Sequence[Piece]) -> tuple[int, ...]:
    return tuple([min(b[1] - a[2], WIDEST_GAP) for a, b in pairwise(pieces)])


def _pauses(pieces: Sequence[Piece]) -> tuple[int, ...]:
    """The pauses that a phrase bears between its words: those typed.

    A long phrase was pasted, and what parts its words is not always pasted with it.
    """
    least = CLAUSE if len(pieces) >= _PASTED_FROM else 0
    return tuple([max(least, min(b[5] - a[5], MOST_PAUSE)) for a, b in pairwise(pieces)])


def _slots(pieces: Sequence[Piece]) -> tuple[WordSlot, ...]:
    """The slots of a phrase: acronyms, numbers and directions are exact."""
    *modifiers, last = pieces
    found = [_slot(piece, "modifier") for piece in modifiers]
    found.append(_slot(last, "head" if modifiers else "solo"))
    return tuple(found)


def _slot(piece: Piece, form: Form) -> WordSlot:
    term, part = piece.term, piece.part
    return _new_slot((term, form if part == "word" and term.isalpha() else "exact"))


def _plain(pieces: tuple[Piece, ...]) -> Variant:
    return Variant(
        _slots(pieces), _gaps(pieces), intruders=_intruders(pieces), pauses=_pauses(pieces)
    )


def _intruders(pieces: Sequence[Piece]) -> tuple[tuple[int, str], ...]:
    """What must not stand within the long forms of a phrase: it would be another's."""
    terms = tuple([piece[0] for piece in pieces])
    return tuple([
        (i + at, term)
        for i, first in enumerate(terms)
        if first in _INTRUDED
        for j in range(i + 2, min(len(terms), i + _LONGEST_INTRUDED) + 1)
        for at, term in INTRUDERS.get(terms[i:j], ())
    ])  # fmt: skip


_INTRUDED = frozenset(long[0] for long in INTRUDERS)
_LONGEST_INTRUDED = max(map(len, INTRUDERS))


def _joined(pieces: tuple[Piece, ...]) -> Iterator[Variant]:
    """Yields "finetuning" for *fine tuning*, "overfitting" for *over-fitting*."""
    for i, (a, b) in enumerate(pairwise(pieces)):
        word = fold_joined((a.term + b.term).lower())
        if _may_join(a, b, word):
            one = Piece(word, a.start, b.end, "joined", pause=a.pause)
            new = (*pieces[:i], one, *pieces[i + 2 :])
            note = f"{a.term}{b.term} = {a.term} {b.term}"
            left = tuple([(at - (at > i), term) for at, term in _intruders(pieces) if at != i])
            yield Variant(
                _slots(new), _gaps(new), "joined", note, intruders=left, pauses=_pauses(new)
            )


def _may_join(a: Piece, b: Piece, word: str) -> bool:
    """Whether papers may write two neighbours as one: words, NF-kB, Llama 3."""
    if b.part != "word" or b.start - a.end != (SMALL if a.part == "small" else WORD):
        return False
    if len(word) > _LONGEST_JOINED or not (a.pause == b.pause or a.part == "small"):
        return False
    if _NUMBERED(word):
        return a.term.isalpha() and b.term[0].isdigit()
    return word.isalpha() and (a.part != "acronym" or a.glued & AFTER > 0)


_NUMBERED = re.compile(r"([a-z]{2,})(\d[\d.]*[a-z]{0,3})").fullmatch
"""A name with its version: qwen2.5, gpt4o."""


def _split(pieces: tuple[Piece, ...]) -> Iterator[Variant]:
    """Yields "pre training" for *pretraining*, "qwen 2.5" for *Qwen2.5*: a prefix, a version."""
    for i, piece in enumerate(pieces):
        prefix, rest = _halves(piece.term)
        if piece.part == "word" and rest:
            at, pause = piece.start, piece.pause
            two = (
                Piece(prefix, at, at, pause=pause),
                Piece(rest, at + WORD, at + WORD, pause=pause),
            )
            later = (_moved(p, WORD) for p in pieces[i + 1 :])
            new = (*pieces[:i], *two, *later)
            note = f"{prefix} {rest} = {piece.term}"
            yield Variant(
                _slots(new), _gaps(new), "split", note,
                slack=FURTHEST if len(pieces) > 1 else 0, intruders=_intruders(new),
                pauses=_pauses(new),
            )  # fmt: skip


def _halves(term: str) -> tuple[str, str]:
    """A known prefix (never re-, co-) and the rest, or a name and its version, or "" twice."""
    if numbered := _NUMBERED(term):
        return numbered[1], numbered[2]
    if not term.startswith(_PREFIXES):
        return "", ""
    prefix = next(p for p in _PREFIXES if term.startswith(p))
    rest = term.removeprefix(prefix)
    return (prefix, rest) if len(rest) >= _SHORTEST_REST and rest.isalpha() else ("", "")


def _acronyms(pieces: tuple[Piece, ...]) -> Iterator[Variant]:
    yield from _spelled_out(pieces)
    yield from _shortened(pieces)


def _spelled_out(pieces: tuple[Piece, ...]) -> Iterator[Variant]:
    """Yields "retrieval augmented generation" for *RAG*."""
    for i, piece in enumerate(pieces):
        sense = acronyms().meant(piece.term) if piece.part in ("acronym", "word") else None
        for long in sense.texts if sense else ():
            assert sense is not None
            short = sense.short if piece.term.isupper() else piece.term
            note = f"{long} = {short}"
            new = _replaced(pieces, i, i + 1, phrase_terms(long))
            yield _acronym_variant(new, note)
            if turned := _turned(new):
                yield turned._replace(note=note, penalty=ACRONYM_PENALTY + OF_FORM_PENALTY)


def _shortened(pieces: tuple[Piece, ...]) -> Iterator[Variant]:
    """Yields "LLM inference" for *large language model inference*, and a name's other spelling."""
    table = acronyms()
    terms = tuple([p.term.lower() for p in pieces])
    for i in range(len(pieces)):
        if terms[i] not in table.beginnings:
            continue
        for j in range(min(len(pieces), i + table.longest), i, -1):
            for sense in table.by_long.get(terms[i:j], ()):
                note = f"{sense.short} = {' '.join(terms[i:j])}"
                for term in written(sense.short):
                    one = Piece(term, 0, 0, "acronym")
                    variant = _acronym_variant(_replaced(pieces, i, j, (one,)), note)
                    yield variant._replace(guard=Guard(sense, term, sense.sure))
            for text, instead in table.aliases.get(terms[i:j], ()):
                new = _replaced(pieces, i, j, phrase_terms(instead))
                yield _acronym_variant(new, f"{instead} = {text}")


def _replaced(
    pieces: tuple[Piece, ...], start: int, stop: int, new: tuple[Piece, ...]
) -> tuple[Piece, ...]:
    """The pieces with those from `start` to before `stop` replaced, and what follows moved."""
    at, pause = pieces[start].start, pieces[start].pause
    inside = tuple(_moved(p, at)._replace(pause=pause + p.pause) for p in new)
    wider = inside[-1].end - pieces[stop - 1].end
    more = inside[-1].pause - pieces[stop - 1].pause
    later = (_moved(p, wider)._replace(pause=p.pause + more) for p in pieces[stop:])
    return (*pieces[:start], *inside, *later)


def _acronym_variant(pieces: tuple[Piece, ...], note: str) -> Variant:
    return Variant(
        _slots(pieces), _gaps(pieces), "acronym", note, ACRONYM_PENALTY, LOOSE_FLOOR,
        pauses=_pauses(pieces),
    )  # fmt: skip


def _of_form(pieces: tuple[Piece, ...]) -> Iterator[Variant]:
    """Yields "segmentation of the images" for *image segmentation*."""
    if turned := _turned(pieces):
        yield turned


_OF_PHRASE = re.compile(r"([^\W\d_]{3,}) (of|to) (?:(?:the|a|an) )?((?:[\w'-]+ ){0,3}[\w'-]+)")
_LEAST_TURNED = 2


def _turned_back(text: str) -> Iterator[Variant]:
    """Yields "image segmentation" for *segmentation of images*, by a sure head alone."""
    found = _OF_PHRASE.fullmatch(text)
    if found is None or (found[2] == LINK_TO and found[1].lower() not in TAKES_TO):
        return
    head, link, rest = found.groups()
    pieces = phrase_terms(f"{rest} {head}")
    own = phrase_terms(text)
    kept = [p.term for p in own if p.term != LINK_TO]
    if sorted(kept) != sorted(p.term for p in pieces) or not len(pieces) >= _LEAST_TURNED:
        return
    if all(p.part == "word" and p.term not in DIRECTIONS for p in pieces):
        note = f"{' '.join(p.term for p in pieces)} = {head} {link} {rest}"
        yield _plain(pieces)._replace(
            how="of-form", note=note, penalty=OF_FORM_PENALTY, floor=LOOSE_FLOOR
        )


def _turned(pieces: tuple[Piece, ...]) -> Variant | None:
    """The last word in front, with an "of" behind it, or None where a word has a fixed place."""
    if len(pieces) > 1 and all(p.part == "word" and p.term not in DIRECTIONS for p in pieces):
        slots, gaps, pauses = _slots(pieces), _gaps(pieces), _pauses(pieces)
        turned = (slots[-1], *slots[:-1])
        linked = OF_OR_TO if slots[-1].term in TAKES_TO else OF
        link = LINK if linked == OF else LINK_TO
        note = f"{slots[-1].term} {link} {' '.join(slot.term for slot in slots[:-1])}"
        return Variant(
            turned, (WORD + SMALL, *gaps[:-1]), "of-form", note, OF_FORM_PENALTY, LOOSE_FLOOR,
            linked=linked, pauses=(BROKEN_BY, *pauses[:-1]),
        )  # fmt: skip
    return None


def _moved(piece: Piece, by: int) -> Piece:
    return piece._replace(start=piece.start + by, end=piece.end + by)
