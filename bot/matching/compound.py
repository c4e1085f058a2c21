"""Watches of more than one part, for the index: scored from the scores of their phrases."""

from collections.abc import Callable

from bot.matching.evaluate import REMOVES_FROM
from bot.matching.tree import And, Expression, Named, Not, Or, Phrase

Leaf = Phrase | Named
"""A part that is scored on its own."""


def with_phrases(tree: Expression, shared: Callable[[Phrase], Phrase]) -> Expression:
    """Return an equal tree with each phrase replaced by what `shared` gives for it."""
    if isinstance(tree, Phrase):
        return shared(tree)
    if isinstance(tree, Not):
        return Not(with_phrases(tree.part, shared))
    if isinstance(tree, And | Or):
        return type(tree)(tuple([with_phrases(part, shared) for part in tree.parts]))
    return tree


def score(tree: Expression, score_of: Callable[[Leaf], float], threshold: float) -> float | None:
    """Return the score of a tree from those of its leaves (0 for none), or None below threshold.

    It is what `evaluate` gives, without evidence.
    """
    if isinstance(tree, Phrase | Named):
        found = score_of(tree)
        return found if found >= threshold else None
    if isinstance(tree, Or):
        scores = [s for part in tree.parts if (s := score(part, score_of, threshold)) is not None]
        return max(scores, default=None)
    if isinstance(tree, Not):
        return None
    return _lowest(tree, score_of, threshold)


def _lowest(tree: And, score_of: Callable[[Leaf], float], threshold: float) -> float | None:
    lowest = 100.0
    for part in tree.parts:
        if isinstance(part, Not):
            if score(part.part, score_of, REMOVES_FROM) is not None:
                return None
        else:
            found = score(part, score_of, threshold)
            if found is None:
                return None
            lowest = min(lowest, found)
    return lowest


def triggers(tree: Expression, frequency: Callable[[Leaf], float]) -> tuple[Leaf, ...]:
    """Return leaves without any of which the tree cannot match: those of its rarest part."""
    if isinstance(tree, Phrase | Named):
        return (tree,)
    if isinstance(tree, Or):
        return tuple(leaf for part in tree.parts for leaf in triggers(part, frequency))
    if isinstance(tree, Not):
        return ()
    wanted = [triggers(part, frequency) for part in tree.parts]
    return min(
        (leaves_ for leaves_ in wanted if leaves_),
        key=lambda leaves_: sum(map(frequency, leaves_)),
    )
