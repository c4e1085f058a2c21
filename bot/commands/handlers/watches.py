"""The commands watch, unwatch, list and preview."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.richtext import Line, Span, bold, italic, line, slash
from bot.commands.context import Scene
from bot.commands.lookup import choose
from bot.commands.overview import is_paused
from bot.commands.replies import (
    announced,
    count,
    joined,
    match_line,
    none_line,
    row,
    sources_trouble,
)
from bot.errors import CommandError, ExpressionError
from bot.matching.query.ast import And, FactFilter, NameFilter, Not, Or, Phrase, in_titles
from bot.matching.query.categories import strange_categories
from bot.matching.query.expression import Expression, parse, parse_noted
from bot.matching.query.facts import related
from bot.matching.query.suggest import (
    alternatives,
    ambiguous_dash,
    any_of,
    correct,
    first_found,
    listed,
    mistakes,
    narrower,
    shortened,
)
from bot.matching.text.lexicon import Lexicon
from bot.matching.text.phrase_terms import phrase_terms
from bot.ports import Choice, Reply
from storage import channels, sources, watches
from storage.database import lock_channel
from storage.models import Channel, Watch

if TYPE_CHECKING:
    from bot.rounds.service import Preview


def folded(tree: Expression) -> Hashable:
    """A key that is equal for expressions that differ only in ways that matching folds.

    Those are letter case (capitals of acronyms aside), plurals, hyphens, spaces, and the order of
    alternatives and conditions. Quoted phrases are folded in case and spaces alone.
    """
    if isinstance(tree, Phrase):
        return tree.scope, _exact(tree.text) if tree.exact else _terms(tree.text)
    if isinstance(tree, NameFilter):
        return tree.field, tree.name.casefold()
    if isinstance(tree, FactFilter):
        return tree.field, tree.value
    if isinstance(tree, Not):
        return "not", folded(tree.part)
    assert isinstance(tree, And | Or)
    return type(tree).__name__, frozenset(map(folded, tree.parts))


def folded_text(text: str) -> Hashable:
    """The key of a stored text; of one that no longer parses, the text itself."""
    try:
        return folded(parse(text))
    except ExpressionError:
        return text


def _exact(text: str) -> Hashable:
    return " ".join(text.casefold().split())


def _terms(text: str) -> Hashable:
    return tuple((piece.term, piece.start) for piece in phrase_terms(text))


Known = dict[Hashable, str]
"""Texts of watches, each under what makes it the same as another."""

MOST_WATCHES = 300
"""Watches of a channel, at most."""

_SHOWN_AFTER_WATCH, _SHOWN_IN_PREVIEW = 3, 10
_BROAD_SHARE, _BROAD_FROM = 0.15, 10
_READ_FOR_NARROWER = 60
_ASIDE = re.compile(r"(?P<sure>anyway\b[:,]?\s+(?=\S))?(?P<now>now:\s*(?=\S))?", re.IGNORECASE)
"""What stands before a topic without being part of it."""

_ON_VOTES = line(
    "Vote with 👍 and 👎: what comes next follows the votes of this channel. ",
    "🔖 saves a paper for you.",
)
_ALL = re.compile(r"all(?:\s+(?P<count>[0-9]+))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """An expression as a person typed it, and as it is understood once its typos are corrected.

    `notes` are sentences about what was read otherwise than it was typed.
    """

    typed: str
    expression: Expression
    corrections: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The canonical text, which is what a watch keeps."""
        return str(self.expression)

    @property
    def said(self) -> tuple[Span | str, ...]:
        """The canonical text with what was corrected, for an answer."""
        if not self.corrections:
            return (italic(self.text),)
        words = joined(italic(typed) for typed, _ in self.corrections)
        return (italic(self.text), " (you typed ", *words, '; put it in "quotes" to keep it)')


def understand(typed: str, lexicon: Lexicon, *, titles: bool = False) -> Asked:
    """Read an expression and correct its typos; raises ExpressionError.

    With `titles`, its words are looked for in titles alone.
    """
    tree, notes = parse_noted(typed)
    corrected = correct(tree, lexicon)
    expression = in_titles(corrected.expression) if titles else corrected.expression
    return Asked(typed, expression, corrected.corrections, notes)


async def titles(scene: Scene, on: bool | None) -> Reply:
    """Look for the words of all watches in titles alone, or in abstracts too; or say which."""
    if on is None:
        return Reply(lines=(where_words_count(scene.channel),))
    async with scene.database.write() as session:
        await lock_channel(session, scene.channel_id)
        channel = await channels.get(session, scene.channel_id)
        channel.titles = on
        session.add(channel)
        for each in await watches.list_channel(session, scene.channel_id):
            text = _reread(each, scene.rounds.lexicon, on)
            if text != each.text:
                await watches.reword(session, each, text, scene.now)
    said = "in titles alone" if on else "in titles and abstracts"
    lines = [
        line("Words of watches count ", bold(said), " from now on, those of now included."),
        line("See what that brings with ", slash("preview"), "."),
    ]
    return announced(scene, "chose to look for watches ", bold(said), ".", lines=lines)


