"""Better watches: typos corrected, wider and narrower ones, a dash that was ambiguous."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz.distance import OSA

from bot.errors import ExpressionError
from bot.matching.evaluate import THRESHOLD
from bot.matching.query.ast import And, Expression, Not, Or, Phrase
from bot.matching.query.expression import parse
from bot.matching.query.lexer import Lexeme, lexemes
from bot.matching.query.parser import canonical
from bot.matching.score import Hit, best_hit
from bot.matching.text.document import Document, Item, read
from bot.matching.text.lexicon import KnownWords, Lexicon
from bot.matching.text.phrase_terms import phrase_terms
from bot.matching.text.pieces import WORD
from bot.matching.text.word_lists import words
from bot.matching.types import PaperText


class Corrected(NamedTuple):
    """An expression as it will be watched, and each (typed, known) pair of words changed."""

    expression: Expression
    corrections: tuple[tuple[str, str], ...]


_WORDS = re.compile(r"(?<![\w'’])[^\W\d_]+(?![\w'’])")
"""Words that stand by themselves: nothing is corrected within O'Brien."""

_FOREIGN = re.compile(
    r"\b\w{2,}(?:ond|onde|sse|eur|eux|euse|eaux|ique|iques|elle|elles|ales|iales|cion|ciones|zione|"
    r"zioni|aje|ajes|idad|dade|mente|mento|ung|ungen|keit|heit|ische?[nrs]?|liche?[nrs]?|schaft|"
    r"ieren|ismo|oso|osa|ado|ados|ada|adas|ido|idos|ida|idas|os|as|oes|oire|che|chen|erung|netze?)\b"
)
"""Endings of French, Spanish, Portuguese, Italian and German that few English words have."""


_DERIVED = re.compile(
    r"^(?:hyper|super|multi|micro|inter|under|counter|meta|neuro|photo|electro|bio|geo|cyber|tele|"
    r"nano|poly)|(?:ist|ism|ness|less|ful|able|ible|ship|hood|wise|ward|like|esque)s?$"
)
"""Beginnings and endings that make words which are in no list, and right."""


def correct(tree: Expression, lexicon: Lexicon) -> Corrected:
    """The expression with unknown words replaced by the single best known one.

    A word run together of two common ones is taken apart, and found joined just as well. Quoted
    phrases, names, acronyms, words with capitals, accents or apostrophes and phrases in another
    language stay as typed, and so does every word that might be right: a real word that was not
    meant ("modes") is not noticed.
    """
    changed: dict[str, str] = {}

    def known(found: re.Match[str]) -> str:
        word = found[0]
        better = None
        if word.islower() and not _DERIVED.search(word):
            better = lexicon.correct(word) or lexicon.divide(word)
        if better is None:
            return word
        if OSA.distance(word, better + "s") <= OSA.distance(word, better):
            better += "s"
        changed[word] = better
        return better

    def walk(part: Expression) -> Expression:
        if isinstance(part, Phrase):
            if part.exact or _is_foreign(part.text, lexicon):
                return part
            return Phrase(_WORDS.sub(known, part.text), scope=part.scope)
        if isinstance(part, Not):
            return Not(walk(part.part))
        if isinstance(part, And | Or):
            return type(part)(tuple(map(walk, part.parts)))
        return part

    return Corrected(walk(tree), tuple(changed.items()))


