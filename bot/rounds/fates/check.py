"""Once a day, what became of the papers that were posted is asked for, noted and told."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from bot.errors import SourceError
from bot.rounds.fates.lookups import Answers, Lookup
from bot.rounds.fates.telling import FateTelling
from storage import fates
from storage.database import Database
from storage.fates import PostedName
from storage.models import Paper

ASKED_FOR = timedelta(days=180)
"""How long after its post a paper is asked about."""

MOST = 1_000
"""Identities that one place is asked about in a day, the latest posts first."""

_TOLD_AGAIN = timedelta(days=7)
_JUST_POSTED = timedelta(hours=36)

log = structlog.get_logger(__name__)


class FateCheck:
    """Asks every lookup about the posted papers; what a place does not answer, it says tomorrow.

    What is found by the first check after a post was so before, and is no news.
    """

    def __init__(
        self,
        database: Database,
        lookups: Sequence[Lookup],
        telling: FateTelling,
        now: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._lookups = lookups
        self._telling = telling
        self._now = now

    async def check(self) -> int:
        """Ask, note and tell; returns of how many papers there was news.

        What was found earlier and could not be told is told now.
        """
        news = 0
        for lookup in self._lookups:
            try:
                news += await self._ask(lookup)
            except SourceError as error:
                log.warning("fates.unknown", lookup=type(lookup).__name__, reason=str(error))
        async with self._database.read() as session:
            changed = await fates.list_news(session, self._now() - _TOLD_AGAIN)
        await self._telling.tell(changed)
        return news

    async def _ask(self, lookup: Lookup) -> int:
        async with self._database.read() as session:
            posted = await fates.list_posted_names(
                session, self._now() - ASKED_FOR, lookup.prefixes, MOST * lookup.days
            )
        today = self._now().toordinal()
        due = [each for each in posted if (each.paper_id + today) % lookup.days == 0][:MOST]
        news = 0
        for start in range(0, len(due), lookup.batch):
            part = due[start : start + lookup.batch]
            news += await self._note(part, await lookup.ask([each.name for each in part]))
        return news

    async def _note(self, asked: Sequence[PostedName], answers: Answers) -> int:
        now, news = self._now(), set()
        async with self._database.write() as session:
            for each in asked:
                found = answers.get(each.name, ())
                paper = await session.get(Paper, each.paper_id) if found else None
                if paper is None:
                    continue
                fresh = now - each.posted_at < _JUST_POSTED
                for one in found:
                    # Whatever speaks against a paper is told, however early it is found.
                    known = fresh and one.kind in _HARMLESS
                    if fates.note(paper, one.kind, one.detail, now, known=known):
                        news.add(each.paper_id)
                session.add(paper)
        return len(news)


_HARMLESS = ("published", "version")
