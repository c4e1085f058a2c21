"""Slack's own sample payloads are read without an error, filled in and as they stand."""

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.ports import ChannelChange
from tests.peers.slack.workspace import ADA, APP, BOT_USER, TEAM
from tests.platforms.slack.edge import Edge, edge
from tests.shared import SHARED, needs_shared
from tests.waiting import PATIENCE

pytestmark = needs_shared

SAMPLES = sorted((SHARED / "specs/slack/payloads").glob("*.json")) if SHARED else []

FILLED = {
    "team_id": TEAM,
    "user": ADA,
    "user_id": ADA,
    "channel": "C0LAB",
    "channel_id": "C0LAB",
    "old_channel_id": "C0LAB",
    "new_channel_id": "C0NEW",
    "item_user": BOT_USER,
    "inviter": ADA,
    "actor_id": ADA,
    "reaction": "+1",
    "api_app_id": APP,
    "command": "/papers",
    "text": "list",
    "type": "event_callback",
    "tab": "home",
    "trigger_id": "1.2.x",
    "action_id": "open_link_0",
    "callback_id": "manage_channel",
    "name": "lab",
}
"""What stands in the place of Slack's empty texts, by the key."""

CHANGES = {
    "ChannelArchive": ChannelChange.ARCHIVED,
    "ChannelDeleted": ChannelChange.ARCHIVED,
    "ChannelIdChanged": ChannelChange.MOVED,
    "ChannelLeft": ChannelChange.LEFT,
    "ChannelRename": ChannelChange.RENAMED,
    "GroupArchive": ChannelChange.ARCHIVED,
    "GroupDeleted": ChannelChange.ARCHIVED,
    "GroupLeft": ChannelChange.LEFT,
    "GroupRename": ChannelChange.RENAMED,
    "MemberJoinedChannel": ChannelChange.JOINED,
    "MemberLeftChannel": ChannelChange.LEFT,
}


def filled(node: Any, key: str = "", above: str = "") -> Any:
    """The sample with ids in the place of its empty texts."""
    if isinstance(node, dict):
        return {name: filled(value, name, key) for name, value in node.items()}
    if isinstance(node, list):
        return [filled(each, key, above) for each in node]
    if node != "":
        return node
    if key == "id":
        return {"team": TEAM, "user": ADA, "channel": "C0LAB"}.get(above, "X1")
    return FILLED.get(key, "")


def kind_of(payload: dict[str, Any]) -> str:
    """How Slack sends such a payload."""
    if "command" in payload:
        return "slash_commands"
    return "events_api" if "event" in payload else "interactive"


@pytest.mark.parametrize("as_it_stands", [False, True])
async def test_every_official_sample_is_read_without_an_error(
    as_it_stands: bool, caplog: pytest.LogCaptureFixture
) -> None:
    assert len(SAMPLES) >= 28
    with capture_logs() as told, caplog.at_level(logging.WARNING):
        async with edge("http") as one:
            assert one.web is not None
            for sample, payload in _payloads():
                sent = payload if as_it_stands else filled(payload)
                status, _ = await one.web.post(kind_of(payload), sent)
                assert status < 500, sample.name

    assert [line for line in told if line["log_level"] == "error"] == []
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize("name", CHANGES)
async def test_a_sample_of_a_channels_change_is_heard_as_that(name: str) -> None:
    [sample] = [each for each in SAMPLES if each.name == f"{name}Payload.json"]
    payload = filled(json.loads(sample.read_text()))
    if name.startswith("Member"):
        payload["event"]["user"] = BOT_USER
    async with edge("http") as one:
        await _send(one, payload)
        async with asyncio.timeout(PATIENCE):
            while not one.inbox.events:
                await asyncio.sleep(0.01)

    assert [event.change for event in one.inbox.events] == [CHANGES[name]]


@pytest.mark.parametrize(("name", "added"), [("ReactionAdded", True), ("ReactionRemoved", False)])
async def test_a_sample_of_a_reaction_is_a_vote(name: str, *, added: bool) -> None:
    [sample] = [each for each in SAMPLES if each.name == f"{name}Payload.json"]
    payload = filled(json.loads(sample.read_text()))
    async with edge("http") as one:
        await _send(one, payload)
        await one.inbox.until(lambda: len(one.inbox.reactions) == 1)

    [vote] = one.inbox.reactions
    assert (vote.emoji, vote.added, vote.person.id) == ("👍", added, ADA)


async def _send(one: Edge, payload: dict[str, Any]) -> None:
    assert one.web is not None
    status, _ = await one.web.post(kind_of(payload), payload)
    assert status == 200


def _payloads() -> Iterator[tuple[Path, dict[str, Any]]]:
    for sample in SAMPLES:
        yield sample, json.loads(sample.read_text())
