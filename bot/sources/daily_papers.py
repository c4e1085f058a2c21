"""Hugging Face Daily Papers: what one day of its API says."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.errors import EntryError, SourceError
from bot.sources.clean import count
from bot.sources.dates import moment
from bot.sources.identity import names_of, split_arxiv
from bot.sources.intake import Facts, Intake

SITE = "https://huggingface.co"


def items_of(where: str, body: bytes) -> Sequence[object]:
    """The papers of a day's body, unread.

    Raises SourceError, naming `where`, for an error answer and for what is no list of papers:
    archives of this API hold days in which each paper is a text of Python's, not JSON.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise SourceError(f"{where}: {_not_json(body)}; fetch the day again") from None
    return listed(where, answer)


def listed(where: str, answer: object) -> Sequence[object]:
    """The papers of a day's decoded JSON; raises SourceError as `items_of` does."""
    if isinstance(answer, Mapping) and "error" in answer:
        said = str(answer["error"])[:200]
        raise SourceError(f"{where}: an error answer instead of papers: {said}")
    if not isinstance(answer, list):
        raise SourceError(f"{where}: not a list of papers; fetch the day again")
    if answer and all(isinstance(item, str) for item in answer):
        kind = "Python text" if _is_python(answer[0]) else "plain text"
        raise SourceError(
            f"{where}: all {len(answer)} papers are {kind} instead of JSON; fetch the day again"
        )
    return answer


def gather(where: str, items: Sequence[object], intake: Intake) -> None:
    """Put every paper of a day into `intake`."""
    for number, item in enumerate(items, start=1):
        intake.add(f"{where} paper {number}", item, facts_of)


def facts_of(item: object) -> Facts:
    """What an item of the API says, in the words of `Entry`; raises EntryError for no paper."""
    if not isinstance(item, Mapping):
        kind = "Python text" if isinstance(item, str) and _is_python(item) else "not a paper"
        raise EntryError(f"{kind} instead of JSON")
    paper = item.get("paper")
    if not isinstance(paper, Mapping):
        raise EntryError('it has no "paper"')
    return {**_identity(paper), **_content(paper, item), **_counts(paper, item)}


def _identity(paper: Mapping[str, Any]) -> dict[str, Any]:
    identity = str(paper.get("id") or "")
    page = f"{SITE}/papers/{identity}" if identity else None
    try:
        arxiv, version = split_arxiv(identity)
    except ValueError:
        return {"names": names_of(plain_id=identity), "url": page, "discussion_url": page}
    return {
        "names": names_of(arxiv_id=arxiv),
        "version": version,
        "url": f"https://arxiv.org/abs/{arxiv}",
        "pdf_url": f"https://arxiv.org/pdf/{arxiv}",
        "discussion_url": page,
    }


def _content(paper: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    title = paper.get("title") or item.get("title")
    return {
        **({} if title is None else {"title": title}),
        "abstract": paper.get("summary") or item.get("summary") or "",
        "authors": _author_names(paper.get("authors")),
        "published_at": moment(paper.get("publishedAt")),
        "featured_at": moment(paper.get("submittedOnDailyAt") or item.get("publishedAt")),
        "thumbnail": item.get("thumbnail"),
        "code_url": paper.get("githubRepo"),
        "project_url": paper.get("projectPage"),
        "source_summary": paper.get("ai_summary"),
        "submitter": _person(paper.get("submittedOnDailyBy")) or _person(item.get("submittedBy")),
    }


def _counts(paper: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    return {"upvotes": count(paper.get("upvotes")), "comments": count(item.get("numComments"))}


def _author_names(authors: object) -> list[str]:
    listed = authors if isinstance(authors, list) else []
    return [name for author in listed if (name := _person(author))]


def _person(person: object) -> str | None:
    if isinstance(person, Mapping):
        person = person.get("fullname") or person.get("name")
    return person if isinstance(person, str) and person.strip() else None


def _not_json(body: bytes) -> str:
    start = body[:20].lstrip(b"[ \n\r\t")
    return "Python text instead of JSON" if start.startswith(b"{'") else "not JSON"


def _is_python(text: str) -> bool:
    return text.lstrip().startswith("{'")
