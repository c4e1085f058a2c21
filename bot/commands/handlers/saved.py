"""The command saved: a person's own papers, their tags, and the papers as a file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from bot.cards.fate import against, badges
from bot.cards.richtext import Line, Span, bold, italic, line, slash
from bot.commands.arguments import CitationFormat
from bot.commands.context import Scene
from bot.commands.handlers.citations import bibtex, csl_json, ris
from bot.commands.lookup import choose
from bot.commands.replies import count, paper_span, say
from bot.errors import CommandError
from bot.ports import Reply
from storage import votes
from storage.fates import details_of
from storage.models import Paper, Saved

_TAG = re.compile(r"(?<!\S)(?P<off>-?)#(?P<tag>[^\s#]{1,40})(?!\S)")
_MOST_TAGS = 20
_FUZZY_FROM = 5
_NEAR = 85.0

_FILES = {
    CitationFormat.BIBTEX: ("saved.bib", bibtex),
    CitationFormat.RIS: ("saved.ris", ris),
    CitationFormat.CSL: ("saved.json", csl_json),
}
_NONE_SAVED = "You have saved no paper yet: mark a post with 🔖 and it stands here."


@dataclass(frozen=True, slots=True)
class _Kept:
    """A saved paper with its number in the whole list, from 1."""

    number: int
    paper: Paper
    tags: Sequence[str]


async def list_(scene: Scene, _: None) -> Reply:
    """The person's own list, latest first."""
    kept = await _kept(scene)
    if not kept:
        return say(_NONE_SAVED)
    ways = line(
        "To find some: ", slash("saved find #tag or words"), "; as a file: ", slash(_EXPORT), "."
    )
    return Reply(lines=(line(bold(count(len(kept), "saved paper"))), *map(_row, kept), ways))


async def find(scene: Scene, typed: str) -> Reply:
    """The person's saved papers with all of these tags and words, a typo aside."""
    kept = await _kept(scene)
    if not kept:
        return say(_NONE_SAVED)
    found = [each for each in kept if _fits(each, typed)]
    if found:
        return Reply(lines=tuple(map(_row, found)))
    used = sorted({tag for each in kept for tag in each.tags})
    known = f" Your tags: {', '.join(f'#{tag}' for tag in used)}." if used else ""
    return say("None of your ", count(len(kept), "saved paper"), " has ", italic(typed), ".", known)


async def tag(scene: Scene, typed: str) -> Reply:
    """Put tags on one saved paper, named by number or title; "-#tag" takes one off."""
    given = [(found["tag"].casefold(), not found["off"]) for found in _TAG.finditer(typed)]
    which = " ".join(_TAG.sub(" ", typed).split())
    if not given or not which:
        raise CommandError(
            "Name one of your saved papers and a tag that begins with #. For example: "
            "saved tag 2 #rag"
        )
    kept = await _kept(scene)
    if not kept:
        return say(_NONE_SAVED)
    chosen = choose(which, kept, lambda each: (each.paper.title,), verb="saved tag")
    tags = [each for each in chosen.tags if (each, False) not in given]
    tags += [name for name, on in dict.fromkeys(given) if on and name not in tags]
    if len(tags) > _MOST_TAGS:
        raise CommandError(f"A paper has at most {_MOST_TAGS} tags.")
    async with scene.database.write() as session:
        workspace_id = scene.channel.workspace_id
        await votes.tag(session, workspace_id, scene.person.id, chosen.paper.id or 0, tags)
    return Reply(lines=(_row(_Kept(chosen.number, chosen.paper, tags)),))


async def export(scene: Scene, form: CitationFormat) -> Reply:
    """The person's own list as a file, tags as its keywords."""
    kept = await _kept(scene)
    if not kept:
        return say(_NONE_SAVED)
    name, written = _FILES[form]
    text = written([each.paper for each in kept], [each.tags for each in kept])
    return Reply(lines=(line(f"{count(len(kept), 'saved paper')} as {name}."),), file=(name, text))


_EXPORT = "saved export bibtex"


async def _kept(scene: Scene) -> list[_Kept]:
    async with scene.database.read() as session:
        rows: Sequence[tuple[Paper, Saved]] = await votes.list_tagged(
            session, scene.channel.workspace_id, scene.person.id
        )
    return [_Kept(number, paper, row.tags) for number, (paper, row) in enumerate(rows, 1)]


def _row(kept: _Kept) -> Line:
    said: list[str | Span] = [f"{kept.number}. ", paper_span(kept.paper)]
    fates = details_of(kept.paper)
    said += [span for kind in against(fates) for span in (" (", bold(kind), ")")]
    said += [f" ({badge})" for badge in badges(fates)]
    return line(*said, *(f" #{tag}" for tag in kept.tags))


def _fits(kept: _Kept, typed: str) -> bool:
    wanted = _folded(typed).split()
    text = _folded(" ".join((kept.paper.title, *kept.paper.authors, kept.paper.abstract)))
    tags = {_folded(tag) for tag in kept.tags}
    return all(
        word[1:] in tags if word.startswith("#") else word in tags or _is_in(word, text)
        for word in wanted
    )


def _is_in(word: str, text: str) -> bool:
    if word in text:
        return True
    near = len(word) >= _FUZZY_FROM and process.extractOne(
        word, text.split(), scorer=fuzz.ratio, score_cutoff=_NEAR
    )
    return bool(near)


def _folded(text: str) -> str:
    """Without accents, letter case and quotes."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(mark for mark in plain if not unicodedata.combining(mark) and mark != '"')
