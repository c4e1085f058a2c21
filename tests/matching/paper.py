"""A plain paper for tests."""

from dataclasses import dataclass, field


@dataclass
class Text:
    title: str = ""
    abstract: str = ""
    authors: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    source: str = "arxiv"
