"""`python -m tests.crash`: a trial for every crossing, and the table of what came of them."""

import argparse
import asyncio
import random
import signal
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from tests.bench.results import BENCH_PAGE, table, write_section
from tests.crash.campaign import try_all
from tests.crash.databases import DATABASES
from tests.crash.plan import Counts, every, points
from tests.crash.points import Kill
from tests.crash.rooms import PLATFORMS
from tests.crash.rows import Rows
from tests.crash.scenario import ALONE, SCENARIOS, Scenario
from tests.crash.source import serving_papers
from tests.crash.stage import Stage

SEATS = 6
"""Trials at the same time: most of each is waiting."""


_NOTE = (
    "A point is a place in the code from which a port is crossed (a statement, a commit, a call "
    "of the platform, a request, an event), found by instrumenting the ports. Of each point the "
    "first and the last crossing of the whole story are tried, before and after it; of a statement "
    "that only reads, the first, before it, beside the local chat. Of scenarios, whose rows say "
    "which, kills are drawn by lot. A trial has at most one kill in each scene, and each scene "
    "comes to its end in a new process before the next kill; where a trial goes wrong, each of its "
    "kills is tried alone. Kills are of processes (kill -9), not of the machine: databases may lie "
    "in memory, and Postgres does not sync. A kill that was not met is tried again, at last "
    "wherever its point is crossed first; what is never met is work in the background, or of the "
    "other of two workers, that was not there again. Lost and doubled count posts, heads, details, "
    "votes, papers, cursors, slots and watches at the end, beside a run of one process without a "
    "kill."
)


def main() -> None:
    """Try what was asked for; exit 1 where something was lost or doubled."""
    asked = _arguments()
    # Whoever ends it early leaves no server and no folder behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as opened:
        raise SystemExit(asyncio.run(_all(asked, opened)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument(
        "--all", action="store_true", help="every point; writes the table, unless narrowed"
    )
    how.add_argument("--sample", type=int, metavar="N", help="N points of each combination")
    how.add_argument("--only", metavar="TEXT", help="the points with this in their name")
    how.add_argument(
        "--table", action="store_true", help="write the table of what is in --rows so far"
    )
    how.add_argument("--list", action="store_true", help="the points, without any trial")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--platform", choices=PLATFORMS, action="append")
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--scenario", choices=[each.name for each in SCENARIOS], action="append")
    parser.add_argument("--seats", type=int, default=SEATS)
    parser.add_argument(
        "--most", type=int, metavar="N", help="with --all: at most N kills of each combination"
    )
    parser.add_argument(
        "--rows",
        type=Path,
        metavar="FILE",
        help="keep what came of each kill there, and go on after the last one",
    )
    parser.add_argument("--alone", action="store_true", help="each kill in a trial of its own")
    return parser.parse_args()


async def _all(asked: argparse.Namespace, opened: ExitStack) -> int:
    share = f"at most {asked.most}, seed {asked.seed}" if asked.most else "all"
    rows = Rows(asked.rows, share=share)
    if asked.table:
        _write(rows, asked.most)
        return 0
    unplayed = 0
    async with serving_papers() as source:
        for name in asked.database or DATABASES:
            database = opened.enter_context(DATABASES[name]())
            for scenario, platform in _wanted(name, asked):
                stage = Stage(platform, database, source, asked.seats, scenario)
                unplayed += not await _hold(stage, rows, asked)
    if asked.all and not (asked.platform or asked.database or asked.scenario):
        _write(rows, asked.most)
    return 1 if rows.faults or unplayed else 0


def _wanted(database: str, asked: argparse.Namespace) -> list[tuple[Scenario, str]]:
    return [
        (scenario, platform)
        for scenario in SCENARIOS
        for platform in scenario.platforms
        if database in scenario.databases
        and platform in (asked.platform or PLATFORMS)
        and scenario.name in (asked.scenario or [each.name for each in SCENARIOS])
    ]


async def _hold(stage: Stage, rows: Rows, asked: argparse.Namespace) -> bool:
    """Try what is left of one stage; False where its story fails without any kill."""
    left = rows.planned(stage.name)
    if left == []:
        return True
    try:
        counts = await stage.rehearse()
    except RuntimeError as error:
        print(error, flush=True)
        return False
    if asked.list:
        _list(counts)
        return True
    if left is None:
        left = _chosen(stage, counts, asked)
        rows.plan(stage.name, counts, left)
    await try_all(stage, left, partial(rows.add, stage.name), alone=asked.alone)
    print(*rows.row(stage.name), sep=" | ", flush=True)
    return True


def _chosen(stage: Stage, counts: Counts, asked: argparse.Namespace) -> list[Kill]:
    if asked.only:
        return [kill for kill in every(counts) if asked.only in str(kill)]
    # Reading is the same whatever the platform, so it is tried beside one of them.
    reads = stage.platform == "local chat" and stage.scenario is ALONE
    kills = stage.scenario.kills(counts, reads=reads)
    most = asked.sample or asked.most or len(kills)
    return random.Random(asked.seed).sample(kills, min(most, len(kills)))


def _list(counts: Counts) -> None:
    for each, count in sorted(counts.items(), key=str):
        print(f"{count:5} {each.name} in {each.scene}")
    print(f"{counts.total():5} crossings of {len(points(counts))} points")


def _write(rows: Rows, most: int | None) -> None:
    header = [
        "platform, database, scenario",
        "points",
        "crossings",
        "kills",
        "tried",
        "met",
        "lost",
        "doubled",
        "did not recover",
        "commit",
    ]
    share = f" Of these kills {most} of each combination were drawn by lot." if most else ""
    body = f"{table(header, map(rows.row, rows.stages))}\n\n{_NOTE}{share}"
    command = f"python -m tests.crash --all{f' --most {most}' if most else ''}"
    today = datetime.now(UTC).date()
    write_section(BENCH_PAGE, "Crashes", body, command=command, today=today)


if __name__ == "__main__":
    main()
