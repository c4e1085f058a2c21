"""Papers as text for reference managers: BibTeX and RIS."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from itertools import count

from bot.cards.compose import surname
from bot.cards.latex import readable
from bot.sources.paper_ids import public_id
from storage.models import Paper

_SPECIAL = str.maketrans(
    {
        # BibTeX counts braces even where a backslash stands before them.
        "{": r"\textbraceleft ",
        "}": r"\textbraceright ",
        "\\": r"\textbackslash ",
        "^": r"\textasciicircum ",
        "~": r"\textasciitilde ",
        **{mark: rf"\{mark}" for mark in "&%$#_"},
    }
)
_SKIPPED = {"a", "an", "the", "on", "of", "for", "in", "to", "and", "with", "towards", "toward"}
_GROUP = re.compile(r"\b(?:and|collaboration|consortium|team|group)\b", re.IGNORECASE)


def bibtex(papers: Iterable[Paper]) -> str:
    """One `@misc` entry a paper, with keys such as `vaswani2017attention`, unique in the file.

    Text is UTF-8 with LaTeX's own characters escaped; the title's capitals are protected.
    """
    taken: set[str] = set()
    return "\n".join(_entry(paper, _key(paper, taken)) for paper in papers)


def ris(papers: Iterable[Paper]) -> str:
    """One record of type UNPB (not yet published in print) a paper, one tag a line."""
    return "\n".join(_record(paper) for paper in papers)


def _entry(paper: Paper, key: str) -> str:
    day = _day(paper)
    fields = {
        "title": f"{{{_escaped(paper.title)}}}",
        "author": " and ".join(_authors(paper)),
        "year": str(day.year) if day else "",
        "month": f"{day:%b}".lower() if day else "",
        **_identity(paper),
        "url": paper.url or "",
    }
    rows = [f"  {name} = {{{value}}}" for name, value in fields.items() if value]
    return f"@misc{{{key},\n" + ",\n".join(rows) + "\n}\n"


def _identity(paper: Paper) -> dict[str, str]:
    kind, name = paper.key.partition(":")[0], public_id(paper.key)
    if kind == "arxiv":
        subject = paper.categories[0] if paper.categories else ""
        return {"eprint": name, "archiveprefix": "arXiv", "primaryclass": _escaped(subject)}
    return {"doi": _escaped(name)} if kind == "doi" else {}


def _authors(paper: Paper) -> list[str]:
    names = [_escaped(name) for name in paper.authors]
    grouped = [f"{{{name}}}" if _GROUP.search(name) else name for name in names]
    more = grouped and (paper.author_count or 0) > len(grouped)
    return [*grouped, "others"] if more else grouped


def _key(paper: Paper, taken: set[str]) -> str:
    author = _plain(surname(paper.authors[0])) if paper.authors else ""
    day = _day(paper)
    words = (_plain(word) for word in re.split(r"[\s-]+", readable(paper.title)))
    first = next((word for word in words if word and word not in _SKIPPED), "untitled")
    stem = f"{author or 'anonymous'}{day.year if day else ''}{first}"
    tries = (stem if number == 1 else f"{stem}-{number}" for number in count(1))
    key = next(each for each in tries if each not in taken)
    taken.add(key)
    return key


def _plain(text: str) -> str:
    """Letters and digits of ASCII alone: the only ones that every BibTeX takes in a key."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]", "", folded.lower())


def _escaped(text: str) -> str:
    return " ".join(readable(text).split()).translate(_SPECIAL)


def _record(paper: Paper) -> str:
    day = _day(paper)
    tags = [
        ("TY", "UNPB"),
        ("TI", readable(paper.title)),
        *(("AU", name) for name in paper.authors),
        ("PY", str(day.year) if day else ""),
        ("DA", f"{day:%Y/%m/%d}" if day else ""),
        ("ID", public_id(paper.key)),
        ("DO", public_id(paper.key) if paper.key.startswith("doi:") else ""),
        ("UR", paper.url or ""),
        ("L1", paper.pdf_url or ""),
        ("KW", ", ".join(paper.categories)),
        ("ER", ""),
    ]
    rows = [(tag, " ".join(value.split())) for tag, value in tags]
    return "".join(f"{tag}  - {value}\n" for tag, value in rows if value or tag == "ER")


def _day(paper: Paper) -> date | None:
    at = paper.published_at or paper.featured_at
    return at.date() if at else None
