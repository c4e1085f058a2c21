"""From a paper to its card: title, authors, text and links, free of LaTeX."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from bot.cards.card import Card, CardLink, CardPaper
from bot.cards.latex import readable
from bot.cards.richtext import Line
from bot.cards.summary import summarise
from bot.text import one_line, shorten

_LONGEST_NAME = 60
_SHOWN = 2
_GROUP = re.compile(
    r"\b(?:collaborations?|team|consortium|group|project|committee|organi[sz]ation|labs?|(?-i:AI))\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])")
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|phd|md)\.?", re.IGNORECASE)
_INITIAL = re.compile(r"[^\W\d_]\.?(?:-?[^\W\d_]\.)*")
_PARTICLE = re.compile(
    r"(?i:van|vanden|von|de|der|den|di)|al|bin|dal?|dalla|degli|dei|dell?a?|do?s|du|el|ibn|las?|los"
    r"|san|ter|vom|y|zu[mr]?|['’]t"
)


def short_authors(
    names: Sequence[str], count: int | None = None, *, named: Sequence[str] = ()
) -> str:
    """The first two authors by their full names and how many others; "" where none is known.

    `count` is the number of all authors where the source gave fewer names than that, or none.
    Three names are all shown. Of `named`, which are names as the source wrote them, at most two
    that stand further back are shown as well: "Yann LeCun, Ada Li, Bo Wei and 3 others".
    """
    known = [name for name in map(_clean, names) if name]
    total = max(count or 0, len(known))
    if not known:
        return _counted(total, "author") if total else ""
    first = _SHOWN + 1 if total == len(known) <= _SHOWN + 1 else _SHOWN
    wanted = {_clean(name) for name in named}
    asked = [name for name in known[first:] if name in wanted]
    parts = [natural_order(name) for name in (*known[:first], *asked[:_SHOWN])]
    if others := total - len(parts):
        parts.append(_counted(others, "other"))
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def full_names(names: Sequence[str]) -> list[str]:
    """All names that the source gave, each free of LaTeX and asides."""
    return [name for name in map(_clean, names) if name]


def full_authors(names: Sequence[str]) -> str:
    """All names that the source gave, as it gave them; "" where it gave none."""
    return ", ".join(full_names(names))


def natural_order(name: str) -> str:
    """The given name before the surname: "Yann LeCun" of "LeCun, Yann"; groups stay as they are."""
    before, comma, after = (part.strip() for part in name.partition(","))
    if not comma or not before or not after or _GROUP.search(name) or _SUFFIX.fullmatch(after):
        return name
    return f"{after} {before}"


def surname(name: str) -> str:
    """The surname in "Yann LeCun", "LeCun, Y.", "Laurens van der Maaten" or "Sutton R.".

    A group, a name of one word and a name of initials alone come back whole. Does not know which
    name is the family's where the order of a language differs and no comma says so.
    """
    if _GROUP.search(name):
        return name
    before, comma, after = name.partition(",")
    if comma and before.strip() and not _SUFFIX.fullmatch(after.strip()):
        return before.strip()
    words = before.split()
    if len(words) > 1 and _SUFFIX.fullmatch(words[-1]):
        words.pop()
    while len(words) > 1 and _INITIAL.fullmatch(words[-1]):
        words.pop()
    start = len(words) - 1
    while start > 1 and _PARTICLE.fullmatch(words[start - 1]):
        start -= 1
    return " ".join(words[start:])


def split_name(name: str) -> tuple[str, str]:
    """Given and family name; a group has its whole name as the family's."""
    whole = " ".join(readable(name).split())
    if _GROUP.search(whole):
        return "", whole
    family = surname(whole)
    before, comma, after = whole.partition(",")
    if comma and family == before.strip():
        return after.strip(), family
    return " ".join(whole.rsplit(family, 1)[0].split()), family


def _clean(name: str) -> str:
    text = one_line(readable(name)).replace(" ,", ",")
    if not any(map(str.isalnum, text)):
        return ""
    return shorten(_ASIDE.sub("", text).strip(" ,;") or text, _LONGEST_NAME)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


_ARXIV = re.compile(
    r"https?://(?:(?:www|export)\.)?arxiv\.org/(?:abs|pdf|html)/(?P<id>[\w.-]+(?:/\d{7}\w*)?)",
    re.IGNORECASE,
)
_LONGEST_URL = 2_000


def web_url(url: str | None) -> str | None:
    """The URL if a person can safely open it (http or https, no user name, no space), else None."""
    url = (url or "").strip()
    if len(url) > _LONGEST_URL or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        safe = (
            parts.scheme.lower() in ("http", "https")
            and bool(parts.hostname)
            and not parts.username
        )
    except ValueError:
        return None
    return url if safe else None


def card_links(
    *,
    page: str | None,
    pdf: str | None,
    code: str | None,
    project: str | None,
    discussion: str | None,
) -> tuple[CardLink, ...]:
    """Abstract, PDF, Code, Project and Discussion, as far as they are known and differ.

    An arXiv page and its PDF are derived from each other; a `page` that is a PDF is called so.
    """
    arxiv = next((found["id"] for url in (page, pdf) if url and (found := _ARXIV.match(url))), None)
    if arxiv:
        arxiv = arxiv.removesuffix(".pdf")
        if not page or _ARXIV.match(page):
            page = f"https://arxiv.org/abs/{arxiv}"
        pdf = pdf or f"https://arxiv.org/pdf/{arxiv}"
    elif page and page.lower().endswith(".pdf"):
        page, pdf = None, pdf or page
    return _unique(
        (
            ("Abstract", page),
            ("PDF", pdf),
            ("Code", code),
            ("Project", project),
            ("Discussion", discussion),
        )
    )


def _unique(labelled: Iterable[tuple[str, str | None]]) -> tuple[CardLink, ...]:
    links: dict[str, CardLink] = {}
    for label, url in labelled:
        if safe := web_url(url):
            links.setdefault(_same(safe), CardLink(label, safe))
    return tuple(links.values())


def _same(url: str) -> str:
    """What two spellings of one address have in common: scheme, "www.", host case, last slash."""
    parts = urlsplit(url)
    place = f"{parts.netloc.lower().removeprefix('www.')}{parts.path.rstrip('/')}"
    return f"{place}?{parts.query}#{parts.fragment}"


_LONGEST_TITLE = 250
_LONGEST_ABSTRACT = 4_000
_LONGEST_CATEGORY = 40
_CATEGORIES = 5


def compose(
    paper: CardPaper,
    *,
    why: Line = (),
    badges: Sequence[str] = (),
    named: Sequence[str] = (),
) -> Card:
    """The card of `paper`; nothing is escaped, every length is bounded, any text is taken.

    `named` are the authors that a watch asked for: they are shown wherever they stand.
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
        authors=short_authors(paper.authors, paper.author_count, named=named),
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
