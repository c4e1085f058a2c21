"""Scores all variants on a batch of papers: the arithmetic of `score`, on arrays."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.matching.index.arrays import Array, ranges, where
from bot.matching.index.batch_tokenizer import WORD, Text, WantedPieces
from bot.matching.index.prefixes import Prefixes
from bot.matching.index.terms import Terms
from bot.matching.index.typo_pairs import Misspelt
from bot.matching.index.variant_table import LINKED, LINKED_TO, TITLE, Keys, Variants
from bot.matching.phrase import FURTHEST, WIDEST_GAP
from bot.matching.score import (
    ABSTRACT_COST,
    JOINED_COST,
    LEFT_COMPOUND,
    SAME,
    UNIT_COST,
)
from bot.matching.text.pieces import AFTER, BEFORE
from bot.matching.text.pieces import WORD as FULL
from bot.matching.text.word_lists import OF, OF_OR_TO


@dataclass(frozen=True, slots=True)
class Stream:
    """Wanted terms of a batch, one row each, by position.

    `kind` is the term's stem class; `field` is twice the number of the paper, plus 1 in its
    abstract, and positions of different fields are far apart. `certain` is 100, or less where
    `term` is read into a misspelt word. `links` sums those of all tokens before, `pause`
    sums the pauses before; `led` tells whether a content word follows with nothing between,
    `joined` whether "and" or the like stands in front.
    """

    term: Array
    kind: Array
    start: Array
    end: Array
    glued: Array
    certain: Array
    field: Array
    links: Array
    pause: Array
    led: Array
    joined: Array

    @property
    def widest(self) -> int:
        """Units from the start of any term to its end, at most."""
        return int((self.end - self.start).max(initial=0))


def stream(
    text: Text, tokens: WantedPieces, terms: Terms, misspelt: Misspelt, prefixes: Prefixes
) -> Stream:
    """The wanted terms of a batch."""
    rows, token = tokens.of(text.numbers)
    certain = np.full(len(rows), SAME)
    words = where(rows[:, 3] & WORD)
    read = misspelt.read(rows[words, 0])
    read += [(place, wanted, SAME) for place, wanted in prefixes.read(rows[words, 0])]
    if read:
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
    led = text.leads[token] & (glued & AFTER == 0)
    field, links, pause = text.field[token], text.links[token], text.pause[token]
    joined = text.joined[token]
    return Stream(term, kind, start, end, glued, certain, field, links, pause, led, joined)


_BITS_AN_ITEM, _FEWEST_BITS = 16, 1 << 8
_MIX_KIND, _MIX_BLOCK = np.uint32(0x9E3779B1), np.uint32(0x85EBCA77)


class Nearby:
    """A bitmap of which stems stand in which blocks of `reach` units, or beside them."""

    def __init__(self, items: Stream, reach: int) -> None:
        bits = max(_FEWEST_BITS, _BITS_AN_ITEM * len(items.kind)).bit_length()
        self._shift = np.uint32(32 - bits)
        self._blocks = (items.start // reach).astype(np.uint32)
        self._bitmap = np.zeros(1 << bits, np.bool_)
        for beside in range(3):
            self._bitmap[self._hash(items.kind, self._blocks + np.uint32(beside))] = True

    def maybe(self, kinds: Array, items: Array) -> Array:
        """Which stems may stand within reach of the start of the item beside each."""
        found: Array = self._bitmap[self._hash(kinds, self._blocks[items] + np.uint32(1))]
        return found

    def _hash(self, kinds: Array, blocks: Array) -> Array:
        mixed: Array = kinds.astype(np.uint32) * _MIX_KIND + blocks * _MIX_BLOCK
        hashed: Array = mixed >> self._shift
        return hashed


class Paths:
    """Slots `low` to `high` of a variant filled by items from `left` to `right`.

    `words` is the sum of similarities, `extra` that of extra units, `origin` the anchor it grew
    from; what follows is the variant's own. All are rows of one matrix of whole numbers, so that
    choosing paths is one step.
    """

    __slots__ = (
        "extra", "first", "flags", "floor", "glue", "high", "left", "length", "low", "matrix",
        "origin", "penalty", "right", "slack", "variant", "words",
    )  # fmt: skip

    def __init__(self, matrix: Array) -> None:
        columns: list[Array] = list(matrix)
        self.matrix = matrix
        self.variant, self.left, self.right, self.low, self.high = columns[:5]
        self.words, self.extra, self.origin, self.first, self.length = columns[5:10]
        self.penalty, self.floor, self.slack, self.glue, self.flags = columns[10:]

    def __len__(self) -> int:
        return len(self.variant)

    def take(self, chosen: Array) -> "Paths":
        """The paths chosen by place."""
        return Paths(self.matrix.take(chosen, axis=1))


def joined(some: list[Paths]) -> Paths:
    """Some paths as one."""
    return some[0] if len(some) == 1 else Paths(np.hstack([paths.matrix for paths in some]))


_ROUNDING, _NEVER = 1e-9, 1e9


@dataclass(frozen=True, slots=True)
class Hits:
    """Variants found, one row each; a variant may be found in many places of a paper."""

    variant: Array
    paper: Array
    score: Array


class Scan:
    """A stream of papers against variants; `least` is the score below which nothing counts."""

    def __init__(self, stream: Stream, variants: Variants, terms: Terms, least: float) -> None:
        self._items = stream
        self._variants = variants
        self._terms = terms
        self._least = least
        self._slack = min(FURTHEST, int((SAME - least) / UNIT_COST))
        self._nearby = Nearby(stream, 2 * (WIDEST_GAP + self._slack + stream.widest))

    def hits(self, keys: Sequence[Keys]) -> Hits:
        """Where variants of these keys are found, and how well."""
        found = [part for key in keys for part in (self._of_one_word(key), self._of_several(key))]
        if not found:
            none = np.empty(0, np.int64)
            return Hits(none, none, np.empty(0))
        variant, paper, score = zip(*found, strict=True)
        return Hits(np.concatenate(variant), np.concatenate(paper), np.concatenate(score))

    def _of_one_word(self, key: Keys) -> tuple[Array, Array, Array]:
        items, variants = self._items, self._variants
        place, variant = key.single(items.kind)
        words = self._similarity(variants.first[variant], place)
        found = where(words)
        place, variant = place[found], variant[found]
        field, glued = items.field[place], items.glued[place] & AFTER > 0
        cost = variants.penalty[variant] + variants.glue[variant] * glued
        score = words[found] - (cost + ABSTRACT_COST * (field & 1))
        chosen = score >= np.maximum(self._least, variants.floor[variant])
        chosen &= variants.flags[variant] & TITLE & field == 0
        return variant[chosen], field[chosen] >> 1, score[chosen]

    def _of_several(self, key: Keys) -> tuple[Array, Array, Array]:
        left, right = self._near_pairs(key)
        kind = self._items.kind
        pair, variant = key.anchored(kind[left], kind[right])
        return self._scored(self._grown(self._anchored(variant, left[pair], right[pair])))

    def _scored(self, paths: Paths) -> tuple[Array, Array, Array]:
        """Variant, paper and score of complete matches that are good enough."""
        field = self._items.field[paths.left]
        score = self._bound(paths, field) - self._glue(paths)
        chosen = score >= np.maximum(self._least, paths.floor)
        chosen &= (paths.flags & TITLE & field) == 0
        chosen &= (paths.flags & LINKED == 0) | ~self._items.led[paths.right]
        return paths.variant[chosen], field[chosen] >> 1, score[chosen]

    def _bound(self, paths: Paths, field: Array) -> Array:
        """The score that paths have, or can still reach, but for ends inside compounds."""
        left = paths.length - 1 - paths.high + paths.low
        score: Array = (paths.words + SAME * left) / paths.length
        return score - (UNIT_COST * paths.extra + paths.penalty + ABSTRACT_COST * (field & 1))

    def _glue(self, paths: Paths) -> Array:
        """The cost of ends inside a compound; a single word is spared in front."""
        glued = self._items.glued
        begins = (glued[paths.left] & BEFORE > 0) & (paths.length > 1)
        ends = glued[paths.right] & AFTER > 0
        cost: Array = paths.glue * (begins.astype(np.int8) + ends)
        return cost

    def _similarity(self, slot: Array, item: Array) -> Array:
        variants, items = self._variants, self._items
        return self._terms.similarity(
            variants.form[slot], variants.term[slot], items.term[item], items.certain[item]
        )

    def _near_pairs(self, key: Keys) -> tuple[Array, Array]:
        """Items in order and in reach of each other that the key may be anchored at."""
        items = self._items
        gaps = key.gap_after(items.kind)
        lefts, rights = where(gaps), where(key.gap_before(items.kind))
        starts, ends = items.start[rights], items.end[lefts]
        first = starts.searchsorted(ends, side="right")
        last = starts.searchsorted(ends + gaps[lefts] + self._slack, side="right")
        counts = np.maximum(last - first, 0)
        row = np.arange(len(lefts)).repeat(counts)
        column = ranges(first, counts)
        maybe = key.maybe(items.kind[lefts], row, items.kind[rights], column)
        return lefts[row[maybe]], rights[column[maybe]]

    def _anchored(self, variant: Array, left: Array, right: Array) -> Paths:
        """The paths of two slots each that can still become matches."""
        variants = self._variants
        likely = self._likely(variant, left)
        variant, left, right = variant[likely], left[likely], right[likely]
        low = variants.anchor[variant]
        slot = variants.first[variant] + low
        one, two = self._similarity(slot, left), self._similarity(slot + 1, right)
        extra = self._extra(left, right, variants.gap[slot], variants.pause[slot])
        fit = where((one > 0) & (two > 0) & (extra <= variants.slack[variant]))
        variant, left, right, low = variant[fit], left[fit], right[fit], low[fit]
        words, extra = one[fit] + two[fit], extra[fit]
        rows = variant, left, right, low, low + 1, words, extra, np.arange(len(fit))
        own = (
            variants.first, variants.length, variants.penalty, variants.floor, variants.slack,
            variants.glue, variants.flags,
        )  # fmt: skip
        paths = Paths(np.array((*rows, *(column[variant] for column in own)), np.int64))
        linked = self._linked(paths, low, left, right)
        return paths.take(where(linked & self._viable(paths)))

    def _likely(self, variant: Array, left: Array) -> Array:
        """Which variants have a third word nearby too; most long ones have none."""
        third = self._terms.classes[self._variants.term[self._variants.third[variant]]]
        return where(self._nearby.maybe(third, left))

    def _extra(self, left: Array, right: Array, gap: Array, pause: Array) -> Array:
        items = self._items
        end, glued = items.end[left], items.glued[left]
        extra: Array = np.maximum(0, items.start[right] - end - gap)
        extra += np.maximum(0, items.pause[right] - items.pause[left] - pause)
        midway = (glued & BEFORE > 0) | (end > items.start[left])
        entered = items.glued[right] & BEFORE > 0
        extra[(extra > 0) & (entered | (midway & (glued & AFTER > 0)))] += LEFT_COMPOUND
        extra += JOINED_COST * ((extra >= FULL) & items.joined[right])
        return extra

    def _linked(self, paths: Paths, slot: Array, left: Array, right: Array) -> Array:
        """Where an "of" stands between the first two slots, or a "to", or none is asked for."""
        links = self._items.links
        needed = np.where(paths.flags & LINKED_TO, OF_OR_TO, OF)
        free: Array = (paths.flags & LINKED == 0) | (slot > 0)
        found: Array = free | (links[right] - links[left] >= needed)
        return found

    def _viable(self, paths: Paths) -> Array:
        bound = self._bound(paths, self._items.field[paths.left])
        needed = np.maximum(self._least, paths.floor)
        fits: Array = (paths.extra <= paths.slack) & (bound + _ROUNDING >= needed)
        return fits

    def _grown(self, paths: Paths) -> Paths:
        """Paths filled to both ends, first to the right; the best of each anchor."""
        done = []
        while len(paths):
            complete = (paths.low == 0) & (paths.high == paths.length - 1)
            if complete.all():
                break
            if complete.any():
                done.append(paths.take(where(complete)))
                paths = paths.take(where(~complete))
            paths = self._best(self._next(paths))
        return joined([*done, paths])

    def _next(self, paths: Paths) -> Paths:
        """The paths with one more slot, in every place in reach."""
        variants, items = self._variants, self._items
        onwards = paths.high < paths.length - 1
        slot = paths.first + np.where(onwards, paths.high + 1, paths.low - 1)
        behind = slot - onwards
        gap, pause = variants.gap[behind], variants.pause[behind]
        wanted = self._terms.classes[variants.term[slot]]
        reach = gap + self._slack + items.widest
        start = items.start
        last = start.searchsorted(start[paths.right] + reach, side="right")
        before = start.searchsorted(start[paths.left] - reach)
        first = np.where(onwards, paths.right + 1, before)
        counts = np.maximum(np.where(onwards, last, paths.left) - first, 0)
        path, place = np.arange(len(paths)).repeat(counts), ranges(first, counts)
        same = where(items.kind[place] == wanted[path])
        path, place = path[same], place[same]
        if not len(path):
            return paths.take(path)
        gaps = gap[path], pause[path]
        return self._longer(paths.take(path), onwards[path], slot[path], gaps, place)

    def _longer(
        self, paths: Paths, onwards: Array, slot: Array, gaps: tuple[Array, Array], place: Array
    ) -> Paths:
        """Paths with their next slot filled at a place, where that is allowed."""
        items = self._items
        left, right = np.where(onwards, paths.right, place), np.where(onwards, place, paths.left)
        alike = self._similarity(slot, place)
        allowed = (alike > 0) & (items.start[right] > items.end[left])
        allowed &= onwards | self._linked(paths, paths.low - 1, left, right)
        paths.extra += self._extra(left, right, *gaps)
        paths.words += alike.astype(np.int64)
        np.copyto(paths.right, place, where=onwards)
        np.copyto(paths.left, place, where=~onwards)
        paths.high += onwards
        paths.low -= ~onwards
        return paths.take(where(allowed & self._viable(paths)))

    def _best(self, paths: Paths) -> Paths:
        """The best path of each anchor, and of each place from which it grows on.

        What follows depends on nothing else, so that no more need be kept: time stays linear.
        """
        if len(paths) <= 1:
            return paths
        worth = paths.words - paths.length * (UNIT_COST * paths.extra + self._glue(paths))
        ends = (paths.flags & LINKED > 0) & (paths.high == paths.length - 1)
        worth -= _NEVER * (ends & self._items.led[paths.right])
        right = np.where(paths.high < paths.length - 1, paths.right, -1)
        left = np.where(paths.low > 0, paths.left, -1)
        order = np.lexsort((worth, right, left, paths.origin))
        same = np.ones(len(order) - 1, np.bool_)
        for key in (right, left, paths.origin):
            same &= key[order][1:] == key[order][:-1]
        return paths.take(order[np.concatenate((~same, [True]))])
