"""The whole program with Slack as its platform: settings in, a strict Slack around it."""

import contextlib
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

from bot.app import App
from bot.bootstrap import build_app
from bot.platforms.slack.adapter import SlackChat
from bot.platforms.slack.http_mode import WebConnection
from bot.rounds.engine import Engine
from bot.rounds.scheduling.schedule import Slot
from bot.sources.base import Entry
from config.settings import Settings
from storage import channels
from storage.installations import new_key
from storage.models import Channel
from tests.peers.slack.people import OverSocket, OverWeb, People
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.workspace import APP_TOKEN, BOT_TOKEN, SECRET, TEAM

Mode = Literal["socket", "http", "oauth"]

_PORTS = iter(range(20_000 + os.getpid() % 10_000, 32_000))
"""Below what Linux gives to whoever asks for any; each process of tests begins elsewhere."""


class Lab:
    """A running program and the people around it."""

    def __init__(self, app: App, engine: Engine, slack: FakeSlack, people: People, url: str):
        self.app = app
        self.engine = engine
        self.slack = slack
        self.people = people
        self.url = url

    @property
    def chat(self) -> SlackChat:
        chat = self.app.platforms["slack"]
        assert isinstance(chat, SlackChat)
        return chat

    async def give(self, *titles: str) -> None:
        """Papers come in."""
        entries = [
            Entry(title=title, abstract=f"We study {title}. It works.", names=(f"id:{title}",))
            for title in titles
        ]
        await self.app.services.polling.take(entries, "import", "files", shared=True)

    async def channel(self, address: str = f"slack:{TEAM}/C0LAB") -> Channel:
        async with self.app.database.read() as session:
            found = await channels.find(session, address)
        assert found is not None
        return found

    async def round(self) -> None:
        """A round in the lab's channel."""
        slot = Slot((await self.channel()).id or 0, self.app.clock())
        await self.engine.run_slot(slot)


def secrets_of(mode: Mode, slack: FakeSlack, port: int) -> dict[str, Any]:
    """The settings that a host would make for a mode."""
    common = {"slack_base_url": f"{slack.url}/api/", "slack_port": port}
    if mode == "oauth":
        return common | {
            "slack_client_id": "1.2",
            "slack_client_secret": "cs",
            "slack_signing_secret": SECRET,
            "public_url": "https://papers.example.org",
            "encryption_key": new_key(),
        }
    own = {"slack_app_token": APP_TOKEN} if mode == "socket" else {"slack_signing_secret": SECRET}
    return common | own | {"slack_bot_token": BOT_TOKEN}


@asynccontextmanager
async def running(folder: Path, slack: FakeSlack, mode: Mode, **more: Any) -> AsyncIterator[Lab]:
    """The program and people around it, in a mode."""
    settings = Settings(data_dir=folder, huggingface=False, **secrets_of(mode, slack, 0), **more)
    async with served(settings) as (app, engine):
        url = "" if mode == "socket" else _address(app)
        transport = OverSocket(slack.sockets) if mode == "socket" else OverWeb(url)
        yield Lab(app, engine, slack, People(slack, transport, slack.workspace), url)


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[tuple[App, Engine]]:
    """The program from start to stop, as `paperround run` runs it, without its ticks."""
    app = build_app(settings)
    engine = app.engine()
    assert app.hold()
    try:
        await app.prepare()
        await engine.start(tick=False)
        platform = app.platforms["slack"]
        try:
            await platform.start(app.inbox(engine))
            yield app, engine
        finally:
            await platform.stop()
            await engine.stop()
    finally:
        await app.close()


def _address(app: App) -> str:
    chat = app.platforms["slack"]
    assert isinstance(chat, SlackChat)
    assert isinstance(chat._connection, WebConnection)
    return "http://{}:{}".format(*chat._connection.address)


def free_port() -> int:
    """A port for a program that cannot choose one itself: none that the kernel gives away."""
    for port in _PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def titles(posts: Sequence[dict[str, Any]]) -> list[str]:
    """The titles of posts, in order."""
    return [post["text"].partition(":")[0] for post in posts]
