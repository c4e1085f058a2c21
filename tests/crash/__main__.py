"""`python -m tests.crash`: a trial for every crossing, and the table of what came of them."""

import argparse
import asyncio
import os
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.results import BENCH_PAGE, table, write_section
from tests.crash.databases import DATABASES
from tests.crash.plan import every, thinned
from tests.crash.rooms import PLATFORMS
from tests.crash.rows import Rows
from tests.crash.source import serving_papers
from tests.crash.trial import Outcome, Stage

SEATS = 6
"""Trials at the same time: most of each is waiting."""


_NOTE = (
    "A point is a place in the code from which a port is crossed (a statement, a commit, a call "
    "of the platform, a request, an event), found by instrumenting the ports. Of each point the "
    "first and the last crossing are tried, before and after it; of a statement that only reads, "
    "the first, before it, beside the local chat. Not met: the run came to its end without that "
    "crossing, as background polls may. Lost and doubled count posts, heads, details, votes, "
    "papers, cursors, slots and watches at the end, beside a run without a kill."
)


def main() -> None:
    """Try what was asked for; exit 1 where something was lost or doubled."""
    asked = _arguments()
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
    how.add_argument("--list", action="store_true", help="the points, without any trial")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--platform", choices=PLATFORMS, action="append")
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--seats", type=int, default=SEATS)
    parser.add_argument(
        "--most", type=int, metavar="N", help="with --all: at most N kills of each combination"
    )
    parser.add_argument(
        "--rows",
        type=Path,
        metavar="FILE",
        help="with --all: keep each combination's row there, and go on after the last one",
    )
    return parser.parse_args()


async def _all(asked: argparse.Namespace, opened: ExitStack) -> int:
    share = f"at most {asked.most}, seed {asked.seed}" if asked.most else "all"
    kept, bad = Rows(asked.rows, share=share), 0
    async with serving_papers() as source:
        for name in asked.database or DATABASES:
            database = opened.enter_context(DATABASES[name]())
            for platform in asked.platform or PLATFORMS:
                if (platform, name) in kept:
                    continue
                stage = Stage(platform, database, source, asked.seats)
                counts = await stage.rehearse()
                if asked.list:
                    _list(counts)
                    continue
                row, wrong = await _try(stage, counts, asked)
                kept.add(platform, name, row)
                bad += wrong
    if asked.all and not asked.platform and not asked.database:
        _write(kept.rows, asked.most)
    return 1 if bad or kept.faults else 0


async def _try(
    stage: Stage, counts: Counter[str], asked: argparse.Namespace
) -> tuple[list[object], int]:
    # Reading is the same whatever the platform, so it is tried beside one of them.
    kills = thinned(counts, reads=stage.platform == "local chat")
    if most := asked.sample or asked.most:
        kills = random.Random(asked.seed).sample(kills, min(most, len(kills)))
    if asked.only:
        kills = [kill for kill in every(counts) if asked.only in str(kill)]
    outcomes = []
    for trial in asyncio.as_completed([stage.try_kill(kill) for kill in kills]):
        outcome = await trial
        outcomes.append(outcome)
        _say(stage, outcome)
    row = _row(stage, counts, outcomes)
    print(*row, sep=" | ", flush=True)
    return row, sum(_wrong(outcome) for outcome in outcomes)


def _wrong(outcome: Outcome) -> bool:
    return bool(outcome.lost or outcome.doubled or outcome.trouble)


def _say(stage: Stage, outcome: Outcome) -> None:
    if not _wrong(outcome):
        return
    print(f"{stage.platform}, {stage.database.name}: {outcome.kill}", flush=True)
    for what, facts in (("lost", outcome.lost), ("doubled", outcome.doubled)):
        for line, count in sorted(facts.items()):
            print(f"  {what} {count} x {line[:160]}")
    if outcome.trouble:
        print(f"  {outcome.trouble}", flush=True)


def _row(stage: Stage, counts: Counter[str], outcomes: Sequence[Outcome]) -> list[object]:
    reached = [each for each in outcomes if each.reached]
    moments = Counter(each.kill.moment for each in reached)
    return [
        f"{stage.platform}, {stage.database.name}",
        len(counts),
        counts.total(),
        moments["before"],
        moments["after"],
        len(outcomes) - len(reached),
        sum(each.lost.total() for each in reached),
        sum(each.doubled.total() for each in reached),
        sum(bool(each.trouble) for each in reached),
    ]


def _list(counts: Counter[str]) -> None:
    for name, count in sorted(counts.items()):
        print(f"{count:5} {name}")
    print(f"{counts.total():5} crossings of {len(counts)} points")


def _write(rows: Sequence[Sequence[object]], most: int | None) -> None:
    header = [
        "platform, database",
        "points",
        "crossings",
        "killed before",
        "killed after",
        "not met",
        "lost",
        "doubled",
        "did not recover",
    ]
    share = f" Of these kills {most} of each combination were drawn by lot." if most else ""
    body = f"{table(header, rows)}\n\n{_NOTE}{share}"
    command = f"python -m tests.crash --all{f' --most {most}' if most else ''}"
    today = datetime.now(UTC).date()
    write_section(BENCH_PAGE, "Crashes", body, command=command, today=today)


if __name__ == "__main__":
    # Numerical libraries' threads do not survive a fork, and nobody needs them here.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
