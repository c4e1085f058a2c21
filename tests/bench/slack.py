"""Slack beside bare slack_bolt and slack_sdk: acknowledgements under load, and posts a second.

Run `python -m tests.bench.slack`; both run against the same strict local Slack in the same
process, one after the other, and the section of tests/bench/RESULTS.md is written anew.
"""

import asyncio
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from aiolimiter import AsyncLimiter
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.app import App
from bot.errors import NotSentError
from bot.platforms.slack.adapter import SlackChat
from bot.platforms.slack.auth import OneToken, Wire, quiet_logger
from bot.platforms.slack.blocks import card_message
from bot.ports import ChannelRef
from bot.rounds.delivery.delivery import Delivery
from bot.rounds.engine import Engine
from bot.rounds.scheduling.schedule import Slot
from config.logging import configure_logging
from config.settings import Settings
from storage import watches
from storage.channels import ChannelDefaults
from storage.database import Database
from tests import make
from tests.bench.results import BENCH_PAGE, table, write_section
from tests.peers.slack.people import OverSocket, People
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.workspace import APP_TOKEN, BOT_TOKEN, BOT_USER, TEAM, Workspace
from tests.platforms.slack.cards import ORDINARY
from tests.platforms.slack.conftest import Deaf
from tests.platforms.slack.lab import free_port, secrets_of, served

COMMAND = "python -m tests.bench.slack"
COMMANDS, CHANNELS, POSTS = 200, 200, 3
RUNS, POST_RUNS = 3, 5
NETWORK_SECONDS = 0.05
"""How long the local Slack takes for each call, about what the real one does."""

SETTLING_SECONDS = 5.0
A_ROUND = ChannelDefaults().post_limit
TOLERATED_SECONDS = 0.5
"""Posts to one channel nearer than this are refused: Slack says one a second and allows bursts."""


Room = Callable[[int], Awaitable[None]]
"""Posts everything to the channel of a number."""


def main() -> None:
    """Measure both and write them."""
    configure_logging("ERROR", "text")
    body = asyncio.run(_measure())
    today = datetime.now(UTC).date()
    write_section(BENCH_PAGE, "Slack", body, command=COMMAND, today=today)
    print(body)


async def _measure() -> str:
    acks = [await _acks("bare Bolt, idle", _bare_bolt)]
    acks.append(await _acks("Paperround, idle", _idle))
    acks.append(await _acks("Paperround, during a round of 200 channels", _in_a_round))
    posts = await _posts(
        {
            "bare slack_sdk loop": bare_posts,
            "SlackChat": _chat_posts,
            "SlackChat with claims in SQLite": _deliveries,
        }
    )
    return "\n\n".join(
        (
            table([f"{COMMANDS} commands at once", "p50, ms", "p99, ms"], acks),
            table(
                [
                    f"{POSTS} posts to each of {CHANNELS} channels",
                    "posts a second",
                    "of bare",
                    "refused",
                ],
                posts,
            ),
        )
    )


def fake_slack(*, pace: float = 0.0) -> FakeSlack:
    """A Slack with the bench's channels, the bot in each."""
    workspace = Workspace()
    for number in range(CHANNELS):
        workspace.add_channel(f"C{number}", f"room-{number}").members.add(BOT_USER)
    return FakeSlack(workspace, pace=pace)


async def _acks(
    name: str, program: Callable[[FakeSlack], AbstractAsyncContextManager[None]]
) -> list[object]:
    """The median over runs of the waves' p50 and p99."""
    async with fake_slack() as slack, program(slack):
        await slack.sockets.connected.wait()
        people = People(slack, OverSocket(slack.sockets), slack.workspace)
        waves = [await _wave(slack, people) for _ in range(RUNS + 1)][1:]
    p50 = statistics.median(statistics.median(wave) for wave in waves)
    p99 = statistics.median(statistics.quantiles(wave, n=100)[98] for wave in waves)
    return [name, f"{p50 * 1e3:.0f}", f"{p99 * 1e3:.0f}"]


async def _wave(slack: FakeSlack, people: People) -> list[float]:
    """Seconds to each acknowledgement, when all commands come at once; answers are waited for."""

    async def one(number: int) -> float:
        payload = people.command("list", channel=f"C{number % CHANNELS}")
        started = time.perf_counter()
        await slack.sockets.send_once("slash_commands", payload, patience=30)
        return time.perf_counter() - started

    before = len(slack.responses)
    waits = list(await asyncio.gather(*map(one, range(COMMANDS))))
    await slack.wait_for(lambda: len(slack.responses) >= before + COMMANDS, seconds=120)
    return waits


@asynccontextmanager
async def _bare_bolt(slack: FakeSlack) -> AsyncIterator[None]:
    base = f"{slack.url}/api/"
    bolt = AsyncApp(client=AsyncWebClient(token=BOT_TOKEN, base_url=base), logger=quiet_logger())

    @bolt.command("/papers")
    async def answer(ack: AsyncAck, respond: AsyncRespond) -> None:
        await ack()
        await respond(text="ok", blocks=[])

    handler = AsyncSocketModeHandler(
        bolt, APP_TOKEN, web_client=AsyncWebClient(token=APP_TOKEN, base_url=base)
    )
    await handler.connect_async()
    yield
    await handler.close_async()


@asynccontextmanager
async def _paperround(slack: FakeSlack) -> AsyncIterator[tuple[App, Engine]]:
    with tempfile.TemporaryDirectory() as folder:
        secrets = secrets_of("socket", slack, free_port())
        settings = Settings(data_dir=Path(folder), huggingface=False, **secrets)
        async with served(settings) as (app, engine):
            # It finds itself in channels that it does not know, and introduces itself.
            greeted = lambda: slack.counts["chat.postMessage"] >= CHANNELS  # noqa: E731 - shorter
            await slack.wait_for(greeted, seconds=60)
            yield app, engine


