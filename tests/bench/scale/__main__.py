"""A day's round of a large host on 1, 2 and 4 workers: everything real but platforms and clock.

Run `python -m tests.bench.scale`: 10,000 channels in 500 workspaces with 20 watches each, and 1,500
papers a day, all of them in every worker's index; of the channels a share is due in one minute, for
all of them would take these processors too long. Takes some ten minutes. Needs real input beside
the checkout; writes the section "Scale" of tests/bench/RESULTS.md.
"""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlmodel import col, func, select

from bot.ports import ChannelRef, MessageRef, Person, Reaction
from bot.rounds.learning.taste_store import TasteStore
from bot.rounds.learning.votes import VoteRecorder
from config.logging import configure_logging
from storage.database import Database
from storage.models import Channel, Post, PostState
from tests.bench.results import BENCH_PAGE, table, write_section
from tests.bench.scale.host import LIMIT, NINE, PAPERS, Host
from tests.bench.scale.limits import allowed
from tests.postgres import Postgres, running_postgres
from tests.shared import SHARED

_VOTES, _HALF_LIFE = 500, 60.0
_TICKS = os.sysconf("SC_CLK_TCK")
_LONGEST = 900
_BUSY = 0.85


@dataclass(frozen=True, slots=True)
class Outcome:
    """A round by some workers: seconds of the wall and of processors, memory, and what came.

    `idle` are the seconds in which the machine's processors had nothing to do, for anyone.
    """

    workers: int
    start: float
    start_mb: float
    upkeep: float
    seconds: float
    cpu: float
    postgres_cpu: float
    idle: float
    peak_mb: float
    matches: int
    posts: int
    doubled: int
    limits: dict[str, float]
    vote_ms: float


