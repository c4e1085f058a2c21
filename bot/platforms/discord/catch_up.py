"""Finds what changed while the bot was not connected, by comparing stored rows with Discord."""

import asyncio
import itertools

import discord
import structlog

from bot.platforms.discord.errors import FAILURES
from bot.platforms.discord.lifecycle import Guilds
from bot.platforms.discord.reactions import Reactions
from storage.database import AWAY

PAUSES = (5.0, 60.0, 600.0, 3600.0)
"""Seconds before each further try to compare, where Discord fails or the database is away.

The last one is repeated.
"""

_DIRECT = 0
"""The shard that hears of direct messages; docs, sharding."""

log = structlog.get_logger(__name__)


class CatchingUp:
    """Compares servers, channels and votes after each new session of a shard.

    A failed comparison is repeated: nothing else would find a missed vote.
    """

    def __init__(
        self, client: discord.AutoShardedClient, guilds: Guilds, reactions: Reactions
    ) -> None:
        self._client = client
        self._guilds = guilds
        self._reactions = reactions
        self._turn = asyncio.Lock()
        self._at_work: dict[int, asyncio.Task[None]] = {}

    async def with_shard(self, shard_id: int) -> None:
        """Compare the servers of a shard; a comparison of it that still runs is cancelled."""
        if (before := self._at_work.get(shard_id)) is not None:
            before.cancel()
        self._at_work[shard_id] = task = asyncio.create_task(self._keep_trying(shard_id))
        await asyncio.gather(task, return_exceptions=True)

    async def stop(self) -> None:
        """Cancel the comparisons; the next start begins them again."""
        for task in self._at_work.values():
            task.cancel()
        await asyncio.gather(*self._at_work.values(), return_exceptions=True)

    async def _keep_trying(self, shard_id: int) -> None:
        for pause in itertools.chain(PAUSES, itertools.repeat(PAUSES[-1])):
            try:
                async with self._turn:
                    await self._compare(shard_id)
            except (*FAILURES, *AWAY) as error:
                log.warning("discord.not_compared", shard=shard_id, reason=str(error), again=pause)
            except Exception:
                log.exception("discord.comparing_failed", shard=shard_id)
                return
            else:
                return
            await asyncio.sleep(pause)

    async def _compare(self, shard_id: int) -> None:
        theirs = [guild for guild in self._client.guilds if guild.shard_id == shard_id]
        present = {guild.id async for guild in self._client.fetch_guilds(limit=None)}
        workspaces = await self._guilds.workspaces()
        gone = {each for each in workspaces if int(each) not in present}
        known = [each for each in theirs if each.id in present and not each.unavailable]
        await self._guilds.compare(known, gone)
        await self._reactions.compare({str(guild.id) for guild in known})
        if shard_id == _DIRECT:
            await self._reactions.compare(await self._guilds.conversations())
