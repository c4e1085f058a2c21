"""The edge alone: Slack on one side, a recording inbox on the other."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from bot.platforms.slack.adapter import Sharers, SlackChat, nobody_else
from bot.platforms.slack.auth import Changers, Keyring, OneToken, Wire
from bot.platforms.slack.catch_up import CatchUp
from bot.platforms.slack.http_mode import WebConnection
from bot.platforms.slack.socket_mode import SocketConnection
from bot.ports import Inbox
from tests.peers.slack.people import OverSocket, OverWeb, People
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.workspace import APP_TOKEN, BOT_TOKEN, BOT_USER, SECRET
from tests.platforms.slack.inbox import RecordingInbox

Mode = Literal["socket", "http"]


class Counts:
    """How often Slack said that it held events back, and how often was caught up."""

    def __init__(self) -> None:
        self.held_back = 0
        self.caught_up = 0

    def count(self) -> None:
        self.held_back += 1

    async def compare(self, inbox: Inbox) -> None:
        self.caught_up += 1


class Edge:
    """What a test of the edge needs."""

    def __init__(
        self,
        slack: FakeSlack,
        chat: SlackChat,
        inbox: RecordingInbox,
        people: People,
        counts: Counts,
    ):
        self.slack, self.chat, self.inbox, self.people = slack, chat, inbox, people
        self.counts = counts
        self.web: OverWeb | None = None


@asynccontextmanager
async def edge(
    mode: Mode = "socket",
    *,
    allowed: tuple[str, ...] = ("members",),
    keyring: Keyring | None = None,
    sharers: Sharers = nobody_else,
) -> AsyncIterator[Edge]:
    """A connected platform; the bot is in the lab's channel."""
    async with FakeSlack() as slack:
        slack.workspace.channels["C0LAB"].members.add(BOT_USER)
        wire = Wire(f"{slack.url}/api/")
        changers, counts = Changers(allowed), Counts()
        if mode == "socket":
            connection = SocketConnection(APP_TOKEN, changers, look=0.5)
        else:
            connection = WebConnection("127.0.0.1", 0, SECRET, changers, count=counts.count)
        keys = keyring or OneToken(BOT_TOKEN, wire)
        chat = SlackChat(
            keys, wire, connection, pace=0.001, sharers=sharers, catchup=CatchUp(missed=[counts])
        )
        inbox = RecordingInbox()
        await chat.start(inbox)
        try:
            web = None
            if mode == "http":
                web = OverWeb("http://{}:{}".format(*connection.address))
            people = People(slack, web or OverSocket(slack.sockets), slack.workspace)
            made = Edge(slack, chat, inbox, people, counts)
            made.web = web
            yield made
        finally:
            await chat.stop()
