"""The local chat's own messages and reactions."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from storage.models.columns import UtcDateTime


class LocalMessage(SQLModel, table=True):
    """A message in the local chat's own log; `body` is its content as JSON.

    `kind` is "card", "announcement", "command", "reply" or "thread"; `reader` is the one person
    who may see it, None for everybody; `revision` says when it or its reactions last changed.
    `delivery_id` is unique, so a card can enter the log only once.
    """

    id: int | None = Field(default=None, primary_key=True)
    channel: str = Field(index=True)
    parent_id: int | None = Field(default=None, index=True)
    delivery_id: str | None = Field(default=None, unique=True)
    author: str
    reader: str | None = None
    kind: str
    body: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    sent_at: datetime = Field(sa_type=UtcDateTime)
    revision: int = Field(default=0, index=True)
    deleted: bool = False


class LocalReaction(SQLModel, table=True):
    """A person's reaction in the local chat; `removed` rows keep when it was taken back."""

    message_id: int = Field(foreign_key="localmessage.id", primary_key=True)
    person: str = Field(primary_key=True)
    emoji: str = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    removed: bool = False
