"""A channel's week in one list: its posts by votes, then by what was saved, then by relevance."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.bulletins import MOST, Listed, roundup_lines
from bot.cards.richtext import Line
from bot.rounds.scheduling.schedule import parse_schedule, zone_of
from bot.rounds.scheduling.weekly import Weekly, parse_weekly
from storage import posts, votes
from storage.models import Channel, Paper, Post, Roundup

EXAMPLE = "roundup fri 15:00"
"""The command that orders one."""

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Noted:
    """A posted paper and what the channel made of it: people for and against, and who saved it."""

    paper: Paper
    post: Post
    up: int = 0
    down: int = 0
    saves: int = 0


def ranked(noted: Iterable[Noted]) -> list[Noted]:
    """Best first; what more people are against than for is left out."""
    liked = [each for each in noted if each.up >= each.down]
    return sorted(liked, key=_rank)


def _rank(one: Noted) -> tuple[float, ...]:
    return (one.down - one.up, -one.saves, -one.post.score, one.post.id or 0)


async def read_noted(
    session: AsyncSession, channel: Channel, since: datetime, until: datetime
) -> list[Noted]:
    """What was posted in a channel from `since` to `until`, with what people made of it."""
    assert channel.id is not None
    shown = [
        (post, paper)
        for post, paper in await posts.list_recent(session, channel.id, since)
        if post.posted_at is not None and post.posted_at <= until and not paper.retracted
    ]
    counted = await votes.counts(session, [post.id or 0 for post, _ in shown])
    saved = await votes.count_saves(
        session, channel.workspace_id, [paper.id or 0 for _, paper in shown]
    )
    return [
        Noted(paper, post, *counted.get(post.id or 0, (0, 0)), saved.get(paper.id or 0, 0))
        for post, paper in shown
    ]


def due_roundup(row: Roundup, channel: Channel, now: datetime) -> datetime | None:
    """The round-up's slot that is due at `now`, in UTC; after downtime the latest alone."""
    weekly = parse_weekly(row.weekly, EXAMPLE)
    latest = weekly.latest(
        now, weekly.zone_or(zone_of(parse_schedule(channel.schedule))), row.first
    )
    return latest if latest is not None and latest > row.since else None


async def write_roundup(
    session: AsyncSession, channel: Channel, weekly: Weekly, slot: datetime
) -> Sequence[Line]:
    """The text of a slot's round-up, which covers what was posted since the slot before.

    Empty for a week without posts.
    """
    zone = weekly.zone_or(zone_of(parse_schedule(channel.schedule)))
    since = slot - _WEEK * weekly.every
    noted = await read_noted(session, channel, since, slot)
    best = ranked(noted)[:MOST]
    if not best:
        return ()
    listed = [Listed(one.paper.title, one.paper.url, one.up, one.down) for one in best]
    first = min(one.post.posted_at or slot for one in noted).astimezone(zone).date()
    return roundup_lines(listed, len(noted), first, slot.astimezone(zone).date())
