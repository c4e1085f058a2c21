"""How long a newcomer waits for the first card, and where the time of a big round goes.

Run `python -m tests.bench.rounds`; it needs real input beside the checkout for the round, and
writes both sections of tests/bench/RESULTS.md.
"""

import asyncio
import gzip
import json
import os
import re
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bot.app import App
from bot.bootstrap import build_app
from bot.errors import ExpressionError
from bot.matching.query.expression import parse
from bot.sources.base import Entry
from config.logging import configure_logging
from config.settings import Settings
from storage import channels, watches
from storage.channels import ChannelDefaults
from tests.bench.results import BENCH_PAGE, table, write_section
from tests.shared import SHARED

PAPERS, WATCHES, CHANNELS, PICKS = 1_000, 1_000, 100, 5
COMMAND = "python -m tests.bench.rounds"
RUNS = 5


def main() -> None:
    """Measure both and write them."""
    configure_logging("WARNING", "text")
    today = datetime.now(UTC).date()
    write_section(BENCH_PAGE, "First card of the demo", first_card(), command=COMMAND, today=today)
    if SHARED is None:
        print("no ../shared/data beside the checkout: the big round is not measured")
        return
    body = asyncio.run(big_round(SHARED))
    write_section(BENCH_PAGE, "One big round by step", body, command=COMMAND, today=today)


def first_card() -> str:
    """Seconds from starting `paperround demo` on an empty folder to the first card on its page."""
    runs = sorted(_start_demo() for _ in range(RUNS))
    median = runs[RUNS // 2][0]
    spread = f"{runs[0][0]:.1f}-{runs[-1][0]:.1f}"
    rows = [[f"{median:.1f}", spread, max(peak for _, peak in runs)]]
    return table(["s to the first card (median of 5)", "spread", "peak memory, MB"], rows)


def _start_demo() -> tuple[float, int]:
    with tempfile.TemporaryDirectory() as folder, _free_port() as port:
        environ = {**os.environ, "PAPERROUND_DATA_DIR": folder}
        command = [sys.executable, "-c", "from bot.cli import main; main()", "demo"]
        began = time.perf_counter()
        with subprocess.Popen(
            [*command, "--port", str(port)],
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as demo:
            _wait_for_card(port)
            seconds = time.perf_counter() - began
            peak = _peak_megabytes(demo.pid)
            demo.send_signal(signal.SIGINT)
            demo.wait(timeout=20)
        return seconds, peak


def _wait_for_card(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
                if b'class="title"' in page.read():
                    return
        except (urllib.error.URLError, ConnectionError):
            pass
        time.sleep(0.05)
    raise TimeoutError("no card within a minute")


def _peak_megabytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) // 1024 if found else 0


class _free_port:  # noqa: N801 - used as a context manager
    """A port that was free a moment ago."""

    def __enter__(self) -> int:
        with closing(socket.socket()) as probe:
            probe.bind(("127.0.0.1", 0))
            return int(probe.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""


async def big_round(shared: Path) -> str:
    """Milliseconds of each step of a round over real papers and real watches."""
    with tempfile.TemporaryDirectory() as folder:
        app = build_app(Settings(data_dir=Path(folder), huggingface=False))
        await app.prepare()
        steps = [step async for step in _steps(app, shared)]
        await app.close()
    total = sum(seconds for _, seconds, _ in steps)
    rows = [
        [name, f"{seconds * 1000:,.0f}", f"{seconds / total:.0%}", f"{count:,}"]
        for name, seconds, count in steps
    ]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    facts = f"{PAPERS:,} papers × {WATCHES:,} watches × {CHANNELS} channels; peak memory {peak} MB."
    return f"{table(['step', 'ms', 'share', 'things done'], rows)}\n\n{facts}"


async def _steps(app: App, shared: Path):
    entries, texts = _entries(shared), list(_watches(shared))
    yield (
        "store the papers",
        *await _timed(
            app.services.polling.take(entries, "import", "files", shared=True), len(entries)
        ),
    )
    ids = await _channels(app, texts)
    now = app.clock()
    yield "match every watch", *await _timed(app.matches.refresh(now), PAPERS * WATCHES)
    post_ids: list[int] = []

    async def pick() -> None:
        for channel_id in ids:
            post_ids.extend(await app.services.rounds.pick(channel_id, now, now))

    yield "pick for every channel", *await _timed(pick(), CHANNELS)

    async def deliver() -> None:
        for post_id in post_ids:
            await app.services.delivery.deliver(post_id)

    seconds, _ = await _timed(deliver(), 0)
    yield "claim, post and note", seconds, len(post_ids)


async def _timed(work: Awaitable[object], count: int) -> tuple[float, int]:
    began = time.perf_counter()
    await work
    return time.perf_counter() - began, count


async def _channels(app: App, texts: Sequence[str]) -> list[int]:
    now, ids = app.clock(), []
    async with app.database.write() as session:
        for number in range(CHANNELS):
            address = f"local:channel-{number}"
            channel = await channels.add(session, address, ChannelDefaults(), now)
            channel.post_limit = PICKS
            ids.append(channel.id or 0)
        for number, text in enumerate(texts):
            await watches.add(
                session, ids[number % CHANNELS], text=text, typed=text, by="bench", now=now
            )
    return ids


def _entries(shared: Path) -> list[Entry]:
    with gzip.open(shared / "hf_daily_papers" / "papers.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for _, line in zip(range(PAPERS), lines, strict=False)]
    return [
        Entry(names=(f"arxiv:{row['id']}",), title=row["title"], abstract=row["summary"])
        for row in rows
    ]


def _watches(shared: Path) -> Iterator[str]:
    """The first real watches that parse, each in its canonical form, none twice."""
    rows = json.loads((shared / "watches" / "watches_all.json").read_text(encoding="utf-8"))
    seen: set[str] = set()
    for row in rows:
        try:
            text = str(parse(row["keyword"]))
        except ExpressionError:
            continue
        if text not in seen:
            seen.add(text)
            yield text
        if len(seen) == WATCHES:
            return


if __name__ == "__main__":
    main()
