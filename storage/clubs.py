"""Journal clubs: when they meet, who presents, the shortlists, their votes and what was chosen."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import (
    Channel,
    ChannelState,
    Club,
    ClubMeeting,
    ClubMember,
    ClubPick,
    ClubVote,
    Paper,
)

HELD = 6
"""The stage of a meeting that is over."""


async def find(session: AsyncSession, channel_id: int) -> Club | None:
    """A channel's club, or None."""
    return await session.get(Club, channel_id)


async def list_active(session: AsyncSession) -> Sequence[tuple[Club, Channel]]:
    """The clubs of channels that can be posted to."""
    statement = (
        select(Club, Channel)
        .join(Channel, col(Channel.id) == col(Club.channel_id))
        .where(Channel.state == ChannelState.ACTIVE)
        .order_by(col(Club.channel_id))
    )
    return (await session.exec(statement)).all()


async def appoint(
    session: AsyncSession, channel_id: int, weekly: str, first: date, now: datetime
) -> None:
    """Let a channel's club meet from now on so; a meeting that was prepared is called off."""
    await _call_off(session, channel_id)
    row = await session.get(Club, channel_id)
    row = row or Club(channel_id=channel_id, weekly=weekly, first=first, since=now)
    row.weekly, row.first, row.since = weekly, first, now
    session.add(row)


async def end(session: AsyncSession, channel_id: int) -> bool:
    """End a channel's club; its members and history stay. False where there was none."""
    await _call_off(session, channel_id)
    gone = await session.exec(delete(Club).where(col(Club.channel_id) == channel_id))
    return gone.rowcount > 0


async def _call_off(session: AsyncSession, channel_id: int) -> None:
    meeting = await find_open(session, channel_id)
    if meeting is not None:
        await _drop_meetings(session, [meeting.id or 0])


async def _drop_meetings(session: AsyncSession, ids: Sequence[int]) -> None:
    for table in (ClubVote, ClubPick):
        await session.exec(delete(table).where(col(table.meeting_id).in_(ids)))
    await session.exec(delete(ClubMeeting).where(col(ClubMeeting.id).in_(ids)))


async def list_members(session: AsyncSession, channel_id: int) -> Sequence[ClubMember]:
    """Everybody who is or was a member, in the order of their places."""
    statement = select(ClubMember).where(ClubMember.channel_id == channel_id)
    order = (col(ClubMember.place), col(ClubMember.person))
    return (await session.exec(statement.order_by(*order))).all()


async def find_open(session: AsyncSession, channel_id: int) -> ClubMeeting | None:
    """The meeting whose shortlist was made and that is not over, or None."""
    statement = select(ClubMeeting).where(
        ClubMeeting.channel_id == channel_id, ClubMeeting.stage < HELD
    )
    return (await session.exec(statement.order_by(col(ClubMeeting.meets_at)))).first()


async def add_meeting(
    session: AsyncSession, meeting: ClubMeeting, paper_ids: Sequence[int]
) -> ClubMeeting:
    """Store a meeting with its shortlist."""
    session.add(meeting)
    await session.flush()
    for rank, paper_id in enumerate(paper_ids, 1):
        session.add(ClubPick(meeting_id=meeting.id or 0, rank=rank, paper_id=paper_id))
    await session.flush()
    return meeting


async def list_picks(session: AsyncSession, meeting_id: int) -> Sequence[tuple[int, Paper]]:
    """A meeting's shortlist, each paper with its number."""
    statement = (
        select(ClubPick.rank, Paper)
        .join(Paper, col(Paper.id) == col(ClubPick.paper_id))
        .where(ClubPick.meeting_id == meeting_id)
        .order_by(col(ClubPick.rank))
    )
    return (await session.exec(statement)).all()


async def vote(
    session: AsyncSession, meeting_id: int, person: str, rank: int, at: datetime
) -> bool:
    """Note a person's choice, 0 for none; False for what is older than what is noted."""
    row = await session.get(ClubVote, (meeting_id, person))
    if row is None:
        row = ClubVote(meeting_id=meeting_id, person=person, rank=rank, at=at)
    elif row.at > at:
        return False
    row.rank, row.at = rank, at
    session.add(row)
    return True


async def find_vote(session: AsyncSession, meeting_id: int, person: str) -> int:
    """The number that a person chose, 0 for none."""
    row = await session.get(ClubVote, (meeting_id, person))
    return row.rank if row else 0


async def tally(session: AsyncSession, meeting_id: int) -> Counter[int]:
    """How many people chose each number of a shortlist."""
    statement = select(ClubVote.rank).where(ClubVote.meeting_id == meeting_id, ClubVote.rank > 0)
    return Counter((await session.exec(statement)).all())


async def discussed(session: AsyncSession, channel_id: int) -> set[int]:
    """The papers, by id, that were chosen for any meeting of a channel."""
    statement = select(ClubMeeting.paper_id).where(ClubMeeting.channel_id == channel_id)
    return {each for each in (await session.exec(statement)).all() if each is not None}


async def history(session: AsyncSession, channel_id: int) -> Sequence[tuple[ClubMeeting, Paper]]:
    """The meetings that are over and had a paper, latest first."""
    statement = (
        select(ClubMeeting, Paper)
        .join(Paper, col(Paper.id) == col(ClubMeeting.paper_id))
        .where(ClubMeeting.channel_id == channel_id, ClubMeeting.stage == HELD)
        .order_by(col(ClubMeeting.meets_at).desc())
    )
    return (await session.exec(statement)).all()


async def repoint(session: AsyncSession, kept: int, other: int) -> None:
    """Let one of two papers that turned out to be the same stand in the other's place."""
    for table in (ClubMeeting, ClubPick):
        await session.exec(
            update(table)
            .where(col(table.paper_id) == other)
            .values(paper_id=kept)
            .execution_options(synchronize_session="fetch")
        )


async def forget_person(session: AsyncSession, person: str, channel_ids: Sequence[int]) -> None:
    """Delete a person's membership and votes; meetings that they presented stay, without them."""
    meetings = select(ClubMeeting.id).where(col(ClubMeeting.channel_id).in_(channel_ids))
    await session.exec(
        delete(ClubVote).where(
            col(ClubVote.person) == person, col(ClubVote.meeting_id).in_(meetings)
        )
    )
    await session.exec(
        delete(ClubMember).where(
            col(ClubMember.person) == person, col(ClubMember.channel_id).in_(channel_ids)
        )
    )
    await session.exec(
        update(ClubMeeting)
        .where(col(ClubMeeting.presenter) == person, col(ClubMeeting.channel_id).in_(channel_ids))
        .values(presenter=None, presenter_name=None)
    )


async def forget_channels(session: AsyncSession, channel_ids: Sequence[int]) -> None:
    """Delete what is kept of these channels' clubs."""
    statement = select(ClubMeeting.id).where(col(ClubMeeting.channel_id).in_(channel_ids))
    await _drop_meetings(session, [each for each in (await session.exec(statement)).all() if each])
    for table in (ClubMember, Club):
        await session.exec(delete(table).where(col(table.channel_id).in_(channel_ids)))
