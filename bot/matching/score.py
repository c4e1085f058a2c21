"""The score of one phrase in one paper, with its evidence, and how alike two words are.

    mean similarity of the words − 4 × extra units of distance − 16 for each end inside a compound
    − the variant's penalty − 5 if in the abstract

0-100, the best over variants and places. Every word must be there, in order, in one sentence.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from bot.matching.phrase import FURTHEST, Guard, Variant, WordSlot, plain_variant, variants
from bot.matching.query.ast import Phrase
from bot.matching.text.acronyms import Sense, acronyms
from bot.matching.text.definitions import same_meaning
from bot.matching.text.document import Document, Item
from bot.matching.text.lexicon import KnownWords
from bot.matching.text.phrase_terms import is_prefix
from bot.matching.text.pieces import AFTER, BEFORE, WORD
from bot.matching.text.word_forms import Stem, stem, typos
from bot.matching.text.word_lists import words
from bot.matching.types import Evidence, Field, How

SAME, ONE_TYPO, TWO_TYPOS = 100.0, 90.0, 85.0
"""Similarity of a paper's word to a slot: the same after folding, or misspelt."""

NEAR, NEAR_SOLO, FAR_SOLO = 88.0, 84.0, 76.0
"""Similarity of one light stem: in a phrase, and in a watch of one word for -ize and other forms.

"modelling" for *model* is under the usual threshold: of such finds on real tags one in twenty was
wanted, of exact ones one in three.
"""

_SHORTEST_NEAR = 5
_SHORTEST_SOLO = 7
"""Letters of a word that takes typos where it is a whole watch: Mambo is no Mamba."""

_SHORT_NEAR = words("data seq gene atom star moon ion test")


def near(form: str, wanted: Stem, seen: Stem) -> float:
    """The similarity of two different words of one stem.

    A participle (-ed) is near only as a modifier: "mechanism … is designed" is no *mechanism
    design*. -ize, -ized, -izing and -ization are near wherever they stand.
    """
    if form == "exact" or wanted.key != seen.key:
        return 0.0
    kinds = {wanted.kind, seen.kind}
    if kinds <= {"ize", "ized"} or kinds in ({"base", "ics"}, {"ing", "ics"}):
        return NEAR_SOLO if form == "solo" else NEAR
    if len(kinds) == 1 or ("ed" in kinds and form != "modifier"):
        return 0.0
    return FAR_SOLO if form == "solo" else NEAR


@lru_cache(maxsize=1 << 14)
def similarity(slot: WordSlot, term: str) -> float:
    """The similarity of a paper's word to a slot, typos left out."""
    if term == slot.term:
        return SAME
    if not (soft(term) and soft(slot.term)):
        return 0.0
    return near(slot.form, stem(slot.term), stem(term))


def soft(term: str) -> bool:
    """Whether a word is long enough to have near forms; "data" has one in "dataset"."""
    return term.isalpha() and (len(term) >= _SHORTEST_NEAR or term in _SHORT_NEAR)


def has_typos(slot: WordSlot) -> bool:
    """Whether a slot takes misspelt words at all."""
    least = _SHORTEST_SOLO if slot.form == "solo" else _SHORTEST_NEAR
    return slot.form != "exact" and len(slot.term) >= least


UNIT_COST, ABSTRACT_COST = 4.0, 5.0
"""Taken off a score: for each extra unit of distance, and for not being in the title.

An inserted content word costs 16, a comma 8, a function word 4: twice what was planned. At half of
that an abstract that says "visual and textual fidelity" was a match for *visual fidelity*; on the
keywords of Daily Papers one such find in fifty was wanted. In a title one word may still intervene.
"""

LEFT_COMPOUND = 8
"""Extra units for leaving or entering a compound midway, over a gap.

Vision-language-*action* models are no *vision-language models*, large *vision*-language models no
*large language models*.
"""

JOINED_COST = 1
"""Extra units where a word stands between and the next follows "and", "in" or the like.

"Image and video generation" is about *image generation*; "minimum prices and wage" is not about
the *minimum wage*.
"""

LONG_ABSTRACT = 60
"""Words of an abstract from which an acronym said in it but once is a mention in passing.

Of such finds one in nine was wanted, of the same phrases spelled out once six in ten (keywords of
Daily Papers in any spelling): a paper about a thing spells it out, titles it, or repeats it.
"""

_WIDEST_COMPOUND = 4 * WORD


class Spot(NamedTuple):
    """An item of a paper that fills a slot."""

    similarity: float
    item: Item


