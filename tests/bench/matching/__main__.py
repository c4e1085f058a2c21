"""How fast is matching? `python -m tests.bench.matching [--watches N …] [--papers N] [--quick]`.

Real papers against real watches, our index beside its peers, each in a process of its own and all
in one run; the tables go to tests/bench/RESULTS.md.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from os import getloadavg
from pathlib import Path

from tests.bench.matching.cell import BATCH, OURS, START, Cell, Figures, read_watches, write_watches
from tests.bench.matching.stages import LABELS
from tests.bench.matching.targets import Run, growth, verdicts
from tests.bench.matching.time_peers import PEERS
from tests.bench.matching.time_start import store
from tests.bench.matching.watches import grow
from tests.bench.results import BENCH_PAGE, table, write_section

_SIZES = (100, 1_000, 10_000, 20_000, 100_000, 200_000)
_QUICK_SIZES = (100, 1_000, 10_000)
_SPARE = 1_000
"""Watches grown beyond the largest size, to be added to the full index."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the cells, print the tables and keep them, unless the run is a quick look."""
    asked = _parsed(arguments)
    with tempfile.TemporaryDirectory() as folder:
        grown = Path(folder) / "watches.jsonl"
        write_watches(grow(max(asked.watches) + _SPARE), grown)
        phrases = {size: _phrases(grown, size) for size in asked.watches}
        run = dict(_run(_cells(asked, grown)))
        starts = list(_starts(asked, grown)) if OURS in asked.only else []
    body = _report(run, starts, phrases, asked)
    print(body)
    if asked.write and not asked.quick:
        given = sys.argv[1:] if arguments is None else arguments
        command = " ".join(["python -m tests.bench.matching", *given])
        today = datetime.now(UTC).date()
        write_section(BENCH_PAGE, "Matching", body, command=command, today=today)


def _parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.matching", description=__doc__)
    parser.add_argument("--watches", type=int, nargs="+", metavar="N")
    parser.add_argument("--papers", type=int, default=BATCH, help="papers a timed batch")
    parser.add_argument("--only", nargs="+", choices=[OURS, *PEERS], default=[OURS, *PEERS])
    parser.add_argument("--quick", action="store_true", help="smaller, and not written down")
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--no-write", dest="write", action="store_false")
    asked = parser.parse_args(arguments)
    asked.watches = sorted(asked.watches or (_QUICK_SIZES if asked.quick else _SIZES))
    return asked


def _cells(asked: argparse.Namespace, grown: Path) -> Iterator[Cell]:
    warmed, seconds = (2_000, 1.0) if asked.quick else (20_000, 4.0)
    for size in asked.watches:
        for subject in asked.only:
            yield Cell(subject, size, str(grown), asked.papers, warmed, seconds, asked.clock)


def _starts(asked: argparse.Namespace, grown: Path) -> Iterator[Figures]:
    for size in asked.watches:
        stored = grown.parent / f"{size}.sqlite"
        cell = Cell(START, size, str(grown), clock=asked.clock, stored=str(stored))
        store(cell)
        yield from dict(_run([cell])).values()
        stored.unlink()


def _run(cells: Iterable[Cell]) -> Iterator[tuple[tuple[str, int], Figures]]:
    for cell in cells:
        print(f"{cell.subject}, {cell.watches:,} watches …", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "tests.bench.matching.measure", json.dumps(asdict(cell))]
        answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        yield (cell.subject, cell.watches), Figures(**json.loads(answer.stdout))


def _phrases(grown: Path, size: int) -> int:
    cell = Cell(OURS, size, str(grown))
    return len({text for watch in read_watches(cell) for text in watch.phrases})


def _report(
    run: Run, starts: Sequence[Figures], phrases: dict[int, int], asked: argparse.Namespace
) -> str:
    parts = [
        _heading(asked),
        _speed_table(run, phrases),
        _sampling(run),
        _OWN,
        _ours_table(run),
        *_stages_table(run),
        _START if starts else "",
        _starts_table(starts),
        "Batches of 10 papers, µs a paper, and peak memory, MB:",
        _peers_table(run),
        *verdicts(run, starts),
        _HOW,
    ]
    return "\n\n".join(part for part in parts if part)


def _heading(asked: argparse.Namespace) -> str:
    load = getloadavg()[2]
    return (
        f"µs a paper, in batches of {asked.papers:,} papers; ~ is scaled up from a sample. "
        f"{_CLOCKS[asked.clock]} The machine's load in the last 15 minutes was {load:.1f}."
    )


