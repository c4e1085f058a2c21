"""The connection to Discord: the login for REST calls, and the gateway for events."""

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import discord
import structlog
from discord.gateway import DiscordWebSocket
from yarl import URL

from bot.cards.richtext import Line
from bot.errors import NotSentError, PlatformError, SettingsError
from bot.platforms.discord.client import PaperroundClient
from bot.platforms.discord.errors import sending
from bot.platforms.discord.shards import Sharing
from bot.platforms.discord.watchdog import Watchdog
from bot.ports import ChannelRef, Inbox

_READY_SECONDS = 60.0

_REFUSED = (
    "Discord does not take PAPERROUND_DISCORD_TOKEN. Copy the bot's token again from its page in "
    "the developer portal."
)
_INTENTS = (
    "it does not let the bot hear of servers, reactions and direct messages, none of which needs "
    "leave. Look at the bot's page in the developer portal, then start again."
)
_ENDS = {
    4004: _REFUSED,
    4010: "the shards asked for are not possible. Correct the shards, then start again.",
    4011: "the bot is in too many servers for its shards. Ask for more shards, then start again.",
    4012: "this version of discord.py is too old for it. Update Paperround.",
    4013: _INTENTS,
    4014: _INTENTS,
}
"""Codes after which connecting again is of no use; docs, gateway close event codes."""

_DISALLOWED_INTENTS = 4014
_REFUSED_TOKEN = 4004
_TOKEN_SECONDS = 3600.0

log = structlog.get_logger(__name__)


