"""What a failed call to Discord says about the message: certainly not sent, or nobody knows."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from http import HTTPStatus

import aiohttp
import discord

from bot.errors import (
    ChannelGoneError,
    NotSentError,
    OutcomeUnknownError,
    PlatformError,
    RefusedError,
)

LONGEST_WAIT = 30.0
"""Seconds that discord.py may wait for a rate limit by itself; beyond that we wait, not it."""

_PATIENCE = 50.0
"""Seconds for one call with all its waits and retries: a delivery's lease has room for two."""

_BANNED_FOR = 600.0
_TOKEN_REFUSED_FOR = 3600.0

_GONE = {
    10003: "the channel was deleted",
    10004: "the bot was removed from the server",
    50001: "the bot may not see the channel; give it View Channel to resume",
    50013: "the bot may not post in the channel; give it Send Messages to resume",
    50007: "the person takes no messages from this bot",
    50083: "the thread is archived and locked; unlock it to resume",
    160005: "the thread is locked; unlock it to resume",
}
"""Codes after which posting in a channel is over until somebody acts; docs, JSON error codes."""

UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008
ALREADY_PUBLISHED = 40033
NOT_A_TEXT_CHANNEL = 50008
NO_ANNOUNCEMENTS = 50024
THREAD_ARCHIVED = 50083
THREAD_EXISTS = 160004
THREAD_LOCKED = 160005

FAILURES = (discord.DiscordException, aiohttp.ClientError, OSError)
"""What a call to Discord may raise."""

_once: ContextVar[bool] = ContextVar("once", default=False)


@contextmanager
def once() -> Iterator[None]:
    """Let no failed request be repeated: for what has no nonce, and would be made twice."""
    token = _once.set(True)
    try:
        yield
    finally:
        _once.reset(token)


def tracing() -> aiohttp.TraceConfig:
    """What makes `once` hold: discord.py repeats a request after a server's failure by itself."""
    config = aiohttp.TraceConfig()
    config.on_request_end.append(_stop_repeats)
    return config


async def _stop_repeats(
    _session: aiohttp.ClientSession, _context: object, ended: aiohttp.TraceRequestEndParams
) -> None:
    if _once.get() and ended.response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        ended.response.close()
        raise OutcomeUnknownError(f"Discord failed: {ended.response.status}.")


@asynccontextmanager
async def sending() -> AsyncIterator[None]:
    """Turn whatever a call to Discord raises into the PlatformError that it means."""
    try:
        async with asyncio.timeout(_PATIENCE):
            yield
    except PlatformError:
        raise
    except discord.RateLimited as error:
        raise NotSentError(
            f"Discord asks to wait {error.retry_after:.0f} s.", retry_after=error.retry_after
        ) from error
    except discord.HTTPException as error:
        raise meaning(error) from error
    except aiohttp.ClientConnectorError as error:
        raise NotSentError(f"Discord cannot be reached: {error.os_error}.") from error
    except (aiohttp.ClientError, OSError) as error:
        # TimeoutError is an OSError.
        reason = str(error) or type(error).__name__
        raise OutcomeUnknownError(f"The connection to Discord was lost: {reason}.") from error


def meaning(error: discord.HTTPException) -> PlatformError:
    """The PlatformError of an answer from Discord.

    A server error leaves the outcome open: the message may have been stored before it.
    """
    said = f"{error.status} {error.text or error.response.reason}".strip()
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return OutcomeUnknownError(f"Discord failed: {said}.")
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return NotSentError("Discord refuses this address for now.", retry_after=_wait(error))
    if error.status == HTTPStatus.UNAUTHORIZED:
        return NotSentError(
            "Discord does not know the token; set a valid PAPERROUND_DISCORD_TOKEN.",
            retry_after=_TOKEN_REFUSED_FOR,
        )
    if (reason := _GONE.get(error.code)) is not None:
        return ChannelGoneError(reason)
    return RefusedError(f"Discord refused it: {said} (code {error.code}).")


def _wait(error: discord.HTTPException) -> float:
    """Seconds to keep away where a shield before Discord, not Discord itself, said 429."""
    try:
        return float(error.response.headers.get("Retry-After", _BANNED_FOR))
    except ValueError:
        return _BANNED_FOR
