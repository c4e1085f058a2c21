"""Completions of half-typed commands, out of the verbs' own table and what a channel holds."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from bot.commands.context import Context
from bot.commands.parser import split, tidy
from bot.commands.verbs import VERBS, Verb
from bot.rounds.picking.example_watches import example_watches
from bot.rounds.scheduling.schedule import DAYS
from bot.sources.paper_ids import public_id
from storage import candidates, channels, posts, sources, watches

MOST = 25
"""Completions at once."""

_POSTS_OF = timedelta(days=14)
_TITLES_OF = timedelta(days=7)
_TITLES = 500
_TOPICS = 50
_TIMES = ("09:00", "07:00", "08:00", "12:00", "17:00")
_DAY_SETS = ("weekdays", "weekends", *DAYS)
_USUAL_ZONES = (
    "UTC",
    "Europe/London",
    "Europe/Paris",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Asia/Kolkata",
)


async def complete(context: Context, address: str, typed: str) -> list[str]:
    """Whole commands that `typed` may become in the channel at this address, best first."""
    text = tidy(typed)
    gap = typed[-1:].isspace()
    verb, rest = split(text)
    found = complete_verb(text, gap=gap)
    if verb is not None and (rest or gap):
        values = await _values(context, address, verb, rest, gap=gap)
        found += [f"{verb.words} {value}" for value in values]
    return [each for each in dict.fromkeys(found) if each != typed][:MOST]


def complete_verb(text: str, *, gap: bool) -> list[str]:
    """The verbs that begin so; one that needs or takes an argument ends in a space."""
    start = " ".join(text.lower().split()) + (" " if gap and text else "")
    return [
        f"{verb.words} " if verb.argument.usage else verb.words
        for verb in VERBS
        if verb.words.startswith(start)
    ]


def described(completion: str) -> str:
    """What a completion does, in a sentence, where it is a verb; "" of a value."""
    words = completion.strip()
    return next((verb.help for verb in VERBS if verb.words == words), "")


def complete_schedule(rest: str, *, gap: bool) -> list[str]:
    """Schedules that begin so, one word further at a time."""
    words = rest.split()
    whole, partial = (words, "") if gap or not words else (words[:-1], words[-1])
    return [" ".join((*whole, word)) for word in nearest(partial, _next_words(whole))]


def nearest(typed: str, values: Iterable[str]) -> list[str]:
    """The values that begin as typed, then those with a word that does, then those that hold it."""
    said = typed.casefold()
    ranked = [(_rank(said, value.casefold()), value) for value in values]
    return [value for rank, value in sorted(ranked, key=lambda pair: pair[0] or 0) if rank]


def _rank(typed: str, value: str) -> int | None:
    if value.startswith(typed):
        return 1
    if any(part.startswith(typed) for part in value.replace("/", " ").split()):
        return 2
    return 3 if typed in value else None


async def _values(
    context: Context, address: str, verb: Verb[Any], rest: str, *, gap: bool
) -> list[str]:
    match verb.argument.live:
        case "schedules":
            return complete_schedule(rest, gap=gap)
        case "verbs":
            values: Sequence[str] = [each.words for each in VERBS]
        case "watches":
            values = await _watches(context, address)
        case "topics":
            values = await _topics(context, address)
        case "sources":
            values = await _sources(context, address)
        case "posts":
            values = await _posts(context, address)
        case None:
            values = verb.argument.choices
    return nearest(rest, values)


async def _watches(context: Context, address: str) -> list[str]:
    async with context.database.read() as session:
        channel = await channels.find(session, address)
        live = await watches.list_channel(session, channel.id or 0) if channel else []
    return [watch.text for watch in live]


async def _topics(context: Context, address: str) -> list[str]:
    """Phrases of the titles that came of late, but for what is watched already."""
    since = context.now() - _TITLES_OF
    async with context.database.read() as session:
        channel = await channels.find(session, address)
        here = channel.id or 0 if channel else 0
        titles = await candidates.readable_titles(session, here, since, _TITLES)
        live = await watches.list_channel(session, here)
    watched = {watch.text.casefold() for watch in live}
    return [each for each in example_watches(titles, _TOPICS) if each not in watched]


async def _sources(context: Context, address: str) -> list[str]:
    async with context.database.read() as session:
        channel = await channels.find(session, address)
        known = await sources.list_channel(session, channel) if channel else []
    return [source.name for source, on in known if on]


async def _posts(context: Context, address: str) -> list[str]:
    since = context.now() - _POSTS_OF
    async with context.database.read() as session:
        channel = await channels.find(session, address)
        recent = await posts.list_recent(session, channel.id or 0, since) if channel else []
    return [public_id(paper.key) for _, paper in recent]


def _next_words(words: Sequence[str]) -> Sequence[str]:
    match [word.lower() for word in words]:
        case []:
            return ("daily", "instant", "off")
        case ["daily"]:
            return _TIMES
        case ["instant"]:
            return _zones()
        case ["daily", _]:
            return (*_DAY_SETS[:2], *_zones())
        case ["daily", _, _, *_]:
            return _DAY_SETS
    return ()


@cache
def _zones() -> tuple[str, ...]:
    return tuple(dict.fromkeys((*_USUAL_ZONES, *sorted(available_timezones()))))
