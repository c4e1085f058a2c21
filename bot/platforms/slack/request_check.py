"""Whether a request was signed by Slack, and has the shape that Bolt and the listeners rely on.

Anybody may send anything to a public address. What passes here is read without an exception.
"""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qsl

from pydantic import BaseModel, Field, StringConstraints, ValidationError, model_validator
from slack_sdk.signature import SignatureVerifier

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
_NO_TEXT = re.compile("[\\x00\\ud800-\\udfff]")
"""A NUL, or half a character: no database takes those."""

Id = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{0,40}$")]


class UnreadableRequestError(Exception):
    """A request is none of Slack's; the text says why in a few words, for the log."""


class SignatureCheck:
    """Checks signatures that were made with `secret` within the last five minutes."""

    def __init__(self, secret: str) -> None:
        self._verifier = SignatureVerifier(secret)

    def passes(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether Slack signed this body, not long ago; a malformed header is no error."""
        timestamp = headers.get("x-slack-request-timestamp", "")
        signature = headers.get("x-slack-signature", "")
        if not _TIMESTAMP.fullmatch(timestamp) or not _SIGNATURE.fullmatch(signature):
            return False
        try:
            return self._verifier.is_valid(body, timestamp, signature)
        except UnicodeDecodeError:
            return False


class _Being(BaseModel):
    """A person, workspace, organisation or channel where Slack sends an object."""

    id: Id | None = None
    team_id: Id | None = None
    enterprise_id: Id | None = None
    username: str | None = None
    name: str | None = None


_Named = _Being | Id | None


class _Authorization(BaseModel):
    enterprise_id: Id | None = None
    team_id: Id | None = None
    is_enterprise_install: bool | str | None = None


class _Event(BaseModel):
    type: str = ""
    bot_id: str | None = None
    user: _Named = None
    channel: _Named = None
    team: _Named = None
    item: dict[str, Any] | None = None
    tokens: dict[str, Any] | None = None


class _Option(BaseModel):
    value: str | None = None


class _Action(BaseModel):
    type: str = ""
    action_id: str
    block_id: str | None = None
    value: str | None = None
    selected_option: _Option | None = None


class _Field(BaseModel):
    value: str | None = None
    selected_option: _Option | None = None
    selected_options: list[_Option] | None = None


class _State(BaseModel):
    values: dict[str, dict[str, _Field]] = Field(default_factory=dict)


class _View(BaseModel):
    id: str = ""
    type: str
    callback_id: str = ""
    private_metadata: str = ""
    root_view_id: str | None = None
    app_installed_team_id: Id | None = None
    team_id: Id | None = None
    state: _State | None = None


class _ResponseAddress(BaseModel):
    response_url: str | None = None


class _Request(BaseModel):
    """The fields that Bolt or a listener reads; a field that is absent is no mistake."""

    type: str = ""
    event_id: str | None = None
    team_id: Id | None = None
    enterprise_id: Id | None = None
    is_enterprise_install: bool | str | None = None
    authorizations: list[_Authorization] | None = None
    event: _Event = Field(default_factory=_Event)
    team: _Named = None
    enterprise: _Named = None
    user: _Named = None
    channel: _Named = None
    view: _View | None = None
    actions: list[_Action] | None = None
    message: dict[str, Any] | None = None
    container: dict[str, Any] | None = None
    trigger_id: str | None = None
    callback_id: str | None = None
    action_id: str | None = None
    command: str = ""
    challenge: str | None = None
    response_url: str | None = None
    response_urls: list[_ResponseAddress] = Field(default_factory=list)

    @model_validator(mode="after")
    def _has_what_its_type_means(self) -> "_Request":
        nobody = not isinstance(self.user, _Being) or not self.user.id
        lacking = {
            "event_callback": not self.event.type,
            "block_actions": nobody or not self.actions,
            "view_submission": nobody or self.view is None,
            "view_closed": self.view is None,
            "url_verification": not self.challenge,
        }
        if lacking.get(self.type):
            raise ValueError(f"a {self.type} lacks what it is about")
        return self


def read_request(body: bytes, content_type: str) -> dict[str, Any]:
    """The object in the body of a request, in a shape that Bolt and the listeners can read.

    Raises UnreadableRequestError. Bolt's own reader takes a form for empty that has the word
    "payload" in it, as a command about payloads has.
    """
    try:
        read = _parse(body.decode(), content_type)
    except (ValueError, RecursionError) as error:
        raise UnreadableRequestError(f"it cannot be read ({type(error).__name__})") from None
    if not isinstance(read, dict) or not read:
        raise UnreadableRequestError("it is no object")
    try:
        _Request.model_validate(read)
    except (ValidationError, RecursionError) as error:
        raise UnreadableRequestError(_first_mistake(error)) from None
    if _holds_no_text(read):
        raise UnreadableRequestError("it holds a character that is none")
    return read


def _parse(body: str, content_type: str) -> object:
    if content_type.split(";", maxsplit=1)[0].strip() == "application/json" or body.startswith("{"):
        return json.loads(body)
    form = dict(parse_qsl(body, keep_blank_values=True))
    return json.loads(form["payload"]) if "payload" in form else form


def _first_mistake(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return "it is too deep"
    first = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the whole'}: {first['msg']}"


def _holds_no_text(read: object) -> bool:
    left = [read]
    while left:
        one = left.pop()
        if isinstance(one, str) and _NO_TEXT.search(one):
            return True
        if isinstance(one, dict):
            left += [*one.keys(), *one.values()]
        elif isinstance(one, list):
            left += one
    return False
