"""A typed command becomes a reply; a refusal says what to type instead."""

import asyncio
import re
import secrets
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import structlog

from bot.cards.richtext import Line, Span, code, line, slash
from bot.commands import verbs
from bot.commands.arguments import T
from bot.commands.context import Answer, Context, Scene
from bot.commands.parser import parse
from bot.commands.verbs import Verb
from bot.errors import CommandError, ExpressionError, PaperroundError
from bot.ports import ChannelRef, Choice, Command, Reply
from bot.text import quoted, shorten
from storage import channels
from storage.database import AWAY

_SUGGESTED = re.compile(
    r'Did you mean "(?P<meant>.+?)"(?=\?|, which)|[Ff]or example: (?P<example>.+)$'
    r"|\bType (?P<help>help)\b"
)


def hinted(text: str) -> Line:
    """A sentence in which every suggested command that can be typed is marked as one."""
    parts: list[str | Span] = []
    at = 0
    for found in _SUGGESTED.finditer(text):
        group = found.lastgroup or ""
        if _can_be_typed(found[group]):
            parts += [text[at : found.start(group)], slash(found[group])]
            at = found.end(group)
    return line(*(part for part in (*parts, text[at:]) if part))


def corrected(verb: Verb[str], typed: str, error: ExpressionError) -> Line:
    """What is wrong with an expression and where, with the whole command that would be right."""
    word = next(iter(typed[error.position :].split()), "")
    where = f" (at {quoted(word)})" if word and len(typed.split()) > 1 else ""
    said = f"{error.reason}{where}."
    if error.suggestion is None:
        return line(said)
    return line(said, " Did you mean: ", slash(f"{verb.words} {error.suggestion}"))


def _can_be_typed(text: str) -> bool:
    try:
        parse(text)
    except CommandError:
        return False
    return True


def _meant(said: str) -> tuple[Choice, ...]:
    """A button for the command that a refusal takes for the one that was meant."""
    found = _SUGGESTED.search(said)
    meant = found["meant"] if found else None
    return (Choice(shorten(meant, _LABEL), meant),) if meant and _can_be_typed(meant) else ()


_LABEL = 60

log = structlog.get_logger(__name__)

_AT_ONCE = 2
"""Commands that are started at the same moment; the others wait, so that all are received."""


def _answered(verb: Verb[T], answer: Answer[T]) -> tuple[str, Answer[Any]]:
    """A verb and what answers it, checked to agree on the type of the argument's value."""
    return verb.words, answer


def _watches() -> Iterator[tuple[str, Answer[Any]]]:
    from bot.commands.handlers import watches

    yield _answered(verbs.WATCH, watches.watch)
    yield _answered(verbs.UNWATCH, watches.unwatch)
    yield _answered(verbs.LIST, watches.list_)
    yield _answered(verbs.PREVIEW, watches.preview)


def _settings() -> Iterator[tuple[str, Answer[Any]]]:
    from bot.commands.handlers import settings, watches

    yield _answered(verbs.SCHEDULE_, settings.schedule)
    yield _answered(verbs.NOW, settings.now)
    yield _answered(verbs.PAUSE, settings.pause)
    yield _answered(verbs.RESUME, settings.resume)
    yield _answered(verbs.LIMIT, settings.limit)
    yield _answered(verbs.THRESHOLD, settings.threshold)
    yield _answered(verbs.FLOOR, settings.floor)
    yield _answered(verbs.STYLE, settings.style)
    yield _answered(verbs.TITLES, watches.titles)
    yield _answered(verbs.QUIET, settings.quiet)
    yield _answered(verbs.SETTINGS, settings.settings)
    yield _answered(verbs.FEED, settings.feed)
    yield _answered(verbs.QUIET_HOURS, settings.quiet_hours)
    yield _answered(verbs.ADMIN_HERE, settings.admin_here)


def _bulletins() -> Iterator[tuple[str, Answer[Any]]]:
    from bot.commands.handlers import club, roundup

    yield _answered(verbs.ROUNDUP, roundup.roundup)
    yield _answered(verbs.CLUB, club.club)
    yield _answered(verbs.AGENDA, club.agenda)
    yield _answered(verbs.CLUB_VOTE, club.vote)
    yield _answered(verbs.CLUB_JOIN, club.join)
    yield _answered(verbs.CLUB_LEAVE, club.leave)
    yield _answered(verbs.CLUB_TAKE, club.take)
    yield _answered(verbs.CLUB_SKIP, club.skip)
    yield _answered(verbs.CLUB_SWAP, club.swap)
    yield _answered(verbs.CLUB_HISTORY, club.history)
    yield _answered(verbs.CLUB_EXPORT, club.export)
    yield _answered(verbs.CLUB_CALENDAR, club.calendar)


def _library() -> Iterator[tuple[str, Answer[Any]]]:
    from bot.commands.handlers import library

    yield _answered(verbs.LIKE, library.like)
    yield _answered(verbs.LIBRARY, library.list_)
    yield _answered(verbs.LIBRARY_REMOVE, library.remove)