def spots(slot: WordSlot, reading: Document, words: KnownWords) -> list[Spot]:
    """The items that fill a slot, in reading order."""
    found = [
        Spot(alike, item)
        for item in reading.items(stem(slot.term).key)
        if (alike := similarity(slot, item.term))
    ]
    if is_prefix(slot.term):
        found += _begun(slot, reading)
    found += _misspelt(slot, reading, words)
    return sorted(found, key=_spot_start) if len(found) > 1 else found


def _spot_start(spot: Spot) -> int:
    return spot.item.start


def _begun(slot: WordSlot, reading: Document) -> Iterator[Spot]:
    """Yields items whose word fits a wildcard."""
    for items in reading.by_key.values():
        for item in items:
            if item.part == "word" and item.term.startswith(slot.term[:-1]):
                yield Spot(SAME, item)


def _misspelt(slot: WordSlot, reading: Document, words: KnownWords) -> Iterator[Spot]:
    """Yields items whose word is unknown and looks like a typo of the slot's known one."""
    if not has_typos(slot) or not words.known(slot.term):
        return
    first = slot.term[0]
    for term in words.doubtful_in(reading):
        distance = typos(slot.term, term) if term[0] == first else None
        if distance:
            for item in reading.items(stem(term).key):
                if item.part == "word" and item.term == term:
                    yield Spot(ONE_TYPO if distance == 1 else TWO_TYPOS, item)


class Hit(NamedTuple):
    """The best place of a phrase in a paper: its score 0-100, and the spots of its words."""

    score: float
    variant: Variant
    spots: tuple[Spot, ...]


def best_hit(
    phrase: Phrase, reading: Document, words: KnownWords, known: float = SAME
) -> Hit | None:
    """The best place of a phrase, or None; among equals the first variant, then place.

    Where its score is `known` before, what can only be worse or equal is not looked at.
    """
    best: Hit | None = None
    for variant in _in_turn(phrase):
        if best is not None and best.score >= SAME - variant.penalty:
            continue
        if variant.guard is not None and _means_another(variant.guard, reading, words):
            continue
        hit = _best_place(variant, reading, words, title_only=phrase.scope == "title")
        if hit and hit.score >= variant.floor and (best is None or hit.score > best.score):
            best = hit
            if best.score >= known - _ROUNDING:
                break
    return best


_ROUNDING = 1e-6


def _in_turn(phrase: Phrase) -> Iterator[Variant]:
    """Yields a phrase's forms; those behind the first, which cost more, as they are asked for."""
    yield plain_variant(phrase.text, exact=phrase.exact)
    if not phrase.exact:
        yield from variants(phrase.text, exact=False)[1:]


def _means_another(guard: Guard, reading: Document, words: KnownWords) -> bool:
    """Whether a paper means another sense of an acronym than a watch, or drops it in passing."""
    meant = reading.defined.get(guard.sense.key, ())
    if another_sense(guard, meant, lambda sense: _says(sense, reading, words)):
        return True
    return bool(guard.term) and _in_passing(guard.term, reading)


def another_sense(
    guard: Guard, defined: Sequence[tuple[str, ...]], says: Callable[[Sense], bool]
) -> bool:
    """Whether a paper means another sense of an acronym than that of a watch.

    `defined` are the long forms that the paper gives the acronym in front of brackets; where it
    gives none, the known senses decide that it `says` anywhere, and then whether one is usual.
    """
    sense = guard.sense
    if defined:
        return not any(same_meaning(long, own) for long in defined for own in sense.longs)
    if not guard.sure:
        return True
    others = (each for each in acronyms().by_key[sense.key] if each.number != sense.number)
    return any(map(says, others)) and not says(sense)


def _says(sense: Sense, reading: Document, words: KnownWords) -> bool:
    forms = (variants(text, exact=True)[0] for text in sense.texts)
    return any(_best_place(form, reading, words, title_only=False) for form in forms)


def _in_passing(term: str, reading: Document) -> bool:
    """Whether a long abstract says an acronym once and the paper never spells it out."""
    if len(reading.tokens) - reading.border < LONG_ABSTRACT:
        return False
    items = [item for item in reading.items(stem(term).key) if item.term == term]
    return len({item.start for item in items}) == 1 and items[0].token >= reading.border


def _best_place(
    variant: Variant, reading: Document, words: KnownWords, *, title_only: bool
) -> Hit | None:
    rows = []
    for slot in variant.slots:
        row = spots(slot, reading, words)
        if title_only:
            row = [spot for spot in row if spot.item.token < reading.border]
        if not row:
            return None
        rows.append(row)
    best: Hit | None = None
    for path in _paths(variant, rows, reading):
        if variant.linked and _is_led(path.spots[-1].item, reading):
            continue
        glued = path.glued + (path.spots[-1].item.glued & AFTER > 0)
        cost = UNIT_COST * path.extra + variant.glue * glued
        score = path.words / len(rows) - cost - variant.penalty
        if path.spots[0].item.token >= reading.border:
            score -= ABSTRACT_COST
        if best is None or score > best.score:
            best = Hit(score, variant, path.spots)
    return best


