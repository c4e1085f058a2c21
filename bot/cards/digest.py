"""The list above a digest's posts, and the details in the thread below a short post."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.cards.card import ThreadPaper
from bot.cards.compose import full_authors
from bot.cards.latex import readable
from bot.cards.richtext import Line, Span, bold, line, link, slash
from bot.text import one_line, shorten, split_sentences

_LONGEST_TITLE = 200
_LONGEST_ABSTRACT = 10_000
_LONGEST_PART = 1_500
_CATEGORIES = 10


@dataclass(frozen=True, slots=True)
class Titled:
    """A paper in the list above a round's posts."""

    title: str
    url: str | None


def head_lines(papers: Sequence[Titled]) -> tuple[Line, ...]:
    """The list above a round's posts: how many papers, then their titles, numbered.

    Of no papers at all it says that none is left.
    """
    if not papers:
        return (line(bold("All of these papers were taken down")),)
    rows = [line(f"{number}. ", _title(paper)) for number, paper in enumerate(papers, 1)]
    told = (
        f"{len(papers)} papers: vote on each below" if rows[1:] else "One paper: vote on it below"
    )
    return (line(bold(told)), *rows)


def trouble_line(broken: int, read: int, since: str) -> Line:
    """That some of the sources a channel reads cannot be read, since when, and where to see why."""
    which = f"{broken} of {read} sources" if read > 1 else "The one source here"
    after = f" since {since}" if since else ""
    return line(f"{which} cannot be read{after}. Why: ", slash("sources status"))


def detail_lines(paper: ThreadPaper) -> tuple[Line, ...]:
    """What a short post leaves out: the whole abstract, all authors, classes and counts.

    No line is longer than 1,500 code points: a long abstract is several lines.
    """
    facts = [
        *_named("Authors", full_authors(paper.authors)),
        *_named("Published", _date(paper.published_at)),
        *_named("Subjects", ", ".join(map(one_line, paper.categories[:_CATEGORIES]))),
        *_named("At the source", _counts(paper)),
    ]
    return (*map(line, _parts(paper.abstract)), *facts)


def _title(paper: Titled) -> Span:
    title = shorten(one_line(readable(paper.title)), _LONGEST_TITLE) or "Untitled"
    return link(title, paper.url) if paper.url else Span(title)


def _named(name: str, value: str) -> list[Line]:
    return [line(bold(name), f": {shorten(value, _LONGEST_PART)}")] if value else []


def _date(at: datetime | None) -> str:
    return f"{at.day} {at:%b %Y}" if at else ""


def _counts(paper: ThreadPaper) -> str:
    upvotes = f"{paper.upvotes} upvotes" if paper.upvotes else ""
    comments = f"{paper.comments} comments" if paper.comments else ""
    return ", ".join(part for part in (upvotes, comments) if part)


def _parts(abstract: str) -> list[str]:
    """The abstract in parts of whole sentences."""
    parts: list[str] = []
    for sentence in split_sentences(shorten(one_line(readable(abstract)), _LONGEST_ABSTRACT)):
        short = shorten(sentence, _LONGEST_PART)
        if parts and len(parts[-1]) + 1 + len(short) <= _LONGEST_PART:
            parts[-1] += f" {short}"
        else:
            parts.append(short)
    return parts