def _is_foreign(text: str, lexicon: Lexicon) -> bool:
    """Whether a phrase is not English: an unknown word has an accent or a foreign ending."""
    unknown = [word for word in _WORDS.findall(text) if not lexicon.known(word.lower())]
    return any(not word.isascii() or _FOREIGN.search(word) for word in unknown)


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
    """The alternatives that "speech or audio" and "RL, robotics" list, or None.

    A phrase needs all of its words in a row; OR in capitals is what lists. Of "parallelism (data,
    tensor)" the part in brackets is such a list.
    """
    if isinstance(tree, And):
        each = tuple(listed(part) or part if _has_comma(part) else part for part in tree.parts)
        return And(each) if each != tree.parts else None
    if not isinstance(tree, Phrase) or tree.exact:
        return None
    parts = [canonical(part) for part in _LISTED.split(tree.text) if phrase_terms(part)]
    if len(parts) > 1:
        return Or(tuple(Phrase(part, scope=tree.scope) for part in dict.fromkeys(parts)))
    kept, *left_out = _LEFT_OUT.split(tree.text)
    if left_out and all(map(phrase_terms, (kept, *left_out))):
        negated = (Not(Phrase(part, scope=tree.scope)) for part in left_out)
        return And((Phrase(kept, scope=tree.scope), *negated))
    return None


def shortened(tree: Expression) -> Expression | None:
    """What is left of "papers about robots" without such words: robots; None if all of it."""
    if not isinstance(tree, Phrase) or tree.exact or (text := _unfilled(tree.text)) == tree.text:
        return None
    return Phrase(text, scope=tree.scope)


def alternatives(tree: Expression, lexicon: Lexicon) -> list[Expression]:
    """At most ten watches that a phrase may have been meant as, likeliest first.

    Its list, itself without "papers about", with a word one letter away ("diffusion modes"), and
    in two parts that need not stand together. Of other expressions only AND may list something.
    """
    if isinstance(tree, And):
        many = listed(tree)
        return [many] if many is not None and _can_be_typed(many) else []
    if not isinstance(tree, Phrase) or tree.exact:
        return []
    plain = Phrase(_unfilled(tree.text), scope=tree.scope)
    return _different(tree, [*_meant(tree, lexicon), *_apart(plain)])


def mistakes(tree: Expression, lexicon: Lexicon) -> list[Expression]:
    """Those of `alternatives` for which the phrase itself would be a slip, not a narrower wish."""
    if isinstance(tree, Phrase) and not tree.exact:
        return _different(tree, _meant(tree, lexicon))
    return alternatives(tree, lexicon)


def _meant(tree: Phrase, lexicon: Lexicon) -> list[Expression]:
    found: list[Expression] = [] if (many := listed(tree)) is None else [many]
    plain = _unfilled(tree.text)
    return found + [Phrase(text, scope=tree.scope) for text in (plain, *_near(plain, lexicon))]


def _different(tree: Expression, found: Sequence[Expression]) -> list[Expression]:
    different = [each for each in dict.fromkeys(found) if each != tree]
    return list(filter(_can_be_typed, different[:_MOST]))


def _has_comma(tree: Expression) -> bool:
    return isinstance(tree, Phrase) and "," in tree.text


def _can_be_typed(tree: Expression) -> bool:
    """Whether a tree's own text gives it: parts of strange phrases may be none ("-1")."""
    try:
        return parse(str(tree)) == tree
    except ExpressionError:
        return False


def any_of(trees: Sequence[Expression]) -> Expression:
    """The expression that matches whatever one of them does; there must be one at least."""
    parts = [part for tree in trees for part in (tree.parts if isinstance(tree, Or) else (tree,))]
    different = tuple(dict.fromkeys(parts))
    return Or(different) if len(different) > 1 else different[0]


def first_found(
    tried: Sequence[Expression], papers: Sequence[PaperText], lexicon: Lexicon, threshold: float
) -> tuple[Expression, int] | None:
    """The first expression that matches any of the papers, and how many it does."""
    from bot.matching.index.watch_index import WatchIndex  # noqa: PLC0415 - brings numpy along

    index: WatchIndex[int] = WatchIndex(lexicon)
    for place, each in enumerate(tried):
        index.add(place, each)
    counts = Counter(place for found in index.match(papers, threshold) for place in found)
    return (tried[min(counts)], counts[min(counts)]) if counts else None


