"""Logged in to Discord for REST calls, and connected to its gateway for events."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import discord
import structlog
from discord.gateway import DiscordWebSocket
from yarl import URL

from bot.cards.richtext import Line
from bot.errors import NotSentError, SettingsError
from bot.platforms.discord.client import PaperroundClient
from bot.platforms.discord.errors import sending
from bot.platforms.discord.shards import Sharing
from bot.ports import ChannelRef, Inbox

_ENDING_SECONDS = 5.0
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
_FATAL_SECONDS = 3600.0

log = structlog.get_logger(__name__)


class Connection:
    """One bot's way to Discord: logged in when first needed, connected while it is open.

    It hears all shards, or with `sharing` those that fall to this process; that may be none.
    The gateway is left to discord.py, which resumes or begins anew by itself whenever it may.
    """

    def __init__(
        self, client: PaperroundClient, token: str, sharing: Sharing | None = None
    ) -> None:
        self.client = client
        self._sharing = sharing
        self._token = token
        self._login = asyncio.Lock()
        self._logged_in = False
        self._gateway: asyncio.Task[None] | None = None
        self._ended: str | None = None

    @property
    def bot_id(self) -> int:
        """The bot's own id, known once it is logged in."""
        assert self.client.user is not None
        return self.client.user.id

    @property
    def ready(self) -> bool:
        """Whether events are heard: connected, and not for good closed."""
        heard = self._gateway is not None and not self._gateway.done()
        if heard and self._stands_by:
            return True
        hears, shards = self.client.hears, self.client.shards.items()
        ours = [shard for number, shard in shards if hears is None or number in hears]
        return heard and self.client.is_ready() and not any(one.is_closed() for one in ours)

    @property
    def _stands_by(self) -> bool:
        """Whether other processes hear everything, and this one waits for its share."""
        return self._sharing is not None and not self._sharing.held

    async def open(
        self, inbox: Inbox, announce: Callable[[ChannelRef, Line], Awaitable[None]]
    ) -> None:
        """Connect for `inbox`; returns once connected, or after a minute while it keeps trying.

        Raises SettingsError for a token that Discord does not take, NotSentError when Discord
        cannot be reached.
        """
        async with self.calling():
            await self.client.open(inbox, announce)
            count, gateway, _ = await self.client.http.get_bot_gateway()
        # Where a session cannot be resumed, discord.py goes to this address.
        DiscordWebSocket.DEFAULT_GATEWAY = URL(gateway)
        if self._sharing is not None:
            await self._sharing.begin(count)
        self._gateway = asyncio.create_task(self._stay_connected())
        if self._stands_by:
            return
        ready = asyncio.create_task(self.client.wait_until_ready())
        await asyncio.wait(
            (ready, self._gateway), timeout=_READY_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        ready.cancel()
        if self._gateway.done():
            await self._gateway

    async def close(self) -> None:
        """Finish what is being answered and disconnect; closing twice is no error."""
        if not self._logged_in:
            await self.client.http.close()
            return
        if self._sharing is not None:
            await self._sharing.stop()
        await self.client.finish()
        await self.client.close()
        if self._gateway is not None:
            if self._stands_by:
                self._gateway.cancel()
            await asyncio.gather(self._gateway, return_exceptions=True)
            if self._sharing is not None:
                await self._sharing.give_up()

    @asynccontextmanager
    async def calling(self) -> AsyncIterator[None]:
        """Logged in, and every failure as the PlatformError that it means."""
        await self._log_in()
        async with sending():
            yield

    async def _log_in(self) -> None:
        if self.client.is_closed() and self._gateway is not None:
            # discord.py closes first, and says why afterwards.
            await asyncio.wait((self._gateway,), timeout=_ENDING_SECONDS)
        if self._ended is not None:
            # Somebody has to act first: posts wait for it rather than use up their tries.
            raise NotSentError(self._ended, retry_after=_FATAL_SECONDS)
        if self.client.is_closed():
            raise NotSentError("The connection to Discord is closed.")
        async with self._login:
            if self._logged_in:
                return
            try:
                async with sending():
                    await self.client.login(self._token)
            except discord.LoginFailure as error:
                raise SettingsError(_REFUSED) from error
            self._logged_in = True

    async def _stay_connected(self) -> None:
        if self._sharing is not None:
            await self._sharing.wait_for_some()
        try:
            await self.client.connect()
        except discord.ConnectionClosed as error:
            raise self._end(error.code or 0) from error
        except discord.PrivilegedIntentsRequired as error:
            raise self._end(_DISALLOWED_INTENTS) from error

    def _end(self, code: int) -> SettingsError:
        """Note, and log, that Discord wants to hear no more of us until somebody acts."""
        why = _ENDS.get(code, "it gives no reason. Start again.")
        self._ended = f"Discord closed the connection for good (code {code}): {why}"
        log.error("discord.ended", code=code, reason=self._ended)
        return SettingsError(self._ended)
