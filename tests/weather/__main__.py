"""`python -m tests.weather`: months of bad weather on each platform, and what came of them.

Exit 1 where something was lost, sent twice or given up in silence.
"""

import argparse
import asyncio
import tempfile
from datetime import UTC, datetime

from config.logging import configure_logging
from storage.database import Database
from tests.bench.results import BENCH_PAGE, table, write_section
from tests.weather.month import Month, Tally

COMMAND = "python -m tests.weather"
PLATFORMS = ("slack", "discord")
DAYS, MONTHS = 30, 3

_HEADER = (
    "month",
    "papers wanted",
    "lost",
    "doubled",
    "posted",
    "of these simpler",
    "dropped, a person told",
    "given up in silence",
    "refused: content",
    "place",
    "moment",
    "codes met",
    "restarts",
)

_NOTE = (
    "Thirty days of a virtual clock with real picks, deliveries and rows, and two calm days after "
    "them. Refusals are drawn by lot from each platform's own table of codes, with one that no "
    "table has and the pages of a shield: over one channel for up to 2.5 days, half of them "
    "unannounced, or over the whole platform for up to 1.5 days, where an answer may be lost "
    "though the message arrived. A tenth of the papers is refused until it is said simpler, a "
    "hundredth in every form. The process is killed in the middle of calls and started again about "
    "once in six hours; each start lists channels that still take nothing. Lost are papers that a "
    "watch matches and that did not come, those refused in every form aside; doubled counts posts, "
    "heads and details."
)


def main() -> None:
    """Simulate what was asked for and write the table."""
    asked = _arguments()
    configure_logging("CRITICAL", "text")
    rows, clean = asyncio.run(_months(asked.days, asked.months))
    body = f"{table(_HEADER, rows)}\n\n{_NOTE}"
    print(body)
    if (asked.days, asked.months) == (DAYS, MONTHS):
        today = datetime.now(UTC).date()
        write_section(BENCH_PAGE, "Weather", body, command=COMMAND, today=today)
    raise SystemExit(0 if clean else 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--days", type=int, default=DAYS, help="of each month")
    parser.add_argument("--months", type=int, default=MONTHS, help="of each platform")
    return parser.parse_args()


async def _months(days: int, months: int) -> tuple[list[list[object]], bool]:
    rows: list[list[object]] = []
    clean = True
    for platform in PLATFORMS:
        for seed in range(1, months + 1):
            tally = await _month(platform, seed, days)
            rows.append(_row(f"{platform} {seed}", tally))
            clean = clean and tally.is_clean
    return rows, clean


async def _month(platform: str, seed: int, days: int) -> Tally:
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/weather.sqlite")
        try:
            await database.migrate()
            return await Month(database, platform, seed).live(days)
        finally:
            await database.close()


def _row(name: str, tally: Tally) -> list[object]:
    met = tally.met
    counts = (tally.wanted, tally.lost, tally.doubled, tally.posted, tally.simpler, tally.dropped)
    refused = (met["content"], met["place"], met["moment"])
    codes = f"{tally.codes} of {tally.known}"
    return [name, *counts, tally.untold, *refused, codes, tally.restarts]


if __name__ == "__main__":
    main()