def _unfilled(text: str) -> str:
    """What is left of "I want papers about tokenizers" without its first and last words."""
    kept = text.split()
    while len(kept) > 1 and (kept[0].lower() in _FILLERS or not phrase_terms(kept[0])):
        kept = kept[1:]
    while len(kept) > 1 and (kept[-1].lower() in _FILLERS or not phrase_terms(kept[-1])):
        kept = kept[:-1]
    return " ".join(kept) if phrase_terms(" ".join(kept)) else text


def _near(text: str, lexicon: Lexicon) -> Iterator[str]:
    """Yields the text with one word made another: a letter away, or one that it begins."""
    for found in _WORD.finditer(text):
        if found[0].islower():
            for other in lexicon.neighbours(found[0])[:_MOST_NEAR]:
                yield text[: found.start()] + other + text[found.end() :]


def _apart(phrase: Phrase) -> Iterator[Expression]:
    """Yields the phrase as two parts that need not stand together, wherever it is cut."""
    parts = phrase.text.split()
    for at in range(len(parts) - 1, 0, -1):
        one, two = (_unfilled(" ".join(some)).strip(",;&") for some in (parts[:at], parts[at:]))
        if phrase_terms(one) and phrase_terms(two):
            yield And((Phrase(one, scope=phrase.scope), Phrase(two, scope=phrase.scope)))


_LEAST_PAPERS = 2
_MOST_SHARE = 0.5


def narrower(expression: Expression, papers: Sequence[PaperText], lexicon: Lexicon) -> str | None:
    """A narrower watch for a phrase, from the papers it matches, or None.

    The phrase grows by the one neighbouring word that is commonest among those papers, but in no
    more than half of them. Compound expressions get no suggestion: AND already narrows them.
    """
    if not isinstance(expression, Phrase) or expression.exact:
        return None
    counts: Counter[str] = Counter()
    words = KnownWords(lexicon)
    matched = 0
    for paper in papers:
        reading = read(paper.title, paper.abstract)
        hit = best_hit(expression, reading, words)
        if hit and hit.score >= THRESHOLD:
            matched += 1
            counts.update(set(_longer(expression, hit, reading)))
    fit = [
        (count, text)
        for text, count in counts.items()
        if _LEAST_PAPERS <= count <= matched * _MOST_SHARE
    ]
    if not fit:
        return None
    _, best = max(fit, key=lambda counted: (counted[0], counted[1]))
    return str(Phrase(best, scope=expression.scope))


def _longer(phrase: Phrase, hit: Hit, reading: Document) -> Iterator[str]:
    """Yields the phrase with the word before it and with the word after it in a paper."""
    first, last = hit.spots[0].item, hit.spots[-1].item
    for item in _single_words(reading):
        if item.start == first.start - WORD:
            yield f"{item.term} {phrase.text}"
        elif item.start == last.end + WORD:
            yield f"{phrase.text} {item.term}"


def _single_words(reading: Document) -> Iterator[Item]:
    for items in reading.by_key.values():
        for item in items:
            if item.part == "word" and item.term.isalpha():
                yield item


class Dash(NamedTuple):
    """The word that a dash leaves out, the words behind it that are wanted, and both left out."""

    left_out: str
    wanted: str
    instead: str


def ambiguous_dash(text: str) -> Dash | None:
    """The first dash of a valid expression whose word is followed by others, or None.

    In "experts -survey paper" it leaves out *survey* and wants *paper*.
    """
    read = lexemes(text)
    for at, (sign, word) in enumerate(pairwise(read)):
        if (sign.kind, word.kind) == ("-", "word") and (behind := _leading_words(read[at + 2 :])):
            both = text[word.start : behind[-1].end]
            instead = f'{text[: word.start]}"{both}"{text[behind[-1].end :]}'
            return Dash(word.text, text[behind[0].start : behind[-1].end], instead)
    return None


def _leading_words(read: list[Lexeme]) -> list[Lexeme]:
    """The words at the beginning."""
    ends = (at for at, lexeme in enumerate(read) if lexeme.kind != "word")
    return read[: next(ends)]
