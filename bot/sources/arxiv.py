"""arXiv's API as a source: a category by date of submission, and single papers by id."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from bot.errors import NotFoundError, SourceError
from bot.sources.base import Broken, Entry, Fresh, Intake, Poll, Quiet, Refused
from bot.sources.feed_parser import FeedHead, gather
from bot.sources.http import Fetched, Fetcher
from bot.sources.paper_ids import DIVIDED

API, FEEDS = "https://export.arxiv.org", "https://rss.arxiv.org"
_STANDS = timedelta(days=5)
_NEWS = ("new", "cross")
_AHEAD = timedelta(days=1)


@dataclass(slots=True)
class _Listing:
    """What the pages of one poll brought so far, by identity.

    `floor` is how far down to read, in Unix seconds; `unread` says that some pages above it failed.
    """

    papers: dict[str, Entry] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    floor: float = 0.0
    unread: bool = False

    def add(self, fresh: Fresh, *, floor: float) -> Sequence[Entry]:
        """Keep what is above the floor; gives the papers that no earlier page had."""
        above = [entry for entry in fresh.entries if _stamp(entry) >= floor]
        added = [entry for entry in above if entry.names[0] not in self.papers]
        self.papers.update((entry.names[0], entry) for entry in added)
        self.refused.extend(fresh.refused)
        return added


class ArxivCategory:
    """The papers of a category, newest submission first, page by page until known ground.

    The first poll ever reads `overlap` back. arXiv announces some papers days after their
    submission, so the first poll of a day reads `late` back beyond the newest paper known, though
    never beyond the first poll ever; others read until a page brings nothing new. A page that is
    short or empty against its own total is asked for once more; the first page is then Broken, a
    later one is left for the next poll with all that follows it. A listing older than one seen
    before is Broken. Without `cross_lists`, papers of another first category are left out. Where
    `feeds_url` is given, the first poll of a day, and each that the API fails, reads arXiv's
    announcements too, and takes from there what the API did not list. The cursor is
    `{"newest": ISO time, "swept": ISO date, "since": ISO time, "seen": {identity: [version, ISO
    time]}, "announced": [identities of the last announcement]}`, with `"unread_to": ISO time`
    while pages above that are unread; no time of it is more than a day ahead of the poll.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        category: str,
        *,
        base_url: str = API,
        feeds_url: str = "",
        page_size: int = 200,
        most_pages: int = 50,
        overlap: timedelta = timedelta(days=7),
        late: timedelta = timedelta(days=21),
        cross_lists: bool = True,
    ) -> None:
        self._fetcher = fetcher
        self._category = category
        self._base_url = base_url
        self._feeds_url = feeds_url
        self._page_size = page_size
        self._most_pages = most_pages
        self._overlap = overlap
        self._late = max(late, overlap)
        self._cross_lists = cross_lists

    async def poll(self, cursor: Mapping[str, Any], now: datetime) -> Poll:
        """Read the listing down to what is known."""
        today = cursor.get("swept") == _day(now)
        try:
            sweep = not today or "unread_to" in cursor
            listing = await self._listing(cursor, now, sweep=sweep)
        except SourceError as error:
            return await self._announced_alone(cursor, now, error)
        seen: Mapping[str, Any] = cursor.get("seen", {})
        new = [
            entry
            for name, entry in listing.papers.items()
            if _is_new(entry, seen.get(name)) and self._is_wanted(entry)
        ]
        after = self._after(cursor, listing, now)
        if not cursor or today:
            after = {**after, "announced": list(cursor.get("announced", ()))}
            return Fresh(new, after, listing.refused) if new else Quiet(after)
        announced, refused = await self._announced(now)
        known = {*listing.papers, *seen, *cursor.get("announced", ())}
        missed = [entry for entry in announced if entry.names[0] not in known]
        if missed:
            where = f"arXiv {self._category}"
            refused = [*refused, Refused(where, f"{len(missed)} announced papers were not listed")]
        after = {**after, "announced": [entry.names[0] for entry in announced]}
        return (
            Fresh([*new, *missed], after, [*listing.refused, *refused])
            if new or missed
            else Quiet(after)
        )

    async def _announced_alone(
        self, cursor: Mapping[str, Any], now: datetime, failure: SourceError
    ) -> Poll:
        """What arXiv announces while its API fails; Broken where that is nothing new either.

        The cursor stays, so that the API is asked for the same again.
        """
        announced, _ = await self._announced(now) if cursor else ((), ())
        known = {*cursor.get("seen", {}), *cursor.get("announced", ())}
        new = [entry for entry in announced if entry.names[0] not in known]
        if not new:
            return Broken(str(failure))
        after = {**cursor, "announced": [entry.names[0] for entry in announced]}
        return Fresh(new, after, [Refused(f"arXiv {self._category}", str(failure))])

    async def _announced(self, now: datetime) -> tuple[Sequence[Entry], Sequence[Refused]]:
        """The news of the last announcement, and why it was not read, if it was not."""
        if not self._feeds_url:
            return (), ()
        url = f"{self._feeds_url.rstrip('/')}/atom/{self._category}"
        where = f"arXiv's announcement of {self._category}"
        try:
            fetched = await self._fetcher.get(url)
            head, fresh = await asyncio.to_thread(_read, where, fetched)
        except SourceError as error:
            return (), [Refused(where, str(error))]
        if head.updated and now - head.updated > _STANDS:
            return (), [Refused(where, f"an old list, of {head.updated:%Y-%m-%d}; left unread")]
        news = [
            entry for entry in fresh.entries if entry.announced in _NEWS and self._is_wanted(entry)
        ]
        return news, fresh.refused

    async def _listing(self, cursor: Mapping[str, Any], now: datetime, *, sweep: bool) -> _Listing:
        seen: Mapping[str, Any] = cursor.get("seen", {})
        listing = _Listing()
        start, floor = 0, 0.0
        for _ in range(self._most_pages):
            try:
                head, fresh = await self._page(start)
            except SourceError as error:
                if start == 0:
                    raise
                # What earlier pages brought is kept; the rest is asked for at the next poll.
                listing.refused.append(self._unread(start, str(error)))
                listing.unread = True
                return listing
            if start == 0:
                listing.floor = floor = self._floor(cursor, fresh.entries, now)
            added = listing.add(fresh, floor=floor if cursor else 0.0)
            start += head.listed
            known = not any(_is_new(entry, seen.get(entry.names[0])) for entry in added)
            reached = min((_stamp(entry) for entry in fresh.entries), default=0) < floor
            if reached or (known and not sweep) or start >= (head.total or 0):
                return listing
            if not added:
                listing.refused.append(self._unread(start, "this page only repeats earlier ones"))
                return listing
        listing.refused.append(self._unread(start, "more than one poll reads"))
        return listing

    async def _page(self, start: int) -> tuple[FeedHead, Fresh]:
        """A page that agrees with its own total; arXiv is known to answer short at times."""
        query: dict[str, str | int] = {
            "search_query": f"cat:{self._category}{'.*' if self._category in DIVIDED else ''}",
            "start": start,
            "max_results": self._page_size,
            "sortBy": "submittedDate",
            "sortOrder": "descending",
        }
        head, fresh = await _query(self._fetcher, self._base_url, query)
        if self._missing(head, start):
            head, fresh = await _query(self._fetcher, self._base_url, query)
        if missing := self._missing(head, start):
            raise SourceError(f"arXiv {self._category}: {missing}")
        return head, fresh

    def _missing(self, head: FeedHead, start: int) -> str | None:
        if not head.total:
            return "not one paper is listed; unless arXiv is at fault, there is no such category"
        due = min(head.page or self._page_size, self._page_size, head.total - start)
        if head.listed >= due and not head.cut_off:
            return None
        return f"a short answer, {head.listed} of {due} papers from number {start}"

    def _floor(
        self, cursor: Mapping[str, Any], first_page: Sequence[Entry], now: datetime
    ) -> float:
        """How far down to read, in Unix seconds; raises SourceError for a listing gone stale."""
        latest = (now + _AHEAD).timestamp()
        newest = max((at for at in map(_stamp, first_page) if at <= latest), default=0)
        before = cursor.get("newest")
        known = datetime.fromisoformat(before) if before else None
        if known is None or known > now + _AHEAD:
            return newest - self._overlap.total_seconds()
        if newest < known.timestamp():
            reached = datetime.fromtimestamp(newest, UTC)
            raise SourceError(
                f"arXiv {self._category}: an old listing, up to {reached:%Y-%m-%d %H:%M}; "
                f"an earlier one reached {known:%Y-%m-%d %H:%M}"
            )
        floor = max((known - self._late).timestamp(), _since(cursor))
        unread = cursor.get("unread_to")
        return min(floor, datetime.fromisoformat(unread).timestamp()) if unread else floor

    def _after(
        self, cursor: Mapping[str, Any], listing: _Listing, now: datetime
    ) -> Mapping[str, Any]:
        seen: Mapping[str, Any] = cursor.get("seen", {})
        swept = cursor.get("swept") if listing.unread else _day(now)
        more = {"since": _iso(_since(cursor) or listing.floor)}
        if listing.unread:
            more["unread_to"] = _iso(listing.floor)
        found = {
            name: [entry.version, entry.published_at.isoformat()]
            for name, entry in listing.papers.items()
            if entry.published_at
        }
        remembered = {**seen, **found}
        latest = (now + _AHEAD).isoformat()
        newest = max((at for _, at in remembered.values() if at <= latest), default=None)
        if newest is None:
            return {"swept": swept, "seen": {}, **more}
        latest_floor = datetime.fromisoformat(newest) - self._late
        first_floor = datetime.fromisoformat(more["since"])
        oldest = (max(latest_floor, first_floor) - self._overlap).isoformat()
        kept = {name: known for name, known in remembered.items() if known[1] >= oldest}
        return {"newest": newest, "swept": swept, "seen": kept, **more}

    def _is_wanted(self, entry: Entry) -> bool:
        """Whether a paper belongs here first, or cross-listed ones are wanted as well."""
        first = entry.categories[0] if entry.categories else self._category
        here = first in (self._category, "") or first.startswith(f"{self._category}.")
        return self._cross_lists or here

    def _unread(self, start: int, why: str) -> Refused:
        return Refused(f"arXiv {self._category} from number {start}", f"left unread: {why}")