def _papers() -> Iterator[tuple[str, Answer[Any]]]:
    from bot.commands.handlers import papers, saved

    yield _answered(verbs.WHY, papers.why)
    yield _answered(verbs.SEARCH, papers.search)
    yield _answered(verbs.SIMILAR, papers.similar)
    yield _answered(verbs.TOP, papers.top)
    yield _answered(verbs.SAVED, saved.list_)
    yield _answered(verbs.SAVED_FIND, saved.find)
    yield _answered(verbs.SAVED_TAG, saved.tag)
    yield _answered(verbs.SAVED_EXPORT, saved.export)


def _zotero() -> Iterator[tuple[str, Answer[Any]]]:
    from bot.commands.handlers import zotero

    yield _answered(verbs.SAVED_ZOTERO, zotero.saved_zotero)
    yield _answered(verbs.SAVED_PUSH, zotero.push)
    yield _answered(verbs.LIBRARY_ZOTERO, zotero.library_zotero)


def _others() -> Iterator[tuple[str, Answer[Any]]]:
    from bot.commands.handlers import import_export, sources, stats, suggestions, webhook
    from bot.commands.handlers.help import help_

    yield _answered(verbs.EXPORT, import_export.export)
    yield _answered(verbs.IMPORT, import_export.import_)
    yield _answered(verbs.SUBMIT, sources.submit)
    yield _answered(verbs.DELETE, sources.delete)
    yield _answered(verbs.SOURCES, sources.list_)
    yield _answered(verbs.SOURCES_ADD, sources.add)
    yield _answered(verbs.SOURCES_REMOVE, sources.remove)
    yield _answered(verbs.SOURCES_STATUS, sources.status)
    yield _answered(verbs.SOURCES_EXPORT, sources.export)
    yield _answered(verbs.WEBHOOK, webhook.webhook)
    yield _answered(verbs.STATS, stats.stats)
    yield _answered(verbs.SUGGESTIONS, suggestions.suggestions_)
    yield _answered(verbs.HELP, help_)


ROOMS = (_watches, _settings, _papers, _bulletins, _library, _zotero, _others)
"""What answers each verb, by its words; a room is imported when it is first looked into."""


@cache
def find_answer(words: str) -> Answer[Any]:
    """What answers the verb of these words; raises StopIteration where none does."""
    return next(answer for room in ROOMS for verb, answer in room() if verb == words)


class Commands:
    """Answers typed commands and completes half-typed ones; neither ever raises."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def handle(self, command: Command) -> Reply:
        """Answer a command; every failure comes back as a reply that a person can read.

        What nobody expected is logged under an id, and the reply has that id instead of details.
        """
        try:
            return await self._answer(command)
        except PaperroundError as error:
            told = hinted(str(error))
            return Reply(lines=(told,), choices=_meant(str(error)), failed=True)
        except AWAY as error:
            log.warning("command.refused", channel=str(command.channel), reason=str(error))
            return Reply(lines=(line(_AWAY),), failed=True)
        except Exception:
            error_id = secrets.token_hex(4)
            log.exception("command.failed", error_id=error_id, channel=str(command.channel))
            return _surprise(error_id)

    async def complete(self, channel: ChannelRef, typed: str) -> Sequence[str]:
        """Completions, best first: each is a whole command that may stand in `typed`'s place.

        One that ends in a space wants more. At most 25, which is what Discord shows.
        """
        from bot.commands.completion import complete

        try:
            return await complete(self._context, str(channel), typed)
        except Exception:
            log.exception("completion.failed", channel=str(channel))
            return ()

    async def _answer(self, command: Command) -> Reply:
        request = parse(command.text)
        if request.changes and not command.may_change:
            raise CommandError(
                f"{request.verb.words} changes what everybody here gets, and you may not change "
                "this channel. Ask somebody who may. You can still look, for example: "
                "preview mixture of experts"
            )
        scene = await self._scene(command)
        try:
            return await find_answer(request.verb.words)(scene, request.value)
        except ExpressionError as error:
            told = corrected(request.verb, str(request.value), error)
            instead = [span.text for span in told if span.style == "command"]
            choices = tuple(Choice(shorten(one, _LABEL), one) for one in instead)
            return Reply(lines=(told,), choices=choices, failed=True)

    async def _scene(self, command: Command) -> Scene:
        now, address = self._context.now(), str(command.channel)
        async with self._turns, self._context.database.read() as session:
            channel = await channels.find(session, address)
        if channel is None:
            async with self._context.database.write() as session:
                channel = await channels.add(session, address, self._context.defaults, now)
        return Scene(self._context, channel, command.person, now, command.links_to)


_AWAY = (
    "The database takes nothing in at the moment, so this may not have been done. Try the same "
    "again in a minute."
)


def _surprise(error_id: str) -> Reply:
    told = line(
        "Something went wrong here, and it is not your command. Whoever hosts this finds it in "
        "the log as ",
        code(error_id),
        ".",
    )
    return Reply(lines=(told,), failed=True)
