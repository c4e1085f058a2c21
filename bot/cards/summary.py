"""Two or three sentences of an abstract that say what is new and what it gives.

Sentences are chosen, never rewritten; only an opening that points at what is left out ("To address
these challenges, we …") falls away. Each is scored by its cue phrases, its place and its
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
_LATER = re.compile(
    r"(?:with|in|on|for|as|at|by|after|when|while|from|under|using)\b[^,;]{0,60},? (?:it|they)\b",
    re.IGNORECASE,
)
"""A pronoun for what stands before: "With a parameter server it …"."""
_LEANS_ON_TITLE = re.compile(r"this (?:paper|work|study|article|survey|theory)\b", re.IGNORECASE)
_OPENING = re.compile(
    r"(?:"
    # "To address these issues,", "Motivated by this,", "Building on such findings,"
    r"[A-Z][\w-]+(?: [\w-]+){0,4}? (?:this|these|those|such|that|the above)\b"
    r"(?! paper| work| study)[^,;:.]{0,80}, (?=(?:we|our|the|this|in this)\b)"
    r"|(?:In|Throughout|With) (?:this|the present) (?:paper|work|study|article|report|survey),? "
    r"(?=(?:we|our|the)\b)"
    r"|(?:To (?:this|that|these) ends?|However|Moreover|Furthermore|Additionally|Specifically"
    r"|Notably|Importantly|Critically|Crucially|Besides|In addition|Consequently|Therefore|Thus"
    r"|Hence|Then|In contrast|On the other hand|As a result|Finally|In particular|Accordingly"
    r"|Meanwhile|(?:Based on|Inspired by) (?:this|these|that)|To do so|Here), ?"
    r")",
)
_SECOND = re.compile(
    r"(?:Moreover|Furthermore|Additionally|Besides|In addition|Finally|Then|Specifically),? "
)
"""What begins a sentence that adds to the one before it."""
_ASIDE = re.compile(r"^(We|Our \w+) (?:therefore|thus|also|then|further|hence|consequently) (?=\w)")
_POINTING = re.compile(
    r"\b(?:these|those|such|this)\b "
    r"(?!(?:an?|as|paper|work|study|article|survey|theory|report|way)\b)"
    r"[a-z][\w-]+|\b(?:the (?:former|latter|above)|aforementioned)\b",
    re.IGNORECASE,
)
_SPACED_FRACTION = re.compile(r"(?<=\d\.) (?=\d+(?:\.\d+)?\s?(?:%|x\b|×|times\b|points?\b))")
_SHORTEST = 30
"""Letters that a sentence must have left to lose its opening."""

_WORD = re.compile(r"[^\W\d_]{4,}")


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence of the abstract: its place from 0, two cues 0-1 and a general score 0-1.5.

    `leans` is how much it needs the one before it.
    """

    place: int
    text: str
    new: float
    result: float
    general: float
    leans: float


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
    text = _SPACED_FRACTION.sub("", one_line(readable(abstract[:_LONGEST_ABSTRACT])))
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
    places = {sentence.place for sentence in kept}
    return [
        sentence.text if sentence.place - 1 in places else standing_alone(sentence.text)
        for sentence in sorted(kept, key=lambda sentence: sentence.place)
    ]


def standing_alone(sentence: str) -> str:
    """A sentence without an opening that points at another one, where it has such an opening."""
    rest = sentence
    while (found := _OPENING.match(rest)) and len(rest) - found.end() >= _SHORTEST:
        rest = rest[found.end() :]
        rest = rest[0].upper() + rest[1:]
    return _ASIDE.sub(r"\1 ", rest)


def _wishes(count: int) -> Sequence[str]:
    return ("new", "result", *("general" for _ in range(count - 2)))[: max(count, 0)]


def _worth(sentence: _Sentence, wish: str, kept: Sequence[_Sentence]) -> float:
    wanted = {"new": sentence.new, "result": sentence.result, "general": 0.0}[wish]
    before = any(other.place == sentence.place - 1 for other in kept)
    alone = bool(sentence.place) and not before
    if alone and _LATER.match(sentence.text):
        # "It" is what is new, where that was told.
        alone = not any(other.new for other in kept)
    told = any(other.leans and other.place == sentence.place + 1 for other in kept)
    return (
        2 * wanted + sentence.general - (sentence.leans if alone else 0.0) + (0.6 if told else 0.0)
    )


def _leaning(sentence: str) -> float:
    """How much a sentence needs the one before it, once its opening fell away: 0, 0.5 or 1."""
    if _SECOND.match(sentence):
        return 1.0
    rest = standing_alone(sentence)
    if _LEANING.match(rest) and not _LEANS_ON_TITLE.match(rest):
        return 1.0
    return 0.5 if _POINTING.search(rest) or _LATER.match(rest) else 0.0


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
            leans=_leaning(text),
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