async def fetch_one(fetcher: Fetcher, arxiv_id: str, base_url: str = API) -> Entry:
    """A single paper by its id; raises NotFoundError where arXiv has none, else SourceError."""
    _, fresh = await _query(fetcher, base_url, {"id_list": arxiv_id, "max_results": 1})
    if fresh.refused:
        raise SourceError(f"arXiv's answer for {arxiv_id}: {fresh.refused[0].why}")
    if not fresh.entries:
        raise NotFoundError(f"arXiv has no paper {arxiv_id}; check the link")
    return fresh.entries[0]


async def fetch_many(
    fetcher: Fetcher, arxiv_ids: Sequence[str], base_url: str = API
) -> Sequence[Entry]:
    """Papers by their ids in one request, as their latest versions are; raises SourceError."""
    query: dict[str, str | int] = {
        "id_list": ",".join(arxiv_ids),
        "max_results": len(arxiv_ids),
    }
    _, fresh = await _query(fetcher, base_url, query)
    return fresh.entries


async def _query(
    fetcher: Fetcher, base_url: str, query: Mapping[str, str | int]
) -> tuple[FeedHead, Fresh]:
    url = f"{base_url.rstrip('/')}/api/query?{urlencode(query, safe=':*')}"
    fetched = await fetcher.get(url)
    return await asyncio.to_thread(_read, "arXiv's answer", fetched)


def _read(where: str, fetched: Fetched) -> tuple[FeedHead, Fresh]:
    intake = Intake()
    head = gather(where, fetched.body, intake, content_type=fetched.content_type)
    return head, intake.fresh()


def _is_new(entry: Entry, known: Sequence[Any] | None) -> bool:
    return known is None or (entry.version or 0) > (known[0] or 0)


def _stamp(entry: Entry) -> float:
    return entry.published_at.timestamp() if entry.published_at else 0


def _since(cursor: Mapping[str, Any]) -> float:
    """Down to where the first poll read, in Unix seconds; 0 before it."""
    if since := cursor.get("since"):
        return datetime.fromisoformat(since).timestamp()
    # A cursor of an earlier version; it knew all papers down to there.
    oldest = min((at for _, at in cursor.get("seen", {}).values()), default=None)
    return datetime.fromisoformat(oldest).timestamp() if oldest else 0.0


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(max(0.0, seconds), UTC).isoformat()


def _day(now: datetime) -> str:
    return now.astimezone(UTC).date().isoformat()