def _is_led(item: Item, reading: Document) -> bool:
    """Whether a content word follows an item, with nothing between: "of the heart rate"."""
    return not item.glued & AFTER and reading.leads[item.token]


class _Path(NamedTuple):
    """Spots for the first slots of a variant, and the extra units between them.

    `words` is the sum of similarities; `glued` is 1 if it begins inside a compound.
    """

    words: float
    extra: int
    glued: int
    spots: tuple[Spot, ...]


def _paths(variant: Variant, rows: list[list[Spot]], reading: Document) -> list[_Path]:
    """For each place of the last word, the best way to get there; linear in the spots."""
    several = len(rows) > 1
    paths = [
        _Path(spot.similarity, 0, several and spot.item.glued & BEFORE, (spot,)) for spot in rows[0]
    ]

    def worth(path: _Path) -> float:
        return path.words - len(rows) * (UNIT_COST * path.extra + variant.glue * path.glued)

    linked = variant.linked
    for number, row in enumerate(rows[1:]):
        gap, pause = variant.gaps[number], variant.pauses[number]
        intruders = _intruders(variant, number, reading)
        starts = [path.spots[-1].item.start for path in paths]
        longer = []
        for spot in row:
            first = bisect_left(starts, spot.item.start - gap - FURTHEST - _WIDEST_COMPOUND)
            last = bisect_left(starts, spot.item.start)
            steps = (_step(path, spot, gap, pause, linked=linked) for path in paths[first:last])
            fit = [path for path in steps if path and path.extra <= variant.slack]
            if intruders:
                fit = [path for path in fit if not _parted(path, intruders)]
            if fit:
                longer.append(max(fit, key=worth))
        paths, linked = longer, 0
    return paths


def _intruders(variant: Variant, gap: int, reading: Document) -> list[int]:
    """Where words stand in a paper, in order, that must not stand in a gap of a variant."""
    unwanted = [term for at, term in variant.intruders if at == gap]
    return sorted(
        item.start
        for term in unwanted
        for item in reading.items(stem(term).key)
        if item.term == term
    )


def _parted(path: _Path, intruders: list[int]) -> bool:
    before, last = path.spots[-2].item, path.spots[-1].item
    first = bisect_right(intruders, before.end)
    return first < len(intruders) and intruders[first] < last.start


def _step(path: _Path, spot: Spot, gap: int, pause: int, *, linked: int) -> _Path | None:
    before = path.spots[-1].item
    distance = spot.item.start - before.end
    if distance <= 0 or spot.item.links - before.links < linked:
        return None
    extra = max(0, distance - gap) + max(0, spot.item.pause - before.pause - pause)
    midway = before.glued & BEFORE or before.end > before.start
    if extra and (spot.item.glued & BEFORE or (midway and before.glued & AFTER)):
        extra += LEFT_COMPOUND
    if extra >= WORD and spot.item.joined:
        extra += JOINED_COST
    words = path.words + spot.similarity
    return _Path(words, path.extra + extra, path.glued, (*path.spots, spot))


def evidence(phrase: Phrase, hit: Hit, reading: Document) -> Evidence:
    """Why a phrase matched: its words as they stand in the paper, and how."""
    first, last = hit.spots[0].item.token, max(spot.item.token for spot in hit.spots)
    words = " ".join(reading.tokens[first : last + 1]).strip(_OUTER)
    how, note = _how(hit)
    field: Field = "title" if first < reading.border else "abstract"
    return Evidence(str(phrase), field, words, how, hit.score, note)


_OUTER = " ,.;:!?()[]\"'“”"


def _how(hit: Hit) -> tuple[How, str]:
    if hit.variant.how != "exact":
        return hit.variant.how, hit.variant.note
    worst = min(spot.similarity for spot in hit.spots)
    if worst == SAME:
        return "exact", ""
    different = [
        (spot.item.term, slot.term)
        for spot, slot in zip(hit.spots, hit.variant.slots, strict=True)
        if spot.similarity < SAME
    ]
    misspelt = any(spot.similarity in (ONE_TYPO, TWO_TYPOS) for spot in hit.spots)
    return "typo" if misspelt else "stem", ", ".join(f"{seen} = {ours}" for seen, ours in different)
