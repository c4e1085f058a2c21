"""From a paper to its card: what to say, at which length, free of LaTeX and control characters."""

from collections.abc import Sequence

from bot.cards.authors import short_authors
from bot.cards.card import Card
from bot.cards.latex import readable
from bot.cards.links import card_links, web_url
from bot.cards.paper import CardPaper
from bot.cards.spans import Line
from bot.cards.summary import summarise
from bot.cards.text import one_line, shorten

_LONGEST_TITLE = 250
_LONGEST_ABSTRACT = 4_000
_LONGEST_CATEGORY = 40
_CATEGORIES = 5


def compose(paper: CardPaper, *, why: Line = (), badges: Sequence[str] = ()) -> Card:
    """The card of `paper`; nothing is escaped, every length is bounded, any text is taken.

    Summary at most 420 code points, title 250, abstract 4,000. Addresses that are not http or
    https are left out. Counts of 0 stay 0: a platform may hide them.
    """
    abstract = one_line(readable(paper.abstract))
    links = card_links(
        page=paper.url,
        pdf=paper.pdf_url,
        code=paper.code_url,
        project=paper.project_url,
        discussion=paper.discussion_url,
    )
    return Card(
        title=shorten(one_line(readable(paper.title)), _LONGEST_TITLE) or "Untitled",
        url=links[0].url if links else None,
        authors=short_authors(paper.authors, paper.author_count),
        summary=summarise(paper.abstract, source_summary=paper.source_summary),
        links=links,
        published=paper.published_at.date() if paper.published_at else None,
        upvotes=paper.upvotes,
        comments=paper.comments,
        thumbnail=web_url(paper.thumbnail),
        why=why,
        badges=tuple(badges),
        abstract=shorten(abstract, _LONGEST_ABSTRACT),
        categories=_categories(paper.categories),
    )


def _categories(names: Sequence[str]) -> tuple[str, ...]:
    shown = (shorten(one_line(name), _LONGEST_CATEGORY) for name in names[:_CATEGORIES])
    return tuple(name for name in shown if name)