def _reread(watch: Watch, lexicon: Lexicon, titles: bool) -> str:
    """The text of a watch once the channel's choice has changed; off, as it was typed."""
    try:
        if titles:
            return str(in_titles(parse(watch.text)))
        return understand(watch.typed, lexicon).text
    except ExpressionError:
        return watch.text


def where_words_count(channel: Channel) -> Line:
    """Where the words of watches are looked for, with the way to the other choice."""
    if channel.titles:
        return row("Words of watches", "in titles alone", "titles off")
    return row("Words of watches", "in titles and abstracts", "titles on")


async def watch(scene: Scene, typed: str) -> Reply:
    """Follow a topic, and show what it would have found in the last days.

    One that may be mistaken is asked about first; "anyway" before it leaves the question out, and
    "now:" posts what it finds at once.
    """
    if typed.strip(" :").lower() in ("anyway", "now"):
        raise CommandError("Say the topic too, for example: watch mixture of experts")
    aside = _ASIDE.match(typed)
    assert aside is not None
    asked = understand(typed[aside.end() :], scene.rounds.lexicon, titles=scene.channel.titles)
    at_once = aside["now"] or ""
    if not aside["sure"] and (meant := await _meant(scene, asked)):
        return _question(asked, meant, at_once)
    told = await sources_for(scene, asked.expression)
    found = [] if at_once else await _findings(scene, asked, _SHOWN_AFTER_WATCH)
    async with scene.database.write() as session:
        live = await watches.list_channel(session, scene.channel_id)
        same = await add(session, scene, asked, known(each.text for each in live))
    if same is not None:
        name = line(" as ", italic(same)) if same != asked.text else ()
        here = line(*asked.said, " is watched here already", *name, ".")
        return Reply(lines=(here, *(await _first_papers(scene) if at_once else found)))
    if at_once:
        found = [*_remarks(asked), *await _first_papers(scene)]
    else:
        found += await sources_trouble(scene)
    lines = [line("Watching ", *asked.said, "."), *told, *found]
    return announced(scene, "watches ", italic(asked.text), " here.", lines=lines)


@dataclass(frozen=True, slots=True)
class _Meant:
    """What a watch may have been meant as: the text to type, and what that would have found."""

    text: str
    told: str


async def _meant(scene: Scene, asked: Asked) -> _Meant | None:
    """Another watch that was likelier meant, where the one typed finds nothing or is ambiguous."""
    if dash := ambiguous_dash(asked.typed):
        left_out = f"the dash leaves out “{dash.left_out}” alone, and wants “{dash.wanted}”"
        return _Meant(dash.instead, left_out)
    tried = await asyncio.to_thread(mistakes, asked.expression, scene.rounds.lexicon)
    if not tried:
        return None
    seen = await scene.rounds.preview(scene.channel, asked.expression)
    if seen.found or not seen.considered:
        return None
    if better := await _better(scene, tried):
        papers = count(better[1], "recent paper")
        return _Meant(str(better[0]), f"it finds no recent paper, and this finds {papers}")
    if many := listed(asked.expression):
        return _Meant(str(many), "it is one phrase, which no recent paper has, and this is a list")
    return None


async def _first_papers(scene: Scene) -> list[Line]:
    """Post what there is, and say how votes count."""
    from bot.commands.handlers.settings import now  # noqa: PLC0415 - rarely wanted here

    return [*(await now(scene, None)).lines, _ON_VOTES]


def _question(asked: Asked, meant: _Meant, at_once: str = "") -> Reply:
    """Ask whether what was typed is meant as it stands."""
    instead, anyway = f"watch {at_once}{meant.text}", f"watch anyway {at_once}{asked.typed}"
    return Reply(
        lines=(
            line("Did you mean ", italic(meant.text), "? Of ", italic(asked.text), ":"),
            line(f"{meant.told[0].upper()}{meant.told[1:]}. Nothing is watched yet."),
            line("Take it: ", slash(instead)),
            line("Keep yours: ", slash(anyway)),
        ),
        choices=(Choice(f"Watch {meant.text}", instead), Choice("Keep what I typed", anyway)),
        failed=True,
    )


