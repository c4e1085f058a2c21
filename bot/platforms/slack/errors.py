"""Slack's refusals and the network's, as errors that say whether a message may have arrived."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import (
    ChannelGoneError,
    NotSentError,
    OutcomeUnknownError,
    PlatformError,
    RefusedError,
)

TOO_MANY = 429
_USUAL_WAIT = 30.0
_HOST_MUST_ACT = 600.0

GONE: Mapping[str, str] = MappingProxyType(
    {
        "channel_not_found": "the channel is gone, or private and without the bot",
        "is_archived": "the channel was archived",
        "not_in_channel": "the bot is not in the channel; type /invite @Paperround there",
        "restricted_action": "the workspace lets only some people post there",
        "restricted_action_read_only_channel": "only some people may post there",
        "restricted_action_thread_only_channel": "only threads may be answered there",
        "restricted_action_non_threadable_channel": "nobody may answer in threads there",
        "restricted_action_thread_locked": "the thread is locked",
        "account_inactive": "the app was removed from the workspace",
        "token_revoked": "the app was removed from the workspace",
        "team_access_not_granted": "the organisation took the workspace away from the app",
    }
)
"""Errors after which a channel gets no more posts, with what people are told."""

UNTHREADED = frozenset(
    ("restricted_action_non_threadable_channel", "restricted_action_thread_locked")
)
"""Errors of a reply that say nothing of the channel itself."""

UNSURE = frozenset(("internal_error", "fatal_error"))
"""Slack's documentation: some part of the operation may have succeeded before these."""

LATER = frozenset(
    (
        "ratelimited",
        "rate_limited",
        "service_unavailable",
        "request_timeout",
        "team_added_to_org",
        "org_login_required",
    )
)
HOST = frozenset(
    (
        "invalid_auth",
        "not_authed",
        "missing_scope",
        "token_expired",
        "accesslimited",
        "access_denied",
        "no_permission",
        "not_allowed_token_type",
        "two_factor_setup_required",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "deprecated_endpoint",
        "method_deprecated",
    )
)
"""What only the host can mend: nothing is lost meanwhile, and nothing is hurried."""


def explain(error: Exception) -> PlatformError:
    """The error that the rest of the program understands."""
    if isinstance(error, SlackApiError):
        return _refusal(error)
    if isinstance(error, aiohttp.ClientConnectorError):
        return NotSentError(f"Slack cannot be reached: {error}")
    return OutcomeUnknownError(f"Slack did not answer: {type(error).__name__}: {error}")


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Whatever a call of Slack's API raises leaves the block as a child of PlatformError."""
    try:
        yield
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError, AttributeError) as error:
        # AttributeError: slack_sdk takes the body of a text/plain answer for an object.
        raise explain(error) from error


def error_name(error: SlackApiError) -> str:
    """Slack's own word for what went wrong, or ""."""
    data = getattr(error.response, "data", None)
    return str(data.get("error", "")) if isinstance(data, dict) else ""


def said(error: PlatformError) -> str:
    """Slack's own word behind an error of ours, or ""."""
    cause = error.__cause__
    return error_name(cause) if isinstance(cause, SlackApiError) else ""


def is_absent(error: PlatformError) -> bool:
    """Whether Slack has no such message: somebody deleted it."""
    return said(error) == "message_not_found"


def _refusal(error: SlackApiError) -> PlatformError:
    status = getattr(error.response, "status_code", None) or getattr(error.response, "status", 0)
    name = error_name(error)
    if status == TOO_MANY or name in LATER:
        return NotSentError(f"Slack asks to wait: {name or status}", retry_after=_wait(error))
    if name in GONE:
        return ChannelGoneError(GONE[name])
    if name in HOST:
        return NotSentError(f"Slack refuses the app: {name}", retry_after=_HOST_MUST_ACT)
    if not name or name in UNSURE:
        return OutcomeUnknownError(f"Slack failed: {name or status}")
    return RefusedError(f"Slack refused the message: {name}")


def _wait(error: SlackApiError) -> float:
    headers = getattr(error.response, "headers", None) or {}
    try:
        return float(headers.get("Retry-After", _USUAL_WAIT))
    except ValueError:
        return _USUAL_WAIT
