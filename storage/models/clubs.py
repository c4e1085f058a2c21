"""The journal club: its people, meetings, shortlists and votes."""

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.models.columns import UtcDateTime


class Club(SQLModel, table=True):
    """A channel's journal club: when it meets, as in a round-up; `since` is when that was set."""

    channel_id: int = Field(foreign_key="channel.id", primary_key=True)
    weekly: str
    first: date
    since: datetime = Field(sa_type=UtcDateTime)


class ClubMember(SQLModel, table=True):
    """Somebody who presents in a channel's journal club; `place` orders them.

    `presented` in this turn of the rota; one who `left` keeps that, should they come back.
    """

    channel_id: int = Field(foreign_key="channel.id", primary_key=True)
    person: str = Field(primary_key=True)
    name: str
    place: int
    presented: bool = False
    left: bool = False


class ClubMeeting(SQLModel, table=True):
    """A meeting of a journal club whose shortlist was made at `made_at`.

    `stage` is how far it is (`bot.rounds.bulletins.meetings.Stage`); `paper_id` what was chosen;
    `presenter` and `presenter_name` who presented, None where nobody did.
    """

    __table_args__ = (UniqueConstraint("channel_id", "meets_at"),)

    id: int | None = Field(default=None, primary_key=True)
    channel_id: int = Field(foreign_key="channel.id")
    meets_at: datetime = Field(sa_type=UtcDateTime)
    made_at: datetime = Field(sa_type=UtcDateTime)
    stage: int = 0
    paper_id: int | None = Field(default=None, foreign_key="paper.id", index=True)
    presenter: str | None = None
    presenter_name: str | None = None


class ClubPick(SQLModel, table=True):
    """A paper on a meeting's shortlist; `rank` is its number, from 1."""

    meeting_id: int = Field(foreign_key="clubmeeting.id", primary_key=True)
    rank: int = Field(primary_key=True)
    paper_id: int = Field(foreign_key="paper.id", index=True)


class ClubVote(SQLModel, table=True):
    """One person's choice for a meeting, a number of its shortlist; 0 where they took it back."""

    meeting_id: int = Field(foreign_key="clubmeeting.id", primary_key=True)
    person: str = Field(primary_key=True)
    rank: int
    at: datetime = Field(sa_type=UtcDateTime)
