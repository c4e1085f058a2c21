"""What is sent to a channel: posts, digests, bulletins and round-ups."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.models.channels import PostStyle
from storage.models.columns import UtcDateTime, words


class PostState(StrEnum):
    """The state of a post's delivery. SENDING is committed before the platform is called.

    UNKNOWN may stand in the channel: the platform could not be asked, so it is not sent again.
    """

    DUE = "due"
    SENDING = "sending"
    POSTED = "posted"
    FAILED = "failed"
    DROPPED = "dropped"
    UNKNOWN = "unknown"


class Post(SQLModel, table=True):
    """A card delivered, or to be, in a channel: at most one for a channel and paper.

    `kind` is "watch", "beyond", "trying" or "submitted"; `rank` is its place within the slot;
    `match` keeps score, watch and evidence as they were when it was picked. `silence` is set once
    the post has stood long enough without a vote: how many people of the channel vote at all.
    `maybe_sent` says that an attempt may have arrived, so the platform is asked before the next.
    `style` is the channel's when it was picked, which an edit keeps. `form` is how much of its card
    is said (`bot.cards.card.Form`): above 0 where the platform refused to take more. `tried_at` is
    when sending was first tried, by the platforms' time; None where that was not known.
    """

    __table_args__ = (
        UniqueConstraint("channel_id", "paper_id"),
        Index("ix_post_message", "channel_id", "message"),
    )

    id: int | None = Field(default=None, primary_key=True)
    channel_id: int = Field(foreign_key="channel.id")
    paper_id: int = Field(foreign_key="paper.id", index=True)
    delivery_id: str = Field(unique=True)
    state: PostState = Field(default=PostState.DUE, sa_type=words(PostState), index=True)
    kind: str = "watch"
    slot_at: datetime = Field(sa_type=UtcDateTime, index=True)
    rank: int = 0
    score: float = 0.0
    match: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    picked_at: datetime = Field(sa_type=UtcDateTime)
    attempts: int = 0
    maybe_sent: bool = False
    holder: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    retry_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str | None = None
    message: str | None = None
    posted_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    tried_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    silence: int | None = None
    form: int = 0
    style: PostStyle = Field(default=PostStyle.CARDS, sa_type=words(PostStyle))


class DigestHeader(SQLModel, table=True):
    """The message above a slot's posts, which are in its thread; made with the slot's picks.

    `message` is set once it surely stands. `maybe_sent` says that an attempt may have arrived;
    `given_up`, why the posts stand in the channel itself after all. `tried_at` is a post's.
    """

    __tablename__ = "head"

    __table_args__ = (UniqueConstraint("channel_id", "slot_at"),)

    id: int | None = Field(default=None, primary_key=True)
    channel_id: int = Field(foreign_key="channel.id")
    slot_at: datetime = Field(sa_type=UtcDateTime)
    delivery_id: str = Field(unique=True)
    made_at: datetime = Field(sa_type=UtcDateTime)
    attempts: int = 0
    maybe_sent: bool = False
    holder: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    message: str | None = None
    given_up: str | None = None
    tried_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Bulletin(SQLModel, table=True):
    """A message of a channel beside its papers, such as a week's best; once for a kind and `key`.

    `lines` are its text as JSON, empty once it stands; `choices` are the emoji by which people
    answer it. `under` is the message in whose thread it belongs. After `until` it is not sent any
    more; before `retry_at` it is not tried. The others are as in a head.
    """

    __table_args__ = (
        UniqueConstraint("channel_id", "kind", "key"),
        Index("ix_bulletin_message", "channel_id", "message"),
    )

    id: int | None = Field(default=None, primary_key=True)
    channel_id: int = Field(foreign_key="channel.id")
    kind: str
    key: str
    delivery_id: str = Field(unique=True)
    lines: list[Any] = Field(default_factory=list, sa_type=JSON)
    choices: list[str] = Field(default_factory=list, sa_type=JSON)
    under: str | None = None
    made_at: datetime = Field(sa_type=UtcDateTime)
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0
    maybe_sent: bool = False
    holder: str | None = None
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    retry_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    message: str | None = None
    given_up: str | None = None
    tried_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Roundup(SQLModel, table=True):
    """That a channel gets its week's best.

    `weekly` is the canonical text of `bot.rounds.scheduling.weekly`, `first` the local day of the
    first one, `since` the last slot.
    """

    channel_id: int = Field(foreign_key="channel.id", primary_key=True)
    weekly: str
    first: date
    since: datetime = Field(sa_type=UtcDateTime)
