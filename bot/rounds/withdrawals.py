"""Asks arXiv once a day whether papers that were posted have been withdrawn since."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bot.errors import SourceError
from bot.rounds.admin_notices import AdminNotices
from bot.sources.base import Entry
from bot.sources.paper_ids import public_id
from storage import papers, posts
from storage.database import Database

ASKED_FOR = timedelta(days=180)
"""How long after its post a paper is asked about."""

BATCH = 100
"""Papers that one request asks about."""

MOST = 1_000
"""Papers that are asked about in a day, the latest posts first."""

Lookup = Callable[[Sequence[str]], Awaitable[Sequence[Entry]]]
"""Papers of arXiv by their ids, those that it has; raises SourceError."""

log = structlog.get_logger(__name__)


class Withdrawals:
    """Marks papers that were withdrawn after their post and says so in the post's thread, once.

    A listing of arXiv shows new papers alone, so what is withdrawn later comes with no poll.
    """

    def __init__(
        self,
        database: Database,
        lookup: Lookup,
        notices: AdminNotices,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._lookup = lookup
        self._notices = notices
        self._now = now

    async def check(self) -> int:
        """Ask about the posted papers; returns how many turned out to be withdrawn.

        Where arXiv does not answer, the rest is asked about the next day. What was found and could
        not be told before is told now.
        """
        since = self._now() - ASKED_FOR
        async with self._database.read() as session:
            keys = await posts.list_posted_keys(session, since, "arxiv:", MOST)
        gone = 0
        try:
            for start in range(0, len(keys), BATCH):
                gone += await self._ask(keys[start : start + BATCH])
        except SourceError as error:
            log.warning("withdrawals.unknown", reason=str(error))
        async with self._database.read() as session:
            told = await posts.list_retracted(session, since)
        await self._notices.papers_retracted(told)
        return gone

    async def _ask(self, keys: Sequence[str]) -> int:
        entries = await self._lookup([public_id(key) for key in keys])
        names = {name for entry in entries if entry.retracted for name in entry.names}
        found = [key for key in keys if key in names]
        if found:
            async with self._database.write() as session:
                await papers.retract(session, found, now=self._now())
        return len(found)
