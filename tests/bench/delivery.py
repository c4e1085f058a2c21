"""What "once" costs: posts a second beside a bare loop of the same client, and ms a lone post.

Run `python -m tests.bench.delivery`; all run against the same strict local Slack, in turn, and the
section of tests/bench/RESULTS.md is written anew. Postgres keeps its data over a power cut here.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from datetime import UTC, datetime
from functools import partial

from bot.platforms.slack.adapter import SlackChat
from bot.platforms.slack.auth import OneToken, Wire
from bot.ports import ChannelRef
from bot.rounds.delivery.delivery import Delivery
from config.logging import configure_logging
from storage.database import Database
from tests import make
from tests.bench.results import BENCH_PAGE, table, write_section
from tests.bench.slack import CHANNELS, NETWORK_SECONDS, POSTS, bare_posts, fake_slack
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.workspace import BOT_TOKEN, TEAM
from tests.platforms.slack.cards import ORDINARY
from tests.platforms.slack.conftest import Deaf
from tests.postgres import running_postgres

COMMAND = "python -m tests.bench.delivery"
RUNS, LONE = 3, 60

Room = Callable[[int], Awaitable[None]]


def main() -> None:
    """Measure on both databases and write it."""
    configure_logging("ERROR", "text")
    with ExitStack() as opened:
        folder = opened.enter_context(tempfile.TemporaryDirectory())
        server = opened.enter_context(running_postgres(durable=True))
        places = {
            "SQLite": lambda n: f"sqlite:///{folder}/{n}.sqlite",
            "Postgres": lambda _: server.url(server.create()),
        }
        body = asyncio.run(_measure(places))
    today = datetime.now(UTC).date()
    write_section(BENCH_PAGE, "Delivery", body, command=COMMAND, today=today)
    print(body)


async def _measure(places: dict[str, Callable[[int], str]]) -> str:
    rates: dict[str, list[float]] = {name: [] for name in ("bare loop", *places)}
    for number in range(RUNS):
        rates["bare loop"].append(await _rate(bare_posts))
        for name, place in places.items():
            rates[name].append(await _rate(partial(_durable, place(number))))
    middle = {name: statistics.median(found) for name, found in rates.items()}
    rows = [
        [name, f"{rate:.0f}", f"{rate / middle['bare loop']:.0%}"] for name, rate in middle.items()
    ]
    lone = [["SlackChat alone", f"{await _lone_bare() * 1e3:.1f}", ""]]
    for name, place in places.items():
        alone, lasting = await _lone(place(RUNS))
        lone.append([f"with claims in {name}", f"{lasting * 1e3:.1f}", f"{alone * 1e3:.1f}"])
    first = table([f"{POSTS} posts to each of {CHANNELS} channels", "a second", "of bare"], rows)
    header = ["one post after the other, no network", "ms a post", "of it claim and note, ms"]
    return f"{first}\n\n{table(header, lone)}"


async def _rate(program: Callable[[FakeSlack], object]) -> float:
    """Posts a second, each call taking as long as over a network."""
    async with fake_slack() as slack, program(slack) as room:
        slack.delay = NETWORK_SECONDS
        began = time.perf_counter()
        await asyncio.gather(*map(room, range(CHANNELS)))
        return CHANNELS * POSTS / (time.perf_counter() - began)


@asynccontextmanager
async def _durable(place: str, slack: FakeSlack) -> AsyncIterator[Room]:
    async with _delivering(place, slack, CHANNELS, POSTS) as (delivery, due):

        async def room(number: int) -> None:
            await _patiently(delivery, due[number])

        yield room


@asynccontextmanager
async def _delivering(
    place: str, slack: FakeSlack, rooms: int, each: int
) -> AsyncIterator[tuple[Delivery, list[list[int]]]]:
    wire = Wire(f"{slack.url}/api/")
    chat = SlackChat(OneToken(BOT_TOKEN, wire), wire, Deaf())
    database = Database(place)
    await database.migrate()
    due = await _due(database, rooms, each)
    yield Delivery(database, {"slack": chat}, lambda: datetime.now(UTC), "main"), due
    await database.close()
    await chat.stop()


async def _due(database: Database, rooms: int, each: int) -> list[list[int]]:
    async with database.write() as session:
        papers = [await make.paper(session, f"Paper {turn}") for turn in range(each)]
        due = []
        for number in range(rooms):
            channel = await make.channel(session, f"slack:{TEAM}/C{number}")
            due.append([(await make.post(session, channel, paper)).id or 0 for paper in papers])
    return due


async def _patiently(delivery: Delivery, ids: Sequence[int]) -> None:
    while ids and (left := await delivery.deliver_all(ids)) is not None:
        await asyncio.sleep(left.pause)
        ids = left.post_ids


async def _lone_bare() -> float:
    """Seconds of a post alone, the median: the client and the platform's answer."""
    wire_times = []
    async with fake_slack() as slack:
        wire = Wire(f"{slack.url}/api/")
        chat = SlackChat(OneToken(BOT_TOKEN, wire), wire, Deaf())
        for number in range(LONE):
            began = time.perf_counter()
            ref = ChannelRef("slack", TEAM, f"C{number}")
            await chat.post(ref, ORDINARY, delivery_id=f"{number}")
            wire_times.append(time.perf_counter() - began)
        await chat.stop()
    return statistics.median(wire_times)


async def _lone(place: str) -> tuple[float, float]:
    """Median seconds of what is not the platform's call, and of all, in a durable post alone."""
    whole, calls = [], []
    async with fake_slack() as slack, _delivering(place, slack, LONE, 1) as (delivery, due):
        chat = delivery._sender._platforms["slack"]
        posting = chat.post

        async def timed(*args: object, **named: object) -> object:
            began = time.perf_counter()
            try:
                return await posting(*args, **named)
            finally:
                calls.append(time.perf_counter() - began)

        chat.post = timed
        for ids in due:
            began = time.perf_counter()
            await _patiently(delivery, ids)
            whole.append(time.perf_counter() - began)
    rest = [all_of_it - call for all_of_it, call in zip(whole, calls, strict=True)]
    return statistics.median(rest), statistics.median(whole)


if __name__ == "__main__":
    main()
