"""Whether two expressions ask for the same, as matching reads them."""

from collections.abc import Hashable

from bot.errors import ExpressionError
from bot.matching.expression import Expression, parse
from bot.matching.text import phrase_terms
from bot.matching.tree import And, Named, Not, Or, Phrase


def folded(tree: Expression) -> Hashable:
    """A key that is equal for expressions that differ only in ways that matching folds.

    Those are letter case (capitals of acronyms aside), plurals, hyphens, spaces, and the order of
    alternatives and conditions. Quoted phrases are folded in case and spaces alone.
    """
    if isinstance(tree, Phrase):
        return tree.scope, _exact(tree.text) if tree.exact else _terms(tree.text)
    if isinstance(tree, Named):
        return tree.field, tree.name.casefold()
    if isinstance(tree, Not):
        return "not", folded(tree.part)
    assert isinstance(tree, And | Or)
    return type(tree).__name__, frozenset(map(folded, tree.parts))


def folded_text(text: str) -> Hashable:
    """The key of a stored text; of one that no longer parses, the text itself."""
    try:
        return folded(parse(text))
    except ExpressionError:
        return text


def _exact(text: str) -> Hashable:
    return " ".join(text.casefold().split())


def _terms(text: str) -> Hashable:
    return tuple((piece.term, piece.start) for piece in phrase_terms(text))
