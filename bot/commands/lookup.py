"""Finds the paper, or the item of a numbered list, that a person's words mean."""

import asyncio
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, TypeVar

from rapidfuzz import fuzz, process, utils
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.latex import readable
from bot.errors import NotFoundError
from bot.ports import MessageRef
from bot.sources.paper_ids import find_arxiv, names_of, title_name
from bot.text import quoted
from storage import candidates, papers, posts
from storage.models import Channel, Paper
from storage.visibility import find_visible

_LOOKED_THROUGH = 5_000
_NEAR = 90
_LEAST_PART, _NAMED = 4, 3


@dataclass(frozen=True, slots=True)
class Meant:
    """A paper that somebody named; not `surely` where its title only comes near."""

    paper: Paper
    surely: bool


async def find_meant(
    session: AsyncSession, channel: Channel, named: str, links_to: Sequence[MessageRef] = ()
) -> Meant | None:
    """The paper that is meant by words, or by a link to the message that it was posted as.

    Raises NotFoundError where the link is to a message that is no paper's post in this channel.
    """
    if links_to:
        return Meant(await _posted(session, channel, links_to), surely=True)
    return await _find_named(session, channel.id or 0, named)


async def _posted(session: AsyncSession, channel: Channel, links_to: Sequence[MessageRef]) -> Paper:
    """The paper of the first of these messages that is a post here."""
    here = [each.message for each in links_to if str(each.channel) == channel.address]
    for message in here:
        post = await posts.find_message(session, channel.id or 0, message)
        if post is not None:
            return (await papers.get_many(session, [post.paper_id]))[0]
    if here:
        raise NotFoundError(
            "That message is no paper's post, or not any more. Link to the paper's own message, or "
            "name the paper by its title."
        )
    raise NotFoundError(
        "That message stands in another channel. Ask there, or name the paper by its title."
    )


async def _find_named(session: AsyncSession, channel_id: int, named: str) -> Meant | None:
    """The paper that the channel may see with this link, id or DOI, else with this title.

    A title counts without letter case, spaces and quotes, and a part of it where one paper alone
    has it; failing that, the nearest title at 90 or above (rapidfuzz's ratio) among the channel's
    newest 5,000 papers is taken. Raises NotFoundError for a part that several titles have.
    """
    paper = await find_visible(session, channel_id, _identities(named))
    if paper is not None:
        return Meant(paper, surely=True)
    newest = await candidates.recent_titles(session, channel_id, _LOOKED_THROUGH)
    posted = await posts.picked_papers(session, channel_id)
    found = await asyncio.to_thread(_titled, named, [_Titled(*each) for each in newest], posted)
    if found is None:
        return None
    return Meant((await papers.get_many(session, [found[0].id]))[0], surely=found[1])


def _identities(named: str) -> list[str]:
    """Every identity that the words may be: a link, an id, a DOI or a title."""
    arxiv = find_arxiv(named)
    title = title_name(named)
    return [
        *([f"arxiv:{arxiv}"] if arxiv else []),
        *names_of(plain_id=named),
        *([title] if title else []),
    ]


class _Titled(NamedTuple):
    """A paper's id and title."""

    id: int
    title: str


def _titled(
    named: str, known: Sequence[_Titled], posted: Collection[int]
) -> tuple[_Titled, bool] | None:
    """The paper whose title is meant, and whether surely."""
    wanted = _folded(named)
    if not wanted:
        return None
    titles = [_folded(paper.title) for paper in known]
    if wanted in titles:
        return known[titles.index(wanted)], True
    having = [paper for paper, title in zip(known, titles, strict=True) if _is_part(wanted, title)]
    if having:
        return _only(named, having, posted), True
    near = process.extractOne(wanted, titles, scorer=fuzz.ratio, score_cutoff=_NEAR)
    return None if near is None else (known[near[2]], False)


def _is_part(wanted: str, title: str) -> bool:
    """Whether whole words of a title were typed, enough of them to mean something."""
    return len(wanted) >= _LEAST_PART and f" {wanted} " in f" {title} "


def _only(named: str, having: Sequence[_Titled], posted: Collection[int]) -> _Titled:
    """The one paper that was posted here, or the one there is; raises NotFoundError of more."""
    here = [paper for paper in having if paper.id in posted] or list(having)
    if len(here) == 1:
        return here[0]
    titles = "; ".join(quoted(readable(paper.title)) for paper in here[:_NAMED])
    more = f" and {len(here) - _NAMED} more" if len(here) > _NAMED else ""
    raise NotFoundError(
        f"{len(here)} papers here have {quoted(named)} in their title: {titles}{more}. "
        "Type more of the title, or give the link."
    )


@lru_cache(maxsize=10_000)
def _folded(title: str) -> str:
    """A title as people compare them: readable, in lower case, without signs and double spaces."""
    return " ".join(utils.default_process(readable(title)).split())


Item = TypeVar("Item")

_NUMBER = re.compile(r"#?([0-9]{1,6})")
_LISTED_NEAR = 50
_LISTED_BY = {"unwatch": "list"}
"""What lists the items of a verb, where that is not the verb's own first word."""


def choose(
    which: str, items: Sequence[Item], names: Callable[[Item], tuple[str, ...]], *, verb: str
) -> Item:
    """The item with this number (from 1) or, letter case aside, one of whose `names` it is.

    Raises NotFoundError, which names the nearest item and how to say it with `verb`.
    """
    number = _NUMBER.fullmatch(which)
    if number and 1 <= int(number[1]) <= len(items):
        return items[int(number[1]) - 1]
    for item in items:
        if which.casefold() in (name.casefold() for name in names(item)):
            return item
    raise NotFoundError(_missing(which, [names(item)[0] for item in items], verb))


def _missing(which: str, names: Sequence[str], verb: str) -> str:
    if not names:
        return f"There is no {quoted(which)} here: the list is empty."
    near = process.extractOne(
        which.casefold(), names, scorer=fuzz.WRatio, score_cutoff=_LISTED_NEAR
    )
    start = f"There is no {quoted(which)} among the {len(names)} here."
    if near is None:
        # Never an example that would take something away from whoever types it.
        shown = _LISTED_BY.get(verb, verb.partition(" ")[0])
        return f"{start} They are numbered, for example: {shown}"
    name, _, place = near
    return f'{start} Did you mean "{verb} {place + 1}", which is {quoted(name)}?'
