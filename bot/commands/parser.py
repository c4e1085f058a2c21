"""Parses typed text into a request by the table of verbs; a wrong command is told the nearest."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.commands.verbs import (
    HELP,
    IMPORT,
    LIKE,
    SCHEDULE_,
    SEARCH,
    UNWATCH,
    VERBS,
    WATCH,
    Verb,
)
from bot.errors import CommandError
from bot.text import quoted

_ADDRESSED = re.compile(r"(?:<@[!&]?[^<>\s]+>|@[\w.-]+|/papers(?!\S))[\s,:]*", re.IGNORECASE)
_NAME = re.compile(r"[/!.]*(?:papers?|papres|paperround|pappers)", re.IGNORECASE)
_QUOTES = str.maketrans({**dict.fromkeys("“”„‟«»", '"'), **dict.fromkeys("‘’‚‛", "'")})
_BEFORE = frozenset(
    (
        "show",
        "set",
        "get",
        "change",
        "please",
        "give",
        "see",
        "view",
        "use",
        "can",
        "could",
        "you",
        "i",
        "we",
        "want",
        "to",
        "me",
        "us",
        "the",
        "my",
        "our",
        "all",
        "just",
        "let",
    )
)
"""Words that people put before a command, as in "show me the settings"."""
_AFTER = re.compile(r"(?:[\s,]+(?:please|pls|plz|thanks|thank you))+[\s.!]*$", re.IGNORECASE)
_ABOUT = re.compile(
    r"\A(?:(?:to|for|on|about|watch|topics?|papers?|number)\s+)+(?=\S)", re.IGNORECASE
)
"""Words before a topic that are none of it, where another verb was typed."""
_HELP = frozenset(("help", "?", "??", "-h", "--help"))
_NO_TOPICS = frozenset(
    (
        "yes",
        "no",
        "ok",
        "okay",
        "undo",
        "cancel",
        "reset",
        "clear",
        "go",
        "again",
        "nice",
        "good",
        "great",
        "cool",
        "be",
        "version",
        "permissions",
        "tomorrow",
        "language",
    )
)
_LETTERS = re.compile(r"[^\W\d_]{2}")
_KEY = re.compile(r"(?<=\s)[A-Za-z0-9]{16,}(?!\S)")
_WITH_KEY = re.compile(r"(?:\S+\s+){0,2}\S*zotero\b", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<=://)([^/\s]+)/\S*")
_WITH_ADDRESS = re.compile(r"\S*webhook\b", re.IGNORECASE)
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_NEAR = 0.65
_LONGEST = 2_000
_SHOWN = 40
_LEAST = 3
"""Letters that a word must have to be taken for a slip."""


@dataclass(frozen=True, slots=True)
class Request:
    """A verb with its value, which is of the type that the verb's argument reads.

    `str()` is the canonical text, and parsing that gives the same request.
    """

    verb: Verb[Any]
    value: Any

    @property
    def changes(self) -> bool:
        """Whether it changes what the whole channel gets."""
        return self.verb.shared and not (self.verb.tells and self.value is None)

    def __str__(self) -> str:
        typed = "" if self.value is None else self.verb.argument.write(self.value)
        return f"{self.verb.words} {typed}".rstrip()


def tidy(typed: str) -> str:
    """The command proper: without mention or `/papers` before it, curly quotes made straight.

    Lines stay lines; characters that no database keeps are dropped.
    """
    text = _UNWRITABLE.sub("", typed.replace("\r\n", "\n")).translate(_QUOTES).strip()
    while addressed := _ADDRESSED.match(text):
        text = text[addressed.end() :]
    return text


def without_key(typed: str) -> str:
    """A command as it may be kept and shown: a key that was typed is left out.

    Of a webhook's address only the host stays, for the rest may be secret.
    """
    if _WITH_ADDRESS.match(tidy(typed)):
        return _ADDRESS.sub(r"\1/…", typed)
    return _KEY.sub("…", typed) if _WITH_KEY.match(tidy(typed)) else typed


def parse(typed: str) -> Request:
    """Read what a person typed; nothing at all asks for help.

    Raises CommandError, whose text has the nearest right command and an example, and no other
    error whatever the text.
    """
    text = _AFTER.sub("", tidy(typed))
    if not text or text.lower() in _HELP:
        return Request(HELP, "")
    verb, rest = split(text)
    if verb not in (None, HELP) and rest.lower() in _HELP:
        return Request(HELP, verb.words)
    if verb is None:
        raise CommandError(_unknown(text))
    if len(rest) > _LONGEST and verb not in (IMPORT, LIKE):
        raise CommandError(_misused(verb, "", f"That is longer than {_LONGEST:,} characters."))
    if verb.tells and not rest:
        return Request(verb, None)
    try:
        return Request(verb, verb.argument.read(rest))
    except ValueError as error:
        raise CommandError(_misused(verb, rest, str(error))) from error


def split(text: str) -> tuple[Verb[Any] | None, str]:
    """The verb with the most words that `text` begins with, or None, and what is left of it."""
    found: Verb[Any] | None = None
    rest = text
    for verb in VERBS:
        after = _after(text, verb.words)
        if after is not None and (found is None or len(verb.words) > len(found.words)):
            found, rest = verb, after
    return found, rest


def find_verb(words: str) -> Verb[Any]:
    """The verb with exactly these words; raises CommandError with the nearest."""
    said = " ".join(words.lower().split())
    for verb in VERBS:
        if verb.words == said:
            return verb
    raise CommandError(_unknown(words))


def _after(text: str, words: str) -> str | None:
    """What follows `words` at the beginning of `text`, or None if it begins otherwise."""
    parts = text.split(maxsplit=words.count(" ") + 1)
    count = words.count(" ") + 1
    if [part.lower() for part in parts[:count]] != words.split():
        return None
    return parts[count].strip() if len(parts) > count else ""


def _unknown(text: str) -> str:
    first, rest = _head(text)
    if rest and _NAME.fullmatch(first):
        return _doubled(first, rest)
    if before := _before(text):
        return _doubled(before, text[len(before) :].strip())
    start = f"There is no command {quoted(first)}."
    verb, after = _twofold(text) or (_nearest(first, _names(), _LEAST), rest)
    if verb is not None:
        return f"{start} {_suggested(verb, after, text)}"
    if _is_topic(text) and len(text) <= _SHOWN and "\n" not in text:
        topic = without_key(_ABOUT.sub("", text, count=1))
        start = f"There is no command {quoted(text)}."
        return f"{start} Type help for all of them. To follow a topic, for example: watch {topic}"
    return f"{start} Type help for all of them, or for example: {WATCH.example}"


def _is_topic(text: str) -> bool:
    return bool(_LETTERS.search(text)) and _head(text)[0].lower() not in _NO_TOPICS


def _before(text: str) -> str:
    """The words before a command that are not needed, "" where no command follows them."""
    words = text.split()
    count = next((at for at, word in enumerate(words) if word.lower() not in _BEFORE), len(words))
    if not 0 < count < len(words) or split(" ".join(words[count:]))[0] is None:
        return ""
    return re.match(rf"(?:\S+\s+){{{count - 1}}}\S+", text)[0]  # type: ignore[index] # there are


def _twofold(text: str) -> tuple[Verb[Any], str] | None:
    """The verb that people call by two words, such as "add source", with what follows."""
    for name, verb in _names().items():
        after = _after(text, name) if " " in name else None
        if after is not None:
            return verb, after
    return None


def _doubled(first: str, rest: str) -> str:
    """What to say of our own name, well or badly written, before the command."""
    verb, after = split(rest)
    if verb is None:
        return _unknown(rest)
    return f"{quoted(first)} is not needed here. {_suggested(verb, after)}"


def _misused(verb: Verb[Any], rest: str, reason: str) -> str:
    """What to say of a verb with the wrong thing after it, such as half of a longer verb."""
    first, after = _head(rest)
    longer = {v.words.split()[1]: v for v in VERBS if v.words.startswith(f"{verb.words} ")}
    near = _nearest(first, longer)
    if near is not None:
        return f"{verb.words}: {reason} {_suggested(near, after)}"
    if not verb.argument.usage and not longer:
        inner, left = split(rest)
        return f"{verb.words}: {reason} {_suggested(inner or verb, left if inner else '')}"
    ways = " or ".join(each.usage for each in (verb, *longer.values()))
    return f"{verb.words}: {reason} Write {ways}; for example: {verb.example}"


def _suggested(verb: Verb[Any], rest: str, text: str = "") -> str:
    """The verb with what was typed; `text` is all of it, where its first word may belong to it."""
    meant = _meant(verb, text) if text and _is_narrow(verb) else verb.example
    if meant == verb.example:
        meant = _meant(verb, rest)
    example = "" if meant == verb.example else f" For example: {verb.example}"
    return f'Did you mean "{meant}"?{example}'


def _is_narrow(verb: Verb[Any]) -> bool:
    """Whether the verb takes few words and no others."""
    argument = verb.argument
    return verb is SCHEDULE_ or argument.closed or argument.bounds is not None


def _meant(verb: Verb[Any], rest: str) -> str:
    """The verb with what was typed after it, or its example where that cannot be read."""
    if verb is HELP:
        named = next((each.words for each in VERBS if each.words == rest.lower()), "")
        return f"{verb.words} {named}".rstrip()
    if verb in (WATCH, UNWATCH, SEARCH):
        rest = _ABOUT.sub("", rest, count=1)
    # A key that was typed is never said again.
    guess = without_key(f"{verb.words} {' '.join(rest.split())}".rstrip())
    meant, after = split(guess)
    if meant is None or len(guess) > 2 * _SHOWN:
        return verb.example
    try:
        value = meant.argument.read(after)
    except (ValueError, CommandError):
        return verb.example
    return str(Request(meant, value)) if _is_narrow(meant) or not meant.argument.usage else guess


def _nearest(word: str, names: dict[str, Verb[Any]], least: int = 1) -> Verb[Any] | None:
    said = word.lower()
    if said in names:
        return names[said]
    if len(said) < least:
        return None
    if begun := [name for name in reversed(names) if name.startswith(said)]:
        return names[begun[0]]
    found = process.extractOne(
        word.lower()[:_SHOWN], list(names), scorer=OSA.normalized_similarity, score_cutoff=_NEAR
    )
    return names[found[0]] if found else None


@cache
def _names() -> dict[str, Verb[Any]]:
    """What a verb may be called by mistake; a verb's own first word goes before the others."""
    tried = {name: verb for verb in VERBS for name in verb.also}
    return tried | {verb.words.split()[0]: verb for verb in reversed(VERBS)}


def _head(text: str) -> tuple[str, str]:
    first, *rest = text.split(maxsplit=1) or [""]
    return first, rest[0] if rest else ""
