"""What came while a channel was paused, where the next round cannot bring all of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.bulletins import MOST, Listed, missed_lines
from bot.cards.richtext import Line
from bot.matching.query.expression import parse
from bot.rounds.picking.match_cache import MatchCache
from bot.rounds.scheduling.schedule import parse_schedule, zone_of
from storage import candidates, papers, watches
from storage.database import Database
from storage.models import Channel, Paper

_LOOKED_THROUGH = 2_000


class Missed:
    """Finds the papers of a pause; `window` is how long a paper is a candidate of rounds."""

    def __init__(self, database: Database, matches: MatchCache, window: timedelta) -> None:
        self._database = database
        self._matches = matches
        self._window = window

    async def lines(self, channel: Channel, since: datetime, now: datetime) -> Sequence[Line]:
        """What matched here since then and was not posted, best first.

        Empty where the next round brings it all.
        """
        found = await self._found(channel, since, now)
        late = [each for each in found if each.first_seen_at < now - self._window]
        if len(found) <= channel.post_limit and not late:
            return ()
        zone = zone_of(parse_schedule(channel.schedule))
        listed = [Listed(paper.title, paper.url) for paper in found[:MOST]]
        first, last = since.astimezone(zone).date(), now.astimezone(zone).date()
        return missed_lines(listed, len(found), first, last)

    async def _found(self, channel: Channel, since: datetime, now: datetime) -> list[Paper]:
        assert channel.id is not None
        await self._matches.refresh(now)
        fresh = await self._matches.of_channel(channel.id, channel.threshold)
        scores = {key: one.match.score for key, one in fresh.items()}
        async with self._database.read() as session:
            left = await candidates.candidate_ids(session, channel.id, since)
            old = await self._old(session, left, now)
            scores |= await self._score_old(session, channel, old)
            kept = await papers.get_many(session, [key for key in left if key in scores])
        return sorted(kept, key=lambda paper: _rank(paper, scores))

    async def _old(
        self, session: AsyncSession, ids: Sequence[int], now: datetime
    ) -> Sequence[Paper]:
        """Those that are no candidates any more, which no index holds; the newest alone."""
        known = {paper.id for paper in await self._matches.papers(ids)}
        left = [key for key in ids if key not in known][-_LOOKED_THROUGH:]
        return await papers.get_many(session, left)

    async def _score_old(
        self, session: AsyncSession, channel: Channel, old: Sequence[Paper]
    ) -> dict[int, float]:
        scores: dict[int, float] = {}
        if not old:
            return scores
        for watch in await watches.list_channel(session, channel.id or 0):
            found = await self._matches.of_expression(parse(watch.text), old, channel.threshold)
            for paper, match in found:
                key = paper.id or 0
                scores[key] = max(match.score, scores.get(key, 0.0))
        return scores


def _rank(paper: Paper, scores: Mapping[int, float]) -> tuple[float, ...]:
    key = paper.id or 0
    return (-round(scores[key]), -(paper.upvotes or 0), key)
