"""Slack's refusals and the network's, as errors that say whether a message may have arrived.

One table holds every error code that Slack documents for the methods used here, each in exactly
one class of `Refusal`, with the words that people read in its place.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.errors import (
    ChannelGoneError,
    NotSentError,
    Obstacle,
    OutcomeUnknownError,
    PlatformError,
    RefusedError,
)

TOO_MANY = 429
_USUAL_WAIT = 30.0
_HOST_MUST_ACT = 600.0

log = structlog.get_logger(__name__)


class Refusal(StrEnum):
    """Why Slack refuses a call, which decides what is done about it.

    CONTENT: what was sent is too long, malformed or forbidden; simpler content may pass.
    TARGET: the message, thread, view, file or person that the call names is not there (any more)
    or cannot take what was asked; the channel itself is fine.
    PLACE: nothing can be posted in the channel until somebody acts there.
    WORKSPACE: the app has no good token in the workspace any more; it must be installed again.
    MOMENT: Slack is busy or under repair; the same call works later.
    HOST: only the host or an admin can mend it (tokens, scopes, policies); then it works.
    DEFECT: Slack does not understand the program's request; a newer version works.
    UNSURE: Slack failed, and some part of the operation may have succeeded.
    DONE: what was asked for is so already.
    """

    CONTENT = "content"
    TARGET = "target"
    PLACE = "place"
    WORKSPACE = "workspace"
    MOMENT = "moment"
    HOST = "host"
    DEFECT = "defect"
    UNSURE = "unsure"
    DONE = "done"


_INSTALL_AGAIN = "the app has to be installed in the workspace again"
_ADMINS = "ask an admin of the workspace to let the app post there"
_UNKNOWN_TO_SLACK = "Slack does not know the app's token; copy it again from api.slack.com/apps"
_NEWER = "Slack no longer offers what this version of Paperround uses; install a newer one"
_NO_FILES = "the workspace does not take such files"
_TOO_LONG = "it is longer than Slack allows"
_ODD_BLOCKS = "Slack cannot show a part of it"
_BUSY = "Slack is busy; it is tried again"
_CANNOT_ANSWER = "nobody can answer in that thread"
_UNCHANGEABLE = "the message cannot be changed or deleted any more"
_FULL_OF_REACTIONS = "the message takes no more reactions"
_FORM_LATE = "Slack waits three seconds for a form, and it came too late; try again"
_NO_PERSON = "Slack does not show that person to the app"
_NO_FILE = "the file is gone"
_APP_SETUP = "the app's id, secret or redirect address is not what Slack knows: see its settings"

_WORDS: Mapping[Refusal, Mapping[str, str]] = MappingProxyType(
    {
        Refusal.CONTENT: {
            "alt_txt_too_large": _TOO_LONG,
            "attachment_payload_limit_exceeded": _TOO_LONG,
            "block_mismatch": _ODD_BLOCKS,
            "blocked_file_type": _NO_FILES,
            "file_share_limit_reached": _NO_FILES,
            "file_type_not_allowed": _NO_FILES,
            "file_upload_size_restricted": _NO_FILES,
            "file_uploads_disabled": _NO_FILES,
            "file_uploads_except_images_disabled": _NO_FILES,
            "invalid_arguments": _ODD_BLOCKS,
            "invalid_attachments": _ODD_BLOCKS,
            "invalid_blocks": _ODD_BLOCKS,
            "invalid_blocks_format": _ODD_BLOCKS,
            "max_file_sharing_exceeded": _NO_FILES,
            "missing_file_data": _NO_FILES,
            "msg_blocks_too_long": _TOO_LONG,
            "msg_too_long": _TOO_LONG,
            "no_text": "it has no text",
            "posting_to_channel_denied": "the workspace takes no files in that channel",
            "slack_connect_blocked_file_type": _NO_FILES,
            "slack_connect_canvas_sharing_blocked": _NO_FILES,
            "slack_connect_clip_sharing_blocked": _NO_FILES,
            "slack_connect_file_link_sharing_blocked": _NO_FILES,
            "slack_connect_file_upload_sharing_blocked": _NO_FILES,
            "slack_connect_lists_sharing_blocked": _NO_FILES,
            "snippet_too_large": _TOO_LONG,
            "storage_limit_reached": "the workspace's space for files is full",
            "too_many_attachments": _TOO_LONG,
            "too_many_contact_cards": _TOO_LONG,
            "unknown_snippet_type": _NO_FILES,
            "unknown_subtype": _NO_FILES,
            "view_too_large": _TOO_LONG,
        },
        Refusal.TARGET: {
            "cannot_dm_bot": "apps take no direct messages",
            "cannot_install_an_org_installed_app": "the organisation has the app already",
            "cannot_reply_to_message": _CANNOT_ANSWER,
            "cant_delete_message": _UNCHANGEABLE,
            "cant_update_message": _UNCHANGEABLE,
            "edit_window_closed": _UNCHANGEABLE,
            "exchanged_trigger_id": _FORM_LATE,
            "expired_trigger_id": _FORM_LATE,
            "file_comment_not_found": _NO_FILE,
            "file_deleted": _NO_FILE,
            "file_is_deleted": _NO_FILE,
            "file_not_found": _NO_FILE,
            "invalid_code": "the link to install was used already or is too old; begin again",
            "invalid_trigger_id": _FORM_LATE,
            "message_not_found": "the message is gone",
            "no_access": _FULL_OF_REACTIONS,
            "not_found": "the form was closed",
            "not_reactable": _FULL_OF_REACTIONS,
            "push_limit_reached": "no more than three forms lie on each other",
            "restricted_action_non_threadable_channel": _CANNOT_ANSWER,
            "restricted_action_thread_locked": _CANNOT_ANSWER,
            "thread_locked": _CANNOT_ANSWER,
            "thread_not_found": "the thread is gone",
            "too_many_emoji": _FULL_OF_REACTIONS,
            "too_many_reactions": _FULL_OF_REACTIONS,
            "user_email_unverified": "confirm your address of mail in Slack first",
            "user_not_found": _NO_PERSON,
            "user_not_in_channel": "that person is not in the channel",
            "user_not_visible": _NO_PERSON,
        },
        Refusal.PLACE: {
            "channel_is_limited_access": f"the channel is closed to apps; {_ADMINS}",
            "channel_not_found": "the channel is gone, or private and without the bot; if it is "
            "there, type /invite @Paperround in it",
            "ekm_access_denied": f"the workspace's admins stopped messages there; {_ADMINS}",
            "invalid_channel": "the channel is gone",
            "is_archived": "the channel was archived",
            "is_inactive": "the channel was archived",
            "messages_tab_disabled": "the app takes no direct messages",
            "no_permission": "the bot is not in the channel; type /invite @Paperround there",
            "not_in_channel": "the bot is not in the channel; type /invite @Paperround there",
            "restricted_action": f"the workspace lets only some people post there; {_ADMINS}",
            "restricted_action_read_only_channel": f"only some people may post there; {_ADMINS}",
            "restricted_action_thread_only_channel": "only threads may be answered there; let the "
            "app begin some, or choose another channel",
        },
        Refusal.WORKSPACE: {
            "account_inactive": f"the app was removed from the workspace; {_INSTALL_AGAIN}",
            "invalid_refresh_token": "the key that renews the app's token is lost; "
            f"{_INSTALL_AGAIN}",
            "team_access_not_granted": "the organisation took the workspace away from the app",
            "token_revoked": f"the app was removed from the workspace; {_INSTALL_AGAIN}",
        },
        Refusal.MOMENT: {
            "external_channel_migrating": "Slack is moving the channel",
            "file_update_failed": _BUSY,
            "hash_conflict": _BUSY,
            "list_record_comment_fetch_failed": _BUSY,
            "message_limit_exceeded": "the workspace has sent more messages than its plan allows "
            "for now",
            "org_login_required": "Slack is moving the workspace to its organisation",
            "rate_limited": _BUSY,
            "ratelimited": _BUSY,
            "request_timeout": "the request was cut off on its way to Slack",
            "service_unavailable": _BUSY,
            "streaming_state_conflict": _BUSY,
            "team_added_to_org": "Slack is moving the workspace to its organisation",
            "unable_to_share_files": _BUSY,
            "unknown_method": "Slack does not offer this now",
            "update_failed": _BUSY,
        },
        Refusal.HOST: {
            "access_denied": "the workspace's admins do not let the app do this",
            "accesslimited": "the workspace does not let the app in from this network",
            "app_access_restricted": "the workspace's admins do not let the app do this",
            "bad_client_secret": _APP_SETUP,
            "bad_redirect_uri": _APP_SETUP,
            "deprecated_endpoint": _NEWER,
            "enterprise_is_restricted": "the organisation does not let the app do this",
            "forbidden_team": "the workspace does not let the app connect",
            "invalid_auth": _UNKNOWN_TO_SLACK,
            "invalid_client_id": _APP_SETUP,
            "is_bot": _UNKNOWN_TO_SLACK,
            "method_deprecated": _NEWER,
            "missing_args": "the app's token that begins with xapp- is missing",
            "missing_scope": "the app lacks a permission: paste paperround slack manifest over the "
            "one it has at api.slack.com/apps, and install it again",
            "no_scopes": _APP_SETUP,
            "not_allowed_token_type": "another of the app's tokens is needed here: the README says "
            "which",
            "not_authed": _UNKNOWN_TO_SLACK,
            "not_enabled": "the app's Home tab is off: see App Home at api.slack.com/apps",
            "not_implemented": _NEWER,
            "oauth_authorization_url_mismatch": _APP_SETUP,
            "pkce_not_allowed": _APP_SETUP,
            "preview_feature_not_available": "the workspace cannot have this yet",
            "token_expired": "the app's token has ended",
            "two_factor_setup_required": "the workspace wants a second factor at log-in; whoever "
            "installed the app has to set one up",
        },
        Refusal.UNSURE: {
            "fatal_error": "Slack failed on its side",
            "internal_error": "Slack failed on its side",
        },
        Refusal.DONE: {"already_reacted": "the reaction stands there already"},
    }
)
"""What people read in the place of each code; those of DEFECT are below."""

_DEFECTS = frozenset(
    (
        "as_user_not_supported",
        "bad_timestamp",
        "cant_broadcast_message",
        "channels_limit_exceeded",
        "draft_already_deleted",
        "draft_already_sent",
        "draft_has_conflict",
        "draft_not_found",
        "duplicate_channel_not_found",
        "duplicate_external_id",
        "duplicate_message_not_found",
        "insecure_request",
        "invalid_arg_name",
        "invalid_array_arg",
        "invalid_charset",
        "invalid_code_verifier",
        "invalid_cursor",
        "invalid_form_data",
        "invalid_grant_type",
        "invalid_limit",
        "invalid_metadata_filter_keys",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "invalid_name",
        "invalid_post_type",
        "invalid_ts_latest",
        "invalid_ts_oldest",
        "invalid_types",
        "markdown_text_conflict",
        "metadata_must_be_sent_from_app",
        "metadata_too_large",
        "method_not_supported_for_channel_type",
        "missing_argument",
        "missing_post_type",
        "missing_profile_id",
        "no_dual_broadcast_content_update",
        "no_item_specified",
        "send_on_behalf_not_allowed",
        "team_not_found",
        "too_many_users",
    )
)
"""What only a fault of the program brings about; people read the code, for a report of it."""

CLASSES: Mapping[Refusal, frozenset[str]] = MappingProxyType(
    {kind: frozenset(words) for kind, words in _WORDS.items()} | {Refusal.DEFECT: _DEFECTS}
)
"""The codes of each class; no code is in two."""

_CLASS_OF = {code: kind for kind, codes in CLASSES.items() for code in codes}

_OBSTACLES: Mapping[str, Obstacle] = MappingProxyType(
    {
        "channel_is_limited_access": Obstacle.RESTRICTED,
        "channel_not_found": Obstacle.NOT_INVITED,
        "ekm_access_denied": Obstacle.RESTRICTED,
        "invalid_channel": Obstacle.DELETED,
        "is_archived": Obstacle.ARCHIVED,
        "is_inactive": Obstacle.ARCHIVED,
        "messages_tab_disabled": Obstacle.DM_CLOSED,
        "no_permission": Obstacle.NOT_INVITED,
        "not_in_channel": Obstacle.NOT_INVITED,
        "restricted_action": Obstacle.RESTRICTED,
        "restricted_action_read_only_channel": Obstacle.RESTRICTED,
        "restricted_action_thread_only_channel": Obstacle.UNSUITABLE,
    }
    | dict.fromkeys(_WORDS[Refusal.WORKSPACE], Obstacle.REMOVED)
)
"""Why nothing can be posted, for each code of a place or workspace."""

LATER = CLASSES[Refusal.MOMENT]
"""Codes after which the same call works later."""


def classify(code: str) -> Refusal:
    """The class of an error code; an unknown one counts as of the moment, and is logged once."""
    known = _CLASS_OF.get(code)
    if known is None:
        _report_unknown(code)
    return known or Refusal.MOMENT


def words_for(code: str) -> str:
    """What people read in the place of an error code; an unknown one is named."""
    if code in _DEFECTS:
        return f"Slack does not understand this version of the program ({code})"
    words = _WORDS.get(_CLASS_OF.get(code, Refusal.DEFECT), {})
    return words.get(code) or f"Slack refused with a word that is not known here ({code})"


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
    if status == TOO_MANY:
        return NotSentError(_BUSY, retry_after=_wait(error))
    if not name:
        return OutcomeUnknownError(f"Slack failed: {status}")
    return _as_classified(error, name)


def _as_classified(error: SlackApiError, code: str) -> PlatformError:
    words = words_for(code)
    match classify(code):
        case Refusal.MOMENT:
            unlisted = None if code in _CLASS_OF else code
            return NotSentError(words, retry_after=_wait(error), unlisted=unlisted)
        case Refusal.PLACE | Refusal.WORKSPACE:
            return ChannelGoneError(words, obstacle=_OBSTACLES.get(code, Obstacle.OTHER))
        case Refusal.HOST | Refusal.DEFECT:
            return NotSentError(words, retry_after=_HOST_MUST_ACT)
        case Refusal.UNSURE:
            return OutcomeUnknownError(words)
        case _:
            return RefusedError(f"Slack refused it: {words}")


def _wait(error: SlackApiError) -> float:
    headers = getattr(error.response, "headers", None) or {}
    try:
        return float(headers.get("Retry-After", _USUAL_WAIT))
    except ValueError:
        return _USUAL_WAIT


@lru_cache(maxsize=256)
def _report_unknown(code: str) -> None:
    log.warning("slack.unknown_error", code=code, problem="it is taken for one of the moment")
