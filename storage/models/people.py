"""What people did with papers, and what was learned of it: votes, saves, libraries, tastes."""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Column, LargeBinary
from sqlmodel import Field, SQLModel

from storage.models.columns import UtcDateTime


class Vote(SQLModel, table=True):
    """One person's one emoji on one post; `removed` rows are tombstones, so order cannot cheat."""

    post_id: int = Field(foreign_key="post.id", primary_key=True)
    person: str = Field(primary_key=True)
    emoji: str = Field(primary_key=True)
    value: int
    removed: bool = False
    event_at: datetime = Field(sa_type=UtcDateTime, index=True)


class Saved(SQLModel, table=True):
    """A paper that a person bookmarked with 🔖; `tags` are their own, without "#".

    `told` is what they were told became of it since.
    """

    workspace_id: int = Field(foreign_key="workspace.id", primary_key=True)
    person: str = Field(primary_key=True)
    paper_id: int = Field(foreign_key="paper.id", primary_key=True)
    saved_at: datetime = Field(sa_type=UtcDateTime)
    tags: list[str] = Field(default_factory=list, sa_type=JSON)
    told: list[str] = Field(default_factory=list, sa_type=JSON)


class LibraryPaper(SQLModel, table=True):
    """A paper of a group's own library, by which a channel is taught; nothing is posted for it."""

    channel_id: int = Field(foreign_key="channel.id", primary_key=True)
    paper_id: int = Field(foreign_key="paper.id", primary_key=True)
    added_by: str
    added_at: datetime = Field(sa_type=UtcDateTime)


class StoredTaste(SQLModel, table=True):
    """What a channel's votes taught, serialized by `bot.picks.taste`; empty while put off.

    `checkpoint` is what the votes on posts picked before `checkpoint_at` taught, which retention
    took away: a replay starts from it. `base` is the version of the model shared
    by channels that `state` is on.
    """

    __tablename__ = "taste"

    channel_id: int = Field(foreign_key="channel.id", primary_key=True)
    state: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    updated_at: datetime = Field(sa_type=UtcDateTime)
    base: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    checkpoint: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    checkpoint_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class StoredModel(SQLModel, table=True):
    """A model that many channels' tastes share, serialized by `bot.picks`; it names no person.

    `name` is "texts" for what all papers' words say, or the pool of channels whose votes were
    read: "all", or "workspace:" and its id. `basis` is how many papers or votes it was learned
    from, `version` tells models apart.
    """

    __tablename__ = "sharedbase"

    name: str = Field(primary_key=True)
    version: int = Field(sa_column=Column(BigInteger, nullable=False))
    basis: int
    learned_at: datetime = Field(sa_type=UtcDateTime)
    state: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