async def sources_for(scene: Scene, tree: Expression) -> list[Line]:
    """Read the sources that alone tell what a watch asks for: citations, a person's papers.

    Returns a line on each that is new here. Raises SourceError where one does not answer, or knows
    no such paper or person.
    """
    said = []
    for one in dict.fromkeys(related(tree)):
        kind, spec, name = _named(one)
        async with scene.database.read() as session:
            here = await sources.list_channel(session, scene.channel)
        if all((each.kind, each.spec) != (kind, spec) or not on for each, on in here):
            said.append(line(await scene.rounds.add_source(scene.channel, kind, spec, name)))
    return said


async def _leave_sources(session: AsyncSession, scene: Scene, gone: Iterable[Watch]) -> None:
    """Read no longer what only watches that are gone asked for."""
    live = await watches.list_channel(session, scene.channel_id)
    wanted = {one for watch in live for one in _related(watch.text)}
    left = {one for watch in gone for one in _related(watch.text)} - wanted
    specs = {_named(one)[:2] for one in left}
    for source, on in await sources.list_channel(session, scene.channel):
        if on and (source.kind, source.spec) in specs:
            await sources.choose(session, scene.channel, source, on=False)


def _named(one: FactFilter) -> tuple[str, str, str]:
    from bot.sources.registry import recognise  # noqa: PLC0415 - brings an HTTP client along

    return recognise(str(one))


def _related(text: str) -> list[FactFilter]:
    try:
        return list(related(parse(text)))
    except ExpressionError:
        return []


def known(texts: Iterable[str]) -> Known:
    """A channel's watches, by what matching makes of them."""
    return {folded_text(text): text for text in texts}


async def add(session: AsyncSession, scene: Scene, asked: Asked, here: Known) -> str | None:
    """Store a watch beside those that are `here`; the text of one that asks for the same, if any.

    A new one is noted in `here`. Raises CommandError where the channel is full.
    """
    same = here.get(folded(asked.expression))
    if same is not None:
        return same
    if len(here) >= MOST_WATCHES:
        raise CommandError(
            f"This channel has {len(here)} watches, as many as it can. Make room with unwatch: "
            "they are numbered, for example: list"
        )
    await watches.add(
        session,
        scene.channel_id,
        text=asked.text,
        typed=asked.typed,
        by=scene.person.id,
        now=scene.now,
    )
    here[folded(asked.expression)] = asked.text
    return None


async def unwatch(scene: Scene, which: str) -> Reply:
    """Stop following a topic, named by its number or its text, or all of them."""
    async with scene.database.write() as session:
        live = await watches.list_channel(session, scene.channel_id)
        if every := _ALL.fullmatch(which):
            return await _unwatch_all(session, scene, live, said=every["count"])
        here = known(each.text for each in live)
        chosen = choose(_canonical(which, here), live, _names, verb="unwatch")
        await watches.remove(session, chosen, scene.now)
        await _leave_sources(session, scene, [chosen])
    again = line("Take it back with ", slash(f"watch {chosen.text}"), ".")
    return announced(scene, "no longer watches ", italic(chosen.text), " here.", lines=[again])


async def _unwatch_all(
    session: AsyncSession, scene: Scene, live: Sequence[Watch], *, said: str | None
) -> Reply:
    """Stop following everything, once the person has said how much that is."""
    if not live:
        return Reply(lines=(_NO_WATCHES,))
    if said != str(len(live)):
        sure = line("To remove them, type ", slash(f"unwatch all {len(live)}"), ".")
        keep = line("They can be brought back from what ", slash("export"), " gives.")
        asked = line(f"This channel has {count(len(live), 'watch')}. ", *sure)
        return Reply(lines=(asked, keep), failed=True)
    for each in live:
        await watches.remove(session, each, scene.now)
    await _leave_sources(session, scene, live)
    lines = [line("No longer watched here:"), *(line("• ", italic(each.text)) for each in live)]
    return announced(scene, f"removed all {len(live)} watches here.", lines=lines)


async def list_(scene: Scene, _: None) -> Reply:
    """The channel's watches with their numbers."""
    async with scene.database.read() as session:
        live = await watches.list_channel(session, scene.channel_id)
    if not live:
        return Reply(lines=(_NO_WATCHES,))
    rows = [line(f"{number}. ", italic(each.text)) for number, each in enumerate(live, 1)]
    return Reply(lines=(line(bold(count(len(live), "watch")), " here:"), *rows))


async def preview(scene: Scene, typed: str) -> Reply:
    """What an expression, or the channel's next round, would bring; nothing is kept."""
    if typed:
        asked = understand(typed, scene.rounds.lexicon, titles=scene.channel.titles)
        found = await _findings(scene, asked, _SHOWN_IN_PREVIEW)
        return Reply(lines=(line("Trying ", *asked.said, ":"), *found))
    async with scene.database.read() as session:
        live = await watches.list_channel(session, scene.channel_id)
    if not live:
        return Reply(lines=(_NO_WATCHES,))
    scene = await scene.reached()
    seen = await scene.rounds.preview(scene.channel, None)
    return Reply(lines=(*_coming(scene, seen), *_paused(scene)))


