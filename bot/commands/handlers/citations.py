"""Papers as text for reference managers: BibTeX, RIS and CSL-JSON."""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain, count, repeat
from typing import Any

from bot.cards.compose import split_name, surname
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


Tags = Iterable[Sequence[str]]
"""The keywords of each paper, in the papers' order."""


def bibtex(papers: Iterable[Paper], tags: Tags = ()) -> str:
    """One `@misc` entry a paper, with keys such as `vaswani2017attention`, unique in the file.

    Text is UTF-8 with LaTeX's own characters escaped; the title's capitals are protected.
    """
    taken: set[str] = set()
    return "\n".join(_entry(paper, _key(paper, taken), own) for paper, own in _both(papers, tags))


def ris(papers: Iterable[Paper], tags: Tags = ()) -> str:
    """One record of type UNPB (not yet published in print) a paper, one tag a line."""
    return "\n".join(_record(paper, own) for paper, own in _both(papers, tags))


def csl_json(papers: Iterable[Paper], tags: Tags = ()) -> str:
    """One CSL item a paper, with the keys that `bibtex` gives; what is not known is left out."""
    taken: set[str] = set()
    items = [_item(paper, _key(paper, taken), own) for paper, own in _both(papers, tags)]
    return json.dumps(items, ensure_ascii=False, indent=2) + "\n"


def _both(papers: Iterable[Paper], tags: Tags) -> Iterator[tuple[Paper, Sequence[str]]]:
    return zip(papers, chain(tags, repeat(())), strict=False)


def _item(paper: Paper, key: str, tags: Sequence[str]) -> dict[str, Any]:
    day, (kind, _, _) = _day(paper), paper.key.partition(":")
    known = {
        "id": key,
        "type": "article",
        "title": " ".join(readable(paper.title).split()),
        "author": [_csl_name(name) for name in paper.authors],
        "issued": {"date-parts": [[day.year, day.month, day.day]]} if day else None,
        "abstract": " ".join(readable(paper.abstract).split()),
        "DOI": public_id(paper.key) if kind == "doi" else "",
        "number": f"arXiv:{public_id(paper.key)}" if kind == "arxiv" else "",
        "publisher": "arXiv" if kind == "arxiv" else "",
        "URL": paper.url,
        "keyword": ", ".join((*paper.categories, *tags)),
    }
    return {name: value for name, value in known.items() if value}


def _csl_name(name: str) -> dict[str, str]:
    given, family = split_name(name)
    return {"family": family, "given": given} if given else {"literal": family}


def _entry(paper: Paper, key: str, tags: Sequence[str]) -> str:
    day = _day(paper)
    fields = {
        "title": f"{{{_escaped(paper.title)}}}",
        "author": " and ".join(_authors(paper)),
        "year": str(day.year) if day else "",
        "month": f"{day:%b}".lower() if day else "",
        **_identity(paper),
        "url": paper.url or "",
        "keywords": ", ".join(map(_escaped, tags)),
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


def _record(paper: Paper, tags: Sequence[str]) -> str:
    day = _day(paper)
    given = [
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
        *(("KW", tag) for tag in tags),
        ("ER", ""),
    ]
    rows = [(tag, " ".join(value.split())) for tag, value in given]
    return "".join(f"{tag}  - {value}\n" for tag, value in rows if value or tag == "ER")


def _day(paper: Paper) -> date | None:
    at = paper.published_at or paper.featured_at
    return at.date() if at else None
