"""Any RSS or Atom feed as a source."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from bot.errors import SourceError
from bot.sources.base import Broken, Entry, Fresh, Intake, Poll, Quiet
from bot.sources.feed_parser import FeedHead, gather
from bot.sources.http import Fetched, Fetcher, shown

_MOST_REMEMBERED = 5_000
_STALE_BY = timedelta(days=1)
# arXiv announces from Sunday to Thursday; with a holiday beside a weekend a list stands four days.
_ARXIV_STANDS = timedelta(days=5)


class Feed:
    """A feed by its address, read whole and conditionally.

    Fresh with the entries that were not in its last list in these words. A list that is older
    than one served before, or of arXiv's that stands still for five days, is Broken: feeds have
    served a list of last week without an error. The cursor is `{"etag", "modified", "seen":
    [digests of the last list], "newest": ISO time}`.
    """

    def __init__(self, fetcher: Fetcher, url: str) -> None:
        self._fetcher = fetcher
        self._url = url
        self._of_arxiv = (urlsplit(url).hostname or "").endswith("arxiv.org")

    async def poll(self, cursor: Mapping[str, Any], now: datetime) -> Poll:
        """Read the feed if it says it has changed."""
        try:
            fetched = await self._fetcher.get(
                self._url, etag=cursor.get("etag"), last_modified=cursor.get("modified")
            )
            if fetched.not_modified:
                return Quiet(cursor)
            head, fresh = await asyncio.to_thread(_read, self._url, fetched)
        except SourceError as error:
            return Broken(str(error))
        return self._outcome(cursor, now, fetched, head, fresh)

    def _outcome(
        self,
        cursor: Mapping[str, Any],
        now: datetime,
        fetched: Fetched,
        head: FeedHead,
        fresh: Fresh,
    ) -> Poll:
        seen = set(cursor.get("seen", ()))
        new = [entry for entry in fresh.entries if _digest(entry) not in seen]
        if reason := self._staleness(cursor, now, head, fresh.entries, new):
            return Broken(f"{shown(self._url)}: {reason}")
        if not fresh.entries and fresh.refused:
            why = fresh.refused[0].why
            return Broken(f"{shown(self._url)}: none of its {head.listed} entries is usable: {why}")
        after = _after(cursor, fetched, head, fresh.entries)
        return Fresh(new, after, fresh.refused, fresh.same) if new else Quiet(after)

    def _staleness(
        self,
        cursor: Mapping[str, Any],
        now: datetime,
        head: FeedHead,
        entries: Sequence[Entry],
        new: Sequence[Entry],
    ) -> str | None:
        if self._of_arxiv and head.updated and now - head.updated > _ARXIV_STANDS:
            return f"it stands still since {head.updated:%Y-%m-%d}, while arXiv announces daily"
        newest, before = _newest(entries), cursor.get("newest")
        if not (new and newest and before) or newest > datetime.fromisoformat(before) - _STALE_BY:
            return None
        return f"it serves an old list, up to {newest:%Y-%m-%d}; the last one reached {before[:10]}"


def _read(url: str, fetched: Fetched) -> tuple[FeedHead, Fresh]:
    intake = Intake()
    head = gather(
        shown(url), fetched.body, intake, url=fetched.url, content_type=fetched.content_type
    )
    return head, intake.fresh()


def _after(
    cursor: Mapping[str, Any], fetched: Fetched, head: FeedHead, entries: Sequence[Entry]
) -> dict[str, Any]:
    """The cursor once these entries are stored; a list that broke off is to be read again."""
    newest = _newest(entries)
    return {
        "etag": None if head.cut_off else fetched.etag,
        "modified": None if head.cut_off else fetched.last_modified,
        "seen": [_digest(entry) for entry in entries[:_MOST_REMEMBERED]],
        "newest": newest.isoformat() if newest else cursor.get("newest"),
    }


def _newest(entries: Sequence[Entry]) -> datetime | None:
    return max((entry.published_at for entry in entries if entry.published_at), default=None)


def _digest(entry: Entry) -> str:
    text = "\n".join((*entry.names, entry.title, entry.abstract, str(entry.version)))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
