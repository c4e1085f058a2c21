"""Daily maintenance: old votes, posts and papers are summed up or deleted."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.rounds.fates.check import FateCheck
from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.learning.training import ModelTraining
from bot.rounds.process.memory import give_back
from bot.rounds.zotero.push import ZoteroPush
from storage import retention, workspaces
from storage.database import Database, lock_channel
from storage.models import Workspace

GONE_FOR = timedelta(days=30)
"""How long a workspace that removed the bot may come back and find everything as it was."""

_AT_ONCE = 500

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """How long votes, posts and papers are kept whole."""

    votes: timedelta = timedelta(days=365)
    posts: timedelta = timedelta(days=365)
    papers: timedelta = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class LetGo:
    """How many votes, posts and papers became light or went."""

    votes: int
    posts: int
    papers: int


class Retention:
    """Lets go of what is older than `kept`; nothing within `window` days is ever touched.

    Every transaction is small, and the whole may be broken off and repeated.
    """

    def __init__(
        self, database: Database, tastes: TasteStore, kept: Kept, window: timedelta
    ) -> None:
        self._database = database
        self._tastes = tastes
        self._kept = kept
        self._window = window

    async def let_go(self, now: datetime) -> LetGo:
        """Let go of what is too old by now; returns how much that was."""
        votes = await self._votes(self._before(self._kept.votes, now), now)
        posts = self._before(self._kept.posts, now)
        papers = self._before(self._kept.papers, now)
        lighter = await self._in_parts(retention.lighten_posts, posts)
        dropped = await self._in_parts(retention.drop_papers, papers)
        lightened = await self._in_parts(retention.lighten_papers, papers)
        await self._workspaces(now)
        gone = LetGo(votes, lighter, dropped + lightened)
        if votes or lighter or gone.papers:
            log.info("retention", votes=votes, posts=lighter, papers=gone.papers)
        return gone

    async def _workspaces(self, now: datetime) -> None:
        """Delete what is kept of workspaces that removed the bot GONE_FOR ago."""
        async with self._database.read() as session:
            ended = await workspaces.list_ended(session, now - GONE_FOR)
        for each in ended:
            async with self._database.write() as session:
                workspace = await session.get(Workspace, each.id)
                if workspace is not None and workspace.gone_at is not None:
                    await workspaces.forget(session, workspace, now)
                    log.info("workspace.forgotten", platform=each.platform, number=each.id)

    def _before(self, kept: timedelta, now: datetime) -> datetime:
        return now - max(kept, self._window)

    async def _votes(self, before: datetime, now: datetime) -> int:
        async with self._database.read() as session:
            voted = await retention.list_voted_channels(session, before)
        gone = 0
        for channel_id in voted:
            try:
                gone += await self._fold(channel_id, before, now)
            except (SQLAlchemyError, OSError):
                raise
            except Exception:
                # What one channel's votes hold must not keep the others' for ever; its own stay.
                log.exception("fold.failed", channel_id=channel_id)
        return gone

    async def _fold(self, channel_id: int, before: datetime, now: datetime) -> int:
        async with self._database.write() as session:
            # A vote that comes meanwhile is either in the checkpoint or told to be too late.
            await lock_channel(session, channel_id)
            return await self._tastes.fold(session, channel_id, before, now)

    async def _in_parts(
        self, step: Callable[[AsyncSession, datetime, int], Awaitable[int]], before: datetime
    ) -> int:
        """Repeat a step in transactions of its own until it finds nothing more."""
        whole = 0
        while True:
            async with self._database.write() as session:
                done = await step(session, before, _AT_ONCE)
            whole += done
            if done < _AT_ONCE:
                return whole


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Lets go of what is old, then learns what channels share anew."""

    retention: Retention
    learning: ModelTraining
    zotero: ZoteroPush | None = None
    fates: FateCheck | None = None

    async def let_go(self, now: datetime) -> int:
        """Let go of what is too old; returns how many votes, posts and papers that was."""
        gone = await self.retention.let_go(now)
        return gone.votes + gone.posts + gone.papers

    async def learn(self, now: datetime) -> int:
        """Learn what channels share, where it changed; returns how many models."""
        learned = await self.learning.refresh(now)
        give_back()
        return learned

    async def push_to_zotero(self) -> int:
        """Push what channels like and what was left to Zotero; returns how many papers."""
        return await self.zotero.push_due() if self.zotero is not None else 0

    async def check_fates(self) -> int:
        """Ask and tell what became of posted papers; returns of how many there was news."""
        return await self.fates.check() if self.fates is not None else 0

    async def follow(self, now: datetime) -> int:
        """Replay the tastes whose shared model is new; returns how many."""
        return await self.learning.follow(now)
