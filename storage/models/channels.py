"""Workspaces, channels with their settings, watches and suggestions of watches."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, LargeBinary, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.models.columns import UtcDateTime, words


class Workspace(SQLModel, table=True):
    """A Slack workspace, a Discord server or the one local chat.

    `organisation` is the Enterprise Grid organisation whose installation serves it, if any.
    `gone_at` is when it removed the bot, until the bot is back.
    """

    __table_args__ = (UniqueConstraint("platform", "external_id"),)

    id: int | None = Field(default=None, primary_key=True)
    platform: str
    external_id: str
    name: str = ""
    admin_channel_id: int | None = None
    organisation: str | None = Field(default=None, index=True)
    gone_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ChannelState(StrEnum):
    """Whether posts can be delivered; GONE channels are kept, and may come back."""

    ACTIVE = "active"
    GONE = "gone"


class PostStyle(StrEnum):
    """How a channel's papers look: a card each, a short post each, or a list with cards below.

    SHORT keeps the abstract for the post's thread. DIGEST is one message for a round, its head,
    which lists the titles; each paper is a message of its own in the thread of that.
    """

    CARDS = "cards"
    SHORT = "short"
    DIGEST = "digest"


class Channel(SQLModel, table=True):
    """Where posts go, with its shared settings.

    `address` is the `ChannelRef` as text; `schedule` is the canonical text of
    `bot.rounds.scheduling.schedule`; `post_limit` is papers a local day; `threshold` is 60-100;
    `floor` (0-100) is how strongly votes may speak against a paper that is still picked;
    `last_slot_at` is the last slot whose picks were made, `last_paper_id` the newest paper then.
    `paused_at` is when a pause began of which nobody was told yet what it held back.
    While `state` is GONE, `state_reason` tells people why and what to do, `obstacle` is the same as
    one of `bot.errors.Obstacle`, and `back_at` is when it ends by itself, if the platform said so.
    `titles` says that watches are looked for in titles alone.
    `due_at` is when a round outside the schedule is due, to bring the picks that were freed when
    the channel was lost. `greeted` says that the bot introduced itself there; `extras` are choices
    that only its platform offers, in that platform's own words; `feed_key` is the secret in the
    address of its outgoing feed, None where it has none; `quiet_hours` is the
    canonical text of `bot.rounds.scheduling.quiet_hours`; `suggests` is whether a
    better watch is suggested by itself; `trouble_told_on` is the local day (ISO)
    on which it last heard that sources cannot be read.
    """

    id: int | None = Field(default=None, primary_key=True)
    workspace_id: int = Field(foreign_key="workspace.id", index=True)
    address: str = Field(unique=True)
    name: str
    schedule: str
    post_limit: int
    threshold: int
    beyond: int
    floor: int = 20
    quiet: bool = True
    paused: bool = False
    paused_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    paused_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    state: ChannelState = Field(default=ChannelState.ACTIVE, sa_type=words(ChannelState))
    state_reason: str | None = None
    obstacle: str | None = None
    back_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_slot_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_paper_id: int = 0
    greeted: bool = False
    extras: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    style: PostStyle = Field(default=PostStyle.CARDS, sa_type=words(PostStyle))
    feed_key: str | None = Field(default=None, index=True, unique=True)
    quiet_hours: str = ""
    suggests: bool = True
    trouble_told_on: str | None = None
    titles: bool = False


class Watch(SQLModel, table=True):
    """One topic expression of a channel; `text` is its canonical form, `typed` what was typed.

    Removed watches stay as tombstones so that an index can catch up by `revision`.
    """

    __table_args__ = (UniqueConstraint("channel_id", "text"),)

    id: int | None = Field(default=None, primary_key=True)
    channel_id: int = Field(foreign_key="channel.id", index=True)
    text: str
    typed: str
    added_by: str
    added_at: datetime = Field(sa_type=UtcDateTime)
    removed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revision: int = Field(index=True)


class StoredWatchVector(SQLModel, table=True):
    """What a watch asks for, as plain text and as a vector of the sentence model `model`."""

    __tablename__ = "watchvector"

    text: str = Field(primary_key=True)
    model: str
    vector: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class SuggestionMade(SQLModel, table=True):
    """A suggestion that a channel was told by itself (`told_at`), or wants no more to hear of."""

    channel_id: int = Field(foreign_key="channel.id", primary_key=True)
    key: str = Field(primary_key=True)
    told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    refused: bool = False
