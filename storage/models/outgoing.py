"""Where papers are sent beside the chat: Zotero libraries and webhooks."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from storage.models.columns import UtcDateTime, words


class ZoteroLibrary(SQLModel, table=True):
    """A Zotero library to which a person's saved papers, or a channel's liked ones, are pushed.

    `owner` is `person:<workspace>:<person>` or `channel:<id>`; `address` is `users/1` or
    `groups/2`; `sealed` holds the key, encrypted. `lease_until` is while a process pushes;
    before `wait_until` Zotero is not asked, and `trouble` says why the last push stopped.
    """

    id: int | None = Field(default=None, primary_key=True)
    owner: str = Field(unique=True)
    workspace_id: int = Field(foreign_key="workspace.id", index=True)
    channel_id: int | None = Field(default=None, foreign_key="channel.id")
    address: str
    collection: str = ""
    sealed: bytes = Field(sa_type=LargeBinary)
    added_by: str
    added_at: datetime = Field(sa_type=UtcDateTime)
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    wait_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    trouble: str | None = None


class PushState(StrEnum):
    """How far an item's way to Zotero is. SENDING is committed before Zotero is called."""

    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class ZoteroItem(SQLModel, table=True):
    """A paper's way into a Zotero library; items of one request share its `token`.

    `attempts` is how many requests it was put into; `item_key` is what it is called in Zotero.
    """

    library_id: int = Field(foreign_key="zoterolibrary.id", primary_key=True)
    paper_id: int = Field(foreign_key="paper.id", primary_key=True, index=True)
    state: PushState = Field(default=PushState.DUE, sa_type=words(PushState))
    token: str | None = None
    item_key: str | None = None
    attempts: int = 0
    reason: str | None = None


class Webhook(SQLModel, table=True):
    """Where a channel's posts are also sent as JSON; `sealed` holds the address and its secret.

    `host` is the part of the address that is shown. Posts from `since` on are sent. `failures`
    counts the requests in a row that were not taken, the first of them at `failing_since`; nothing
    is sent before `wait_until`, nor ever again once it `ended_at`. `trouble` says why.
    """

    channel_id: int = Field(foreign_key="channel.id", primary_key=True)
    host: str
    sealed: bytes = Field(sa_type=LargeBinary)
    added_by: str
    since: datetime = Field(sa_type=UtcDateTime)
    failures: int = 0
    failing_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    wait_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    trouble: str | None = None


class WebhookEvent(SQLModel, table=True):
    """Something that a webhook is told of a post, once; `kind` is of `storage.webhooks.KINDS`.

    `state` SENDING is committed before the request, so after a crash it is sent again under the
    same id. A refused one waits until `retry_at`.
    """

    post_id: int = Field(foreign_key="post.id", primary_key=True)
    kind: str = Field(primary_key=True)
    channel_id: int = Field(foreign_key="channel.id", index=True)
    state: PushState = Field(default=PushState.DUE, sa_type=words(PushState))
    made_at: datetime = Field(sa_type=UtcDateTime)
    attempts: int = 0
    retry_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    reason: str | None = None
