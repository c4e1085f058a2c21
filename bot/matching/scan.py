"""Scores all variants on a stream of papers at once: the arithmetic of `score`, in columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.matching.columns import Array, ranges, where
from bot.matching.keys import Keys
from bot.matching.phrase import FURTHEST
from bot.matching.score import ABSTRACT_COST, LEFT_COMPOUND, SAME, UNIT_COST
from bot.matching.stream import Stream
from bot.matching.terms import Terms
from bot.matching.text import AFTER, BEFORE
from bot.matching.variants import Variants

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Hits:
    """Variants found, one row each; a variant may be found in many places of a paper."""

    variant: Array
    paper: Array
    score: Array


class _Paths:
    """Slots `low` to `high` of a variant filled by items from `left` to `right`.

    `words` is the sum of similarities, `extra` that of extra units, `origin` the anchor it grew
    from. All are rows of one matrix of whole numbers: choosing paths is one step.
    """

    __slots__ = ("extra", "high", "left", "low", "matrix", "origin", "right", "variant", "words")

    def __init__(self, matrix: Array) -> None:
        columns: list[Array] = list(matrix)
        self.matrix = matrix
        self.variant, self.left, self.right, self.low, self.high = columns[:5]
        self.words, self.extra, self.origin = columns[5:]

    def __len__(self) -> int:
        return len(self.variant)

    def take(self, chosen: Array) -> "_Paths":
        """Return the paths chosen by place."""
        return _Paths(self.matrix.take(chosen, axis=1))


def _all(some: list[_Paths]) -> _Paths:
    return some[0] if len(some) == 1 else _Paths(np.hstack([paths.matrix for paths in some]))


class Scan:
    """A stream of papers against variants; `least` is the score below which nothing counts."""

    def __init__(self, stream: Stream, variants: Variants, terms: Terms, least: float) -> None:
        self._items = stream
        self._variants = variants
        self._terms = terms
        self._least = least
        self._slack = min(FURTHEST, int((SAME - least) / UNIT_COST))

    def hits(self, keys: Sequence[Keys]) -> Hits:
        """Return where variants of these keys are found, and how well."""
        found = [part for key in keys for part in (self._of_one_word(key), self._of_several(key))]
        if not found:
            none = np.empty(0, np.int64)
            return Hits(none, none, np.empty(0))
        variant, paper, score = zip(*found, strict=True)
        return Hits(np.concatenate(variant), np.concatenate(paper), np.concatenate(score))

    def _of_one_word(self, key: Keys) -> tuple[Array, Array, Array]:
        place, variant = key.single(self._items.kind)
        words = self._similarity(self._variants.first[variant], place)
        found = where(words)
        place, nothing = place[found], np.zeros(len(found))
        return self._scored(variant[found], (place, place), words[found], nothing)

    def _of_several(self, key: Keys) -> tuple[Array, Array, Array]:
        left, right = self._near_pairs(key)
        kind = self._items.kind
        pair, variant = key.anchored(kind[left], kind[right])
        paths = self._anchored(variant, left[pair], right[pair])
        paths = self._grown(self._grown(paths, 1), -1)
        ends = paths.left, paths.right
        return self._scored(paths.variant, ends, paths.words, paths.extra)

    def _scored(
        self, variant: Array, ends: tuple[Array, Array], words: Array, extra: Array
    ) -> tuple[Array, Array, Array]:
        """Return variant, paper and score of complete matches that are good enough."""
        field = self._items.field[ends[0]]
        cost = UNIT_COST * extra + self._glue(variant, *ends)
        score = self._bound(variant, field, words, cost, self._variants.length[variant])
        chosen = score >= self._needed(variant)
        chosen &= ~(self._variants.title[variant] & (field & 1 == 1))
        return variant[chosen], field[chosen] >> 1, score[chosen]

    def _bound(
        self, variant: Array, field: Array, words: Array, cost: Array, filled: Array
    ) -> Array:
        """Return the score that a match has, or can still reach with `filled` slots."""
        variants = self._variants
        length = variants.length[variant]
        score: Array = (words + SAME * (length - filled)) / length
        score = score - cost - variants.penalty[variant]
        in_abstract: Array = field & 1
        return score - ABSTRACT_COST * in_abstract

    def _glue(self, variant: Array, left: Array, right: Array) -> Array:
        """Return the cost of ends inside a compound; a single word is spared in front."""
        glued, variants = self._items.glued, self._variants
        begins = (glued[left] & BEFORE > 0) & (variants.length[variant] > 1)
        ends = glued[right] & AFTER > 0
        cost: Array = np.multiply(variants.glue[variant], begins.astype(np.int8) + ends)
        return cost

    def _needed(self, variant: Array) -> Array:
        return np.maximum(self._least, self._variants.floor[variant])

    def _similarity(self, slot: Array, item: Array) -> Array:
        variants, items = self._variants, self._items
        return self._terms.similarity(
            variants.form[slot], variants.term[slot], items.term[item], items.certain[item]
        )

    def _near_pairs(self, key: Keys) -> tuple[Array, Array]:
        """Return items in order and in reach of each other that the key may be anchored at."""
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

    def _anchored(self, variant: Array, left: Array, right: Array) -> _Paths:
        """Return the paths of two slots each that can still become matches."""
        variants = self._variants
        low = variants.anchor[variant].astype(np.int64)
        slot = variants.first[variant] + low
        one, two = self._similarity(slot, left), self._similarity(slot + 1, right)
        extra = self._extra(left, right, variants.gap[slot])
        origin = np.arange(len(variant))
        columns = variant, left, right, low, low + 1, one + two, extra, origin
        paths = _Paths(np.array(columns, np.int64))
        linked = self._linked(variant, low, left, right)
        return paths.take(where((one > 0) & (two > 0) & linked & self._viable(paths)))

    def _extra(self, left: Array, right: Array, gap: Array) -> Array:
        items = self._items
        extra: Array = np.maximum(0, items.start[right] - items.end[left] - gap)
        glued = items.glued[left]
        midway = (glued & BEFORE > 0) | (items.end[left] > items.start[left])
        entered = items.glued[right] & BEFORE > 0
        extra[(extra > 0) & (entered | (midway & (glued & AFTER > 0)))] += LEFT_COMPOUND
        return extra

    def _linked(self, variant: Array, slot: Array, left: Array, right: Array) -> Array:
        """Return where an "of" stands between the first two slots, or none is asked for."""
        links = self._items.links
        asked = self._variants.linked[variant] & (slot == 0)
        found: Array = ~asked | (links[right] > links[left])
        return found

    def _viable(self, paths: _Paths) -> Array:
        filled = paths.high - paths.low + 1
        field = self._items.field[paths.left]
        bound = self._bound(paths.variant, field, paths.words, UNIT_COST * paths.extra, filled)
        fits: Array = paths.extra <= self._variants.slack[paths.variant]
        return fits & (bound + _ROUNDING >= self._needed(paths.variant))

    def _grown(self, paths: _Paths, step: int) -> _Paths:
        """Return paths filled to the right (step 1) or left (-1) end, the best of each anchor."""
        complete = self._complete(paths, step)
        if complete.all():
            return paths
        done = [paths.take(where(complete))]
        rest = paths.take(where(~complete))
        while len(rest):
            rest = self._best(self._next(rest, step))
            complete = self._complete(rest, step)
            done.append(self._best(rest.take(where(complete)), by_place=False))
            rest = rest.take(where(~complete))
        return _all(done)

    def _complete(self, paths: _Paths, step: int) -> Array:
        last = self._variants.length[paths.variant] - 1
        complete: Array = paths.low == 0 if step < 0 else paths.high == last
        return complete

    def _next(self, paths: _Paths, step: int) -> _Paths:
        """Return the paths with one more slot, in every place in reach."""
        variants, items = self._variants, self._items
        slot = variants.first[paths.variant] + (paths.high + 1 if step > 0 else paths.low - 1)
        gap = variants.gap[slot - 1 if step > 0 else slot]
        wanted = self._terms.classes[variants.term[slot]]
        reach = gap + self._slack + items.widest
        if step > 0:
            first = paths.right + 1
            last = items.start.searchsorted(items.start[paths.right] + reach, side="right")
        else:
            first = items.start.searchsorted(items.start[paths.left] - reach)
            last = paths.left
        counts = np.maximum(last - first, 0)
        path, place = np.arange(len(paths)).repeat(counts), ranges(first, counts)
        same = where(items.kind[place] == wanted[path])
        path, place = path[same], place[same]
        return self._longer(paths.take(path), step, slot[path], gap[path], place)

    def _longer(self, old: _Paths, step: int, slot: Array, gap: Array, place: Array) -> _Paths:
        """Return paths with their next slot filled at a place, where that is allowed."""
        items = self._items
        left, right = (old.right, place) if step > 0 else (place, old.left)
        alike = self._similarity(slot, place)
        allowed = (alike > 0) & (items.start[right] > items.end[left])
        extra = old.extra + self._extra(left, right, gap)
        words = old.words + alike
        if step > 0:
            outer = old.variant, old.left, place, old.low, old.high + 1
        else:
            outer = old.variant, place, old.right, old.low - 1, old.high
            allowed &= self._linked(old.variant, old.low - 1, left, right)
        new = _Paths(np.array((*outer, words, extra, old.origin), np.int64))
        return new.take(where(allowed & self._viable(new)))

    def _best(self, paths: _Paths, *, by_place: bool = True) -> _Paths:
        """Return the best path of each anchor, and of each place it has come to.

        What follows depends on nothing else, so that no more need be kept: time stays linear.
        """
        if len(paths) < 2:  # noqa: PLR2004 - one path is the best
            return paths
        length = self._variants.length[paths.variant]
        glue = self._glue(paths.variant, paths.left, paths.right)
        worth = paths.words - length * (UNIT_COST * paths.extra + glue)
        keys = (worth, paths.right, paths.left, paths.origin) if by_place else (worth, paths.origin)
        order = np.lexsort(keys)
        same = np.ones(len(order) - 1, np.bool_)
        for key in keys[1:]:
            same &= key[order][1:] == key[order][:-1]
        return paths.take(order[np.concatenate((~same, [True]))])
