"""A card: what a post says before a platform renders it, and what it needs of a paper."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import IntEnum
from typing import Protocol

from bot.cards.richtext import Line
from bot.text import shorten


@dataclass(frozen=True, slots=True)
class CardLink:
    """A labelled link under a card, such as PDF or Code."""

    label: str
    url: str


class Form(IntEnum):
    """How much of a card is said; each form also leaves out what the ones before it do.

    A card that a platform refuses is sent in the next form, until one is taken.
    """

    FULL = 0
    """Everything."""

    NO_BUTTONS = 1
    """No buttons or menus, so only the title is linked."""

    NO_PICTURE = 2
    """No picture."""

    SHORT = 3
    """A title of at most 150 characters, one short line of authors, no summary and no badges."""

    PLAIN = 4
    """Title, authors and address as bare text, with nothing else but the delivery's mark."""

    BARE = 5
    """As PLAIN, without the address, which may be what is refused."""


@dataclass(frozen=True, slots=True)
class Card:
    """One paper as a post: all text raw, all lengths already sensible, nothing escaped.

    `authors` is the short form ("Wei Li, Lin Guo and 10 others"); `summary` has two or three
    sentences; `why` is one line; `badges` are short marks such as "beyond your watches"; `votes`
    are the channel's own (up, down), where a platform shows them. `form` is how much a platform
    says of it: adapters leave out the buttons from NO_BUTTONS on, all but words from PLAIN on.
    """

    title: str
    url: str | None
    authors: str
    summary: str
    links: tuple[CardLink, ...] = ()
    published: date | None = None
    upvotes: int | None = None
    comments: int | None = None
    thumbnail: str | None = None
    why: Line = ()
    badges: tuple[str, ...] = ()
    abstract: str = field(default="", repr=False)
    categories: tuple[str, ...] = ()
    votes: tuple[int, int] | None = None
    form: Form = Form.FULL


_SHORT_TITLE, _SHORT_AUTHORS = 150, 80


def simplified(card: Card, form: Form) -> Card:
    """The card without what the form leaves out; buttons are left out by who renders it."""
    if form >= Form.NO_PICTURE:
        card = replace(card, thumbnail=None)
    if form >= Form.SHORT:
        card = replace(
            card,
            title=shorten(card.title, _SHORT_TITLE),
            authors=shorten(card.authors, _SHORT_AUTHORS),
            summary="",
            badges=(),
            categories=(),
            links=(),
        )
    if form >= Form.BARE:
        card = replace(card, url=None)
    return replace(card, form=form)


def plain_text(card: Card) -> str:
    """The title, authors and address of a card, a line each, raw: a platform has to escape it."""
    return "\n".join(part for part in (card.title, card.authors, card.url or "") if part)


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
    """What a card is made of; `storage.models.Paper` and `bot.sources.base.Entry` satisfy it."""

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
