"""The shared models that channels' tastes stand on, found for a channel and held in memory.

One model reads the texts of all papers, without any vote. Beside it each workspace is a pool: what
its channels liked stretches that model a little. Where the host lets workspaces share, all channels
are one pool instead. `bot.rounds.learning.training` learns them.
"""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta
from zipfile import BadZipFile

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from bot.picks.codec import TasteFormatError
from bot.picks.shared_model import Meaning, SharedModel
from bot.rounds.meaning import Meanings
from storage import shared_models
from storage.models import Channel, Paper

TEXTS = "texts"
"""The name of the model of texts; others are names of pools."""

_ALL = "all"
_POOLS = 64
_DAMAGED = -1
_UNREAD_FOR = timedelta(days=1)

log = structlog.get_logger(__name__)


class SharedModels:
    """Finds shared models; `sharing` makes one pool of all workspaces.

    One model of texts is held (16 MB and what was read last), and of the pools the latest 64 asked
    for, 256 KB each. Which versions are the newest is asked each time, for another process may
    have learned them.
    """

    def __init__(self, *, sharing: bool = False, meanings: Meanings | None = None) -> None:
        self._sharing = sharing
        self._meanings = meanings
        self.meaning = _meaning_of(meanings)
        """The vectors that tastes learn on, None where there is no sentence model."""
        self._blank = SharedModel.blank(self.meaning)
        self._texts: tuple[int, SharedModel] | None = None
        self._pools: OrderedDict[str, tuple[int, SharedModel]] = OrderedDict()
        self._forgot_at: datetime | None = None

    def pool_of(self, workspace_id: int) -> str:
        """The name of the pool that a workspace's channels learn in."""
        return _ALL if self._sharing else f"workspace:{workspace_id}"

    def forget_unread(self, now: datetime) -> None:
        """Once a day, let go of papers that no round has read since the last time.

        In every process, and not with the night's upkeep, which one of them does for all.
        """
        if self._forgot_at is not None and abs(now - self._forgot_at) < _UNREAD_FOR:
            return
        self._forgot_at = now
        self._blank.forget()
        if self._texts is not None:
            self._texts[1].forget()

    async def load(self, papers: Iterable[Paper], session: AsyncSession) -> bool:
        """Take up the vectors of these papers, so that tastes can read them.

        False where some are still to come; of a model that does not work none is waited for.
        """
        if self._meanings is None:
            return True
        return await self._meanings.load(papers, session) or bool(self._meanings.trouble)

    async def of_channel(self, session: AsyncSession, channel_id: int) -> SharedModel:
        """The shared model that a channel's taste stands on now."""
        channel = await session.get(Channel, channel_id)
        if channel is None:
            return self._blank
        return await self.of_pool(session, self.pool_of(channel.workspace_id))

    async def of_pool(self, session: AsyncSession, pool: str) -> SharedModel:
        """A pool's model; that of the texts where the pool is unknown, or else a blank one."""
        known = await shared_models.versions(session, [TEXTS, pool])
        if TEXTS not in known:
            return self._blank
        texts = await self._load_texts(session, known[TEXTS])
        if pool not in known or pool == TEXTS:
            return texts
        return await self._load_pool(session, pool, known[pool], texts)

    async def is_intact(self, session: AsyncSession, pool: str) -> bool:
        """Whether a shared model is stored, can be read, and knows all that tastes read on it."""
        known = await shared_models.versions(session, [pool])
        if pool not in known:
            return False
        shared = await self.of_pool(session, pool)
        return known[pool] == shared.version and shared.settled

    async def _load_texts(self, session: AsyncSession, version: int) -> SharedModel:
        if self._texts is None or self._texts[0] != version:
            row = await shared_models.find(session, TEXTS)
            shared = self._read(row.state if row else b"")
            # One that is damaged is read anew each time, until it is learned again.
            self._texts = _DAMAGED if shared is self._blank else version, shared
            self._pools.clear()
        return self._texts[1]

    def _read(self, state: bytes) -> SharedModel:
        try:
            return SharedModel.loads(state, self.meaning)
        except (ValueError, KeyError, OSError, BadZipFile) as error:
            log.warning("shared_model.damaged", model=TEXTS, reason=str(error))
            return self._blank

    async def _load_pool(
        self, session: AsyncSession, pool: str, version: int, texts: SharedModel
    ) -> SharedModel:
        held = self._pools.get(pool)
        if held is None or held[0] != version:
            row = await shared_models.find(session, pool)
            shared = _pooled(texts, pool, row.state if row else b"")
            held = self._pools[pool] = shared.version, shared
        self._pools.move_to_end(pool)
        if len(self._pools) > _POOLS:
            self._pools.popitem(last=False)
        return held[1]


def _meaning_of(meanings: Meanings | None) -> Meaning | None:
    """What tastes read of a sentence model.

    A host's own model has no centre yet: the model of texts learns it, and tastes follow then.
    """
    if meanings is None or not meanings.model:
        return None
    return Meaning(meanings.model, meanings.centre, meanings.find)


def _pooled(texts: SharedModel, pool: str, state: bytes) -> SharedModel:
    try:
        return texts.loads_pool(state)
    except TasteFormatError as error:
        log.warning("shared_model.damaged", model=pool, reason=str(error))
        return texts
