"""Votes, saves, and posts that nobody voted on."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Channel, Paper, Post, PostState, Saved, Vote


@dataclass(frozen=True, slots=True)
class Stance:
    """What a person's votes on a post add up to, -1 or +1, and when they last changed it."""

    post_id: int
    person: str
    value: int
    at: datetime


@dataclass(frozen=True, slots=True)
class VoteEvent:
    """That a person put an emoji on a post (`added`) or took it off, at a time of the platform's.

    `value` is what the emoji counts, -1 or +1.
    """

    post_id: int
    person: str
    emoji: str
    value: int
    added: bool
    at: datetime


async def record(
    session: AsyncSession, events: Sequence[VoteEvent]
) -> list[tuple[int, int] | None]:
    """Note reactions in their order: for each, the person's vote on the post before and after.

    Each vote is -1, 0 or +1. None means that the event was stale or a repetition: nothing changed.
    A removal that arrives before its addition wins if its time is later.
    """
    known = await _known(session, events)
    changes = [_take(session, known[event.post_id, event.person], event) for event in events]
    await session.flush()
    return changes


_Emoji = dict[str, Vote]
"""One person's votes on one post, by their emoji."""


async def _known(
    session: AsyncSession, events: Sequence[VoteEvent]
) -> defaultdict[tuple[int, str], _Emoji]:
    statement = select(Vote).where(
        col(Vote.post_id).in_({event.post_id for event in events}),
        col(Vote.person).in_({event.person for event in events}),
    )
    known: defaultdict[tuple[int, str], _Emoji] = defaultdict(dict)
    for vote in (await session.exec(statement)).all():
        known[vote.post_id, vote.person][vote.emoji] = vote
    return known


def _take(session: AsyncSession, theirs: _Emoji, event: VoteEvent) -> tuple[int, int] | None:
    row, before = theirs.get(event.emoji), _total(theirs)
    if row is None:
        row = theirs[event.emoji] = Vote(
            post_id=event.post_id,
            person=event.person,
            emoji=event.emoji,
            value=event.value,
            event_at=event.at,
        )
    elif row.event_at > event.at or (row.event_at == event.at and row.removed != event.added):
        return None
    elif row.removed != event.added:
        row.event_at = event.at
        session.add(row)
        return None
    row.removed, row.event_at, row.value = not event.added, event.at, event.value
    session.add(row)
    return before, _total(theirs)


def _total(theirs: _Emoji) -> int:
    """What a person's emoji on a post come to: their clipped sum, -1, 0 or +1."""
    return max(-1, min(1, sum(vote.value for vote in theirs.values() if not vote.removed)))


async def list_standing(session: AsyncSession, post_id: int) -> Sequence[tuple[str, str]]:
    """The votes that a post has now, as (person, emoji), sorted."""
    statement = (
        select(Vote.person, Vote.emoji)
        .where(Vote.post_id == post_id, col(Vote.removed).is_(False))
        .order_by(col(Vote.person), col(Vote.emoji))
    )
    return (await session.exec(statement)).all()


async def list_savers(session: AsyncSession, post_id: int) -> Sequence[str]:
    """Who of the post's workspace has its paper on their list."""
    statement = (
        select(Saved.person)
        .join(Post, col(Post.paper_id) == col(Saved.paper_id))
        .join(Channel, col(Channel.id) == col(Post.channel_id))
        .where(Post.id == post_id, Channel.workspace_id == Saved.workspace_id)
        .order_by(col(Saved.person))
    )
    return (await session.exec(statement)).all()