_NO_WATCHES = line(
    "Nothing is watched here yet. For example: ", slash("watch mixture of experts -survey")
)


def _canonical(which: str, here: Known) -> str:
    """The text of the watch that the words ask for, or their own canonical text."""
    try:
        tree = parse(which)
    except ExpressionError:
        return which
    return here.get(folded(tree), str(tree))


def _names(watch: Watch) -> tuple[str, ...]:
    return watch.text, watch.typed


async def _findings(scene: Scene, asked: Asked, shown: int) -> list[Line]:
    seen = await scene.rounds.preview(scene.channel, asked.expression)
    said = [*_found(seen, shown), *_remarks(asked)]
    said += await _breadth(asked, seen, scene.rounds.lexicon)
    return said if seen.found else said + await _instead(scene, asked.expression)


def _remarks(asked: Asked) -> list[Line]:
    """What is valid and may still be meant otherwise."""
    said = [line(note) for note in asked.notes]
    if dash := ambiguous_dash(asked.typed):
        parts = f"The dash leaves out “{dash.left_out}” alone, and “{dash.wanted}” must be there."
        said.append(line(parts, " To leave out all of it: ", slash(f"watch {dash.instead}")))
    for name, near in strange_categories(asked.expression).items():
        nearest = f" Near it: {', '.join(near)}." if near else ""
        said.append(line(f"arXiv has no category {name}; a feed may.{nearest}"))
    return said


async def _instead(scene: Scene, expression: Expression) -> list[Line]:
    """What a phrase that finds nothing may have been meant as."""
    tried = await asyncio.to_thread(alternatives, expression, scene.rounds.lexicon)
    better = await _better(scene, tried) if tried else None
    if better is not None:
        return [line("Or perhaps ", slash(f"watch {better[0]}"), f", which finds {better[1]}.")]
    if many := listed(expression):
        return [line("That is one phrase. To list: ", slash(f"watch {many}"))]
    if shorter := shortened(expression):
        return [line("A paper must have all these words. Shorter: ", slash(f"watch {shorter}"))]
    return []


async def _better(scene: Scene, tried: Sequence[Expression]) -> tuple[Expression, int] | None:
    """The first of some watches that finds any recent paper, with how many."""
    wider = await scene.rounds.preview(scene.channel, any_of(tried))
    papers = [paper for paper, _ in wider.found]
    lexicon, threshold = scene.rounds.lexicon, scene.channel.threshold
    return await asyncio.to_thread(first_found, tried, papers, lexicon, threshold)


def _found(preview: Preview, shown: int | None) -> list[Line]:
    recent = count(preview.considered, "recent paper")
    if not preview.considered:
        return [line("No paper has come in lately. Those to come are matched as they appear.")]
    if not preview.found:
        return [line(f"None of {recent} matches. Papers to come are matched as they appear.")]
    rows = [
        match_line(paper, match, preview.told.get(paper.id or 0))
        for paper, match in preview.found[:shown]
    ]
    hidden = len(preview.found) - len(rows)
    more = [line(f"… and {hidden} more.")] if hidden else []
    return [line(f"Of {recent} it finds {len(preview.found)}:"), *rows, *more]


def _coming(scene: Scene, seen: Preview) -> list[Line]:
    """The papers of the next round and what they leave behind, or why there are none."""
    assert seen.forecast is not None
    if not seen.found:
        return [none_line(scene.channel, seen.forecast)]
    by_watch = sum(match.score > 0 for _, match in seen.found)
    behind = seen.forecast.waiting - by_watch
    if behind <= 0:
        return _found(seen, None)
    room = f"The day has room for {count(seen.forecast.left, 'more paper')}"
    return [*_found(seen, None), line(f"{room}; {behind} more would match.")]


def _paused(scene: Scene) -> list[Line]:
    if not is_paused(scene.channel, scene.now):
        return []
    return [line("Posts are paused here. End that with ", slash("resume"), ".")]


async def _breadth(asked: Asked, preview: Preview, lexicon: Lexicon) -> list[Line]:
    """A word of warning, and something narrower, where a watch takes too large a share."""
    found = len(preview.found)
    if preview.considered < _BROAD_FROM or found <= _BROAD_SHARE * preview.considered:
        return []
    broad = f"That is {found / preview.considered:.0%} of all, which is broad."
    papers = [paper for paper, _ in preview.found[:_READ_FOR_NARROWER]]
    tighter = await asyncio.to_thread(narrower, asked.expression, papers, lexicon)
    if tighter is None:
        return [line(broad, " A longer phrase, or one in quotes, is narrower.")]
    return [line(broad, " Narrower: ", slash(f"watch {tighter}"))]
