"""Papers, their names, where each was seen, what became of them, what is computed of them."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, LargeBinary
from sqlmodel import Field, SQLModel

from storage.models.columns import UtcDateTime, words


class PaperKind(StrEnum):
    """What an entry is; only a PAPER is picked.

    FRONT is what else stands in a journal: covers, tables of contents, issue information.
    """

    PAPER = "paper"
    CORRECTION = "correction"
    RETRACTION = "retraction"
    FRONT = "front"


class PaperFacts(SQLModel):
    """What a source says of a paper; `Entry` validates it, `Paper` keeps it.

    Times are UTC. `source_summary` is the source's own short summary, not ours. `authority` says
    whose text this is, 1-3: a feed's or a file's, an aggregator's, the publisher's or arXiv's own;
    None leaves it to the kind of source. `retracted` papers were withdrawn by their journal or
    their authors. `relations` are "cites:arxiv:1706.03762 Title" for followed papers that it cites
    and "orcid:0000-0002-1825-0097 Name" for its people, as far as sources tell.
    """

    title: str
    abstract: str = ""
    authors: list[str] = Field(default_factory=list, sa_type=JSON)
    author_count: int | None = None
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    featured_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    upvotes: int | None = None
    comments: int | None = None
    categories: list[str] = Field(default_factory=list, sa_type=JSON)
    thumbnail: str | None = None
    url: str | None = None
    pdf_url: str | None = None
    code_url: str | None = None
    project_url: str | None = None
    discussion_url: str | None = None
    source_summary: str | None = None
    submitter: str | None = None
    version: int | None = None
    authority: int | None = None
    kind: PaperKind = Field(default=PaperKind.PAPER, sa_type=words(PaperKind))
    retracted: bool = False
    relations: list[str] = Field(default_factory=list, sa_type=JSON)


class Fate(StrEnum):
    """What may become of a paper after its post, what weighs most first."""

    RETRACTED = "retracted"
    CONCERN = "concern"
    PUBLISHED = "published"
    VERSION = "version"


class Paper(PaperFacts, table=True):
    """An entry stored once, whatever sources named it; `key` is its first identity.

    `became` is what `storage.fates` keeps of it after its post, by `Fate`; None for nothing.

    `source` is the kind of the source that first gave it; `PaperName` holds every identity.
    `text_source_id` is the source whose title and abstract stand here, None where an earlier
    version of the program stored it. `title_key` finds papers of the same title.
    """

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    source: str = Field(index=True)
    first_seen_at: datetime = Field(sa_type=UtcDateTime, index=True)
    updated_at: datetime = Field(sa_type=UtcDateTime, index=True)
    text_source_id: int | None = None
    became: dict[str, Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    title_key: str | None = Field(default=None, index=True)


class PaperName(SQLModel, table=True):
    """One identity of a paper: `arxiv:2401.00001`, `doi:10.1000/x`, `url:…` or `id:…`."""

    name: str = Field(primary_key=True)
    paper_id: int = Field(foreign_key="paper.id", index=True)


class Sighting(SQLModel, table=True):
    """That a source named a paper, and when it first did.

    `backlog` marks what a source held when it was added: good for preview, never posted.
    """

    source_id: int = Field(foreign_key="source.id", primary_key=True)
    paper_id: int = Field(foreign_key="paper.id", primary_key=True, index=True)
    seen_at: datetime = Field(sa_type=UtcDateTime)
    backlog: bool = False


class MachineSummary(SQLModel, table=True):
    """A summary that a language model wrote; `digest` is of paper, language, prompt and model.

    An empty `text` is an answer that could not be shown, so that it is not paid for again.
    """

    digest: str = Field(primary_key=True)
    text: str
    made_at: datetime = Field(sa_type=UtcDateTime)


class SummaryBudget(SQLModel, table=True):
    """What was asked of a language model on a day (UTC's, as ISO)."""

    day: str = Field(primary_key=True)
    requests: int = 0
    tokens: int = 0


class StoredVector(SQLModel, table=True):
    """A paper's title and abstract as a vector of the sentence model `model`, one byte a dimension.

    A row goes when the paper's text changes.
    """

    __tablename__ = "papervector"

    paper_id: int = Field(foreign_key="paper.id", primary_key=True)
    model: str
    vector: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
