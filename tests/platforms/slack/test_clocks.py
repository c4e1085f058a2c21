"""Each post stands once where clocks are wrong, and where Slack shows late what it took.

Times are of one watch that a test moves; this machine's clock and Slack's are set against it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from bot.platforms import server_clock
from bot.platforms.slack.adapter import SlackChat
from bot.platforms.slack.auth import OneToken, Wire
from bot.rounds.delivery.delivery import Delivery
from storage.database import Database
from storage.models import Post
from tests import make
from tests.make import NOON
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.workspace import BOT_TOKEN
from tests.platforms.slack.conftest import LAB, Deaf

RIGHT = timedelta()


@dataclass
class World:
    """True time in seconds, and how far this machine's clock is ahead of it."""

    database: Database
    slack: FakeSlack
    seconds: float = 0.0
    ahead: timedelta = RIGHT

    def __post_init__(self) -> None:
        self.slack.workspace.time = lambda: NOON.timestamp() + self.seconds

    def now(self) -> datetime:
        return NOON + timedelta(seconds=self.seconds) + self.ahead

    async def due(self) -> Post:
        async with self.database.write() as session:
            channel = await make.channel(session, str(LAB))
            post = await make.post(session, channel, await make.paper(session, "A"))
            post.picked_at = self.now()
            session.add(post)
            return post

    def start(self, *, told: bool) -> "Process":
        """A process; one that was `told` had an answer of Slack before it sends."""
        return Process(self, told=told)

    def written(self) -> int:
        return len(self.slack.workspace.posts())


class Process:
    """A process of its own: it knows what an earlier one wrote down, and nothing else."""

    def __init__(self, world: World, *, told: bool) -> None:
        self._world, self._told = world, told
        wire = Wire(f"{world.slack.url}/api/")
        wire.clock = server_clock.ServerClock(lambda: world.seconds)
        self.chat = SlackChat(OneToken(BOT_TOKEN, wire), wire, Deaf(), pace=0.001)
        self.delivery = Delivery(
            world.database,
            {"slack": self.chat},
            world.now,
            f"process {id(self)}",
            watch=lambda: world.seconds,
        )

    async def __aenter__(self) -> "Process":
        if self._told:
            await self.chat.keyring.find(None)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.chat.stop()

    async def deliver(self, post: Post) -> None:
        """Until it is done."""
        while (pause := await self.delivery.deliver(post.id or 0)) is not None:
            self._world.seconds += pause


@pytest.fixture
def world(database: Database, slack: FakeSlack, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(server_clock, "SHOWN_SECONDS", 30.0)
    return World(database, slack)


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("ahead", [timedelta(minutes=6), timedelta(hours=1), -timedelta(hours=1)])
@pytest.mark.parametrize("after", ["as before", "corrected"])
async def test_a_lost_answer_is_found_whatever_this_machines_clock_says(
    world: World, ahead: timedelta, after: str, told: bool
) -> None:
    world.ahead = ahead
    due = await world.due()
    world.slack.faults.add("chat.postMessage", "drop_after")
    async with world.start(told=told) as process:
        await process.delivery.deliver(due.id or 0)
    world.ahead = RIGHT if after == "corrected" else ahead
    world.seconds += 7200

    async with world.start(told=told) as process:
        await process.deliver(due)

    assert world.written() == 1


@pytest.mark.parametrize("late", [6, 20])
async def test_what_slack_shows_late_is_waited_for_after_a_crash(world: World, late: int) -> None:
    due = await world.due()
    world.slack.workspace.shows_after = late
    world.slack.faults.add("chat.postMessage", "drop_after")
    async with world.start(told=True) as process:
        await process.delivery.deliver(due.id or 0)
        await process.delivery.take_over(f"process {id(process)}")
    world.seconds += 3

    async with world.start(told=True) as process:
        await process.delivery.take_over("process")
        await process.deliver(due)

    assert world.written() == 1


async def test_what_did_not_arrive_is_sent_after_slack_was_asked_twice_half_a_minute_apart(
    world: World,
) -> None:
    due = await world.due()
    world.slack.faults.add("chat.postMessage", "drop_before")
    began = world.seconds
    async with world.start(told=True) as process:
        await process.deliver(due)

    assert world.written() == 1
    assert world.slack.counts["conversations.history"] == 2
    assert world.seconds - began >= 30


async def test_the_servers_clock_goes_on_by_the_watch_and_ignores_what_it_cannot_read() -> None:
    seconds = 0.0
    clock = server_clock.ServerClock(lambda: seconds)
    unheard = clock()
    clock.hear("Mon, 02 Mar 2026 12:00:00 GMT")
    clock.hear("half past nine")
    seconds = 90.0

    assert unheard is None
    assert clock() == datetime(2026, 3, 2, 12, 1, 30, tzinfo=UTC)
