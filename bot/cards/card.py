"""The neutral card: what a post says, before a platform renders it."""

from dataclasses import dataclass, field
from datetime import date

from bot.cards.spans import Line


@dataclass(frozen=True, slots=True)
class CardLink:
    """A labelled link under a card, such as PDF or Code."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Card:
    """One paper as a post: all text raw, all lengths already sensible, nothing escaped.

    `authors` is the short form ("Li, Guo and 10 others"); `summary` has two or three sentences;
    `why` is one line; `badges` are short marks such as "beyond your watches"; `votes` are the
    channel's own (up, down), where a platform shows them.
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
