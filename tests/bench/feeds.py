"""A thousand feeds in one cycle, beside a bare loop of httpx and feedparser.

`python -m tests.bench.feeds` serves real journal feeds under a thousand addresses, each answer
200 ms late, polls them all as the engine does, and writes the table. The goal is 60 s on two cores.
"""

import asyncio
import io
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import feedparser
import httpx
import structlog

from bot.rounds.polling import Polling
from bot.sources.base import Source
from bot.sources.feed import Feed
from bot.sources.http import Fetcher
from bot.sources.parser_process import ProcessParser
from storage import sources
from storage.database import Database
from storage.models import SourceHealth
from tests.bench.real import shared_data
from tests.bench.results import BENCH_PAGE, table, write_section
from tests.sources.replay import Answer, Asked, Replay

FEEDS = 1_000
LATE = 0.2
AT_ONCE = 50
_TYPICAL = 60_000


def bodies() -> list[bytes]:
    """Real journal feeds of a usual size."""
    paths = sorted((shared_data() / "journal_feeds").glob("*.*"))
    found = [path.read_bytes() for path in paths if path.is_file()]
    return [body for body in found if 2_000 < len(body) < _TYPICAL]


class Late(Replay):
    """Answers 200 ms after it was asked."""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(LATE)
        await super().serve(reader, writer)


async def side_by_side(work: Callable[[int], Awaitable[int]]) -> tuple[float, float, int]:
    """Seconds, seconds of processor, and entries in all."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> int:
        async with room:
            return await work(number)

    before, spent = time.perf_counter(), sum(os.times()[:4])
    counts = await asyncio.gather(*(one(number) for number in range(FEEDS)))
    return time.perf_counter() - before, sum(os.times()[:4]) - spent, sum(counts)


async def bare(url: str) -> tuple[float, float, int]:
    """Fetch with httpx and parse with feedparser in a thread; nothing is stored."""
    async with httpx.AsyncClient(timeout=60) as client:

        async def work(number: int) -> int:
            body = (await client.get(f"{url}/{number}")).content
            parsed = await asyncio.to_thread(feedparser.parse, io.BytesIO(body))
            return len(parsed.entries)

        return await side_by_side(work)


async def ours(url: str, folder: str) -> tuple[float, float, int, int]:
    """Poll as the engine does: fetch, parse in processes, store papers, move the cursor."""
    database = Database(f"sqlite:///{folder}/papers.sqlite")
    await database.migrate()
    async with database.write() as session:
        ids = [
            (await sources.add(session, kind="feed", spec=f"{url}/{n}", name=str(n))).id or 0
            for n in range(FEEDS)
        ]
    fetcher, parser = Fetcher(allow_hosts=["127.0.0.1"], limiters={}), ProcessParser()

    def opened(_kind: str, spec: str) -> Source:
        return Feed(fetcher, spec, parser)

    polling = Polling(database, opened, lambda: datetime.now(UTC))
    broken = 0

    async def work(number: int) -> int:
        nonlocal broken
        polled = await polling.poll(ids[number])
        assert polled is not None
        broken += polled.health is SourceHealth.BROKEN
        return polled.taken

    try:
        seconds, spent, taken = await side_by_side(work)
    finally:
        parser.close()
        await fetcher.aclose()
        await database.close()
    children = sum(os.times()[2:4])
    return seconds, spent + children, taken, broken


async def measure() -> str:
    served = bodies()
    # What polls log goes nowhere: a terminal would be measured with them.
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    load = os.getloadavg()[0]

    def answer(asked: Asked) -> Answer:
        return Answer(served[int(asked.path[1:]) % len(served)])

    late = Late(answer)
    server = await asyncio.start_server(late.serve, "127.0.0.1", 0, backlog=512)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    with tempfile.TemporaryDirectory() as folder:
        plain = await bare(url)
        polled = await ours(url, folder)
    server.close()
    rows = [
        ("httpx and feedparser in threads, nothing stored", f"{plain[0]:.1f}", f"{plain[1]:.1f}"),
        ("paperround, papers stored", f"{polled[0]:.1f}", f"{polled[1]:.1f}"),
    ]
    told = (
        f"\n\n{FEEDS:,} addresses with {len(served)} real journal feeds of up to "
        f"{_TYPICAL // 1000} KB, each answer {LATE * 1000:.0f} ms late, {AT_ONCE} at once. "
        f"{polled[3]} polls were broken. The server runs in the same process for both; processor "
        "time counts it, and parsing processes that ended. Other programs ran on the machine: its "
        f"load was {load:.1f} before the measurement, which stretches seconds and not those of "
        "processor."
    )
    return table(("in one cycle", "s", "s of processor"), rows) + told


def main() -> None:
    body = asyncio.run(measure())
    write_section(
        BENCH_PAGE,
        "1,000 feeds in one cycle",
        body,
        command="python -m tests.bench.feeds",
        today=datetime.now(UTC).date(),
    )
    print(body)


if __name__ == "__main__":
    main()
