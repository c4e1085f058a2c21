"""Divides Discord's shards among the processes on one database.

For a moment two processes may hear the same shard, which is harmless: Discord accepts one
acknowledgement, a vote counts once a person, and a greeting is claimed. While nobody hears a shard,
for some seconds, its commands are lost; its votes are compared afterwards.
"""

import asyncio
import math
from collections.abc import Collection, Sequence

import structlog
from discord.gateway import DiscordWebSocket

from bot.platforms.discord.client import PaperroundClient
from bot.rounds.process import heartbeat
from bot.rounds.process.heartbeat import ProcessRegistry
from storage import processes
from storage.database import Database

log = structlog.get_logger(__name__)


class Sharing:
    """Takes free shards, and gives up those beyond its share, at every heartbeat."""

    def __init__(
        self, client: PaperroundClient, database: Database, workers: ProcessRegistry
    ) -> None:
        self._client = client
        self._database = database
        self._workers = workers
        self._awaited = True
        self._holds_some = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self._launching: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()
        self._recommended = 0
        self.held: tuple[int, ...] = ()

    async def begin(self, recommended: int) -> None:
        """Take the first shards of the recommended number, and keep looking at every heartbeat."""
        self._recommended = recommended
        await self._look()
        self._keeping = asyncio.create_task(self._keep(), name="shards")

    async def wait_for_some(self) -> None:
        """Wait until this process holds a shard."""
        self._awaited = True
        try:
            await self._holds_some.wait()
        finally:
            self._awaited = False

    async def stop(self) -> None:
        """Stop looking; the shards are held until `give_up`."""
        tasks = [*self._launching, *([self._keeping] if self._keeping else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def give_up(self) -> None:
        """Release every shard."""
        async with self._database.write() as session:
            await processes.remove_shards(session, [self._workers.name])

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(heartbeat.BEAT_SECONDS)
            try:
                await self._look()
            except Exception:
                # A database that is away for a while changes nothing about who hears what.
                log.exception("shards.not_looked")

    async def _look(self) -> None:
        before = set(self.held)
        self.held = tuple(await self._agree())
        self._client.hears = frozenset(self.held)
        if not self.held:
            self._holds_some.clear()
        if self._awaited:
            self._begin_with(self.held)
            return
        if self.held:
            self._holds_some.set()
        for number, shard in self._client.shards.items():
            if number not in self.held and not shard.is_closed():
                await shard.disconnect()
        for number in sorted(set(self.held) - before):
            task = asyncio.create_task(self._hear(number))
            self._launching.add(task)
            task.add_done_callback(self._launching.discard)
        if before != set(self.held):
            log.info("shards.changed", held=self.held, of=self._client.shard_count)

    def _begin_with(self, held: Sequence[int]) -> None:
        if not held:
            log.info("shards.waiting", of=self._client.shard_count)
            return
        self._client.shard_ids = list(held)
        self._holds_some.set()
        log.info("shards.taken", held=held, of=self._client.shard_count)

    async def _hear(self, number: int) -> None:
        # One after the other: Discord wants a pause between two, which discord.py makes.
        async with self._turn:
            if number not in self.held:
                return
            known = self._client.get_shard(number)
            if known is not None:
                await known.connect()
            else:
                await self._client.launch_shard(DiscordWebSocket.DEFAULT_GATEWAY, number)

    async def _agree(self) -> Sequence[int]:
        """The shards of this process, agreed on with the others in one transaction."""
        me, living = self._workers.name, set(await self._workers.others())
        async with self._database.write() as session:
            known = await processes.list_shard_holders(session)
            gone = [each.worker for each in known if each.worker not in {me, *living}]
            others = [each for each in known if each.worker in living]
            # Whoever comes later divides as those who are there already do.
            count = next((each.of for each in others), self._recommended)
            held = fair(self.held, [each.shards for each in others], count)
            await processes.keep_shards(session, me, held, count)
            if gone:
                await processes.remove_shards(session, gone)
        self._client.shard_count = count
        return held


def fair(held: Collection[int], others: Sequence[Collection[int]], count: int) -> list[int]:
    """The shards of `count` that a process should hold: its own up to its share, then free ones.

    The share of each of n processes is count / n, rounded up.
    """
    share = math.ceil(count / (len(others) + 1))
    taken = {number for each in others for number in each}
    mine = sorted(number for number in held if number < count and number not in taken)[:share]
    free = sorted(set(range(count)) - taken - set(mine))
    return sorted((*mine, *free[: share - len(mine)]))
