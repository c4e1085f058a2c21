"""What bulletins say: a week's best, and what came while posts were paused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.cards.latex import readable
from bot.cards.richtext import Line, Span, bold, line, link
from bot.text import one_line, shorten

MOST = 7
"""Papers that a list shows."""

_LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class Listed:
    """A paper in a list, with how many people voted for and against it."""

    title: str
    url: str | None
    up: int = 0
    down: int = 0


def roundup_lines(papers: Sequence[Listed], total: int, since: date, until: date) -> list[Line]:
    """The week's best of `total` papers that were posted; both days count."""
    ordered = "by this channel's votes" if any(each.up for each in papers) else "by relevance"
    head = line(bold("The best of the week"), f", {span(since, until)}, {ordered}:")
    hidden = total - len(papers)
    rest = [line(f"and {hidden} more.")] if hidden > 0 else []
    return [head, *_numbered(papers), *rest]


def missed_lines(papers: Sequence[Listed], total: int, since: date, until: date) -> list[Line]:
    """The best of `total` papers that came while nothing was posted; both days count."""
    head = line(bold("What you missed"), f", {span(since, until)}: {total} papers. The best:")
    hidden = total - len(papers)
    rest = [line(f"and {hidden} more. What is still new comes with the next posts.")]
    return [head, *_numbered(papers), *(rest if hidden > 0 else [])]


def span(since: date, until: date) -> str:
    """Two days as people write them: "23-29 Nov", "28 Nov - 4 Dec", "29 Nov"."""
    end = f"{until.day} {until:%b}"
    if since == until:
        return end
    if (since.year, since.month) == (until.year, until.month):
        return f"{since.day}-{end}"
    return f"{since.day} {since:%b} - {end}"


def title_span(title: str, url: str | None) -> Span:
    """A title, linked where the paper has an address."""
    shown = shorten(one_line(readable(title)), _LONGEST_TITLE) or "Untitled"
    return link(shown, url) if url else Span(shown)


def _numbered(papers: Sequence[Listed]) -> list[Line]:
    return [
        line(f"{number}. ", title_span(each.title, each.url), _votes(each))
        for number, each in enumerate(papers, 1)
    ]


def _votes(paper: Listed) -> str:
    shown = [f"👍 {paper.up}"] if paper.up else []
    shown += [f"👎 {paper.down}"] if paper.down else []
    return f"  {' '.join(shown)}" if shown else ""