_CLOCKS = {
    "wall": "Times are by the clock on the wall.",
    "cpu": "Times are the processor's, cdist's halved for its two workers.",
}
_OWN = (
    "Our index on its own. Pairs are watches × papers; the exponent is that of time in watches "
    "since the line above; memory is the peak of the whole process, and what it held before."
)
_START = (
    "The bot's own start in a new process: every watch read out of its SQLite file, parsed and "
    "indexed, with no papers in the window."
)
_HOW = (
    "Watches are real keywords, author names and their combinations, all distinct. Papers are the "
    "latest 3,000 of the arXiv cut, in three batches of which the median is shown; 20,000 earlier "
    "ones warmed our caches (unseen), and warm is the same batch once more. Building is from the "
    "texts in storage to the first answer. Our times include reading every find's key and score at "
    "the default threshold of 80, which is the rapidfuzz scorers' cut-off too; evidence is worked "
    "out for the finds that someone reads. Those scorers use 2 workers, all others one thread; "
    "Aho-Corasick's time includes NFKC, casefold and punctuation to blanks; FTS5 and tantivy index "
    "each batch anew, timed, and run one query a watch. The scorers and Aho-Corasick are spared "
    "combining AND and NOT."
)


def _starts_table(starts: Sequence[Figures]) -> str:
    header = ["Watches", "start, s", "µs a watch", "peak, MB", "before, MB"]
    return table(header, map(_start_row, starts)) if starts else ""


def _start_row(it: Figures) -> list[str]:
    each = it.build_s * 1e6 / it.watches
    sizes = [f"{value:,.0f}" for value in (each, it.peak_mb, it.base_mb)]
    return [f"{it.watches:,}", f"{it.build_s:.2f}", *sizes]


def _subjects(run: Run) -> list[str]:
    return list(dict.fromkeys(subject for subject, _ in run))


def _sizes(run: Run) -> list[int]:
    return sorted({size for _, size in run})


def _speed_table(run: Run, phrases: dict[int, int]) -> str:
    peers = [subject for subject in _subjects(run) if subject != OURS]
    header = ["Watches", "phrases", *["ours, unseen", "ours, warm"], *peers]
    rows = []
    for size in _sizes(run):
        ours = run.get((OURS, size))
        own = [f"{ours.unseen:,.0f}", f"{ours.warm:,.0f}"] if ours else ["", ""]
        theirs = [_scaled(run[peer, size]) for peer in peers]
        rows.append([f"{size:,}", f"{phrases[size]:,}", *own, *theirs])
    return table(header, rows)


def _scaled(figures: Figures) -> str:
    return f"{'~' if figures.sampled else ''}{figures.unseen:,.0f}"


def _sampling(run: Run) -> str:
    sampled = [
        f"{subject} at {size:,}: {figures.sampled}"
        for (subject, size), figures in run.items()
        if figures.sampled
    ]
    return f"Sampled: {'; '.join(sampled)}." if sampled else ""


def _ours_table(run: Run) -> str:
    rows = [figures for (subject, _), figures in run.items() if subject == OURS]
    header = ["Watches", "million pairs/s", "finds a paper", "exponent"]
    header += ["warm at 60, µs", "tens, µs a paper"]
    header += ["one alone, µs", "its p95", "evidence, µs a find", "build, s"]
    header += ["add, µs", "remove, µs", "learn, µs a paper"]
    header += ["index, MB", "peak, MB", "before, MB"]
    return table(header, map(_ours_row, [None, *rows], rows)) if rows else ""


def _stages_table(run: Run) -> Iterator[str]:
    rows = [figures for (subject, _), figures in run.items() if subject == OURS]
    if any(it.shares for it in rows):
        yield "Where the time of a match goes, of unseen papers in a batch / of one alone:"
        yield table(["Watches", *LABELS], map(_stages_row, rows))


def _stages_row(it: Figures) -> list[str]:
    shares = ((it.shares.get(each, 0), it.alone_shares.get(each, 0)) for each in LABELS)
    return [f"{it.watches:,}", *(f"{batch:.0%} / {alone:.0%}" for batch, alone in shares)]


def _ours_row(before: Figures | None, it: Figures) -> list[str]:
    pairs = it.watches / it.unseen
    exponent = f"{growth(before, it):.2f}" if before else ""
    times = (it.lowest, it.tens, it.alone, it.alone_p95, it.explain)
    changes = (it.add, it.remove, it.learn, it.index_mb, it.peak_mb, it.base_mb)
    return [
        *(f"{it.watches:,}", f"{pairs:,.1f}", f"{it.finds:,.1f}", exponent),
        *(f"{value:,.0f}" for value in times),
        f"{it.build_s:.2f}",
        *(f"{value:,.0f}" for value in changes),
    ]


def _peers_table(run: Run) -> str:
    subjects = _subjects(run)
    with_tens = [subject for subject in subjects if any(run[subject, s].tens for s in _sizes(run))]
    header = ["Watches", *(f"{subject}, tens" for subject in with_tens)]
    header += [f"{subject}, MB" for subject in subjects]
    rows = (
        [
            f"{size:,}",
            *(f"{run[subject, size].tens:,.0f}" for subject in with_tens),
            *(f"{run[subject, size].peak_mb:,.0f}" for subject in subjects),
        ]
        for size in _sizes(run)
    )
    return table(header, rows)


if __name__ == "__main__":
    main()
