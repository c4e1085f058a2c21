"""Partial matches of variants in a batch of papers, in columns."""

import numpy as np

from bot.matching.columns import Array


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
        """Return the paths chosen by place."""
        return Paths(self.matrix.take(chosen, axis=1))


def joined(some: list[Paths]) -> Paths:
    """Return some paths as one."""
    return some[0] if len(some) == 1 else Paths(np.hstack([paths.matrix for paths in some]))
