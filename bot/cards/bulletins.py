"""What bulletins say: a week's best, and what came while posts were paused."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.cards.latex import readable
from bot.cards.richtext import Line, Span, bold, line, link, slash
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


NUMBERS = ("1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣")
"""The emoji by which people choose from a shortlist."""


def shortlist_lines(papers: Sequence[Listed], meets: str, presenter: str) -> list[Line]:
    """The shortlist of a journal club's meeting, with the way to vote."""
    head = line(bold("Journal club"), f", {meets}. {_presents(presenter)}")
    if not papers:
        return [head, line("No paper was posted lately to vote on: bring one.")]
    ask = line("Which paper? React with its number, or type ", slash("club vote 1"), ".")
    rows = [
        line(f"{NUMBERS[place]} ", title_span(each.title, each.url), _votes(each))
        for place, each in enumerate(papers)
    ]
    return [head, ask, *rows]


def chosen_lines(paper: Listed, votes: int, meets: str, presenter: str) -> list[Line]:
    """The paper that a journal club reads."""
    counted = f" ({votes} {'vote' if votes == 1 else 'votes'})" if votes else ""
    chosen = line("The paper: ", title_span(paper.title, paper.url), f"{counted}.")
    calendar = line("For your calendar: ", slash("club calendar"), ".")
    head = line(bold("Journal club"), f", {meets}. {_presents(presenter)}")
    return [head, chosen, calendar]


def reminder_lines(paper: Listed | None, meets: str, presenter: str) -> list[Line]:
    """That a journal club meets soon."""
    head = line(bold("Journal club"), f" meets {meets}. {_presents(presenter)}")
    return [head] if paper is None else [head, line(title_span(paper.title, paper.url))]


def _presents(name: str) -> str:
    return f"{one_line(name)} presents." if name else "Nobody presents yet; be the one: club take."
