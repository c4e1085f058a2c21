"""Turns failed calls to Discord into the port's errors."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
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
from bot.platforms.discord import refusals
from bot.platforms.discord.refusals import Refusal

LONGEST_WAIT = 30.0
"""Seconds that discord.py may wait for a rate limit by itself; beyond that we wait, not it."""

_PATIENCE = 50.0
"""Seconds for one call with all its waits and retries: a delivery's lease has room for two."""

BANNED_FOR = 600.0
"""Seconds to keep away where a shield in front of Discord names none."""

LOGIN_REFUSED_FOR = 3600.0

LOGIN_REFUSED = "Discord does not know the token; set a valid PAPERROUND_DISCORD_TOKEN."

UNKNOWN_CHANNEL = 10003
UNKNOWN_MESSAGE = 10008
BLOCKED = 40333
FORUM = 40058
NOT_A_TEXT_CHANNEL = 50008
THREAD_ARCHIVED = 50083
THREAD_EXISTS = 160004
THREAD_LOCKED = 160005

FAILURES = (discord.DiscordException, aiohttp.ClientError, OSError, PlatformError)
"""What a call to Discord may raise; a PlatformError where it is not even asked."""

_once: ContextVar[bool] = ContextVar("once", default=False)


@contextmanager
def once() -> Iterator[None]:
    """Forbid discord.py to repeat a failed request in the block: for requests without a nonce."""
    token = _once.set(True)
    try:
        yield
    finally:
        _once.reset(token)


def trace_repeats(config: aiohttp.TraceConfig) -> None:
    """Register the hook that enforces `once`: discord.py repeats a request after a 5xx answer."""
    config.on_request_end.append(_stop_repeats)


async def _stop_repeats(
    _session: aiohttp.ClientSession, _context: object, ended: aiohttp.TraceRequestEndParams
) -> None:
    if _once.get() and ended.response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        ended.response.close()
        raise OutcomeUnknownError(f"Discord failed: {ended.response.status}.")


@asynccontextmanager
async def sending() -> AsyncIterator[None]:
    """Turn every exception of a call to Discord into a PlatformError."""
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
    """The PlatformError of an answer, by the table in `refusals`.

    A server error (5xx) is OutcomeUnknownError: the message may have been stored before it.
    """
    said = f"{error.status} {error.text or error.response.reason}".strip()
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return OutcomeUnknownError(f"Discord failed: {said}.")
    if is_shield(error.status, error.response.headers) or error.code == BLOCKED:
        wait = retry_after(error.response.headers)
        return NotSentError("Discord refuses this address for now.", retry_after=wait)
    return _refused(error, said)


def _refused(error: discord.HTTPException, said: str) -> PlatformError:
    code = error.code
    failure: PlatformError | None = None
    match refusals.refusal(error.status, code):
        case Refusal.CONTENT:
            told = refusals.CONTENTS.get(code, "it is malformed")
            failure = RefusedError(f"Discord refused it: {told} ({said}, code {code}).")
        case Refusal.TARGET:
            failure = RefusedError(f"Discord refused it: {said} (code {code}).")
        case Refusal.PLACE:
            obstacle, told = refusals.PLACES[code]
            failure = ChannelGoneError(told, obstacle=obstacle)
        case Refusal.LOGIN:
            failure = NotSentError(LOGIN_REFUSED, retry_after=LOGIN_REFUSED_FOR)
        case Refusal.MOMENT:
            told = refusals.MOMENTS.get(code, said)
            pause = _named_wait(error.response.headers)
            failure = NotSentError(f"Discord asks to wait: {told}.", retry_after=pause)
    unlisted = str(code or error.status)
    return failure or NotSentError(f"Discord refused it: {said} (code {code}).", unlisted=unlisted)


def lost_place(error: Exception) -> ChannelGoneError | None:
    """The ChannelGoneError of a failed call, or None for any other failure.

    A status alone says nothing of a place: Cloudflare answers with 403 and 404 as well.
    """
    failure = meaning(error) if isinstance(error, discord.HTTPException) else error
    return failure if isinstance(failure, ChannelGoneError) else None


def is_shield(status: int, headers: Mapping[str, str]) -> bool:
    """Whether Cloudflare answered with a page (403 or 429, not JSON), and not Discord itself."""
    refused = status in (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
    return refused and "json" not in headers.get("Content-Type", "")


def retry_after(headers: Mapping[str, str]) -> float:
    """Seconds to wait by the Retry-After header, or 600 without one."""
    return _named_wait(headers) or BANNED_FOR


def _named_wait(headers: Mapping[str, str]) -> float | None:
    try:
        return float(headers["Retry-After"])
    except (KeyError, ValueError):
        return None
