"""Papers that are here already: why, search, similar, top."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.cards.fate import told
from bot.cards.richtext import Line, bold, italic, line, slash
from bot.commands.arguments import Period
from bot.commands.context import Scene
from bot.commands.lookup import Meant, find_meant
from bot.commands.replies import count, joined, match_line, paper_span, say, taste_of
from bot.errors import NotFoundError
from bot.ports import Reply
from bot.sources.paper_ids import find_arxiv
from bot.text import quoted
from storage import candidates
from storage.fates import details_of

if TYPE_CHECKING:
    from bot.rounds.picking.match_cache import WatchMatch
    from bot.rounds.picking.meaning_search import NearPaper
    from bot.rounds.service import Judgement

_FOUND = 10
_FEW = 3
_SHOWN_OTHERS = 3
_DAYS = {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 30}


async def why(scene: Scene, named: str) -> Reply:
    """What the watches, the taste and the rounds made of one paper here."""
    meant = await _meant(scene, named)
    judgement = await scene.rounds.judge(scene.channel, meant.paper)
    return Reply(
        lines=(
            *_unsure(meant, named),
            line(bold("Why"), " ", paper_span(meant.paper)),
            line(judgement.outcome),
            *(told(kind, detail) for kind, detail in details_of(meant.paper).items()),
            *_matched(judgement),
            *(line(each) for each in judgement.filtered),
            *_missed(judgement),
            _taste(judgement),
            *_version(judgement),
        )
    )


async def search(scene: Scene, typed: str) -> Reply:
    """Stored papers that match an expression; where few do, also those near to it in meaning."""
    found = await scene.rounds.search(scene.channel, typed, _FOUND)
    near: Sequence[NearPaper] = ()
    if len(found) < _FEW:
        known = {paper.id or 0 for paper, _ in found}
        near = await scene.rounds.search_near(
            scene.channel, typed, _FOUND - len(found), without=known
        )
    rows = [match_line(paper, match) for paper, match in found]
    if near:
        head = f"{'Also near' if rows else 'No paper has these words; near'} by meaning:"
        rows += [line(head), *(_near_line(scene, one) for one in near)]
    if rows:
        return Reply(lines=tuple(rows))
    return say(
        "No stored paper matches ",
        italic(typed),
        ". New ones are found for you with ",
        slash(f"watch {typed}"),
        ".",
    )


async def similar(scene: Scene, named: str) -> Reply:
    """The papers here that are nearest to one in meaning."""
    meant = await _meant(scene, named)
    found = await scene.rounds.similar(scene.channel, meant.paper, _FOUND)
    head = line(bold("Near by meaning"), " to ", paper_span(meant.paper))
    rows = [_near_line(scene, one) for one in found] or [line("No paper here is near to it.")]
    return Reply(lines=(*_unsure(meant, named), head, *rows))


def _near_line(scene: Scene, near: NearPaper) -> Line:
    day = (near.paper.published_at or near.paper.first_seen_at).astimezone(scene.zone)
    return line("• ", paper_span(near.paper), f", {day.day} {day:%b %Y}: {near.how}")


async def _meant(scene: Scene, named: str) -> Meant:
    """The paper that somebody named; raises NotFoundError where it is not known here."""
    async with scene.database.read() as session:
        meant = await find_meant(session, scene.channel, named, scene.links_to)
    if meant is None:
        raise NotFoundError(_unknown(named))
    return meant


def _unsure(meant: Meant, named: str) -> list[Line]:
    return [] if meant.surely else [line(f"The nearest title to {quoted(named)}:")]


async def top(scene: Scene, period: Period) -> Reply:
    """The period's papers by upvotes, with the votes of this channel added."""
    since = scene.now - timedelta(days=_DAYS[period])
    async with scene.database.read() as session:
        ranked = await candidates.top(session, scene.channel_id, since, _FOUND)
        newest = await candidates.recent(session, scene.channel_id, _FOUND)
    if not ranked:
        return say(f"No paper came in during the last {period}.")
    rows = [
        line(bold(f"{points:+d}"), " ", paper_span(paper)) for paper, points in ranked if points > 0
    ]
    if rows:
        return Reply(lines=(line(bold(f"Top of the {period}")), *rows))
    fresh = [line(paper_span(paper)) for paper in newest if paper.first_seen_at >= since]
    return Reply(lines=(line(f"No paper of the {period} has an upvote yet. The newest:"), *fresh))


