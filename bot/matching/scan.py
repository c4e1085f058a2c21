"""Scores all variants on a stream of papers at once: the arithmetic of `score`, in columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bot.matching.columns import Array
from bot.matching.keys import Keys
from bot.matching.phrase import FURTHEST, WIDEST_GAP
from bot.matching.score import ABSTRACT_COST, LEFT_COMPOUND, SAME, UNIT_COST
from bot.matching.stream import Stream
from bot.matching.terms import Terms
from bot.matching.variants import Variants

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Hits:
    """Variants found, one row each; a variant may be found in many places of a paper."""

    variant: Array
    paper: Array
    score: Array


@dataclass(frozen=True, slots=True)
class _Paths:
    """Slots `low` to `high` of a variant filled by items from `left` to `right`.

    `words` is the sum of similarities, `extra` that of extra units, `origin` the anchor it grew
    from.
    """

    variant: Array
    left: Array
    right: Array
    low: Array
    high: Array
    words: Array
    extra: Array
    origin: Array

    def __len__(self) -> int:
        return len(self.variant)

    def where(self, chosen: Array) -> "_Paths":
        return _Paths(*(getattr(self, name)[chosen] for name in self.__slots__))


class Scan:
    """A stream of papers against variants; `least` is the score below which nothing counts."""

    def __init__(self, stream: Stream, variants: Variants, terms: Terms, least: float) -> None:
        self._items = stream
        self._variants = variants
        self._terms = terms
        self._least = least
        widest = int((stream.end - stream.start).max(initial=0))
        self._reach = WIDEST_GAP + min(FURTHEST, int((SAME - least) / UNIT_COST)) + widest

    def hits(self, keys: Sequence[Keys]) -> Hits:
        """Return where variants of these keys are found, and how well."""
        left, right = self._near_pairs(keys)
        found = []
        for key in keys:
            found.append(self._of_one_word(key))
            found.append(self._of_several(key, left, right))
        variant, paper, score = zip(*found, strict=True)
        return Hits(np.concatenate(variant), np.concatenate(paper), np.concatenate(score))

    def _of_one_word(self, key: Keys) -> tuple[Array, Array, Array]:
        items, variants = self._items, self._variants
        place, variant = key.single(items.kind)
        slot = variants.first[variant]
        words = self._similarity(slot, place)
        zero = np.zeros(len(place))
        return self._scored(variant, place, words, zero, words > 0)

    def _of_several(self, key: Keys, left: Array, right: Array) -> tuple[Array, Array, Array]:
        kind = self._items.kind
        pair, variant = key.anchored(kind[left], kind[right])
        paths = self._anchored(variant, left[pair], right[pair])
        paths = self._grown(self._grown(paths, 1), -1)
        every = np.ones(len(paths), np.bool_)
        return self._scored(paths.variant, paths.left, paths.words, paths.extra, every)

    def _scored(
        self, variant: Array, item: Array, words: Array, extra: Array, chosen: Array
    ) -> tuple[Array, Array, Array]:
        """Return variant, paper and score of complete matches that are good enough."""
        score = self._bound(variant, item, words, extra, self._variants.length[variant])
        field = self._items.field[item]
        chosen = chosen & (score >= self._needed(variant))
        chosen &= ~(self._variants.title[variant] & (field % 2 == 1))
        return variant[chosen], field[chosen] >> 1, score[chosen]

    def _bound(
        self, variant: Array, item: Array, words: Array, extra: Array, filled: Array
    ) -> Array:
        """Return the score that a match has, or can still reach with `filled` slots."""
        variants = self._variants
        length = variants.length[variant]
        score = (words + SAME * (length - filled)) / length
        score = score - UNIT_COST * extra - variants.penalty[variant]
        return score - ABSTRACT_COST * (self._items.field[item] % 2)

    def _needed(self, variant: Array) -> Array:
        return np.maximum(self._least, self._variants.floor[variant])

    def _similarity(self, slot: Array, item: Array) -> Array:
        variants, items = self._variants, self._items
        return self._terms.similarity(
            variants.form[slot], variants.term[slot], items.term[item], items.certain[item]
        )

    def _near_pairs(self, keys: Sequence[Keys]) -> tuple[Array, Array]:
        """Return items in order and in reach of each other that some key may be anchored at."""
        start, end, kind = self._items.start, self._items.end, self._items.kind
        found: list[tuple[Array, Array]] = [(np.empty(0, np.int64), np.empty(0, np.int64))]
        left = np.arange(len(start))
        for step in range(1, len(start)):
            left = left[: np.searchsorted(left, len(start) - step)]
            right = left + step
            near = start[right] - start[left] <= self._reach
            left, right = left[near], right[near]
            if not len(left):
                break
            maybe = np.zeros(len(left), np.bool_)
            first, second = kind[left], kind[right]
            for key in keys:
                maybe[key.maybe(first, second)] = True
            maybe &= start[right] > end[left]
            found.append((left[maybe], right[maybe]))
        lefts, rights = zip(*found, strict=True)
        return np.concatenate(lefts), np.concatenate(rights)

    def _anchored(self, variant: Array, left: Array, right: Array) -> _Paths:
        """Return the paths of two slots each that can still become matches."""
        variants = self._variants
        low = variants.anchor[variant].astype(np.int64)
        slot = variants.first[variant] + low
        one, two = self._similarity(slot, left), self._similarity(slot + 1, right)
        extra = self._extra(left, right, variants.gap[slot])
        origin = np.arange(len(variant))
        paths = _Paths(variant, left, right, low, low + 1, one + two, extra, origin)
        return paths.where((one > 0) & (two > 0) & self._viable(paths))

    def _extra(self, left: Array, right: Array, gap: Array) -> Array:
        items = self._items
        extra: Array = np.maximum(0, items.start[right] - items.end[left] - gap)
        left_compound: Array = (extra > 0) & items.inner[left]
        return extra + LEFT_COMPOUND * left_compound

    def _viable(self, paths: _Paths) -> Array:
        filled = paths.high - paths.low + 1
        bound = self._bound(paths.variant, paths.left, paths.words, paths.extra, filled)
        fits = paths.extra <= self._variants.slack[paths.variant]
        return fits & (bound + _ROUNDING >= self._needed(paths.variant))

    def _grown(self, paths: _Paths, step: int) -> _Paths:
        """Return paths filled to the right (step 1) or left (-1) end, the best of each anchor."""
        done = []
        while len(paths):
            if step > 0:
                complete = paths.high == self._variants.length[paths.variant] - 1
            else:
                complete = paths.low == 0
            done.append(paths.where(complete))
            paths = self._best(self._next(paths.where(~complete), step))
        if not done:
            return paths
        columns = ([getattr(some, name) for some in done] for name in _Paths.__slots__)
        return self._best(_Paths(*map(np.concatenate, columns)), by_place=False)

    def _next(self, paths: _Paths, step: int) -> _Paths:
        """Return the paths with one more slot, in every place in reach."""
        variants, items = self._variants, self._items
        slot = variants.first[paths.variant] + (paths.high + 1 if step > 0 else paths.low - 1)
        gap = variants.gap[slot - 1 if step > 0 else slot]
        wanted = self._terms.classes[variants.term[slot]]
        from_ = paths.right if step > 0 else paths.left
        found = [paths.where(np.empty(0, np.int64))]
        near = np.arange(len(paths))
        for distance in range(1, len(items.start)):
            place = from_[near] + step * distance
            inside = (place >= 0) & (place < len(items.start))
            near, place = near[inside], place[inside]
            reached = abs(items.start[place] - items.start[from_[near]]) <= self._reach
            near, place = near[reached], place[reached]
            if not len(near):
                break
            same = items.kind[place] == wanted[near]
            chosen = near[same]
            found.append(
                self._longer(paths.where(chosen), step, slot[chosen], gap[chosen], place[same])
            )
        columns = ([getattr(some, name) for some in found] for name in _Paths.__slots__)
        return _Paths(*map(np.concatenate, columns))

    def _longer(self, old: _Paths, step: int, slot: Array, gap: Array, place: Array) -> _Paths:
        """Return paths with their next slot filled at a place, where that is allowed."""
        items = self._items
        left, right = (old.right, place) if step > 0 else (place, old.left)
        alike = self._similarity(slot, place)
        allowed = (alike > 0) & (items.start[right] > items.end[left])
        extra = old.extra + self._extra(left, right, gap)
        words = old.words + alike
        if step > 0:
            new = _Paths(
                old.variant, old.left, place, old.low, old.high + 1, words, extra, old.origin
            )
        else:
            new = _Paths(
                old.variant, place, old.right, old.low - 1, old.high, words, extra, old.origin
            )
        return new.where(allowed & self._viable(new))

    def _best(self, paths: _Paths, *, by_place: bool = True) -> _Paths:
        """Return the best path of each anchor, and of each place it has come to.

        What follows depends on nothing else, so that no more need be kept: time stays linear.
        """
        length = self._variants.length[paths.variant]
        worth = paths.words - UNIT_COST * length * paths.extra
        keys = (worth, paths.right, paths.left, paths.origin) if by_place else (worth, paths.origin)
        order = np.lexsort(keys)
        if not len(order):
            return paths
        last = np.ones(len(order), np.bool_)
        same = np.ones(len(order) - 1, np.bool_)
        for key in keys[1:]:
            same &= key[order][1:] == key[order][:-1]
        last[:-1] = ~same
        return paths.where(order[last])
