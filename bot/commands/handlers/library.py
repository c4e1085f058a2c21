"""The commands like and library: a group's own papers teach its channel."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.cards.richtext import Line, bold, line, slash
from bot.commands.context import Scene
from bot.commands.handlers.watches import folded_text
from bot.commands.lookup import choose
from bot.commands.replies import announced, count, joined, paper_span
from bot.errors import SourceError
from bot.ports import Reply
from bot.rounds.picking.example_watches import example_watches
from bot.sources.base import Entry, Refused
from bot.sources.paper_ids import find_arxiv, names_of
from bot.sources.reference_lists import ReferenceList, read_references
from storage import library, papers, watches
from storage.models import Paper

_LISTED = 20
_LOOKED_UP = 10
_REFUSED = 5
_SUGGESTED = 3
_ALL = re.compile(r"all(?:\s+(?P<count>[0-9]+))?", re.IGNORECASE)


@dataclass(slots=True)
class _Found:
    """What a list came to: new entries, ids of papers that are stored already, and the rest."""

    entries: list[Entry] = field(default_factory=list)
    known: list[int] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


async def like(scene: Scene, typed: str) -> Reply:
    """Teach the channel by papers of its group: links, or a list out of a reference manager."""
    found = await _look_up(scene, read_references(typed))
    taught = await scene.rounds.teach(scene.channel, found.entries, found.known, scene.person)
    told = [*map(_refusal, found.refused[:_REFUSED])]
    if len(found.refused) > _REFUSED:
        told.append(line(f"… and {len(found.refused) - _REFUSED} more could not be taken."))
    if not taught:
        nothing = "Nothing new in it: these papers taught this channel already."
        first = line(nothing if found.entries or found.known else "No paper was found in that.")
        return Reply(lines=(first, *told), failed=not (found.entries or found.known))
    lines = [line("Learned from ", bold(count(len(taught), "paper")), "."), *told]
    lines += await _suggestions(scene)
    return announced(
        scene, f"taught this channel by {count(len(taught), 'paper')} of its own.", lines=lines
    )


async def list_(scene: Scene, _: None) -> Reply:
    """The papers that the channel was taught by, latest first, with their numbers."""
    kept = await _kept(scene)
    if not kept:
        return Reply(lines=(_NONE,))
    rows = [line(f"{number}. ", paper_span(paper)) for number, paper in enumerate(kept, 1)]
    more = len(rows) - _LISTED
    hidden = [line(f"… and {more} more.")] if more > 0 else []
    verb = "teaches" if len(kept) == 1 else "teach"
    head = line(bold(count(len(kept), "paper")), f" of your own {verb} this channel:")
    return Reply(lines=(head, *rows[:_LISTED], *hidden, _TAKE_BACK))


async def remove(scene: Scene, which: str) -> Reply:
    """Take a paper out of the channel's library, by number or title, or all of them."""
    kept = await _kept(scene)
    if not kept:
        return Reply(lines=(_NONE,))
    if every := _ALL.fullmatch(which):
        if every["count"] != str(len(kept)):
            sure = slash(f"library remove all {len(kept)}")
            return Reply(lines=(line("To take all of them out, type ", sure, "."),), failed=True)
        gone = kept
    else:
        gone = [choose(which, kept, lambda paper: (paper.title,), verb="library remove")]
    await scene.rounds.unteach(scene.channel, [paper.id or 0 for paper in gone])
    what = paper_span(gone[0]) if len(gone) == 1 else f"{len(gone)} papers"
    effect = line(f"What {'it' if len(gone) == 1 else 'they'} taught is forgotten.")
    return announced(scene, "took ", what, " out of the library here.", lines=[effect])


async def _kept(scene: Scene) -> list[Paper]:
    async with scene.database.read() as session:
        return [paper for paper, _ in await library.list_papers(session, scene.channel_id)]


async def _look_up(scene: Scene, read: ReferenceList) -> _Found:
    """Find the papers of plain links: those that are stored, then a few at arXiv."""
    found = _Found(entries=read.entries, refused=read.refused)
    asked = 0
    for link in dict.fromkeys(read.links):
        async with scene.database.read() as session:
            paper = await papers.find_by_names(session, names_of(plain_id=link, url=link))
        if paper is not None:
            found.known.append(paper.id or 0)
            continue
        arxiv_id = find_arxiv(link)
        if arxiv_id is None or asked == _LOOKED_UP:
            found.refused.append(Refused(link, _unknown(arxiv_id)))
            continue
        asked += 1
        try:
            found.entries.append(await scene.rounds.fetch(arxiv_id))
        except SourceError as error:
            found.refused.append(Refused(link, str(error)))
    return found


def _unknown(arxiv_id: str | None) -> str:
    if arxiv_id is None:
        return "not known here by its link alone; give it as BibTeX, RIS or CSL-JSON"
    return f"only {_LOOKED_UP} are asked for at a time; give it again"


def _refusal(refused: Refused) -> Line:
    return line(f"Not taken: {refused.where}: {refused.why}".rstrip(".") + ".")


async def _suggestions(scene: Scene) -> Sequence[Line]:
    """Topics that the library's titles share and that nobody watches here."""
    async with scene.database.read() as session:
        here = await watches.list_channel(session, scene.channel_id)
    known = {folded_text(watch.text) for watch in here}
    titles = [paper.title for paper in await _kept(scene)]
    topics = example_watches(titles, 2 * _SUGGESTED, usual=())
    fresh = [topic for topic in topics if folded_text(topic) not in known][:_SUGGESTED]
    if not fresh:
        return ()
    ways = joined(slash(f"watch {topic}") for topic in fresh)
    return (line("You read about these; to watch them: ", *ways),)


_NONE = line(
    "No papers of your own teach this channel yet. Give links, or what your reference manager "
    "exports, for example: ",
    slash("like https://arxiv.org/abs/1706.03762"),
)
_TAKE_BACK = line("To take one out: ", slash("library remove 1"), ".")
