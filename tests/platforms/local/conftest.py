"""A chat on a real database with one channel, an inbox that remembers, and a browserless client."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime, timedelta

import httpx
import pytest

from bot.platforms.local.adapter import LocalChat
from bot.platforms.local.app import build_local_app
from bot.ports import ChannelRef, Person
from bot.rounds.process.health import Health
from bot.rounds.service import Ran
from storage import channels
from storage.channels import ChannelDefaults
from storage.database import Database
from tests.health import health_of
from tests.make import NOON
from tests.platforms.local.inbox import FakeInbox

GENERAL = ChannelRef("local", "", "general")
ADA = Person("Ada", "Ada")
BO = Person("Bo", "Bo")


class FakeControls:
    """A clock to move, and rounds that post what a test gives them."""

    def __init__(self, *, virtual: bool = True) -> None:
        self.virtual = virtual
        self.moment = NOON
        self.rounds = 0
        self.out_of_papers = False

    def now(self) -> datetime:
        return self.moment

    async def ended(self) -> bool:
        return self.out_of_papers

    async def run_round(self) -> Sequence[Ran]:
        self.rounds += 1
        return [Ran("general", 2), Ran("systems", 0, "The day's limit of 5 papers is reached.")]

    async def advance_day(self) -> datetime:
        self.moment += timedelta(days=1)
        return self.moment


@pytest.fixture
def controls() -> FakeControls:
    return FakeControls()


@pytest.fixture
def inbox(database: Database) -> FakeInbox:
    return FakeInbox(database)


@pytest.fixture
async def chat(database: Database, controls: FakeControls) -> LocalChat:
    async with database.write() as session:
        await channels.add(session, str(GENERAL), ChannelDefaults(), NOON)
    return LocalChat(database, now=controls.now)


Open = Callable[..., httpx.AsyncClient]


@pytest.fixture
async def open_client(
    chat: LocalChat, inbox: FakeInbox, controls: FakeControls, database: Database
) -> AsyncIterator[Open]:
    """Opens clients of the application in this process, as its own page would send requests."""
    clients: list[httpx.AsyncClient] = []

    def open_one(
        *,
        host: str = "127.0.0.1",
        token: str | None = None,
        buttons: FakeControls | None = controls,
        health: Health | None = None,
        **headers: str,
    ) -> httpx.AsyncClient:
        app = build_local_app(
            chat,
            inbox,
            controls=buttons,
            host=host,
            port=8080,
            token=token,
            health=health or health_of(database),
        )
        clients.append(
            httpx.AsyncClient(
                transport=httpx.ASGITransport(app),
                base_url="http://127.0.0.1:8080",
                headers=headers,
            )
        )
        return clients[-1]

    yield open_one
    for client in clients:
        await client.aclose()


@pytest.fixture
def client(open_client: Open) -> httpx.AsyncClient:
    return open_client()
