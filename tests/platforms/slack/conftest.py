"""A strict Slack on a port, and a platform that posts to it."""

from collections.abc import AsyncIterator

import pytest

from bot.platforms.slack.adapter import SlackChat
from bot.platforms.slack.auth import OneToken, Wire
from bot.ports import ChannelRef, Inbox
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.workspace import BOT_TOKEN, BOT_USER, TEAM

LAB = ChannelRef("slack", TEAM, "C0LAB")


class Deaf:
    """A connection that hears nothing: for what only posts."""

    async def connected(self) -> bool:
        return True

    async def open(self, chat: SlackChat, inbox: Inbox) -> None:
        """Nothing to connect to."""

    async def check(self, chat: SlackChat) -> None:
        """Nothing to try."""

    async def close(self) -> None:
        """Nothing to let go of."""


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as server:
        server.workspace.channels["C0LAB"].members.add(BOT_USER)
        yield server


@pytest.fixture
async def chat(slack: FakeSlack) -> AsyncIterator[SlackChat]:
    wire = Wire(f"{slack.url}/api/")
    made = SlackChat(OneToken(BOT_TOKEN, wire), wire, Deaf(), pace=0.001)
    yield made
    await made.stop()
