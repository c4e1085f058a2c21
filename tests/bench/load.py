"""How quickly one process answers a crowd: reactions, commands, and a paper that has just come.

Run `python -m tests.bench.load`: 2,000 reactions at once, 50 commands at once over the papers of a
window, and how long after a paper's poll its instant post is sent, on the real engine and SQLite,
with how long the event loop was held meanwhile. Needs real input beside the checkout; writes the
section "A crowd" of tests/bench/RESULTS.md.
"""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import numpy as np
from sqlmodel import func, select

from bot.app import App
from bot.bootstrap import build_app
from bot.ports import ChannelRef, Command, MessageRef, Person, Reaction
from bot.rounds.engine import Engine
from bot.serve import spare_the_collector
from bot.sources.base import Entry, Fresh, Poll, Quiet
from config.logging import configure_logging
from config.settings import Settings
from storage import channels, sources, watches
from storage.models import Post, PostState, Vote
from tests.bench.real import arxiv
from tests.bench.results import BENCH_PAGE, table, write_section
from tests.fakes import Forgetful

COMMAND = "python -m tests.bench.load"
PAPERS, CHANNELS, POSTS, REACTIONS, COMMANDS, POLLS = 4_600, 20, 20, 2_000, 50, 5
WATCHED = (
    "diffusion model",
    "language model agent",
    "graph neural network",
    "speech recognition",
    "protein structure",
    "retrieval augmented generation",
    "robot manipulation",
    "reinforcement learning",
    "federated learning",
    "vision transformer",
)
TYPED = (
    "preview",
    "preview mixture of experts",
    "preview knowledge distillation",
    "search diffusion",
    "top week",
    "settings",
    "preview time series forecasting",
    "why {title}",
)
INSTANT = "a quantised wombat in the wild"
_LOOK_SECONDS = 0.01
_PATIENCE = 1_800


def main() -> None:
    """Measure all three and write them."""
    configure_logging("CRITICAL", "text")
    with tempfile.TemporaryDirectory() as folder:
        body = asyncio.run(_measured(Path(folder)))
    print(body)
    today = datetime.now(UTC).date()
    write_section(BENCH_PAGE, "A crowd", body, command=COMMAND, today=today)


@dataclass
class Loop:
    """The longest time for which the event loop did nothing else."""

    held: list[float] = field(default_factory=list)

    async def watch(self) -> None:
        """Look at the clock again and again, until cancelled."""
        while True:
            before = time.perf_counter()
            await asyncio.sleep(_LOOK_SECONDS)
            self.held.append(time.perf_counter() - before - _LOOK_SECONDS)


@asynccontextmanager
async def _watched() -> AsyncIterator[Loop]:
    loop = Loop()
    task = asyncio.create_task(loop.watch())
    await asyncio.sleep(0.05)
    try:
        yield loop
    finally:
        task.cancel()


class Spring:
    """A source that has what it was given since it was last asked."""

    def __init__(self) -> None:
        self.waiting: list[Entry] = []

    async def poll(self, cursor: object, now: datetime) -> Poll:
        """What came since, or nothing new."""
        taken, self.waiting = self.waiting, []
        return Fresh(taken, cursor={}) if taken else Quiet(cursor={})


class Timed(Forgetful):
    """A platform that notes when each card came."""

    def __init__(self) -> None:
        super().__init__("slack")
        self.came: dict[str, float] = {}

    async def post(self, channel: ChannelRef, card: object, **marks: object) -> MessageRef:
        self.came.setdefault(card.title, time.perf_counter())  # type: ignore[attr-defined]
        return MessageRef(channel, str(marks["delivery_id"]))


async def _measured(folder: Path) -> str:
    platform, spring = Timed(), Spring()
    app = build_app(
        Settings(data_dir=folder, huggingface=False, poll_minutes=1440),
        platforms={"slack": platform},
    )
    app.services.polling._open = lambda kind, spec: spring
    await app.prepare()
    await _fill(app)
    engine = app.engine()
    await engine.start()
    await _read_meanings(app)
    spare_the_collector()
    instant = _instant(app, engine, platform, spring)
    try:
        rows = []
        for measured in (_reactions(app, engine), _commands(app, engine), instant):
            rows.append(await measured)
            print(rows[-1], flush=True)
    finally:
        await engine.stop()
        await app.close()
    header = ["what", "done after, s", "of processor, s", "median, s", "worst, s"]
    header += ["event loop held, ms", "goal"]
    return table(header, rows)