@asynccontextmanager
async def _idle(slack: FakeSlack) -> AsyncIterator[None]:
    async with _paperround(slack):
        yield


@asynccontextmanager
async def _in_a_round(slack: FakeSlack) -> AsyncIterator[None]:
    async with _paperround(slack) as (app, engine):
        ids = await _stock(app.database)
        slots = [Slot(channel_id, app.clock()) for channel_id in ids]
        rounds = asyncio.gather(*map(engine.run_slot, slots), return_exceptions=True)
        yield
        await rounds
        await slack.wait_for(lambda: _arrived(slack) >= CHANNELS * A_ROUND, seconds=300)
        # What arrived last is still noted, and its slots end.
        await asyncio.sleep(SETTLING_SECONDS)


def _arrived(slack: FakeSlack) -> int:
    return sum(len(slack.workspace.posts(f"C{n}")) for n in range(CHANNELS))


async def _stock(database: Database) -> list[int]:
    """Papers, and channels that each watch something in them."""
    now = datetime.now(UTC)
    ids = []
    async with database.write() as session:
        for number in range(300):
            await make.paper(session, f"Topic{number % 20} models, part {number}", at=now)
        for number in range(CHANNELS):
            channel = await make.channel(session, f"slack:{TEAM}/C{number}")
            text = f"topic{number % 20} model"
            await watches.add(session, channel.id or 0, text=text, typed=text, by="x", now=now)
            ids.append(channel.id or 0)
    return ids


Programs = Mapping[str, Callable[[FakeSlack], AbstractAsyncContextManager[Room]]]


async def _posts(programs: Programs) -> list[list[object]]:
    """Posts a second of each program, in turn, so that a busy moment strikes them alike.

    One post a second and channel is allowed, and every call takes a while.
    """
    rates: dict[str, list[float]] = {name: [] for name in programs}
    refused: Counter[str] = Counter()
    for _ in range(POST_RUNS):
        for name, program in programs.items():
            async with fake_slack(pace=TOLERATED_SECONDS) as slack, program(slack) as room:
                slack.delay = NETWORK_SECONDS
                started = time.perf_counter()
                await asyncio.gather(*map(room, range(CHANNELS)))
                rates[name].append(CHANNELS * POSTS / (time.perf_counter() - started))
                assert _arrived(slack) == CHANNELS * POSTS
                refused[name] += slack.counts["chat.postMessage"] - CHANNELS * POSTS
    middle = {name: statistics.median(found) for name, found in rates.items()}
    bare = next(iter(middle.values()))
    return [
        [name, f"{rate:.0f}", f"{rate / bare:.0%}", refused[name]] for name, rate in middle.items()
    ]


@asynccontextmanager
async def bare_posts(slack: FakeSlack) -> AsyncIterator[Room]:
    """slack_sdk alone, a post a second and channel."""
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(
            token=BOT_TOKEN,
            base_url=f"{slack.url}/api/",
            session=session,
            logger=quiet_logger(),
            retry_handlers=[AsyncRateLimitErrorRetryHandler()],
        )

        async def room(number: int) -> None:
            limit = AsyncLimiter(1, 1.0)
            for turn in range(POSTS):
                message = card_message(ORDINARY)
                async with limit:
                    await client.chat_postMessage(
                        channel=f"C{number}",
                        text=message.text,
                        blocks=message.blocks,
                        metadata={"event_type": "paperround_post", "event_payload": {"n": turn}},
                    )

        yield room


@asynccontextmanager
async def _chat_posts(slack: FakeSlack) -> AsyncIterator[Room]:
    wire = Wire(f"{slack.url}/api/")
    chat = SlackChat(OneToken(BOT_TOKEN, wire), wire, Deaf())

    async def room(number: int) -> None:
        for turn in range(POSTS):
            ref = ChannelRef("slack", TEAM, f"C{number}")
            await _patiently(chat, ref, f"{number}-{turn}")

    yield room
    await chat.stop()


async def _patiently(chat: SlackChat, ref: ChannelRef, delivery_id: str) -> None:
    """Post, and wait where Slack asks to, as the engine does."""
    while True:
        try:
            await chat.post(ref, ORDINARY, delivery_id=delivery_id)
        except NotSentError as error:
            await asyncio.sleep(error.retry_after or 1)
        else:
            return


@asynccontextmanager
async def _deliveries(slack: FakeSlack) -> AsyncIterator[Room]:
    wire = Wire(f"{slack.url}/api/")
    chat = SlackChat(OneToken(BOT_TOKEN, wire), wire, Deaf())
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/bench.sqlite")
        await database.migrate()
        due = await _due(database)
        delivery = Delivery(database, {"slack": chat}, lambda: datetime.now(UTC), "main")

        async def room(number: int) -> None:
            ids: Sequence[int] = due[number]
            while ids and (left := await delivery.deliver_all(ids)) is not None:
                await asyncio.sleep(left.pause)
                ids = left.post_ids

        yield room
        await database.close()
    await chat.stop()


async def _due(database: Database) -> list[list[int]]:
    async with database.write() as session:
        papers = [await make.paper(session, f"Paper {turn}") for turn in range(POSTS)]
        due = []
        for number in range(CHANNELS):
            channel = await make.channel(session, f"slack:{TEAM}/C{number}")
            due.append([(await make.post(session, channel, paper)).id or 0 for paper in papers])
    return due


if __name__ == "__main__":
    main()
