"""A year of an install, day by day in virtual time: what it holds at the end of each month.

Run `python -m tests.bench.year`: 365 days of rounds, votes, commands and upkeep on the real engine
and SQLite, with what is old let go after 30 days. Needs real input beside the checkout; writes the
section "A year" of tests/bench/RESULTS.md.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bot.rounds.process.memory import share_arenas
from bot.serve import spare_the_collector
from bot.sources.base import Entry
from config.logging import configure_logging
from tests.bench.real import arxiv
from tests.bench.results import BENCH_PAGE, table, write_section
from tests.days import Days, Snapshot

CHANNELS, A_DAY, KEPT = 3, 40, 30
TOPICS = ("diffusion model", "language model", "agent", "benchmark", "reinforcement learning")
MONTH = 30


def main() -> None:
    """Let the days pass, and write the section."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    asked = parser.parse_args()
    configure_logging("ERROR", "text")
    share_arenas()
    asyncio.run(_lived(asked.days))


def _write(months: list[Snapshot], days: int) -> None:
    body = _told(months)
    print(body)
    command = f"python -m tests.bench.year --days {days}"
    write_section(BENCH_PAGE, "A year", body, command=command, today=datetime.now(UTC).date())


async def _lived(days: int) -> None:
    """Write the section anew after each month: the whole takes many minutes."""
    months = []
    with tempfile.TemporaryDirectory() as folder:
        async with Days(
            Path(folder), _papers(), TOPICS, channels=CHANNELS, a_day=A_DAY, kept=KEPT
        ) as install:
            spare_the_collector()
            while install.day < days:
                await install.live(min(MONTH, days - install.day))
                months.append(await install.snapshot())
                print(months[-1], flush=True)
                _write(months, days)


def _papers() -> Iterator[Entry]:
    for number, paper in enumerate(arxiv(0)):
        yield Entry(
            title=paper.title,
            abstract=paper.abstract,
            authors=list(paper.authors),
            categories=list(paper.categories),
            names=(f"id:{number}",),
        )


def _told(months: list[Snapshot]) -> str:
    header = [
        *("after day", "resident, MB", "objects, thousands", "blocks, thousands"),
        *("papers in the window", "posts", "of them with details", "papers", "with abstract"),
        *("votes", "database, MB", "engine's, MB"),
    ]
    rows = [
        [
            one.day,
            f"{one.rss / 2**20:.0f}",
            f"{one.objects / 1e3:.1f}",
            f"{one.blocks / 1e3:.1f}",
            one.window,
            f"{one.posts:,}",
            one.heavy,
            f"{one.papers:,}",
            f"{one.read:,}",
            one.votes,
            f"{one.database / 2**20:.1f}",
            f"{one.engine / 2**20:.1f}",
        ]
        for one in months
    ]
    return f"{table(header, rows)}\n\n{_FACTS}"


_FACTS = (
    f"{CHANNELS} channels with {len(TOPICS)} watches and a limit of 5, {A_DAY} real papers a day, "
    f"votes, commands and the daily upkeep; votes, posts and papers are kept {KEPT} days. All is "
    "real but the platform, which keeps nothing, the source and the clock. Of every post and every "
    "named paper a light row stays for ever, so that none is posted twice: that is what grows in "
    "the database. In memory, what was read of a paper is forgotten when no round asks for it for "
    "two days; of words 65,536 are remembered, and the lexicon learns up to 200,000: these "
    "fill in the first months. The base of texts is learned anew from time to time, from 6,000 "
    "papers in the end, which takes some 250 MB for a moment."
)


if __name__ == "__main__":
    main()
