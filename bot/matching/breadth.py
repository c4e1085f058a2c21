"""A narrower watch for one that matches too much: the phrase people use it in most."""

from collections import Counter
from collections.abc import Iterator, Sequence

from bot.matching.evaluate import THRESHOLD
from bot.matching.lexicon import KnownWords, Lexicon
from bot.matching.paper import PaperText
from bot.matching.pieces import WORD
from bot.matching.reading import Item, Reading, read
from bot.matching.score import Hit, best_hit
from bot.matching.tree import Expression, Phrase

_LEAST_PAPERS = 2
_MOST_SHARE = 0.5


def narrower(expression: Expression, papers: Sequence[PaperText], lexicon: Lexicon) -> str | None:
    """Return a narrower watch for a phrase, from the papers it matches, or None.

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


def _longer(phrase: Phrase, hit: Hit, reading: Reading) -> Iterator[str]:
    """Yield the phrase with the word before it and with the word after it in a paper."""
    first, last = hit.spots[0].item, hit.spots[-1].item
    for item in _words(reading):
        if item.start == first.start - WORD:
            yield f"{item.term} {phrase.text}"
        elif item.start == last.end + WORD:
            yield f"{phrase.text} {item.term}"


def _words(reading: Reading) -> Iterator[Item]:
    for items in reading.by_key.values():
        for item in items:
            if item.part == "word" and item.term.isalpha():
                yield item