class Connection:
    """Logs in before the first call, and keeps the gateway connected while it is open.

    It connects all shards, or with `sharing` this process's part, which may be none. discord.py
    reconnects by itself in most cases, the watchdog in all others. Posts need no gateway and are
    sent without it.
    """

    def __init__(
        self, client: PaperroundClient, token: str, sharing: Sharing | None = None
    ) -> None:
        self.client = client
        self._sharing = sharing
        self._token = token
        self._login = asyncio.Lock()
        self._logged_in = False
        self._closed = False
        self._watchdog: Watchdog | None = None
        self._take_up: Callable[[], Awaitable[None]] = _nothing_to_take_up
        self._taken_up = False
        self._refused: SettingsError | None = None

    @property
    def bot_id(self) -> int:
        """The bot's own id, known once it is logged in."""
        assert self.client.user is not None
        return self.client.user.id

    @property
    def ready(self) -> bool:
        """Whether every shard of this process is connected and read.

        Raises SettingsError where it will not connect again before somebody acts.
        """
        if self._watchdog is None:
            return False
        if self._watchdog.ended.done():
            raise self._watchdog.ended.result()
        if self.client.breaker.login_refused:
            raise SettingsError(_REFUSED)
        if not self._watchdog.connecting or not self._taken_up:
            return False
        if self._stands_by:
            return True
        ours = self.client.own_shards()
        deaf = any(shard.is_closed() or self.client.is_deaf(number) for number, shard in ours)
        return self.client.is_ready() and not deaf

    @property
    def _stands_by(self) -> bool:
        """Whether other processes hold all shards, and this one waits for its share."""
        return self._sharing is not None and not self._sharing.held

    async def open(
        self, inbox: Inbox, announce: Callable[[ChannelRef, Line], Awaitable[None]]
    ) -> None:
        """Connect for `inbox`; returns when connected, after a first failed try, or after a minute.

        In the last two cases it keeps trying. Raises SettingsError for a token that Discord
        refuses.
        """
        self._take_up = functools.partial(self.client.open, inbox, announce)
        self._watchdog = watchdog = Watchdog(self.client, self._prepare, self._judge)
        watchdog.start()
        up = asyncio.create_task(self.client.up.wait())
        failed = asyncio.create_task(watchdog.failed.wait())
        waiting: set[asyncio.Future[Any]] = {up, failed, watchdog.ended}
        await asyncio.wait(waiting, timeout=_READY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        up.cancel()
        failed.cancel()
        if watchdog.ended.done():
            await self.close()
            raise watchdog.ended.result()

    async def close(self) -> None:
        """Finish what is being answered and disconnect; closing twice is no error."""
        self._closed = True
        if not self._logged_in:
            await self.client.http.close()
            return
        if self._sharing is not None:
            await self._sharing.stop()
        await self.client.finish()
        await self.client.shut()
        if self._watchdog is not None:
            await self._watchdog.stop()
            if self._sharing is not None:
                await self._sharing.give_up()

    async def check_token(self) -> None:
        """Log in; raises SettingsError for a token that Discord refuses, else PlatformError."""
        try:
            await self._log_in()
        except PlatformError:
            if self._refused is not None:
                raise self._refused from None
            raise

    @asynccontextmanager
    async def calling(self) -> AsyncIterator[None]:
        """A block that is logged in and raises every failure as PlatformError."""
        await self._log_in()
        async with sending():
            yield

    async def _log_in(self) -> None:
        if self._refused is not None:
            # Somebody has to act first: posts wait for it rather than use up their tries.
            raise NotSentError(str(self._refused), retry_after=_TOKEN_SECONDS)
        if self._closed:
            raise NotSentError("The connection to Discord is closed.")
        async with self._login:
            if self._logged_in:
                return
            try:
                async with sending():
                    await self.client.login(self._token)
            except discord.LoginFailure as error:
                self._refused = SettingsError(_REFUSED)
                await self._leave_session()
                raise NotSentError(_REFUSED, retry_after=_TOKEN_SECONDS) from error
            except PlatformError:
                await self._leave_session()
                raise
            self._logged_in = True

    async def _leave_session(self) -> None:
        """Close what a failed login opened, for the next one opens another."""
        await self.client.http.close()
        self.client.http.connector = discord.utils.MISSING

    async def _prepare(self) -> None:
        """Log in, register the commands, and ask for shards; raises where no session is left.

        Discord resets the token of a bot that begins more sessions in a day than it may.
        """
        async with self.calling():
            if not self._taken_up:
                await self._take_up()
            count, address, limit = await self.client.http.get_bot_gateway()
        # Where a session cannot be resumed, discord.py goes to this address.
        DiscordWebSocket.DEFAULT_GATEWAY = URL(address)
        if self._sharing is None:
            self.client.shard_count = count
        elif not self._taken_up:
            await self._sharing.begin(count)
        self._taken_up = True
        if self._sharing is not None:
            if self._stands_by:
                self.client.up.set()
            await self._sharing.wait_for_some()
            self.client.shard_ids = list(self._sharing.held)
        needed = len(self.client.shard_ids or range(self.client.shard_count or 1))
        if limit["remaining"] < needed:
            raise NotSentError(
                f"Only {limit['remaining']} of Discord's {limit['total']} sessions a day are left.",
                retry_after=limit["reset_after"] / 1000,
            )

    def _judge(self, error: BaseException) -> SettingsError | None:
        """The SettingsError after which no new try makes sense, or None.

        That is a refused token, or a wrong setting at the first start. Later, the same codes may be
        mended in Discord's portal while it tries.
        """
        if self.client.breaker.login_refused and self._refused is None:
            self._refused = SettingsError(_REFUSED)
        if self._refused is not None:
            return self._refused
        if isinstance(error, SettingsError):
            return error
        code = _DISALLOWED_INTENTS if isinstance(error, discord.PrivilegedIntentsRequired) else 0
        if isinstance(error, discord.ConnectionClosed):
            code = error.code or 0
        if code not in _ENDS:
            return None
        why = SettingsError(f"Discord closed the connection for good (code {code}): {_ENDS[code]}")
        if code == _REFUSED_TOKEN:
            self._refused = why
        log.error("discord.refused", code=code, reason=str(why))
        return why if code == _REFUSED_TOKEN or not self.client.up.is_set() else None


async def _nothing_to_take_up() -> None:
    """Does nothing; `open` puts the registration of commands in its place."""
