"""What a watch that finds nothing, or next to nothing, may have been meant as."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from bot.errors import ExpressionError
from bot.matching.expression import parse
from bot.matching.index import WatchIndex
from bot.matching.lexicon import Lexicon
from bot.matching.paper import PaperText
from bot.matching.text import phrase_terms
from bot.matching.tree import And, Expression, Not, Or, Phrase
from bot.matching.vocabulary import words

_MOST = 10
_MOST_NEAR = 3
_LISTED = re.compile(r"\s*[,;]\s*(?:(?:or|and)\s+)?|\s+or\s+|\s+/\s+")
_LEFT_OUT = re.compile(r"\s+(?:not|without|except|but not)\s+")
_FILLERS = words("""
paper papers article articles research work works study studies topic topics related interested
interesting anything everything something stuff like new newest latest recent i am im me want show
find about on please all any regarding concerning
""")
_WORD = re.compile(r"[^\W\d_]+")


def listed(tree: Expression) -> Expression | None:
    """Return "speech or audio" and "RL, robotics" as the alternatives they list, or None.

    A phrase needs all of its words in a row; OR in capitals is what lists. Of "parallelism (data,
    tensor)" the part in brackets is such a list.
    """
    if isinstance(tree, And):
        each = tuple(listed(part) or part if _has_comma(part) else part for part in tree.parts)
        return And(each) if each != tree.parts else None
    if not isinstance(tree, Phrase) or tree.exact:
        return None
    parts = [part for part in _LISTED.split(tree.text) if phrase_terms(part)]
    if len(parts) > 1:
        return Or(tuple(Phrase(part, scope=tree.scope) for part in dict.fromkeys(parts)))
    kept, *left_out = _LEFT_OUT.split(tree.text)
    if left_out and all(map(phrase_terms, (kept, *left_out))):
        negated = (Not(Phrase(part, scope=tree.scope)) for part in left_out)
        return And((Phrase(kept, scope=tree.scope), *negated))
    return None


def shortened(tree: Expression) -> Expression | None:
    """Return "papers about robots" as *robots*, or None where no such words are."""
    if not isinstance(tree, Phrase) or tree.exact or (text := _unfilled(tree.text)) == tree.text:
        return None
    return Phrase(text, scope=tree.scope)


def alternatives(tree: Expression, lexicon: Lexicon) -> list[Expression]:
    """Return at most ten watches that a phrase may have been meant as, likeliest first.

    Its list, itself without "papers about", with a word one letter away ("diffusion modes"), and
    in two parts that need not stand together. Of other expressions only AND may list something.
    """
    if isinstance(tree, And):
        many = listed(tree)
        return [many] if many is not None and _can_be_typed(many) else []
    if not isinstance(tree, Phrase) or tree.exact:
        return []
    found: list[Expression] = [] if (many := listed(tree)) is None else [many]
    plain = _unfilled(tree.text)
    texts = [plain, *_near(plain, lexicon)]
    found += [Phrase(text, scope=tree.scope) for text in texts]
    found += _apart(Phrase(plain, scope=tree.scope))
    different = [each for each in dict.fromkeys(found) if each != tree]
    return list(filter(_can_be_typed, different[:_MOST]))


def _has_comma(tree: Expression) -> bool:
    return isinstance(tree, Phrase) and "," in tree.text


def _can_be_typed(tree: Expression) -> bool:
    """Tell a watch that its own text gives: parts of strange phrases may be none ("-1")."""
    try:
        return parse(str(tree)) == tree
    except ExpressionError:
        return False


def any_of(trees: Sequence[Expression]) -> Expression:
    """Return the expression that matches whatever one of them does; there must be one at least."""
    parts = [part for tree in trees for part in (tree.parts if isinstance(tree, Or) else (tree,))]
    different = tuple(dict.fromkeys(parts))
    return Or(different) if len(different) > 1 else different[0]


def found_instead(
    tree: Expression, papers: Sequence[PaperText], lexicon: Lexicon, threshold: float
) -> tuple[Expression, int] | None:
    """Return the likeliest alternative that matches any of the papers, and how many it does."""
    index: WatchIndex[int] = WatchIndex(lexicon)
    tried = alternatives(tree, lexicon)
    for place, each in enumerate(tried):
        index.add(place, each)
    counts = Counter(place for found in index.match(papers, threshold) for place in found)
    return (tried[min(counts)], counts[min(counts)]) if counts else None


def _unfilled(text: str) -> str:
    """Return what is left of "I want papers about tokenizers" without its first and last words."""
    kept = text.split()
    while len(kept) > 1 and (kept[0].lower() in _FILLERS or not phrase_terms(kept[0])):
        kept = kept[1:]
    while len(kept) > 1 and (kept[-1].lower() in _FILLERS or not phrase_terms(kept[-1])):
        kept = kept[:-1]
    return " ".join(kept) if phrase_terms(" ".join(kept)) else text


def _near(text: str, lexicon: Lexicon) -> Iterator[str]:
    """Yield the text with one word made another: a letter away, or one that it begins."""
    for found in _WORD.finditer(text):
        if found[0].islower():
            for other in lexicon.neighbours(found[0])[:_MOST_NEAR]:
                yield text[: found.start()] + other + text[found.end() :]


def _apart(phrase: Phrase) -> Iterator[Expression]:
    """Yield the phrase as two parts that need not stand together, wherever it is cut."""
    parts = phrase.text.split()
    for at in range(len(parts) - 1, 0, -1):
        one, two = (_unfilled(" ".join(some)).strip(",;&") for some in (parts[:at], parts[at:]))
        if phrase_terms(one) and phrase_terms(two):
            yield And((Phrase(one, scope=phrase.scope), Phrase(two, scope=phrase.scope)))
