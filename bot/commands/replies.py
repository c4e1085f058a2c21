"""Phrases and lines that several answers share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bot.cards.digest import trouble_line
from bot.cards.latex import readable
from bot.cards.richtext import Line, Span, bold, line, link, slash
from bot.cards.why import taste_clause, why_line
from bot.commands.context import Scene
from bot.matching.types import Match
from bot.ports import Reply
from bot.text import moment, one_line, shorten
from storage import sources
from storage.models import Channel, Paper

if TYPE_CHECKING:
    from bot.picks.kinship import Told
    from bot.rounds.picking.explain import RoundForecast

_LONGEST_TITLE = 200


def say(*parts: str | Span) -> Reply:
    """A reply of one line."""
    return Reply(lines=(line(*parts),))


async def sources_trouble(scene: Scene) -> list[Line]:
    """A line on the channel's sources that cannot be read; no line where all can."""
    async with scene.database.read() as session:
        trouble = await sources.trouble_of(session, scene.channel)
    if trouble is None:
        return []
    since = moment(trouble.since, scene.zone) if trouble.since else ""
    return [trouble_line(trouble.broken, trouble.read, since)]


def announced(scene: Scene, *parts: str | Span, lines: Sequence[Line]) -> Reply:
    """A reply to a change of shared settings: the channel reads who did it, in one line.

    `lines` are for the person alone: what is the case now.
    """
    return Reply(lines=tuple(lines), announcement=line(f"{scene.who} ", *parts))


def row(name: str, value: str, *commands: str) -> Line:
    """A setting with its value, and the commands that change it."""
    shown = line(f"{name}: ", bold(value), ".")
    if not commands:
        return shown
    return (*shown, *line(" Type ", *joined(map(slash, commands), " or "), "."))


def unset(examples: Sequence[str], *here: str) -> str:
    """The first example that is not set here already; the last where all are."""
    known = {each.casefold() for each in here}
    return next((each for each in examples if each.casefold() not in known), examples[-1])


def none_line(channel: Channel, forecast: RoundForecast) -> Line:
    """Why a round brings nothing, with the command that helps."""
    from bot.rounds.picking.explain import why_none  # noqa: PLC0415 - brings the index along

    reason = why_none(channel, forecast)
    way = line(f" {reason.to} ", slash(reason.way)) if reason.way else ()
    return line(reason.text, *way)


def paper_span(paper: Paper) -> Span:
    """The title, linked where the paper has an address."""
    return Span(shorten(one_line(readable(paper.title)), _LONGEST_TITLE), url=paper.url)


def match_line(paper: Paper, match: Match, told: Told | None = None) -> Line:
    """A paper with what matched in it and what votes say; the title alone where nothing does."""
    votes = taste_of(told) if told else ()
    why = why_line(watch="", evidence=match.evidence, score=match.score) if match.evidence else ()
    said = (*why, *line("; "), *votes) if why and votes else (*why, *votes)
    return line(paper_span(paper), ": ", *said) if said else line(paper_span(paper))


def taste_of(told: Told) -> Line:
    """What votes say of a paper, or an empty line."""
    return taste_clause(
        like=told.like,
        unlike=told.unlike,
        apart=told.apart,
        likes=told.likes,
        dislikes=told.dislikes,
    )


def joined(parts: Iterable[str | Span], between: str = ", ") -> list[str | Span]:
    """The parts with something between each two, to be spread into a line."""
    return [each for part in parts for each in (part, between)][:-1]


def count(number: int, noun: str) -> str:
    """A number with its noun: "1 paper", "3 papers", "2 watches"."""
    plural = f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def support_lines(support: str) -> list[Line]:
    """Where a person helps: an address of mail or the web, where the host named one."""
    if not support:
        return []
    contact = link(support, support) if support.startswith(("https://", "http://")) else support
    return [line("Help from a person: ", contact)]
