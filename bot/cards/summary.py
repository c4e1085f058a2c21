"""Two or three sentences of an abstract that say what is new and what it gives.

Sentences are chosen, never rewritten. Each is scored by its cue phrases, its place and its
centrality (how many of its words the rest of the abstract repeats, as in Luhn 1958), then the
best statement of what is new, the best result and the best of the rest are kept in their order.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bot.cards.latex import readable
from bot.text import one_line, shorten, split_sentences

__all__ = ["shorten", "summarise"]

_LONGEST_ABSTRACT = 20_000
_AUTHORS = (
    r"\b(?:we|our \w+|the (?:authors?|paper|study|work)"
    r"|this (?:paper|work|study|article|survey|theory))\b"
)
_PROPOSAL = re.compile(
    rf"{_AUTHORS}[\w ,'-]{{0,40}}?\b"
    r"(?:propos|introduc|present|develop|design|build|formulat|explain)\w*",
    re.IGNORECASE,
)
_NEW = re.compile(
    rf"{_AUTHORS}"
    r"|\b(?:novel|new (?:method|framework|model|approach|paradigm|dataset|benchmark|algorithm"
    r"|architecture|theory|scaling law))\b",
    re.IGNORECASE,
)
_COINED = re.compile(
    r"(?:The )?[\w-]*[^\W_][A-Z0-9][\w-]*,? (?:first )?(?!has|was|is not)[a-z]+s\b"
)
_RESULT = re.compile(
    r"\b(?:outperform|achiev|improv|reduc|surpass|exceed|speed-?up|speeds? up|faster|beats?|gain"
    r"|state-of-the-art|accuracy|throughput|results?|experiments?|evaluation|demonstrat|find that"
    r"|found that|we show)\w*"
    r"|\d(?:\.\d+)?\s?(?:%|x\b|×|times\b|percent\b)",
    re.IGNORECASE,
)
_NOTICE = re.compile(
    r"\bhttps?://|\b(?:code|data|models?|project page)\b.{0,40}\bavailable\b", re.IGNORECASE
)
_LEANING = re.compile(
    r"(?:this|these|those|it|its|they|their|such|however|moreover|furthermore|specifically|besides"
    r"|additionally|then|thus|hence|therefore|consequently|for example|in addition)\b",
    re.IGNORECASE,
)
_LEANS_ON_TITLE = re.compile(r"this (?:paper|work|study|article|survey|theory)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{4,}")


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of the abstract: its place from 0, two cues 0-1 and a general score 0-1.5."""

    place: int
    text: str
    new: float
    result: float
    general: float


# One paper goes to many channels in a round, which on a large host posts most papers of a week.
@lru_cache(maxsize=1 << 13)
def summarise(
    abstract: str, *, source_summary: str | None = None, sentences: int = 3, limit: int = 420
) -> str:
    """At most `sentences` sentences and `limit` code points: the source's own summary or ours.

    A source's summary is only shortened. The same abstract always gives the same summary, in time
    linear in its length. Does not rephrase, and does not translate: what is new is recognised in
    English alone, other languages keep the first and the most central sentences.
    """
    if own := one_line(readable(source_summary or "")):
        return shorten(own, limit)
    text = one_line(readable(abstract[:_LONGEST_ABSTRACT]))
    return shorten(" ".join(_chosen(text, sentences, limit)), limit)


def _chosen(text: str, count: int, limit: int) -> list[str]:
    whole = split_sentences(text)
    candidates = _scored([one for one in whole if not _NOTICE.search(one)] or whole)
    kept: list[_Sentence] = []
    for wish in _wishes(count):
        room = limit - sum(len(sentence.text) + 1 for sentence in kept)
        fitting = [
            sentence
            for sentence in candidates
            if sentence not in kept and (not kept or len(sentence.text) <= room)
        ]
        if fitting:
            kept.append(max(fitting, key=lambda one: (_worth(one, wish, kept), -one.place)))
    return [sentence.text for sentence in sorted(kept, key=lambda sentence: sentence.place)]


def _wishes(count: int) -> Sequence[str]:
    return ("new", "result", *("general" for _ in range(count - 2)))[: max(count, 0)]


def _worth(sentence: _Sentence, wish: str, kept: Sequence[_Sentence]) -> float:
    wanted = {"new": sentence.new, "result": sentence.result, "general": 0.0}[wish]
    leans = _LEANING.match(sentence.text) and not _LEANS_ON_TITLE.match(sentence.text)
    alone = leans and not any(other.place == sentence.place - 1 for other in kept)
    return 2 * wanted + sentence.general - (1.0 if alone and sentence.place else 0.0)


def _scored(texts: Sequence[str]) -> list[_Sentence]:
    words = [frozenset(_WORD.findall(text.casefold())) for text in texts]
    spread = Counter(word for sentence in words for word in sentence)
    last = max(len(texts) - 1, 1)
    return [
        _Sentence(
            place=place,
            text=text,
            new=_newness(text) * (1.0 - 0.3 * place / last),
            result=min(len(_RESULT.findall(text)), 2) / 2 * (0.7 + 0.3 * place / last),
            general=_centrality(words[place], spread) + (0.5 if place == 0 else 0.0),
        )
        for place, text in enumerate(texts)
    ]


def _newness(text: str) -> float:
    """1 where the authors propose, less where a coined name acts ("SubPO learns"), else 0."""
    if _PROPOSAL.search(text):
        return 1.0
    return 0.8 if _COINED.match(text) else 0.5 if _NEW.search(text) else 0.0


def _centrality(words: frozenset[str], spread: Counter[str]) -> float:
    """The share of a sentence's words that other sentences repeat, 0-1."""
    return sum(spread[word] > 1 for word in words) / len(words) if words else 0.0
