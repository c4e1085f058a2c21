"""Keeps the gateway connected: whatever ends the connection is logged, and it connects anew."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import discord
import structlog

from bot.errors import PlatformError, SettingsError
from bot.platforms.discord.client import PaperroundClient
from bot.platforms.discord.errors import FAILURES

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
"""Seconds before a first and, doubled each time, before every later try to connect anew."""

STEADY_SECONDS = 60.0
"""A connection that lasted so long was a good one: after it, pauses begin small again."""

LOOK_SECONDS = 5.0
"""How often the shards are looked at."""

SILENT_SECONDS = 120.0
"""How long discord.py may take to bring a closed shard back by itself."""

_STOP_SECONDS = 5.0

log = structlog.get_logger(__name__)


class Watchdog:
    """Runs `client.connect` again whenever it ends, and reconnects shards that nobody reads.

    `prepare` is awaited before each connection and may raise. `judge` returns the error after which
    no new try makes sense, or None. discord.py reconnects after most failures by itself; any other
    one ends `connect`, or a task of a shard without a word.
    """

    def __init__(
        self,
        client: PaperroundClient,
        prepare: Callable[[], Awaitable[None]],
        judge: Callable[[BaseException], SettingsError | None],
    ) -> None:
        self._client = client
        self._prepare = prepare
        self._judge = judge
        self._keeping: asyncio.Task[None] | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._stopping = False
        self.failed = asyncio.Event()
        self.ended: asyncio.Future[SettingsError] = asyncio.get_running_loop().create_future()

    @property
    def connecting(self) -> bool:
        """Whether `client.connect` runs now."""
        return self._connecting is not None and not self._connecting.done()

    def start(self) -> None:
        """Start to connect and to look at the shards."""
        self._keeping = self._begun(self._keep)
        self._looking = self._begun(self._look)

    async def stop(self) -> None:
        """Stop for good; the client must be closed already."""
        self._stopping = True
        if self._connecting is not None:
            # Discord's library ends by itself, but for a long pause in which it may be.
            await asyncio.wait((self._connecting,), timeout=_STOP_SECONDS)
        tasks = [
            each
            for each in (self._looking, self._keeping, self._connecting)
            if each is not None and not each.done()
        ]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begun(self, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        async def run() -> None:
            await work()

        task = asyncio.create_task(run(), name="discord gateway")
        task.add_done_callback(lambda ended: self._begin_again(ended, work))
        return task

    def _begin_again(self, ended: asyncio.Task[None], work: Callable[[], Awaitable[None]]) -> None:
        """Restart a task of the watchdog that ended too early."""
        if self._stopping or self.ended.done():
            return
        error = None if ended.cancelled() else ended.exception()
        log.error("discord.watchdog_ended", cancelled=ended.cancelled(), exc_info=error)
        if work == self._keep:
            self._keeping = self._begun(work)
        else:
            self._looking = self._begun(work)

    async def _keep(self) -> None:
        """Connect again after each end, with growing pauses."""
        pause = FIRST_PAUSE
        while not self._stopping:
            began = time.monotonic()
            error = await self._connect()
            if self._stopping:
                return
            final = self._judge(error) if error is not None else None
            if final is not None:
                log.error("discord.ended", reason=str(final))
                self.ended.set_result(final)
                return
            if time.monotonic() - began > STEADY_SECONDS:
                pause = FIRST_PAUSE
            said = f"{type(error).__name__}: {error}" if error is not None else "without a reason"
            expected = error is None or isinstance(error, (*FAILURES, PlatformError))
            wait = max(pause, getattr(error, "retry_after", None) or 0.0)
            log.error(
                "discord.connection_ended",
                reason=said,
                again=wait,
                exc_info=None if expected else error,
            )
            self.failed.set()
            await asyncio.sleep(wait)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _connect(self) -> BaseException | None:
        """Stay connected; returns the error that ended it, or None.

        It runs in a task of its own: whoever cancels that does not cancel this one.
        """
        if self._connecting is not None and not self._connecting.done():
            self._connecting.cancel()
            await asyncio.wait((self._connecting,), timeout=_STOP_SECONDS)
        self._connecting = asyncio.create_task(self._run(), name="discord connection")
        await asyncio.wait((self._connecting,))
        if self._connecting.cancelled():
            return asyncio.CancelledError("its task was cancelled")
        return self._connecting.exception()

    async def _run(self) -> None:
        await self._client.begin_anew()
        await self._prepare()
        await self._client.connect()

    async def _look(self) -> None:
        """Reconnect shards of this process that nobody reads."""
        silent: dict[int, float] = {}
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if not self.connecting:
                silent.clear()
                continue
            for number, shard in self._client.own_shards():
                deaf = self._client.is_deaf(number)
                if not deaf and not shard.is_closed():
                    silent.pop(number, None)
                    continue
                since = silent.setdefault(number, time.monotonic())
                waited = time.monotonic() - since
                if waited >= (LOOK_SECONDS if deaf else SILENT_SECONDS):
                    del silent[number]
                    log.error("discord.shard_silent", shard=number, seconds=round(waited))
                    await self._bring_back(number, shard)

    async def _bring_back(self, number: int, shard: discord.ShardInfo) -> None:
        try:
            await shard.reconnect()
        except FAILURES as error:
            log.error("discord.shard_not_back", shard=number, reason=str(error))