async def counts(session: AsyncSession, post_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """For each post that has any, how many people are (for, against) it.

    Many emoji of one person are one vote; a person whose votes cancel out counts in neither.
    """
    total = func.sum(Vote.value)
    statement = (
        select(Vote.post_id, total)
        .where(col(Vote.post_id).in_(post_ids), col(Vote.removed).is_(False))
        .group_by(col(Vote.post_id), col(Vote.person))
        .having(total != 0)
    )
    found: dict[int, tuple[int, int]] = {}
    for post_id, value in (await session.exec(statement)).all():
        up, down = found.get(post_id, (0, 0))
        found[post_id] = (up + 1, down) if value > 0 else (up, down + 1)
    return found


async def count_voted(session: AsyncSession, channel_id: int) -> int:
    """How many posts of a channel have a vote."""
    statement = (
        select(func.count(func.distinct(Vote.post_id)))
        .join(Post, col(Post.id) == col(Vote.post_id))
        .where(Post.channel_id == channel_id, col(Vote.removed).is_(False))
    )
    return (await session.exec(statement)).one()


async def save(
    session: AsyncSession, workspace_id: int, person: str, paper_id: int, *, on: bool, at: datetime
) -> None:
    """Put a paper on a person's list, or take it off."""
    row = await session.get(Saved, (workspace_id, person, paper_id))
    if on and row is None:
        session.add(Saved(workspace_id=workspace_id, person=person, paper_id=paper_id, saved_at=at))
    elif not on and row is not None:
        await session.delete(row)


async def count_saves(
    session: AsyncSession, workspace_id: int, paper_ids: Sequence[int]
) -> dict[int, int]:
    """For each of these papers that any have, how many people of a workspace saved it."""
    statement = (
        select(Saved.paper_id, func.count())
        .where(col(Saved.workspace_id) == workspace_id, col(Saved.paper_id).in_(paper_ids))
        .group_by(col(Saved.paper_id))
    )
    return dict((await session.exec(statement)).all())


async def list_saved(session: AsyncSession, workspace_id: int, person: str) -> Sequence[Paper]:
    """A person's saved papers, latest first."""
    statement = (
        select(Paper)
        .join(Saved, col(Saved.paper_id) == col(Paper.id))
        .where(Saved.workspace_id == workspace_id, Saved.person == person)
        .order_by(col(Saved.saved_at).desc(), col(Paper.id).desc())
    )
    return (await session.exec(statement)).all()


async def list_tagged(
    session: AsyncSession, workspace_id: int, person: str
) -> Sequence[tuple[Paper, Saved]]:
    """A person's saved papers with their rows, latest first."""
    statement = (
        select(Paper, Saved)
        .join(Saved, col(Saved.paper_id) == col(Paper.id))
        .where(Saved.workspace_id == workspace_id, Saved.person == person)
        .order_by(col(Saved.saved_at).desc(), col(Paper.id).desc())
    )
    return (await session.exec(statement)).all()


async def tag(
    session: AsyncSession, workspace_id: int, person: str, paper_id: int, tags: Sequence[str]
) -> None:
    """Set the tags of a saved paper; nothing where it is not saved any more."""
    row = await session.get(Saved, (workspace_id, person, paper_id))
    if row is not None:
        row.tags = list(tags)
        session.add(row)


async def count_voters(session: AsyncSession, channel_id: int) -> int:
    """The number of people with a vote in a channel that they did not take back."""
    statement = (
        select(func.count(col(Vote.person).distinct()))
        .join(Post, col(Post.id) == col(Vote.post_id))
        .where(col(Post.channel_id) == channel_id, col(Vote.removed).is_(False))
    )
    return int((await session.exec(statement)).one())


async def log(
    session: AsyncSession, channel_id: int, since: datetime, before: datetime
) -> Sequence[tuple[Vote, Post, Paper]]:
    """A channel's votes with post and paper, in the order of their events, tombstones included.

    Those on posts picked at or after `since` and before `before`.
    """
    statement = (
        select(Vote, Post, Paper)
        .join(Post, col(Post.id) == col(Vote.post_id))
        .join(Paper, col(Paper.id) == col(Post.paper_id))
        .where(Post.channel_id == channel_id, Post.picked_at >= since, Post.picked_at < before)
        .order_by(col(Vote.event_at), col(Vote.post_id), col(Vote.person), col(Vote.emoji))
    )
    return (await session.exec(statement)).all()


async def list_stances(
    session: AsyncSession, channel_id: int, *, before: datetime | None = None
) -> list[Stance]:
    """Each person's summed vote on each post; people whose votes cancel out are left out.

    With `before`, only posts picked before it are read.
    """
    total = func.sum(Vote.value)
    statement = (
        select(Vote.post_id, Vote.person, total, func.max(Vote.event_at))
        .join(Post, col(Post.id) == col(Vote.post_id))
        .where(col(Post.channel_id) == channel_id, col(Vote.removed).is_(False))
        .group_by(col(Vote.post_id), col(Vote.person))
        .having(total != 0)
        .order_by(col(Vote.post_id), col(Vote.person))
    )
    if before is not None:
        statement = statement.where(col(Post.picked_at) < before)
    return [
        Stance(post_id, person, 1 if value > 0 else -1, at)
        for post_id, person, value, at in (await session.exec(statement)).all()
    ]


async def list_unvoted(
    session: AsyncSession, channel_id: int, since: datetime, before: datetime
) -> Sequence[tuple[Post, Paper]]:
    """Posts delivered before `before` that nobody voted on and whose silence is not yet noted.

    Posts picked before `since`, and light ones, are too old to say anything.
    """
    statement = (
        select(Post, Paper)
        .join(Paper, col(Paper.id) == col(Post.paper_id))
        .where(*_unvoted(channel_id, since, before))
        .order_by(col(Post.id))
    )
    return (await session.exec(statement)).all()


async def has_unvoted(
    session: AsyncSession, channel_id: int, since: datetime, before: datetime
) -> bool:
    """Whether `list_unvoted` would list any."""
    statement = select(Post.id).where(*_unvoted(channel_id, since, before)).limit(1)
    return (await session.exec(statement)).first() is not None


def _unvoted(channel_id: int, since: datetime, before: datetime) -> tuple[ColumnElement[bool], ...]:
    voted = exists().where(col(Vote.post_id) == col(Post.id), col(Vote.removed).is_(False))
    return (
        col(Post.channel_id) == channel_id,
        col(Post.state) == PostState.POSTED,
        col(Post.silence).is_(None),
        col(Post.message).is_not(None),
        col(Post.picked_at) >= since,
        col(Post.posted_at) < before,
        ~voted,
    )


async def list_silent(
    session: AsyncSession, channel_id: int, since: datetime, before: datetime
) -> Sequence[tuple[Post, Paper]]:
    """Posts picked since `since` and before `before` whose silence was noted, by id."""
    statement = (
        select(Post, Paper)
        .join(Paper, col(Paper.id) == col(Post.paper_id))
        .where(Post.channel_id == channel_id, col(Post.silence).is_not(None))
        .where(Post.picked_at >= since, Post.picked_at < before)
        .order_by(col(Post.id))
    )
    return (await session.exec(statement)).all()


async def newest_silent(session: AsyncSession, channel_id: int) -> int:
    """The highest id among posts whose silence was noted, 0 where there is none."""
    statement = select(func.max(Post.id)).where(
        Post.channel_id == channel_id, col(Post.silence).is_not(None)
    )
    return (await session.exec(statement)).one() or 0
