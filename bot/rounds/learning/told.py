"""What the votes of a channel say of papers, by the papers that were voted on in it."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.picks.kinship import Told, VotedOn, nearness_of, told_of
from bot.picks.relevance import centred
from bot.picks.types import Opinion
from bot.rounds.meaning import Meanings
from storage import library, posts, votes
from storage.models import Paper

REMEMBERED = timedelta(days=180)
"""How far back posts are named; older ones nobody remembers."""

_MOST = 1_000


async def tell(
    session: AsyncSession,
    meanings: Meanings,
    channel_id: int,
    asked: Sequence[tuple[Paper, Opinion, str]],
    now: datetime,
) -> list[Told]:
    """What votes say of each paper, given the taste's opinion and the watch it came for or "".

    A paper is never named as like itself.
    """
    known = await _voted(session, channel_id, now)
    papers = [paper for paper, _ in known]
    ours = [paper for paper, *_ in asked]
    await meanings.load([*ours, *papers], session)
    theirs = centred(meanings.rows(papers), meanings.centre)
    rows = centred(meanings.rows(ours), meanings.centre)
    told = []
    for (paper, opinion, watch), row in zip(asked, rows, strict=True):
        others = [place for place, (one, _) in enumerate(known) if one.id != paper.id]
        near = nearness_of(row, theirs[others])
        told.append(told_of(opinion, [known[place][1] for place in others], near, watch=watch))
    return told


async def _voted(
    session: AsyncSession, channel_id: int, now: datetime
) -> list[tuple[Paper, VotedOn]]:
    """Papers that people here voted on of late, and those of the channel's own library."""
    total: Counter[int] = Counter()
    for one in await votes.list_stances(session, channel_id):
        total[one.post_id] += one.value
    shown = await posts.list_recent(session, channel_id, now - REMEMBERED)
    found = [
        (paper, _voted_on(paper, verdict, post.match.get("watch", "")))
        for post, paper in shown
        if (verdict := total[post.id or 0])
    ]
    known = {paper.id for paper, _ in found}
    own = await library.list_papers(session, channel_id)
    mine = [(paper, _voted_on(paper, 1, "")) for paper, _ in own if paper.id not in known]
    return [*found, *mine][:_MOST]


def _voted_on(paper: Paper, verdict: int, watch: str) -> VotedOn:
    text = "\n".join((paper.title, paper.abstract, *paper.authors)).casefold()
    return VotedOn(paper.title, text, 1 if verdict > 0 else -1, watch)
