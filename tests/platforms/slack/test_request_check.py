"""Whatever is sent to the public address is answered 4xx in one line of the log, or understood."""

import copy
import hmac
import json
import logging
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.platforms.slack.manage_view import EDIT, MANAGE, WATCH_MENU, ViewState
from bot.platforms.slack.request_check import (
    SignatureCheck,
    UnreadableRequestError,
    read_request,
)
from tests.peers.slack.people import Payload
from tests.peers.slack.workspace import ADA, BOT_USER, SECRET, TEAM
from tests.platforms.slack.edge import Edge, edge

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
ODD: tuple[Any, ...] = (None, [], {}, "", "x", 5, True, [None], [{}], {"id": 5}, "\ud800", "a\0b")
TROUBLE = {"slack.chore_failed", "slack.listener_failed"}


def samples() -> dict[str, Payload]:
    """One sound payload of each kind that the bot reads."""
    event = {"type": "event_callback", "event_id": "Ev1", "event_time": 1, "team_id": TEAM}
    grant = [{"team_id": TEAM, "enterprise_id": None, "is_enterprise_install": False}]
    person = {"id": ADA, "username": "ada", "team_id": TEAM}
    view = {
        "id": "V1",
        "type": "modal",
        "private_metadata": ViewState("C0LAB", 0, "x").dump(),
        "state": {"values": {"watch": {"value": {"value": "graphs"}}}},
    }
    pressed = {"type": "block_actions", "team": {"id": TEAM}, "user": person, "trigger_id": "1.2"}
    item = {"type": "message", "channel": "C0LAB", "ts": "1.2"}
    happened: dict[str, Payload] = {
        "reaction": {"type": "reaction_added", "user": ADA, "reaction": "+1", "item": item},
        "joined": {"type": "member_joined_channel", "user": BOT_USER, "channel": "C0LAB"},
        "renamed": {"type": "channel_rename", "channel": {"id": "C0LAB", "name": "new"}},
        "home": {"type": "app_home_opened", "user": ADA, "tab": "home"},
        "revoked": {"type": "tokens_revoked", "tokens": {"oauth": ["U1"]}},
    }
    found = {
        name: event | {"event": what | {"event_ts": "1.3"}, "authorizations": grant}
        for name, what in happened.items()
    }
    menu = {"action_id": WATCH_MENU, "selected_option": {"value": "remove:x"}}
    turn = {"action_id": "page_later", "block_id": "pages", "value": "1"}
    share = {"action_id": "share_picture", "value": "stats"}
    found["menu"] = pressed | {"view": view | {"callback_id": MANAGE}, "actions": [menu]}
    found["turn"] = pressed | {"view": view | {"callback_id": MANAGE}, "actions": [turn]}
    found["share"] = pressed | {"channel": {"id": "C0LAB"}, "actions": [share]}
    for name in (EDIT, MANAGE):
        saved = {"type": "view_submission", "view": view | {"callback_id": name}}
        found[name] = pressed | saved
    return found


def mutants(payload: Payload) -> Iterator[Payload]:
    """The payload with one thing odd or absent, for each place and each odd thing."""
    for path in _paths(payload):
        for odd in (*ODD, "absent"):
            changed = copy.deepcopy(payload)
            place: Any = changed
            for step in path[:-1]:
                place = place[step]
            if odd == "absent" and isinstance(place, dict):
                del place[path[-1]]
            else:
                place[path[-1]] = odd
            yield changed


def _paths(node: object, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps: list[Any] = list(node) if isinstance(node, dict) else []
    steps = list(range(len(node))) if isinstance(node, list) else steps
    for step in steps:
        yield (*above, step)
        yield from _paths(node[step], (*above, step))  # type: ignore[index] # a dict or a list


class Sender:
    """Signs whatever it is given and sends it."""

    def __init__(self, one: Edge, session: aiohttp.ClientSession) -> None:
        assert one.web is not None
        self._url = one.web._url
        self._session = session

    async def send(self, body: bytes, form: str = JSON) -> int:
        stamp = str(int(time.time()))
        signed = hmac.new(SECRET.encode(), f"v0:{stamp}:".encode() + body, "sha256").hexdigest()
        sent = {
            "Content-Type": form,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": f"v0={signed}",
        }
        async with self._session.post(self._url, data=body, headers=sent) as answer:
            return answer.status


@pytest.mark.parametrize("name", list(samples()))
async def test_a_signed_payload_with_anything_odd_in_it_brings_no_traceback(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    payload = samples()[name]
    # Each place and each odd thing is tried; which meets which differs from payload to payload.
    tried = list(mutants(payload))[len(name) % 3 :: 3]
    form = FORM if payload["type"] in ("block_actions", "view_submission") else JSON
    with capture_logs() as told, caplog.at_level(logging.WARNING):
        async with edge("http") as one, aiohttp.ClientSession() as session:
            sender = Sender(one, session)
            for mutant in tried:
                written = json.dumps(mutant)
                body = urlencode({"payload": written}) if form == FORM else written
                status = await sender.send(body.encode(), form)
                assert status < 500, mutant

    troubles = [line for line in told if line["event"] in TROUBLE]
    assert troubles == []
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"event": null}',
        b'{"type": "event_callback", "event": null}',
        b'{"type": "event_callback", "event": {}}',
        b'{"type": ["event_callback"]}',
        b'{"authorizations": [null]}',
        b'{"type": "block_actions", "actions": []}',
        b'{"type": "view_submission"}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"team_id": "T\\u0000"}',
        b"payload=[[",
        b"payload=null",
        b"\xff",
        b"5",
        b"",
    ],
)
async def test_a_signed_body_that_slack_never_sends_is_refused_in_one_line(body: bytes) -> None:
    with capture_logs() as told:
        async with edge("http") as one, aiohttp.ClientSession() as session:
            sender = Sender(one, session)
            status = await sender.send(body, FORM if body.startswith(b"payload") else JSON)

    assert 400 <= status < 500
    assert len([line for line in told if line["log_level"] in ("warning", "error")]) <= 1


@pytest.mark.parametrize("stamp", ["abc", "nan", "inf", "-1", "1e9", "٣", "9" * 400, "", " 1"])
def test_a_timestamp_that_is_none_is_not_of_slack(stamp: str) -> None:
    headers = {"x-slack-request-timestamp": stamp, "x-slack-signature": "v0=" + "0" * 64}

    assert not SignatureCheck(SECRET).passes(headers, b"{}")


@pytest.mark.parametrize("signature", ["", "v0=", "é", "v0=" + "é" * 64, "v1=" + "0" * 64])
def test_a_signature_that_is_none_is_not_of_slack(signature: str) -> None:
    headers = {"x-slack-request-timestamp": str(int(time.time())), "x-slack-signature": signature}

    assert not SignatureCheck(SECRET).passes(headers, b"\xff")


@given(body=st.binary(max_size=200), form=st.sampled_from([JSON, FORM, "", "text/plain;"]))
def test_any_bytes_are_an_object_or_unreadable(body: bytes, form: str) -> None:
    try:
        read: Mapping[str, Any] = read_request(body, form)
    except UnreadableRequestError:
        return
    assert read


async def test_a_command_about_payloads_is_heard() -> None:
    async with edge("http") as one:
        await one.people.type("watch payload")

    assert [command.text for command in one.inbox.commands] == ["watch payload"]
