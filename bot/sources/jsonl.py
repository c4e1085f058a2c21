"""Papers as JSON records, one a line or in an array, in the spellings that people use."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.errors import EntryError
from bot.sources.author_names import people
from bot.sources.base import Facts
from bot.sources.dates import moment
from bot.sources.paper_ids import names_of, split_arxiv
from bot.sources.sanitize import count

Record = Mapping[str, Any]

_SPELLINGS = {
    "published_at": ("published_at", "published", "publishedAt", "date", "first_day", "created"),
    "featured_at": ("featured_at", "day", "submittedOnDailyAt"),
    "upvotes": ("upvotes", "votes"),
    "thumbnail": ("thumbnail", "image"),
    "pdf_url": ("pdf_url", "pdf"),
    "code_url": ("code_url", "code", "github", "githubRepo"),
    "project_url": ("project_url", "project", "projectPage"),
    "discussion_url": ("discussion_url", "discussion"),
    "submitter": ("submitter", "submitted_by"),
}
_UNDECODED = re.compile("[\udc80-\udcff]")
_SEPARATORS = re.compile(r"[\s,]*")
_LINKS = ("url", "link", "abs", "abs_url", "html_url")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why something that should be a record is none."""

    why: str


def lines(name: str, text: str) -> Iterator[tuple[str, object]]:
    """Each line that is not blank, as (where, decoded line) or (where, `Fault`)."""
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield f"{name} line {number}", _decoded(line)


def items(name: str, text: str) -> Iterator[tuple[str, object]]:
    """The items of an array that may break off, as (where, item); where it breaks, a `Fault`."""
    decoder = json.JSONDecoder()
    at, number = text.index("[") + 1, 0
    while (at := _after_separators(text, at)) < len(text) and text[at] != "]":
        number += 1
        try:
            item, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            yield f"{name} paper {number}", Fault("the JSON breaks inside it; all after it is lost")
            return
        yield f"{name} paper {number}", item


def _after_separators(text: str, at: int) -> int:
    match = _SEPARATORS.match(text, at)
    return match.end() if match else at


def _decoded(line: str) -> object:
    if _UNDECODED.search(line):
        return Fault("not UTF-8 text")
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        return Fault(f"not JSON: {error.msg} at character {error.colno}")
    except (ValueError, RecursionError):
        return Fault("not JSON that can be read: a number too long, or nested too deep")


def facts_of(record: object) -> Facts:
    """What a record says, in the words of `Entry`.

    `abstract` may be called `summary` (with both, the summary is the source's own short one);
    `authors` may be a list of names or of objects with a name, one string, or their number.
    Raises EntryError for what is no object, and for a date or a number that cannot be read.
    """
    if not isinstance(record, Mapping):
        raise EntryError("not a JSON object")
    identity = _text(record, ("id",))
    arxiv = _text(record, ("arxiv_id", "arxiv", "arxivId")) or identity
    url = _text(record, _LINKS)
    facts: dict[str, Any] = {
        "names": names_of(
            arxiv_id=_text(record, ("arxiv_id", "arxiv", "arxivId")),
            doi=_text(record, ("doi", "DOI")),
            url=url,
            plain_id=identity,
        ),
        "given_id": identity,
        "abstract": _text(record, ("abstract", "summary", "description")) or "",
        "source_summary": _short_summary(record),
        "categories": _categories(record.get("categories")),
        "version": _version(record, arxiv),
        "comments": _comments(record),
        "url": url or _abstract_page(identity),
        **_authors(record),
        **{fact: _first(record, keys) for fact, keys in _SPELLINGS.items()},
    }
    for fact in ("published_at", "featured_at"):
        facts[fact] = moment(facts[fact])
    facts["upvotes"] = count(facts["upvotes"])
    if "title" in record:
        facts["title"] = record["title"]
    return facts


def _first(record: Record, keys: Iterable[str]) -> object:
    return next((record[key] for key in keys if record.get(key) not in (None, "")), None)


def _text(record: Record, keys: Iterable[str]) -> str | None:
    value = _first(record, keys)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else None


def _short_summary(record: Record) -> str | None:
    own = ("source_summary", "ai_summary", "tldr")
    return _text(record, (*own, "summary") if record.get("abstract") else own)


def _authors(record: Record) -> dict[str, Any]:
    stated = count(_first(record, ("author_count", "num_authors", "n_authors")))
    authors = record.get("authors")
    if isinstance(authors, int) and not isinstance(authors, bool):
        return {"authors": [], "author_count": authors}
    if isinstance(authors, str):
        names = people([authors], listed=True, as_written=True)
    else:
        names = people(
            (name for author in _list(authors) if (name := _name(author))), as_written=True
        )
    return {"authors": names, "author_count": stated}


def _name(author: object) -> str | None:
    if isinstance(author, Mapping):
        author = author.get("name") or author.get("fullname")
    return author if isinstance(author, str) else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _categories(value: object) -> list[str]:
    if isinstance(value, str):
        return re.split(r"[,;]\s*" if re.search(r"[,;]", value) else r"\s+", value.strip())
    return [item for item in _list(value) if isinstance(item, str)]


def _comments(record: Record) -> int | None:
    """A number of comments; "12 pages, 3 figures" is a remark and says nothing of it."""
    value = _first(record, ("comments", "num_comments", "numComments", "comment_count"))
    return None if isinstance(value, str) and not value.strip().isdecimal() else count(value)


def _version(record: Record, arxiv: str | None) -> int | None:
    if (stated := count(_first(record, ("version",)))) is not None:
        return stated
    try:
        return split_arxiv(arxiv or "")[1]
    except ValueError:
        return None


def _abstract_page(identity: str | None) -> str | None:
    try:
        return f"https://arxiv.org/abs/{split_arxiv(identity or '')[0]}"
    except ValueError:
        return None
