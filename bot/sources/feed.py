"""Any RSS or Atom feed as a source."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from bot.errors import NoFeedError, SourceError
from bot.sources.base import Advice, Broken, Entry, Fresh, Intake, Poll, Quiet
from bot.sources.feed_parser import FeedHead
from bot.sources.http import Fetched, Fetcher, GoneError, shown
from bot.sources.pace import BusyError
from bot.sources.parser_process import FeedParser, ThreadParser

_MOST_REMEMBERED = 5_000
_STALE_BY = timedelta(days=1)
# What is dated so long before a source's last news is its past, and may come at any time.
_LATE = timedelta(days=7)
# arXiv announces from Sunday to Thursday; with a holiday beside a weekend a list stands four days.
_ARXIV_STANDS = timedelta(days=5)
_LONGEST_KEPT = timedelta(hours=6).total_seconds()
_LONGEST_TTL = timedelta(hours=24).total_seconds()
_ALL_HOURS = 24


class Feed:
    """A feed by its address, read whole and conditionally.

    Fresh with the entries that were not in its last list in these words. What is dated well before
    the newest entry of earlier lists is backlog, as after a move or of an archive. A list of
    arXiv's that stands still for five days is Broken: it has served a list of last week without an
    error. The cursor is `{"etag", "modified", "seen": [digests of the last list], "newest": ISO
    time}`, and no date of it is above the time of the poll by more than a day.
    """

    def __init__(self, fetcher: Fetcher, url: str, parser: FeedParser | None = None) -> None:
        self._fetcher = fetcher
        self._url = url
        self._parser = parser or ThreadParser()
        self._of_arxiv = (urlsplit(url).hostname or "").endswith("arxiv.org")

    async def poll(self, cursor: Mapping[str, Any], now: datetime) -> Poll:
        """Read the feed if it says it has changed."""
        try:
            fetched = await self._fetcher.get(
                self._url, etag=cursor.get("etag"), last_modified=cursor.get("modified")
            )
            if fetched.not_modified:
                return Quiet(cursor, Advice(_pause(fetched, None, now), fetched.moved_to))
            feed = await self._parser.parse(
                shown(self._url),
                fetched.body,
                url=fetched.url,
                content_type=fetched.content_type,
            )
        except BusyError as error:
            return Broken(str(error), Advice(error.wait))
        except GoneError as error:
            return Broken(str(error), gone=True)
        except NoFeedError as error:
            return Broken(str(error), offers=error.offers)
        except SourceError as error:
            return Broken(str(error))
        intake = Intake()
        head = feed.put_into(intake)
        return self._outcome(cursor, now, fetched, head, intake.fresh())

    def _outcome(
        self,
        cursor: Mapping[str, Any],
        now: datetime,
        fetched: Fetched,
        head: FeedHead,
        fresh: Fresh,
    ) -> Poll:
        if self._of_arxiv and head.updated and now - head.updated > _ARXIV_STANDS:
            since = f"{head.updated:%Y-%m-%d}"
            return Broken(
                f"{shown(self._url)}: it stands still since {since}, while arXiv announces daily"
            )
        if not fresh.entries and fresh.refused:
            why = fresh.refused[0].why
            return Broken(f"{shown(self._url)}: none of its {head.listed} entries is usable: {why}")
        seen = set(cursor.get("seen", ()))
        new = [entry for entry in fresh.entries if _digest(entry) not in seen]
        dated = _with_backlog(new, fresh.entries, _mark(cursor, now))
        after = _after(cursor, now, fetched, head, fresh.entries)
        advice = Advice(_pause(fetched, head, now), fetched.moved_to, head.title)
        if dated:
            return Fresh(dated, after, fresh.refused, fresh.same, advice)
        return Quiet(after, advice)


def _mark(cursor: Mapping[str, Any], now: datetime) -> datetime | None:
    """The date of the newest entry of earlier lists; None where it cannot be true."""
    try:
        mark = datetime.fromisoformat(cursor["newest"])
    except (KeyError, TypeError, ValueError):
        return None
    return mark if mark <= now + _STALE_BY else None


def _with_backlog(
    new: Sequence[Entry], listed: Sequence[Entry], mark: datetime | None
) -> list[Entry]:
    """The new entries, those that are older than the source's last news marked as backlog.

    A single one that comes a few days late is news; it is not where most of the list is new, as
    after a move.
    """
    moved = len(new) * 2 > len(listed)
    limit = mark - (_STALE_BY if moved else _LATE) if mark else None
    return [
        entry.model_copy(update={"backlog": True})
        if limit and entry.published_at and entry.published_at < limit
        else entry
        for entry in new
    ]


def _after(
    cursor: Mapping[str, Any],
    now: datetime,
    fetched: Fetched,
    head: FeedHead,
    entries: Sequence[Entry],
) -> dict[str, Any]:
    """The cursor once these entries are stored; a list that broke off is to be read again."""
    dates = [_newest(entries, now + _STALE_BY), _mark(cursor, now)]
    newest = max((date for date in dates if date), default=None)
    return {
        "etag": None if head.cut_off else fetched.etag,
        "modified": None if head.cut_off else fetched.last_modified,
        "seen": [_digest(entry) for entry in entries[:_MOST_REMEMBERED]],
        "newest": newest.isoformat() if newest else None,
    }


def _newest(entries: Sequence[Entry], latest: datetime) -> datetime | None:
    dates = (entry.published_at for entry in entries if entry.published_at)
    return max((date for date in dates if date <= latest), default=None)


def _pause(fetched: Fetched, head: FeedHead | None, now: datetime) -> float | None:
    """Seconds for which a feed asks to be left alone, by its headers, its ttl and its skipHours."""
    kept = min(fetched.keep_for or 0.0, _LONGEST_KEPT)
    ttl = min((head.ttl or 0) * 60.0, _LONGEST_TTL) if head else 0.0
    pause = max(kept, ttl)
    skipped = set(head.skip_hours) if head and len(head.skip_hours) < _ALL_HOURS else set()
    then = now.astimezone(UTC) + timedelta(seconds=pause)
    while then.hour in skipped:
        then = then.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return max(pause, (then - now).total_seconds()) or None


def _digest(entry: Entry) -> str:
    # An anchor may be made anew at every poll.
    names = [name for name in entry.names if "#" not in name] or list(entry.names)
    text = "\n".join((*names, entry.title, entry.abstract, str(entry.version)))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
