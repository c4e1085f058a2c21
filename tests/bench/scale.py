"""A day's round of a large host on one process: real papers, watches, database, picks and claims.

Run `python -m tests.bench.scale --channels 500 1000`; 10,000 channels are the host of the issue.
Every channel has 20 watches, and 1,500 papers come a day. Time is virtual: the platform answers
at once and keeps account of when each post would have been allowed, at one a second in a channel
and 300 a minute in a workspace of 20 channels. Needs real input beside the checkout; writes the
section "Scale" of tests/bench/RESULTS.md.
"""

import argparse
import asyncio
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from bot.app import App, build_app
from bot.cards.card import Card
from bot.chat import ChannelRef, MessageRef
from bot.rounds.due import due_channels
from config.logging import configure_logging
from config.settings import Settings
from storage import install, sources
from storage.models import Channel, ChannelState, Paper, Sighting, Watch, Workspace
from tests.bench.matching.watches import grow
from tests.bench.real import Sample, arxiv
from tests.bench.results import BENCH_PAGE, table, write_section
from tests.fakes import FakePlatform

WATCHES, PAPERS, DAYS, NEIGHBOURS = 20, 1_500, 7, 20
CHANNEL_SECONDS, WORKSPACE_SECONDS = 1.0, 60 / 300
NINE = datetime(2026, 3, 9, 9, 1, tzinfo=UTC)


class Limited(FakePlatform):
    """Takes every post at once, and knows when the last would have been allowed."""

    name = "slack"

    def __init__(self) -> None:
        super().__init__()
        self.in_channel: Counter[ChannelRef] = Counter()
        self.in_workspace: Counter[str] = Counter()

    async def post(self, channel: ChannelRef, card: Card, **marks: Any) -> MessageRef:
        self.in_channel[channel] += 1
        self.in_workspace[channel.workspace] += 1
        return MessageRef(channel, f"{channel}-{self.in_channel[channel]}")

    @property
    def allowed_after(self) -> float:
        """Seconds after which the last post may be there, by the limits alone."""
        channel = max(self.in_channel.values(), default=0) * CHANNEL_SECONDS
        return max(channel, max(self.in_workspace.values(), default=0) * WORKSPACE_SECONDS)


class Clocked:
    """Seconds of the wall that each step took, in order."""

    def __init__(self) -> None:
        self.steps: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.steps[name] = time.perf_counter() - began