def _unknown(named: str) -> str:
    """What to say of a paper that no source has brought."""
    arxiv_id = find_arxiv(named)
    if arxiv_id is None:
        return (
            f"No paper known here is {quoted(named)}. Give its link, its arXiv id or words of its "
            "title, or look for it, for example: search diffusion models"
        )
    return (
        f"None of the sources that this channel reads has brought {quoted(named)}, so no watch "
        f"ever saw it. To post it here, for example: submit {arxiv_id}"
    )


def _missed(judgement: Judgement) -> list[Line]:
    """The watch that would have brought the paper, with what else it would have brought."""
    if judgement.missed is None:
        return []
    way = slash(f"watch {judgement.missed.watch}")
    others = judgement.missed.others
    if not others:
        return [line("Of the last days' papers this alone would have come with ", way, ".")]
    shown = joined((paper_span(paper) for paper in others[:_SHOWN_OTHERS]), "; ")
    hidden = len(others) - _SHOWN_OTHERS
    more = f"; and {hidden} more" if hidden > 0 else ""
    also = f", which would also have brought {count(len(others), 'paper')}: "
    return [line("It would have come with ", way, also, *shown, more, ".")]


def _version(judgement: Judgement) -> list[Line]:
    """The paper of which this is perhaps the preprint or the journal version."""
    if judgement.version is None:
        return []
    return [line("It may be another version of ", paper_span(judgement.version), ".")]


def _matched(judgement: Judgement) -> list[Line]:
    """The match that it was posted for, then the best of today where that is another."""
    then, today = judgement.then, _today(judgement)
    if then is None:
        return _explained("Watch ", today) if today else [_UNMATCHED]
    lines = _explained("Posted for ", then)
    if today is None:
        return [*lines, line("Today: ", *_UNMATCHED)]
    if (today.watch, round(today.match.score)) != (then.watch, round(then.match.score)):
        lines += _explained("Today it matches best ", today)
    return lines


_UNMATCHED = line("No watch here matches it at 60 or above.")


def _today(judgement: Judgement) -> WatchMatch | None:
    if judgement.match is None or judgement.watch is None:
        return None
    from bot.rounds.picking.match_cache import WatchMatch  # noqa: PLC0415 - brings the index along

    return WatchMatch(judgement.watch, judgement.match)


def _explained(start: str, found: WatchMatch) -> list[Line]:
    best = line(start, italic(found.watch), f": {found.match.score:.0f}")
    return [best, *(line(f"• {evidence}") for evidence in found.match.evidence)]


def _taste(judgement: Judgement) -> Line:
    if not judgement.voted:
        return line("Nobody has voted here yet, so this channel has no taste of its own.")
    said = taste_of(judgement.told)
    if not said:
        return line("Votes here say nothing about it that could be named.")
    return line(f"This channel {_liking(judgement.taste)}; ", *said)


_LIKINGS = (
    (0.5, "likes such papers much"),
    (0.15, "likes such papers"),
    (0.03, "rather likes such papers"),
    (-0.03, "neither likes nor dislikes such papers"),
    (-0.15, "rather dislikes such papers"),
    (-0.5, "dislikes such papers"),
)
"""What a taste from -1 to 1 says, by the least value that says it."""


def _liking(taste: float) -> str:
    said = (words for least, words in _LIKINGS if taste >= least)
    return next(said, "dislikes such papers much")
