"""A plain paper for tests."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass
class Text:
    title: str = ""
    abstract: str = ""
    authors: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    source: str = "arxiv"
    upvotes: int | None = None
    code_url: str | None = None
    published_at: datetime | None = None
    first_seen_at: datetime | None = None
    relations: list[str] = field(default_factory=list)