def main() -> None:
    """Measure each size in turn, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--channels", type=int, nargs="+", default=[500, 1_000])
    sizes = parser.parse_args().channels
    configure_logging("ERROR", "text")
    rows = [asyncio.run(_measure(size)) for size in sizes]
    steps = list(rows[0])
    lines = [[step, *(row[step] for row in rows)] for step in steps]
    header = ["", *(f"{size:,} channels" for size in sizes)]
    command = f"python -m tests.bench.scale --channels {' '.join(map(str, sizes))}"
    body = f"{table(header, lines)}\n\n{_FACTS}"
    today = datetime.now(UTC).date()
    write_section(BENCH_PAGE, "Scale", body, command=command, today=today)


async def _measure(size: int) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder:
        platform, clocked = Limited(), Clocked()
        app = build_app(
            Settings(data_dir=Path(folder), huggingface=False), platforms={"slack": platform}
        )
        await app.prepare()
        papers = list(arxiv(0, PAPERS * DAYS))
        await _settle(app, size, papers[:-PAPERS])
        delivered = await _day(app, clocked, papers)
        found = app.matches.size
        await app.close()
    return _told(clocked, platform, size, delivered, found.matches)


async def _day(app: App, clocked: Clocked, papers: Sequence[Sample]) -> int:
    with clocked.step("start"):
        await app.matches.refresh(NINE)
    await _store(app, papers[-PAPERS:], PAPERS * (DAYS - 1))
    with clocked.step("match"):
        await app.matches.refresh(NINE)
    with clocked.step("tick"):
        slots = await due_channels(app.database, NINE)
    with clocked.step("pick"):
        posts = [await app.crew.rounds.pick(slot.channel_id, slot.at, NINE) for slot in slots]
    with clocked.step("deliver"):
        for start in range(0, len(posts), 50):
            await _at_once(
                [app.crew.delivery.deliver_all(ids) for ids in posts[start : start + 50]]
            )
    return sum(map(len, posts))


async def _at_once(work: Sequence[Awaitable[object]]) -> None:
    await asyncio.gather(*work)


async def _settle(app: App, size: int, papers: Sequence[Sample]) -> None:
    """Make workspaces, channels with their watches, and the papers of the days before."""
    workspaces = max(1, size // NEIGHBOURS)
    before = NINE - timedelta(days=30)
    async with app.database.write() as session:
        await session.exec(
            insert(Workspace),
            params=[
                {"platform": "slack", "external_id": f"T{n}", "name": ""} for n in range(workspaces)
            ],
        )
        await session.exec(
            insert(Channel), params=[_channel(n, workspaces, before) for n in range(size)]
        )
        watches = [
            {
                "channel_id": 1 + n % size,
                "text": watch.text,
                "typed": watch.text,
                "added_by": "bench",
                "added_at": before,
                "revision": n + 1,
            }
            for n, watch in enumerate(grow(size * WATCHES))
        ]
        await session.exec(insert(Watch), params=watches)
        row = await install.get(session)
        row.watch_revision = len(watches)
        session.add(row)
    await _store(app, papers, 0)


def _channel(number: int, workspaces: int, before: datetime) -> dict[str, Any]:
    place = number % workspaces
    made = Channel(
        workspace_id=1 + place,
        address=f"slack:T{place}/C{number}",
        name=f"c{number}",
        schedule="daily 09:00 UTC",
        post_limit=5,
        threshold=80,
        beyond=1,
        state=ChannelState.ACTIVE,
        created_at=before,
    )
    return made.model_dump(exclude={"id"})


async def _store(app: App, papers: Sequence[Sample], after: int) -> None:
    rows = [_paper(after + n, paper) for n, paper in enumerate(papers)]
    async with app.database.write() as session:
        source = await sources.add(session, kind="arxiv", spec="cs", name="cs", shared=True)
        await session.exec(insert(Paper), params=rows)
        sighted = [
            {"source_id": source.id, "paper_id": row["id"], "seen_at": NINE, "backlog": False}
            for row in rows
        ]
        await session.exec(insert(Sighting), params=sighted)


def _paper(number: int, paper: Sample) -> dict[str, Any]:
    seen = NINE - timedelta(days=DAYS - 1 - number // PAPERS, hours=1)
    made = Paper(
        id=number + 1,
        key=f"id:{number}",
        title=paper.title,
        abstract=paper.abstract,
        authors=list(paper.authors),
        categories=list(paper.categories),
        source=paper.source,
        first_seen_at=seen,
        updated_at=seen,
    )
    return made.model_dump()


def _told(
    clocked: Clocked, platform: Limited, size: int, delivered: int, matches: int
) -> dict[str, str]:
    took = clocked.steps
    round_seconds = sum(took[step] for step in ("match", "tick", "pick", "deliver"))
    return {
        "watches": f"{size * WATCHES:,}",
        "matches in the window": f"{matches:,}",
        "start: index and a window of six days from storage, s": f"{took['start']:.1f}",
        "match a day's 1,500 papers, s": f"{took['match']:.1f}",
        "one tick, ms": f"{took['tick'] * 1000:.0f}",
        "pick, ms a channel": f"{took['pick'] / size * 1000:.1f}",
        "claim and note, ms a post": f"{took['deliver'] / max(1, delivered) * 1000:.2f}",
        "posts": f"{delivered:,}",
        "the day's round, s of this process": f"{round_seconds:.0f}",
        "share of a day": f"{round_seconds / 864:.2f} %",
        "the platform's limits alone, s": f"{platform.allowed_after:.0f}",
        "peak memory so far, MB": f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024:,}",
    }


_FACTS = (
    "One process on SQLite, without the durable engine's own bookkeeping (a workflow a channel) "
    "and without waiting for the platform; all channels are due in the same minute, none has "
    "votes. Picking is the limit: one process's time, in proportion to the channels. Several "
    "workers are not measured here."
)


if __name__ == "__main__":
    main()
