"""Hugging Face Daily Papers: its API's answer, and days read again while they fill."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from bot.errors import EntryError, SourceError
from bot.sources.base import Broken, Entry, Facts, Fresh, Intake, Poll, Quiet, Refused
from bot.sources.dates import find_moment
from bot.sources.http import Fetched, Fetcher, NotServedError
from bot.sources.paper_ids import names_of, split_arxiv
from bot.sources.sanitize import find_count

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
        "published_at": find_moment(paper.get("publishedAt")),
        "featured_at": find_moment(paper.get("submittedOnDailyAt") or item.get("publishedAt")),
        "thumbnail": item.get("thumbnail"),
        "code_url": paper.get("githubRepo"),
        "project_url": paper.get("projectPage"),
        "source_summary": paper.get("ai_summary"),
        "submitter": _person(paper.get("submittedOnDailyBy")) or _person(item.get("submittedBy")),
    }


def _counts(paper: Mapping[str, Any], item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "upvotes": find_count(paper.get("upvotes")),
        "comments": find_count(item.get("numComments")),
    }


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


_PAGE = 50
_MOST_PAGES = 10
_NEWEST_OPEN = 3


@dataclass(frozen=True, slots=True)
class _Day:
    """A day as it was answered: what it holds, and by what to know it again."""

    fresh: Fresh
    memory: Mapping[str, Any]


class HuggingFaceDaily:
    """The Daily Papers API, a day a request.

    A day fills for a while after it began, so the last three days are read at every poll, and so
    is every day since the last poll and every day that failed, up to `catch_up` days back. The
    first poll reads `first_days`. Fresh when a paper is new or what is said of it has changed,
    its upvotes included. The cursor is `{"through": ISO date, "missed": [dates], "days": {date:
    how to know its answer again}}`. Days are UTC's.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        *,
        base_url: str = SITE,
        first_days: int = 7,
        catch_up: int = 30,
    ) -> None:
        self._fetcher = fetcher
        self._base_url = base_url.rstrip("/")
        self._first_days = first_days
        self._catch_up = catch_up

    async def poll(self, cursor: Mapping[str, Any], now: datetime) -> Poll:
        """Read all days that are due, oldest first."""
        today = now.astimezone(UTC).date()
        known: Mapping[str, Any] = cursor.get("days", {})
        read: dict[str, _Day | None] = {}
        failed: dict[str, SourceError] = {}
        for day in self._due(cursor, today):
            try:
                read[day] = await self._read(day, known.get(day, {}))
            except SourceError as error:
                failed[day] = error
        # Where the site's day begins later than UTC's, it has no such day yet.
        if read and isinstance(failed.get(today.isoformat()), NotServedError):
            del failed[today.isoformat()]
        return _outcome(cursor, today, read, failed)

    def _due(self, cursor: Mapping[str, Any], today: date) -> Sequence[str]:
        through = cursor.get("through")
        if through is None:
            first = today - timedelta(days=self._first_days - 1)
        else:
            last = min(date.fromisoformat(through), today)
            first = last - timedelta(days=_NEWEST_OPEN - 1)
        earliest = today - timedelta(days=self._catch_up)
        first = max(first, earliest)
        days = {(first + timedelta(days=n)).isoformat() for n in range((today - first).days + 1)}
        days.update(day for day in cursor.get("missed", ()) if day >= earliest.isoformat())
        return sorted(days)

    async def _read(self, day: str, memory: Mapping[str, Any]) -> _Day | None:
        """The day, or None where it is as it was."""
        first = await self._page(day, 0, memory)
        if first.not_modified:
            return None
        where = f"the day {day}"
        items = [*items_of(where, first.body)]
        paged = len(items) >= _PAGE
        if paged:
            further, failed = await self._further(day, items)
            items.extend(further)
        intake = Intake()
        if paged and failed:
            intake.refuse(where, f"a later page was not read: {failed}")
        gather(where, items, intake)
        fresh = intake.fresh()
        digest = _digest(fresh.entries)
        if digest == memory.get("digest"):
            return None
        validators = {} if paged else {"etag": first.etag, "modified": first.last_modified}
        return _Day(fresh, {"digest": digest, **validators})

    async def _further(
        self, day: str, items: Sequence[object]
    ) -> tuple[Sequence[object], SourceError | None]:
        """The items of all later pages, until one brings nothing new or fails, and how it failed.

        The days that may still change are read again at the next poll, these pages too.
        """
        found: list[object] = []
        for number in range(1, _MOST_PAGES):
            try:
                page = await self._page(day, number, {})
                listed = items_of(f"the day {day}", page.body)
            except SourceError as error:
                return found, error
            new = [item for item in listed if item not in items and item not in found]
            if not new:
                break
            found.extend(new)
        return found, None

    async def _page(self, day: str, number: int, memory: Mapping[str, Any]) -> Fetched:
        url = f"{self._base_url}/api/daily_papers?date={day}" + (f"&p={number}" if number else "")
        return await self._fetcher.get(
            url, etag=memory.get("etag"), last_modified=memory.get("modified")
        )


def _outcome(
    cursor: Mapping[str, Any],
    today: date,
    read: Mapping[str, _Day | None],
    failed: Mapping[str, SourceError],
) -> Poll:
    changed = [day for day in read.values() if day is not None]
    news = [day for day in failed if day not in cursor.get("missed", ())]
    entries = [entry for day in changed for entry in day.fresh.entries]
    if not read or (news and not entries):
        return Broken(_reasons(failed[day] for day in news or failed))
    after = {
        "through": today.isoformat(),
        "missed": sorted(failed),
        "days": _remembered(cursor.get("days", {}), today, read),
    }
    refused = [refusal for day in changed for refusal in day.fresh.refused]
    refused += [Refused(f"the day {day}", str(failed[day])) for day in news]
    same = sum(day.fresh.same for day in changed)
    return Fresh(entries, after, refused, same) if entries or refused else Quiet(after)


def _remembered(
    known: Mapping[str, Any], today: date, read: Mapping[str, _Day | None]
) -> Mapping[str, Any]:
    """How to know again the days that will be read again."""
    oldest = (today - timedelta(days=_NEWEST_OPEN)).isoformat()
    answered = {day: answer.memory for day, answer in read.items() if answer is not None}
    return {day: memory for day, memory in {**known, **answered}.items() if day >= oldest}


def _reasons(errors: Iterable[SourceError]) -> str:
    """One line for several days: they mostly fail for one reason."""
    first, *others = [str(error) for error in errors]
    return first + (f" (and {len(others)} more days)" if others else "")


def _digest(entries: Sequence[Entry]) -> str:
    text = "\n".join(entry.model_dump_json() for entry in entries)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
