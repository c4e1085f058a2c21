"""The whole program on a local Discord: the real library, real sockets, a real database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from discord.gateway import DiscordWebSocket
from discord.http import Route
from simcord.backend.models import Channel, Guild, User
from sqlmodel import col, select

from bot.app import App
from bot.bootstrap import build_app
from bot.platforms.discord.adapter import DiscordChat
from bot.platforms.discord.build import DiscordOptions, build_discord
from bot.platforms.discord.client import PaperroundClient
from bot.rounds.engine import Engine, Runs
from bot.rounds.scheduling.due import Clock
from bot.rounds.scheduling.schedule import Slot
from config.settings import Settings
from storage import channels
from storage.database import Database
from storage.models import ChannelState, Vote
from tests import make
from tests.peers.discord.bridge import Bridge, bridged
from tests.peers.discord.people import Someone, until
from tests.peers.discord.world import World
from tests.waiting import PATIENCE

_TURNS = 100
EXPERTS = "Mixture of experts with balanced routing"
"""The title of a paper that a watch of mixture of experts finds."""


@pytest.fixture(autouse=True)
def _own_discord(monkeypatch: pytest.MonkeyPatch) -> None:
    """discord.py keeps its addresses in its classes; they are as before after each test.

    Discord wants five seconds between two identifications; a test does not wait for them. Nor does
    it wait two seconds for more servers.
    """
    monkeypatch.setattr("discord.state.asyncio", Counting())
    monkeypatch.setattr(PaperroundClient, "before_identify_hook", _at_once)
    monkeypatch.setattr(Route, "BASE", Route.BASE)
    monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", DiscordWebSocket.DEFAULT_GATEWAY)


async def _at_once(*_args: object, **_options: object) -> None:
    """What discord.py awaits before it identifies."""


class Counting:
    """What discord.py's own `asyncio` is, but that it waits so many turns of the event loop.

    The local Discord lives in the same loop: what it has sent arrives in fewer, on any machine.
    """

    def __getattr__(self, name: str) -> object:
        return getattr(asyncio, name)

    async def wait_for(self, what: Awaitable[object], **_bound: float) -> object:
        waiting = asyncio.ensure_future(what)
        for _ in range(_TURNS):
            if waiting.done():
                return await waiting
            await asyncio.sleep(0)
        waiting.cancel()
        raise TimeoutError


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def bridge(world: World) -> AsyncIterator[Bridge]:
    async with bridged(world) as served:
        yield served
    assert served.problems == []


@pytest.fixture
async def chat(bridge: Bridge, database: Database) -> AsyncIterator[DiscordChat]:
    """The platform without a program behind it, logged in when it first sends."""
    made = build_discord(options(bridge), database, Clock())
    yield made
    await made.stop()


@pytest.fixture
def guild(world: World) -> Guild:
    return world.invite("lab", "general", "papers")


@pytest.fixture
def general(world: World, guild: Guild) -> Channel:
    return world.channel(guild, "general")


@pytest.fixture
def ada(world: World, guild: Guild) -> User:
    return world.member(guild, "ada", "manage_channels")


def options(bridge: Bridge, **chosen: object) -> DiscordOptions:
    return DiscordOptions(
        token=bridge.token,
        base_url=bridge.base,
        **chosen,
    )


@dataclass
class Installed:
    """A running install and what a test needs of it."""

    app: App
    chat: DiscordChat
    runs: Runs
    bridge: Bridge
    seen: list[str] = field(default_factory=list)

    async def papers(self, *titles: str, **facts: object) -> None:
        """Papers that a source gives from now on, with these facts besides."""
        now = self.app.clock()
        async with self.app.database.write() as session:
            for title in titles:
                if title not in self.seen:
                    name = f"arxiv:2601.{len(self.seen):05}"
                    await make.paper(session, title, name, at=now, **facts)
                    self.seen.append(title)

    async def round(self, channel: Channel) -> None:
        """Run a round for a channel now."""
        async with self.app.database.read() as session:
            stored = await channels.find(session, address(channel))
        assert stored is not None
        await self.runs.run_slot(Slot(stored.id or 0, self.app.clock()))

    async def votes(self) -> int:
        """How many votes stand."""
        return len(await self.standing())

    async def standing(self) -> list[str]:
        """The emoji of the votes that stand, sorted."""
        async with self.app.database.read() as session:
            found = (await session.exec(select(Vote).where(~col(Vote.removed)))).all()
        return sorted(vote.emoji for vote in found)

    @asynccontextmanager
    async def waiting(self, what: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """A block that fails when it never ends; it calls what it is given between looks."""
        try:
            async with asyncio.timeout(PATIENCE):
                yield lambda: asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"waited in vain for {what}") from None

    async def quiet(self) -> None:
        """Wait until the bot asks Discord for nothing more."""
        await self.bridge.quiet()

    def person(self, user: User, where: Channel) -> Someone:
        return Someone(self.bridge, user, where)


class AtOnce:
    """Runs rounds without the durable engine, each delivery tried once."""

    def __init__(self, app: App) -> None:
        self._services = app.services

    async def run_slot(self, slot: Slot) -> Sequence[int]:
        made = await self._services.rounds.pick(slot.channel_id, slot.at, self._services.now())
        for post_id in made:
            await self.run_post(post_id)
        return made

    async def run_post(self, post_id: int, *, again: str = "") -> None:
        await self._services.delivery.deliver(post_id)


Open = Callable[..., "Opening"]


class Opening:
    """An install that runs between enter and exit, on data that outlives it.

    Only a `durable` one has the engine, which takes a while to start; any other runs rounds at
    once.
    """

    def __init__(
        self, folder: Path, bridge: Bridge, *, durable: bool = False, **chosen: object
    ) -> None:
        self._durable = durable
        self._folder = folder
        self.bridge = bridge
        self._chosen = chosen
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Installed:
        settings = Settings(
            data_dir=self._folder,
            huggingface=False,
            discord_token=self.bridge.token,
            discord_base_url=self.bridge.base,
            **self._chosen,
        )
        app = build_app(settings)
        chat = app.platforms["discord"]
        assert isinstance(chat, DiscordChat)
        assert app.hold()
        self._stack.push_async_callback(app.close)
        await app.prepare()
        runs = await self._engine(app) if self._durable else AtOnce(app)
        await chat.start(app.inbox(runs))
        self._stack.push_async_callback(chat.stop)
        return Installed(app, chat, runs, self.bridge)

    async def _engine(self, app: App) -> Engine:
        engine = app.engine()
        await engine.start(tick=False)
        self._stack.push_async_callback(engine.stop)
        return engine

    async def __aexit__(self, *_error: object) -> None:
        await self._stack.aclose()


@pytest.fixture
def install(bridge: Bridge, tmp_path: Path) -> Open:
    """Opens installs on one data folder, one after the other."""

    def opening(*, durable: bool = False, **chosen: object) -> Opening:
        return Opening(tmp_path, bridge, durable=durable, **chosen)

    return opening


def address(channel: Channel) -> str:
    return f"discord:{channel.guild_id}/{channel.id}"


async def greeted(bridge: Bridge, channel: Channel) -> None:
    """Wait until the bot introduced itself in a channel."""
    texts = bridge.world.texts
    await until(lambda: any("/papers watch" in text for text in texts(channel)), "a greeting")


async def voted(running: Installed, count: int) -> None:
    """Wait until so many votes stand."""
    async with running.waiting(f"{count} votes") as look:
        while await running.votes() != count:
            await look()


async def state(
    running: Installed,
    channel: Channel,
    wanted: ChannelState,
    *,
    reason: str | None = None,
    name: str | None = None,
) -> None:
    """Wait until a channel is kept in a state, for a reason, under a name."""
    async with running.waiting(f"{channel.name} to be {wanted}, {reason}, {name}") as look:
        while True:
            async with running.app.database.read() as session:
                stored = await channels.find(session, address(channel))
            if (
                stored is not None
                and stored.state is wanted
                and reason in (None, stored.state_reason)
                and name in (None, stored.name)
            ):
                return
            await look()


async def posted(running: Installed, where: Channel, who: User) -> tuple[int, Someone]:
    """A post in a channel, and the person who asked for it."""
    someone = running.person(who, where)
    await someone.slash("watch", expression="mixture of experts")
    await running.papers(EXPERTS)
    await running.round(where)
    [post] = running.bridge.world.post_ids(where)
    return post, someone


async def watching(running: Installed, where: Channel, who: User) -> None:
    """A paper waits for a channel."""
    await running.person(who, where).slash("watch", expression="mixture of experts")
    await running.papers(EXPERTS)
