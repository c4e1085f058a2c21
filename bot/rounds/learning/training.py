"""Once a day, what channels share is learned anew where it changed, and their tastes follow."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
import structlog
from numpy.typing import NDArray

from bot.picks.embeddings import FEWEST_LIKED
from bot.picks.shared_model import SharedModel
from bot.rounds.learning.shared_models import TEXTS, SharedModels
from bot.rounds.learning.taste_store import TasteStore
from storage import papers, shared_models
from storage.database import Database
from storage.models import Paper

PAPERS_FROM = 300
"""Papers an install must have seen before it is asked which of their words are alike.

T1 with a shared model of as many random titles: from 300 on it gains over none, at 100 it loses.
"""

PAPERS = 6_000
"""Papers that are read for that, the newest; more gained nothing on T1."""

CHANNELS_FROM = 3
"""Channels with enough likes that make a pool."""

LIKES = 50
"""Likes of a channel that are read, the newest."""

LIKED_WITHIN = timedelta(days=180)
"""How long ago a liked paper may have been picked."""

STALE = timedelta(days=30)
"""After how long a shared model is learned anew if anything changed at all."""

_TEXTS_GROWN = 0.5
_LIKES_CHANGED = 0.1
_AT_ONCE = 500

Places = Mapping[int, NDArray[np.float32]]
Likes = Sequence[Sequence[int]]
"""What each channel of a pool liked, papers by id."""

log = structlog.get_logger(__name__)


class ModelTraining:
    """Learns shared models; every step may be repeated or broken off: what was learned is kept."""

    def __init__(self, database: Database, models: SharedModels, tastes: TasteStore) -> None:
        self._database = database
        self._models = models
        self._tastes = tastes

    async def refresh(self, now: datetime) -> int:
        """Learn the shared models that changed enough since they were learned; returns how many."""
        learned = await self._refresh_texts(now)
        return learned + await self._refresh_pools(now, anew=learned > 0)

    async def follow(self, now: datetime) -> int:
        """Replay the tastes that stand on a shared model that is no more, one transaction each."""
        outdated = await self._outdated()
        for channel_id in outdated:
            async with self._database.write() as session:
                await self._tastes.rebuild(session, channel_id, now)
        return len(outdated)

    async def _outdated(self) -> list[int]:
        async with self._database.read() as session:
            taught = await shared_models.list_taught(session)
            pools = {self._models.pool_of(workspace) for _, workspace, _ in taught}
            current = {pool: (await self._models.of_pool(session, pool)).version for pool in pools}
        return [
            channel
            for channel, workspace, version in taught
            if version != current[self._models.pool_of(workspace)]
        ]

    async def _refresh_texts(self, now: datetime) -> int:
        async with self._database.read() as session:
            count = min(await shared_models.count_texts(session), PAPERS)
            learned = (await shared_models.outlines(session)).get(TEXTS)
            if not await self._models.is_intact(session, TEXTS):
                learned = None
            if count < PAPERS_FROM or not _is_due(learned, count, _TEXTS_GROWN, now):
                return 0
            newest = await shared_models.newest_texts(session, PAPERS)
            await self._models.load(newest, session)
        shared = await asyncio.to_thread(
            SharedModel.of_papers, newest, meaning=self._models.meaning
        )
        async with self._database.write() as session:
            await shared_models.keep(
                session,
                TEXTS,
                version=shared.version,
                basis=len(newest),
                state=shared.dumps(),
                now=now,
            )
        log.info(
            "shared_model.learned", model=TEXTS, papers=len(newest), dimensions=shared.dimensions
        )
        return 1

    async def _refresh_pools(self, now: datetime, *, anew: bool) -> int:
        async with self._database.read() as session:
            known = await shared_models.outlines(session)
            liked = await shared_models.list_likes(session, now - LIKED_WITHIN, of_each=LIKES)
            texts = await self._models.of_pool(session, TEXTS)
            intact = {name for name in known if await self._models.is_intact(session, name)}
        # On a sentence model's vectors a pool's metric only loses (T1 shared, tests/quality).
        pools = self._pools(liked) if texts.dimensions and texts.meaning is None else {}
        due = [
            pool
            for pool, likes in pools.items()
            if anew
            or pool not in intact
            or _is_due(known.get(pool), _size(likes), _LIKES_CHANGED, now)
        ]
        wanted = {each for pool in due for likes in pools[pool] for each in likes}
        places = await self._places(texts, wanted)
        for pool in due:
            await self._learn_pool(pool, texts, pools[pool], places, now)
        gone = [name for name in known if name != TEXTS and name not in pools]
        async with self._database.write() as session:
            await shared_models.drop(session, gone)
        return len(due) + len(gone)

    def _pools(self, liked: Sequence[tuple[int, int, int]]) -> dict[str, Likes]:
        """The likes of each pool that has enough of them."""
        channels: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        for workspace, channel, paper in liked:
            channels[self._models.pool_of(workspace), channel].append(paper)
        pools: defaultdict[str, list[list[int]]] = defaultdict(list)
        for (pool, _), some in channels.items():
            if len(some) >= FEWEST_LIKED:
                pools[pool].append(some)
        return {pool: likes for pool, likes in pools.items() if len(likes) >= CHANNELS_FROM}

    async def _places(self, texts: SharedModel, paper_ids: set[int]) -> Places:
        """Where these papers lie, read a few hundred at a time."""
        ordered = sorted(paper_ids)
        found: dict[int, NDArray[np.float32]] = {}
        for start in range(0, len(ordered), _AT_ONCE):
            async with self._database.read() as session:
                some = await papers.get_many(session, ordered[start : start + _AT_ONCE])
                await self._models.load(some, session)
            found |= await asyncio.to_thread(_read, texts, some)
        return found

    async def _learn_pool(
        self, pool: str, texts: SharedModel, likes: Likes, places: Places, now: datetime
    ) -> None:
        groups = [np.array([places[each] for each in one if each in places]) for one in likes]
        pooled = await asyncio.to_thread(texts.pooled, groups)
        async with self._database.write() as session:
            await shared_models.keep(
                session,
                pool,
                version=pooled.version,
                basis=_size(likes),
                state=pooled.dumps_pool(),
                now=now,
            )
        log.info("shared_model.learned", model=pool, channels=len(likes), likes=_size(likes))


def _read(texts: SharedModel, some: Sequence[Paper]) -> dict[int, NDArray[np.float32]]:
    return {paper.id or 0: texts.place(paper) for paper in some}


def _is_due(
    learned: tuple[int, datetime] | None, now_there: int, changed: float, now: datetime
) -> bool:
    """Whether what was learned from so much at a time is to be learned anew from `now_there`."""
    if learned is None:
        return True
    basis, at = learned
    apart = abs(now_there - basis)
    return apart > changed * basis or (now - at > STALE)


def _size(likes: Likes) -> int:
    return sum(len(one) for one in likes)