def main() -> None:
    """Measure with each number of workers in turn, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--channels", type=int, default=10_000)
    parser.add_argument("--due", type=int, default=300, help="channels due in one minute")
    parser.add_argument("--watches", type=int, default=20, help="of each channel")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    asked = parser.parse_args()
    if SHARED is None:
        sys.exit("no ../shared/data beside the checkout: there is nothing real to measure on")
    configure_logging("ERROR", "text")
    host = Host(asked.channels, min(asked.due, asked.channels), asked.watches)
    asyncio.run(_measure(host, asked.workers))


def _write(host: Host, outcomes: Sequence[Outcome]) -> None:
    body = _told(host, outcomes)
    print(body)
    write_section(
        BENCH_PAGE,
        "Scale",
        body,
        command=" ".join(["python -m tests.bench.scale", *sys.argv[1:]]),
        today=datetime.now(UTC).date(),
    )


async def _measure(host: Host, workers: Sequence[int]) -> None:
    """Write the section anew after each number of workers: the whole takes many minutes."""
    outcomes: list[Outcome] = []
    with running_postgres(durable=True) as server, tempfile.TemporaryDirectory() as folder:
        template = server.create()
        database = Database(server.url(template))
        await database.migrate()
        await host.settle(database)
        await database.close()
        for count in workers:
            outcomes.append(await _round(server, template, Path(folder), host, count))
            _write(host, outcomes)


async def _round(server: Postgres, template: str, folder: Path, host: Host, count: int) -> Outcome:
    url = server.url(server.create(template))
    database = Database(url)
    async with AsyncExitStack() as stack:
        began = time.perf_counter()
        workers = [await _started(stack, folder / f"{count}-{n}", url) for n in range(count)]
        ready = [await _answer(worker) for worker in workers]
        start = time.perf_counter() - began
        for worker in workers:
            _tell(worker, "night")
        nights = [await _answer(worker) for worker in workers]
        before, idle = await _postgres_cpu(database), _idle()
        began, moment = time.perf_counter(), time.time()
        for worker in workers:
            _tell(worker, str(moment))
        await _until_done(database, host)
        seconds, after = time.perf_counter() - began, await _postgres_cpu(database)
        idle = _idle() - idle
        for worker in workers:
            _tell(worker, "end")
        ended = [await _answer(worker) for worker in workers]
        await asyncio.gather(*(worker.wait() for worker in workers))
    posted = await _posted(database)
    outcome = Outcome(
        workers=count,
        start=start,
        start_mb=max(each["peak_mb"] for each in ready),
        upkeep=max(each["upkeep"] for each in nights),
        seconds=seconds,
        cpu=sum(each["round_cpu"] for each in ended),
        postgres_cpu=after - before,
        idle=idle,
        peak_mb=max(each["peak_mb"] for each in ended),
        matches=int(ready[0]["matches"]),
        posts=len(posted),
        doubled=len(posted) - len({mark for _, _, mark in posted}),
        limits=_limits(posted),
        vote_ms=await _voted(database, posted[:_VOTES]),
    )
    await database.close()
    print(outcome, file=sys.stderr, flush=True)
    return outcome


async def _started(stack: AsyncExitStack, folder: Path, url: str) -> Process:
    command = [sys.executable, "-m", "tests.bench.scale.worker", str(folder), url]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    stack.callback(_end, process)
    return process


def _end(process: Process) -> None:
    if process.returncode is None:
        process.kill()


def _tell(worker: Process, line: str) -> None:
    assert worker.stdin is not None
    worker.stdin.write(f"{line}\n".encode())


async def _answer(worker: Process) -> dict[str, Any]:
    assert worker.stdout is not None
    said: dict[str, Any] = json.loads(await worker.stdout.readline())
    return said


async def _until_done(database: Database, host: Host) -> None:
    """Until every channel that was due has been through its slot and nothing is left to send."""
    slots = select(func.count()).select_from(Channel).where(col(Channel.last_slot_at) > _SINCE)
    left = select(func.count()).select_from(Post).where(col(Post.state) != PostState.POSTED)
    async with asyncio.timeout(_LONGEST):
        while True:
            async with database.read() as session:
                done = (await session.exec(slots)).one() == host.due
                if done and not (await session.exec(left)).one():
                    return
            await asyncio.sleep(0.5)


_SINCE = NINE.replace(hour=8)


async def _posted(database: Database) -> list[tuple[str, datetime, str]]:
    """Address, time and message of every post."""
    statement = select(Channel.address, Post.posted_at, Post.message).join(
        Channel, col(Channel.id) == col(Post.channel_id)
    )
    async with database.read() as session:
        return [
            (place, at, mark) for place, at, mark in await session.exec(statement) if at and mark
        ]


def _limits(posted: Sequence[tuple[str, datetime, str]]) -> dict[str, float]:
    last = allowed((address, at) for address, at, _ in posted)
    return {name: (at - NINE).total_seconds() for name, at in last.items()}


async def _voted(database: Database, posted: Sequence[tuple[str, datetime, str]]) -> float:
    """Milliseconds that one vote takes, each kept and learned in a transaction of its own."""
    recorder = VoteRecorder(database, TasteStore(_HALF_LIFE))
    began = time.perf_counter()
    for number, (address, at, mark) in enumerate(posted):
        message = MessageRef(ChannelRef.parse(address), mark)
        await recorder.record(
            Reaction(message, Person(f"U{number % 40}", ""), "👍", added=True, at=at)
        )
    return (time.perf_counter() - began) / max(1, len(posted)) * 1e3


async def _postgres_cpu(database: Database) -> float:
    """Seconds that the server and all that it started have used: those that ended, too."""
    async with database.read() as session:
        backend = (await session.exec(select(func.pg_backend_pid()))).one()
    server = _stat(backend)[1]
    living = [ticks for ticks, parent in map(_stat, _processes()) if parent == server]
    return (_stat(server, children=True)[0] + sum(living)) / _TICKS


def _idle() -> float:
    """Seconds that the machine's processors, all together, had nothing to do since it began."""
    return int(Path("/proc/stat").read_text(encoding="ascii").split()[4]) / _TICKS


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _stat(pid: int, *, children: bool = False) -> tuple[int, int]:
    """Ticks of the processor, with those of ended children if asked for, and the parent."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return 0, 0
    fields = text.rpartition(")")[2].split()
    return sum(map(int, fields[11 : 15 if children else 13])), int(fields[1])


def _told(host: Host, outcomes: Sequence[Outcome]) -> str:
    share = host.channels / host.due
    rows = {
        "start: index and a window of seven days, s": [f"{one.start:.0f}" for one in outcomes],
        "the night's upkeep, which learns from 6,000 papers, s": [
            f"{one.upkeep:.0f}" for one in outcomes
        ],
        f"the round of {host.due:,} channels, s": [f"{one.seconds:.0f}" for one in outcomes],
        "channels a second": [f"{host.due / one.seconds:.1f}" for one in outcomes],
        "posts": [f"{one.posts:,}" for one in outcomes],
        "of them twice": [f"{one.doubled}" for one in outcomes],
        "ms of the workers' processors a channel": [
            f"{one.cpu / host.due * 1e3:.0f}" for one in outcomes
        ],
        "ms of Postgres's a channel": [
            f"{one.postgres_cpu / host.due * 1e3:.0f}" for one in outcomes
        ],
        "processors used, of 2" if os.cpu_count() == 2 else "processors used": [
            f"{(one.cpu + one.postgres_cpu) / one.seconds:.2f}" for one in outcomes
        ],
        "what is the limit": [_limit(one) for one in outcomes],
        "a vote, ms": [f"{one.vote_ms:.1f}" for one in outcomes],
        "Slack's limits allow the last post after, s": [
            f"{one.limits['slack']:.0f}" for one in outcomes
        ],
        "Discord's, s": [f"{one.limits['discord']:.0f}" for one in outcomes],
        "peak memory of a worker's start, MB": [f"{one.start_mb:,.0f}" for one in outcomes],
        "of the one with the upkeep and a round, MB": [f"{one.peak_mb:,.0f}" for one in outcomes],
        f"all {host.channels:,} channels at this rate, minutes": [
            f"{one.seconds * share / 60:.0f}" for one in outcomes
        ],
        "which is of a day": [f"{one.seconds * share / 864:.1f} %" for one in outcomes],
    }
    header = ["", *(f"{one.workers} worker{'s' * (one.workers > 1)}" for one in outcomes)]
    lines = [[name, *cells] for name, cells in rows.items()]
    return f"{table(header, lines)}\n\n{_facts(host, outcomes[0])}"


def _limit(one: Outcome) -> str:
    """What kept a round from being faster; a worker's Python runs on one processor at a time."""
    if (one.cpu + one.postgres_cpu) / one.seconds > _BUSY * (os.cpu_count() or 1):
        return "the machine's processors"
    if one.cpu / one.seconds / one.workers > _BUSY:
        return "each worker's one processor"
    if one.idle / one.seconds < 1 - _BUSY:
        return "other programs on this machine"
    return "waiting for commits"


def _facts(host: Host, first: Outcome) -> str:
    discord = host.channels / 2 * LIMIT / 50
    return (
        f"{host.channels:,} channels in {host.workspaces:,} workspaces, half on Slack and half on "
        f"Discord, {host.watches:,} watches, {PAPERS:,} papers a day and {first.matches:,} matches "
        f"in a window of seven days: all of them in each worker. Of the channels {host.due:,} are "
        "due in one minute and run; the last two lines scale that up by the number of channels. "
        "Workers are processes with the durable engine, claims and notes on one Postgres, which "
        "keeps its data over a power cut, in files that lie where temporary files do; all share "
        "the processors. Virtual are the clock, which stands at midnight for the day's upkeep and "
        "at nine when the round begins, and the platforms, which take a post at once: when their "
        "limits would have allowed the last one is reckoned from the times of the posts (Slack: 1 "
        "a second in a channel, 300 a minute in a workspace; Discord: 5 in 5 s in a channel, 50 a "
        f"second of the bot in all, so that the whole day's posts take it {discord:.0f} s whatever "
        "we do). Votes come one after the other when the round is over. No channel has votes "
        "before it."
    )


if __name__ == "__main__":
    main()
