"""A Daily Papers page saved from a browser, as text or as HTML."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from bot.errors import SourceError
from bot.sources import huggingface
from bot.sources.base import Facts, Intake
from bot.sources.dates import moment
from bot.sources.paper_ids import names_of, title_name
from bot.sources.sanitize import count

_AUTHORS = re.compile(r"[•·]?\s*([\d,]+) authors?", re.IGNORECASE)
_DATE = re.compile(r"(?:Published on\s+)?([A-Z][a-z]+\.? \d{1,2}, \d{4})(?:\s+(\d[\d,]*))?")
_DAY_SHOWN = re.compile(r"[A-Z][a-z]{2,8} \d{1,2}")
_NUMBER = re.compile(r"[\d,]+")
_SUBMITTED = "submitted by"
_PAPER_PAGE = re.compile(r"/papers/([^/?#]+)")


@dataclass(frozen=True, slots=True)
class _Card:
    """One paper as the page shows it; `line` is the 1-based line of its author count."""

    line: int
    title: str = ""
    abstract: str = ""
    authors: str | None = None
    date: str | None = None
    comments: str | None = None
    upvotes: str | None = None
    submitter: str | None = None
    paper_id: str | None = None


def is_page(text: str) -> bool:
    """Whether a text has at least one line that only counts authors, as the page does."""
    return any(_AUTHORS.fullmatch(line.strip()) for line in text.splitlines())


def gather_text(where: str, text: str, intake: Intake) -> None:
    """Put every paper of a page saved as text into `intake`.

    The page gives title, abstract, number of authors, date and perhaps a number of comments, but
    no id: such a paper is named after its title, so that the same title is the same paper.
    Raises SourceError where no paper is found.
    """
    found = False
    for card in _cards_in_text(text):
        found = True
        intake.add(f"{where} line {card.line}", card, _facts)
    if not found:
        raise SourceError(f'{where}: no paper found; a saved page has lines like "• 7 authors"')


def gather_html(where: str, html: str, intake: Intake) -> None:
    """Put every paper of a page saved as HTML into `intake`.

    Reads the page's own data where it is still inside, else its articles, else its visible text.
    Raises SourceError where no paper is found.
    """
    tree = LexborHTMLParser(html)
    items = _embedded(tree)
    if items is not None:
        huggingface.gather(where, items, intake)
        return
    articles = tree.css("article")
    for number, article in enumerate(articles, start=1):
        intake.add(f"{where} article {number}", _card_in_article(number, article), _facts)
    if not articles:
        gather_text(where, _visible(tree), intake)


def _facts(card: _Card) -> Facts:
    named = names_of(plain_id=card.paper_id)
    last_resort = title_name(card.title)
    page = f"{huggingface.SITE}/papers/{card.paper_id}" if card.paper_id else None
    return {
        "names": named or ((last_resort,) if last_resort else ()),
        "title": card.title,
        "abstract": card.abstract,
        "author_count": count((card.authors or "").replace(",", "")),
        "published_at": moment(card.date),
        "comments": count((card.comments or "").replace(",", "")),
        "upvotes": count((card.upvotes or "").replace(",", "")),
        "submitter": card.submitter,
        "url": page,
        "discussion_url": page,
    }


def _cards_in_text(text: str) -> Iterator[_Card]:
    """Each line that counts authors closes a card whose title and abstract stand above it."""
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), start=1)]
    written = [(number, line) for number, line in lines if line and line != "·"]
    start = 0
    for at, (number, line) in enumerate(written):
        if (authors := _AUTHORS.fullmatch(line)) is None:
            continue
        above = [line for _, line in written[start:at]]
        card = _upper_part(above if start else _below_the_header(above))
        below = written[at + 1][1] if at + 1 < len(written) else ""
        date = _DATE.fullmatch(below)
        yield replace(
            card,
            line=number,
            authors=authors[1],
            date=date and date[1],
            comments=date and date[2],
        )
        start = at + 2 if date else at + 1


def _below_the_header(above: Sequence[str]) -> Sequence[str]:
    """What belongs to the first card: the header of the page ends with the day it shows."""
    header = [at for at, line in enumerate(above) if _DAY_SHOWN.fullmatch(line)]
    return above[header[-1] + 1 :] if header else above[-2:]


def _upper_part(above: Sequence[str]) -> _Card:
    submitter = upvotes = None
    rest = list(above)
    if rest and rest[0].lower() == _SUBMITTED:
        submitter, rest = (rest[1] if len(rest) > 1 else None), rest[2:]
    if len(rest) > 1 and _NUMBER.fullmatch(rest[0]):
        upvotes, rest = rest[0], rest[1:]
    title = rest[0] if rest else ""
    return _Card(0, title, " ".join(rest[1:]), submitter=submitter, upvotes=upvotes)


def _embedded(tree: LexborHTMLParser) -> Sequence[object] | None:
    """The papers that the page carries for its own script, or None."""
    for node in tree.css("[data-props]"):
        try:
            props: Any = json.loads(node.attributes.get("data-props") or "")
        except (ValueError, RecursionError):
            continue
        papers = props.get("dailyPapers") if isinstance(props, Mapping) else None
        if isinstance(papers, list):
            return papers
    return None


def _card_in_article(number: int, article: LexborNode) -> _Card:
    heading = article.css_first("h1, h2, h3, h4")
    link = article.css_first('a[href*="/papers/"]')
    time = article.css_first("time")
    page = _PAPER_PAGE.search((link and link.attributes.get("href")) or "")
    texts = [text for node in article.css("li, span, div") if (text := _words(node))]
    authors = next((match for text in texts if (match := _AUTHORS.fullmatch(text))), None)
    return _Card(
        line=number,
        title=_words(heading) if heading else "",
        abstract=" ".join(_words(node) for node in article.css("p")),
        authors=authors and authors[1],
        date=(time.attributes.get("datetime") or _words(time)) if time else None,
        comments=_comments_in(article),
        paper_id=page and page[1],
    )


def _comments_in(article: LexborNode) -> str | None:
    for link in article.css('a[href$="#community"]'):
        if _NUMBER.fullmatch(words := _words(link)):
            return words
    return None


def _words(node: LexborNode) -> str:
    return " ".join(node.text(separator=" ").split())


def _visible(tree: LexborHTMLParser) -> str:
    tree.strip_tags(["script", "style", "template", "noscript"], recursive=True)
    return tree.body.text(separator="\n") if tree.body else ""
