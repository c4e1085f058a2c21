"""Whether a stem stands near a place of a batch of papers: quickly, and sometimes in error."""

import numpy as np

from bot.matching.columns import Array
from bot.matching.stream import Stream

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
        """Return which stems may stand within reach of the start of the item beside each."""
        found: Array = self._bitmap[self._hash(kinds, self._blocks[items] + np.uint32(1))]
        return found

    def _hash(self, kinds: Array, blocks: Array) -> Array:
        mixed: Array = kinds.astype(np.uint32) * _MIX_KIND + blocks * _MIX_BLOCK
        hashed: Array = mixed >> self._shift
        return hashed
