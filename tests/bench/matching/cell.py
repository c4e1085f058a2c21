"""One cell of the benchmark: what is timed, on which papers and watches, and what comes out."""

import json
import resource
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time
from typing import Literal

from tests.bench.matching.watches import Watch
from tests.bench.real import Sample, arxiv

OURS, START = "Paperround", "Paperround's start"
BATCH, TEN = 1000, 10
Clock = Literal["wall", "cpu"]
_CLOCKS = {"wall": perf_counter, "cpu": process_time}
_PAPERS = 35_194
_SMALL_FROM = _PAPERS - 25_000


@dataclass(frozen=True, slots=True)
class Cell:
    """What to time: a subject, the first `watches` lines of `grown`, and `batch` papers, thrice.

    `warmed` papers go through first, so that caches are as full as a running bot's. `seconds`
    bounds a peer that is too slow for a whole batch, which then gets fewer papers. The "cpu" clock
    counts what all threads of the process computed, for a machine that others use. `stored` is a
    database with the same watches, for the start.
    """

    subject: str
    watches: int
    grown: str
    batch: int = BATCH
    warmed: int = 0
    seconds: float = 0
    clock: Clock = "wall"
    stored: str = ""

    @property
    def now(self) -> Callable[[], float]:
        """The cell's clock, in seconds."""
        return _CLOCKS[self.clock]

    def timed(self, work: Callable[[], object]) -> float:
        """Seconds that `work` took, by the cell's clock."""
        now = self.now
        start = now()
        work()
        return now() - start


@dataclass(frozen=True, slots=True)
class Figures:
    """Times in µs a paper unless named otherwise, memory in MB of the whole process.

    `unseen` is the median over batches; `sampled` says what was scaled up from less. Of the last
    line, which only our own index has, `lowest` is the time at a threshold of 60 on papers seen
    before, `alone` is one paper in a call of its own, and `explain`, `add` and `remove` are µs of
    one find or watch; `shares` and `alone_shares` are of the stages of a match, in a batch of
    unseen papers and alone.
    """

    subject: str
    watches: int
    build_s: float
    unseen: float
    tens: float
    finds: float
    base_mb: float
    peak_mb: float
    sampled: str = ""
    warm: float = 0
    alone: float = 0
    alone_p95: float = 0
    lowest: float = 0
    explain: float = 0
    learn: float = 0
    add: float = 0
    remove: float = 0
    index_mb: float = 0
    shares: dict[str, float] = field(default_factory=dict)
    alone_shares: dict[str, float] = field(default_factory=dict)


def measured_papers(batch: int, at: int) -> list[Sample]:
    """The batch number `at` (0-2) of the papers that are timed: the latest announced."""
    start = _PAPERS - (3 - at) * BATCH
    return list(arxiv(start, start + batch))


def measured_batches(batch: int, count: int) -> list[list[Sample]]:
    """The first `count` such batches, read in one go."""
    start = _PAPERS - 3 * BATCH
    papers = list(arxiv(start, start + count * BATCH))
    return [papers[at * BATCH : at * BATCH + batch] for at in range(count)]


def warming_papers(count: int) -> Iterator[list[Sample]]:
    """The `count` papers announced before the timed ones, in batches."""
    stop = _PAPERS - 3 * BATCH
    papers = arxiv(stop - count, stop)
    while batch := list(islice(papers, BATCH)):
        yield batch


def small_papers(count: int) -> list[Sample]:
    """Papers for small calls, announced before those that warm the caches."""
    return list(arxiv(_SMALL_FROM, _SMALL_FROM + count))


def read_watches(cell: Cell, start: int = 0, count: int | None = None) -> Iterator[Watch]:
    """The cell's watches, or `count` of the file's from `start`, read one after the other."""
    stop = start + (cell.watches if count is None else count)
    with Path(cell.grown).open(encoding="utf-8") as lines:
        for line in islice(lines, start, stop):
            yield Watch(**json.loads(line))


def write_watches(watches: Iterable[Watch], path: Path) -> None:
    """Write the file that cells read their watches from, one JSON object a line."""
    with path.open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(asdict(watch)) + "\n" for watch in watches)


def peak_mb() -> float:
    """The most memory this process ever held, in MB.

    Linux is asked for its high-water mark, because getrusage counts the parent's pages too until
    the child has replaced them.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines = status.read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
