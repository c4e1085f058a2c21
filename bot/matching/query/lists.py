"""Lists in words as people type them: "speech or audio", "llm agents, rag", "robots not drones"."""

import re
from typing import Literal, NamedTuple

from bot.matching.text.acronyms import acronyms
from bot.matching.text.phrase_terms import phrase_terms
from bot.matching.text.pieces import is_capitals
from bot.matching.text.word_lists import FUNCTION_WORDS, words

_MOST_WORDS, _MOST_IN_PART, _MOST_LEFT_OUT = 12, 5, 3
_TITLE_SHARE, _TITLE_FROM, _LONG_WORD, _SURE_FROM = 0.6, 2, 4, 3
_SEPARATORS = re.compile(r"\s*;\s*(?:(?:or|and)\s+)?|\s*,\s+(?:(?:or|and)\s+)?")
_OR = re.compile(r"\s+or\s+")
_NOT = re.compile(r"\s+(?:and\s+|but\s+|or\s+)?not\s+")
_AND = re.compile(r"\s+and\s+")
_SIGNS = re.compile(r"[,;]|(?:^|\s)(?:or|and|not)\s")
_AFTER_NOT = words("to all only just enough every always yet necessarily so as")


class Listed(NamedTuple):
    """A phrase read as several: all of `parts`, or any of them, and none of `left_out`."""

    kind: Literal["or", "and"]
    parts: tuple[str, ...]
    left_out: tuple[str, ...] = ()


def has_signs(text: str) -> bool:
    """Whether a text has a comma, a semicolon or a lower-case or, and, not."""
    return _SIGNS.search(text) is not None


def is_title(text: str) -> bool:
    """Whether a text looks like a pasted title: long, with a colon, or with capitals at words."""
    typed = [word.rstrip(",;.!?") for word in text.split()]
    if len(typed) > _MOST_WORDS or any(word.endswith(":") for word in typed):
        return True
    long = [word for word in typed if len(word) >= _LONG_WORD and word.isalpha()]
    capitals = sum(word[0].isupper() and word[1:].islower() for word in long)
    return (
        len(typed) >= _LONG_WORD
        and capitals >= _TITLE_FROM
        and capitals >= _TITLE_SHARE * len(long)
    )


def as_list(text: str) -> Listed | None:
    """The list that a text surely is, or None for a phrase.

    Sure are: "or" between two parts; semicolons; commas between three parts, or between two of
    which each is an acronym or has several words; "and" between two such; "not" before at most
    three words. A pasted title is no list.
    """
    if not has_signs(text) or is_title(text):
        return None
    for read in (_left_out, _separated, _either, _both):
        if (found := read(text)) is not None:
            return found
    return None


def _left_out(text: str) -> Listed | None:
    kept, *out = _NOT.split(text)
    if not out or not all(map(phrase_terms, (kept, *out))):
        return None
    fits = all(len(part.split()) <= _MOST_LEFT_OUT for part in out)
    meant = all(part.split()[0].lower() not in _AFTER_NOT for part in out)
    return Listed("and", (kept,), tuple(out)) if fits and meant else None


def _separated(text: str) -> Listed | None:
    parts = _parts(_SEPARATORS, text)
    if len(parts) < _TITLE_FROM:
        return None
    if ";" in text or all(map(_stands_alone, parts)):
        return Listed("or", parts)
    *adjectives, _ = parts
    sure = len(parts) >= _SURE_FROM and not (
        _stands_alone(parts[-1]) and not any(map(_stands_alone, adjectives))
    )
    return Listed("or", parts) if sure else None


def _either(text: str) -> Listed | None:
    parts = _parts(_OR, text)
    return Listed("or", parts) if len(parts) > 1 else None


def _both(text: str) -> Listed | None:
    parts = _parts(_AND, text)
    sure = len(parts) > 1 and all(map(_stands_alone, parts))
    return Listed("and", parts) if sure else None


def _parts(separator: re.Pattern[str], text: str) -> tuple[str, ...]:
    """The parts of a text, or () where one has no content word or too many words."""
    parts = [part.strip() for part in separator.split(text) if part.strip()]
    fit = all(phrase_terms(part) and len(part.split()) <= _MOST_IN_PART for part in parts)
    return tuple(dict.fromkeys(parts)) if fit else ()


def _stands_alone(part: str) -> bool:
    """Whether a part means something by itself: several words, an acronym, a name."""
    own = [word for word in part.split() if word.lower() not in FUNCTION_WORDS]
    if len(own) != 1:
        return len(own) > 1
    return (
        is_capitals(own[0]) or acronyms().meant(own[0].lower()) is not None or not own[0].islower()
    )