async def _fill(app: App) -> None:
    """The papers of a window, channels that watch them, and posts to vote on."""
    real = list(arxiv(0, PAPERS))
    entries = [
        Entry(
            title=paper.title,
            abstract=paper.abstract,
            authors=list(paper.authors),
            categories=list(paper.categories),
            names=(f"id:{number}",),
        )
        for number, paper in enumerate(real)
    ]
    await app.services.polling.take(entries, "import", "files", shared=True)
    now = app.clock()
    async with app.database.write() as session:
        await sources.add(session, kind="feed", spec="spring", name="spring", shared=True)
        for number in range(CHANNELS):
            address = f"slack:T1/C{number}"
            channel = await channels.add(session, address, app.defaults, now)
            channel.greeted, channel.schedule = True, "off"
            for text in WATCHED:
                await watches.add(session, channel.id or 0, text=text, typed=text, by="U1", now=now)
        for number in range(POSTS):
            session.add(_post(number, now))
        instant = await channels.add(session, "slack:T1/CNOW", app.defaults, now)
        instant.greeted, instant.schedule, instant.last_paper_id = True, "instant", PAPERS
        await watches.add(session, instant.id or 0, text="wombat", typed="wombat", by="U1", now=now)


def _post(number: int, now: datetime) -> Post:
    return Post(
        channel_id=1 + number % 4,
        paper_id=1 + number,
        delivery_id=f"d{number}",
        message=f"m{number}",
        state=PostState.POSTED,
        slot_at=now,
        picked_at=now,
        posted_at=now,
    )


async def _read_meanings(app: App) -> None:
    """Wait until the window's papers have their vectors, as those of a running install do."""
    await app.matches.refresh(app.clock())
    async with asyncio.timeout(_PATIENCE):
        for number in range(CHANNELS):
            await app.services.rounds.refresh_nearness(number + 1)
        while np.count_nonzero(app.services.rounds.nearness._rows.any(axis=1)) < PAPERS:
            await asyncio.sleep(1)
            await app.services.rounds.refresh_nearness(1)


async def _reactions(app: App, engine: Engine) -> list[object]:
    inbox, now = app.inbox(engine), app.clock()
    given = [
        Reaction(
            MessageRef(ChannelRef("slack", "T1", f"C{number % POSTS % 4}"), f"m{number % POSTS}"),
            Person(f"U{number // POSTS}", f"U{number // POSTS}"),
            "👍" if number % 3 else "👎",
            added=True,
            at=now + timedelta(milliseconds=number),
        )
        for number in range(REACTIONS)
    ]
    async with _watched() as loop:
        began, used = time.perf_counter(), time.process_time()
        seconds = await _timed([inbox.reaction(each) for each in given])
        while await _counted(app) < REACTIONS:
            await asyncio.sleep(0.1)
        spent = time.perf_counter() - began, time.process_time() - used
    return _row(f"{REACTIONS:,} reactions counted", spent, seconds, loop, "20 s")


async def _counted(app: App) -> int:
    async with app.database.read() as session:
        return (await session.exec(select(func.count()).select_from(Vote))).one()


async def _commands(app: App, engine: Engine) -> list[object]:
    inbox = app.inbox(engine)
    await app.matches.refresh(app.clock())
    title = app.matches.window_papers[77].title
    typed = [
        Command(
            ChannelRef("slack", "T1", f"C{number % CHANNELS}"),
            Person(f"U{number}", f"U{number}"),
            TYPED[number % len(TYPED)].format(title=title),
        )
        for number in range(COMMANDS)
    ]
    async with _watched() as loop:
        began, used = time.perf_counter(), time.process_time()
        seconds = await _timed([inbox.command(each) for each in typed])
        spent = time.perf_counter() - began, time.process_time() - used
    return _row(f"{COMMANDS} commands over {PAPERS:,} papers", spent, seconds, loop, "5 s")


async def _instant(app: App, engine: Engine, platform: Timed, spring: Spring) -> list[object]:
    seconds = []
    async with app.database.read() as session:
        source = next(each for each in await sources.list_polled(session) if each.spec == "spring")
    # What a source holds when it is first read is never posted.
    spring.waiting = [Entry(title="First of all", names=("id:spring",))]
    await engine.poll([source])
    async with _watched() as loop:
        began, used = time.perf_counter(), time.process_time()
        for number in range(POLLS):
            title = f"{INSTANT}, part {number}"
            spring.waiting = [Entry(title=title, names=(f"id:spring {number}",))]
            async with app.database.read() as session:
                read = await sources.get(session, source.id or 0)
            assert read is not None
            polled = time.perf_counter()
            await engine.poll([read])
            while title not in platform.came:
                await asyncio.sleep(0.01)
            seconds.append(platform.came[title] - polled)
        spent = time.perf_counter() - began, time.process_time() - used
    return _row("an instant post after its poll", spent, seconds, loop, "5 s")


async def _timed(calls: Sequence[Awaitable[object]]) -> list[float]:
    """Seconds of each call, all begun at once."""

    async def one(call: Awaitable[object]) -> float:
        began = time.perf_counter()
        await call
        return time.perf_counter() - began

    return await asyncio.gather(*map(one, calls))


def _row(
    what: str, spent: tuple[float, float], seconds: Sequence[float], loop: Loop, goal: str
) -> list[object]:
    done, used = spent
    held = f"{1000 * max(loop.held):.0f}"
    return [
        what,
        f"{done:.1f}",
        f"{used:.1f}",
        f"{median(seconds):.1f}",
        f"{max(seconds):.1f}",
        held,
        goal,
    ]


if __name__ == "__main__":
    main()
