"""Sources with their health, and which channel reads which."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.models.columns import UtcDateTime, words
from storage.sealing import SealedText


class SourceHealth(StrEnum):
    """How the last poll of a source ended; NEW before the first."""

    NEW = "new"
    FRESH = "fresh"
    QUIET = "quiet"
    BROKEN = "broken"


class Source(SQLModel, table=True):
    """Where entries come from: `kind` and `spec` say how to read it, `cursor` how far it was read.

    Shared sources are read by every channel; others by those that added them. `failures` counts
    the polls that broke since the last one that did not; before `next_poll_at` it is not asked.
    """

    __table_args__ = (UniqueConstraint("kind", "spec"),)

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    spec: str = Field(sa_type=SealedText)
    name: str
    shared: bool = False
    enabled: bool = True
    cursor: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    health: SourceHealth = Field(default=SourceHealth.NEW, sa_type=words(SourceHealth))
    reason: str | None = None
    polls: int = 0
    polled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    fresh_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    broken_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    told_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failures: int = 0
    next_poll_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ChannelSource(SQLModel, table=True):
    """A channel's own word on a source: reading it (`on`), or not (a shared one switched off)."""

    channel_id: int = Field(foreign_key="channel.id", primary_key=True)
    source_id: int = Field(foreign_key="source.id", primary_key=True, index=True)
    on: bool = True
