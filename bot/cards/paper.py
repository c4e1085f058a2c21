"""What cards and their threads ask of a paper."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class ThreadPaper(Protocol):
    """What the details are made of; `storage.models.Paper` satisfies it."""

    @property
    def abstract(self) -> str:
        """The abstract, or ""."""
        ...

    @property
    def authors(self) -> Sequence[str]:
        """Names as the source wrote them, possibly none."""
        ...

    @property
    def categories(self) -> Sequence[str]:
        """Subject classes, the primary one first."""
        ...

    @property
    def published_at(self) -> datetime | None:
        """When it was published, UTC."""
        ...

    @property
    def upvotes(self) -> int | None:
        """Upvotes at the source, at least 0."""
        ...

    @property
    def comments(self) -> int | None:
        """Comments at the source, at least 0."""
        ...


class CardPaper(ThreadPaper, Protocol):
    """What a card is made of; `storage.models.Paper` and `bot.sources.source.Entry` satisfy it."""

    @property
    def title(self) -> str:
        """The title as the source wrote it, possibly with LaTeX and line breaks."""
        ...

    @property
    def source_summary(self) -> str | None:
        """The source's own short summary, if it has one."""
        ...

    @property
    def author_count(self) -> int | None:
        """The number of authors where names are missing."""
        ...

    @property
    def thumbnail(self) -> str | None:
        """The address of a picture."""
        ...

    @property
    def url(self) -> str | None:
        """The paper's page."""
        ...

    @property
    def pdf_url(self) -> str | None:
        """The PDF, if the source names it."""
        ...

    @property
    def code_url(self) -> str | None:
        """The repository."""
        ...

    @property
    def project_url(self) -> str | None:
        """The project's own page."""
        ...

    @property
    def discussion_url(self) -> str | None:
        """Where it is talked about."""
        ...
