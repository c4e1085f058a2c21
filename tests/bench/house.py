"""What an install weighs, what a start and a question cost, and how many files an act passes.

Run `python -m tests.bench.house`: it installs today's tree and that of `BEFORE` freshly, each into
an environment of its own, measures both in the same way, and writes a section of
tests/bench/RESULTS.md. It needs the history, the package index and real input beside the checkout.
"""

import gzip
import http.cookiejar
import http.server
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from statistics import median

from tests.bench.results import BENCH_PAGE, table, write_section
from tests.shared import SHARED

ROOT = Path(__file__).resolve().parents[2]
COMMAND = "python -m tests.bench.house"
BEFORE = "aa6bc97"
"""The last state of the tree with 322 modules."""

PAPERS, RUNS, REST_SECONDS = 2_900, 5, 20
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Tree:
    """A state of the project, installed in an environment of its own."""

    source: Path
    environment: Path

    def command(self, *words: str, traced: Path | None = None) -> list[str]:
        """How to run `paperround` of this tree; `traced` is where the files entered are noted."""
        python = str(self.environment / "bin" / "python")
        if traced is None:
            return [str(self.environment / "bin" / "paperround"), *words]
        return [python, str(Path(__file__).with_name("entered.py")), str(traced), *words]


def main() -> None:
    """Measure both trees and write the table."""
    if SHARED is None:
        print("no ../shared/data beside the checkout: a question is not measured")
        return
    with tempfile.TemporaryDirectory() as folder, _installed(Path(folder)) as (before, after):
        columns = [_measured(tree, Path(folder)) for tree in (before, after)]
    rows = [[name, *(column[name] for column in columns)] for name in columns[0]]
    head = ["", f"before ({BEFORE})", "after"]
    heaviest = f"The heaviest of the install after: {columns[1].pop('heaviest')}."
    body = table(head, [row for row in rows if row[0] != "heaviest"])
    today = datetime.now(UTC).date()
    note = f"{_NOTE}\n\n{heaviest}"
    write_section(BENCH_PAGE, "The house", f"{body}\n\n{note}", command=COMMAND, today=today)


_NOTE = (
    "Processor times are of all processes that the command starts, the median of "
    f"{RUNS}; memory is resident, of all of them, {REST_SECONDS} s after the first card. Files "
    "entered are those of bot, storage and config in which a function runs in each of three tries, "
    "while a vote is given and stored, a feed's new entry is read until its card stands in the "
    "channel, and a typed watch is answered, all in the local chat."
)


@contextmanager
def _installed(folder: Path) -> Iterator[tuple[Tree, Tree]]:
    """Both trees, each with a fresh environment."""
    trees = []
    for name, revision in (("before", BEFORE), ("after", "HEAD")):
        source = folder / name
        packed = subprocess.run(
            ["git", "archive", revision], cwd=ROOT, check=True, capture_output=True
        )
        source.mkdir()
        subprocess.run(["tar", "-x", "-C", str(source)], input=packed.stdout, check=True)
        environment = folder / f"{name}-venv"
        subprocess.run(
            [sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True
        )
        pip = ["python3", "-m", "pip", "--python", str(environment), "install", "-q"]
        constraints = str(source / "config" / "constraints.txt")
        subprocess.run([*pip, "-c", constraints, str(source)], check=True)
        trees.append(Tree(source, environment))
    yield trees[0], trees[1]


def _measured(tree: Tree, folder: Path) -> dict[str, str]:
    work = folder / f"{tree.source.name}-work"
    work.mkdir()
    cards = [_first_card(tree, work / f"demo{number}", rest=False) for number in range(RUNS)]
    entered = _walks(tree, work / "walks")
    return {
        "a fresh install, MB": f"{_size(tree.environment) / 1e6:.0f}",
        "heaviest": _heaviest(tree.environment),
        "`demo` to its first card, s of processor": f"{median(one for one, _ in cards):.2f}",
        "`demo` at rest, MB": f"{_first_card(tree, work / 'rest', rest=True)[1]:.0f}",
        f"`papers list` over {PAPERS:,} papers, s of processor": f"{_question(tree, work):.2f}",
        **{f"files entered: {name}": str(len(files)) for name, files in entered.items()},
    }


def _size(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if not each.is_symlink())


def _heaviest(environment: Path) -> str:
    packages = next((environment / "lib").glob("python*/site-packages"))
    sizes = {each.name: _size(each) / 1e6 for each in packages.iterdir() if each.is_dir()}
    first = sorted(sizes.items(), key=lambda one: -one[1])[:6]
    return ", ".join(f"{name} {size:.0f} MB" for name, size in first)


def _environ(folder: Path, **settings: str) -> dict[str, str]:
    folder.mkdir(parents=True, exist_ok=True)
    given = {f"PAPERROUND_{name.upper()}": value for name, value in settings.items()}
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PAPERROUND_DATA_DIR": str(folder / "kept"),
        "PAPERROUND_LOG_LEVEL": "WARNING",
        **given,
    }


class Chat:
    """A running program's local chat, as its page's script talks to it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )
        assert process.stdout is not None
        said = ""
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", said)):
            if not (line := process.stdout.readline()):
                raise RuntimeError(f"the program ended before it gave an address: {said}")
            said += line
        self.address = found[0]

    def get(self, path: str) -> str:
        with self._opener.open(self.address + path, timeout=60) as answer:
            return str(answer.read().decode())

    def post(self, path: str, **fields: str) -> None:
        request = urllib.request.Request(
            self.address + path,
            urllib.parse.urlencode(fields).encode(),
            {"X-Requested-With": "fetch", "Accept": "application/json"},
        )
        with self._opener.open(request, timeout=60) as answer:
            answer.read()

    def until(self, path: str, shown: str) -> str:
        """The page once it shows this; asks every twentieth of a second, for two minutes."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            page = self.get(path)
            if re.search(shown, page):
                return page
            time.sleep(0.05)
        raise TimeoutError(f"{path} does not show {shown}")


@contextmanager
def _serving(command: list[str], environ: dict[str, str]) -> Iterator[Chat]:
    process = subprocess.Popen(
        command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield Chat(process)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def _first_card(tree: Tree, folder: Path, *, rest: bool) -> tuple[float, float]:
    """Seconds of processor to the first card, and megabytes then or, at `rest`, later."""
    with _serving(tree.command("demo", "--port", "0"), _environ(folder)) as chat:
        chat.until("/", 'class="title"')
        spent = sum(_spent(pid) for pid in _family(chat.process.pid))
        if rest:
            time.sleep(REST_SECONDS)
        return spent, sum(_resident(pid) for pid in _family(chat.process.pid))


def _family(pid: int) -> list[int]:
    """A process and all that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    return [pid, *(each for child in children for each in _family(int(child)))]


def _spent(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / _TICKS


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def _question(tree: Tree, work: Path) -> float:
    """Seconds of processor that `paperround papers list` takes on an install with papers."""
    assert SHARED is not None
    environ = _environ(work / "question", huggingface="false")
    lines = gzip.decompress((SHARED / "hf_daily_papers" / "papers.jsonl.gz").read_bytes())
    papers = work / "papers.jsonl"
    papers.write_bytes(b"\n".join(lines.splitlines()[:PAPERS]) + b"\n")

    def run(*words: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(tree.command(*words), env=environ, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    run("import", str(papers))
    run("watch", "add", "--channel", "local:general", "mixture of experts")
    return median(run("papers", "list") for _ in range(RUNS))


def _walks(tree: Tree, folder: Path) -> dict[str, set[str]]:
    """The files entered in each of three tries of each walk."""
    noted = folder / "entered.json"
    with _feed() as feed:
        environ = _environ(folder, huggingface="false", feeds=feed.address, allow_hosts="127.0.0.1")
        with _serving(tree.command("run", "--port", "0", traced=noted), environ) as chat:
            return _walked(chat, feed, noted)


def _walked(chat: Chat, feed: "Feed", noted: Path) -> dict[str, set[str]]:
    chat.post("/channels", name="general")
    chat.until("/c/general", "general")
    chat.post("/c/general/say", text="watch sparse routing")
    chat.post("/c/general/say", text="limit 50")
    chat.post("/round")  # What a feed holds when it is first read is only for previews.

    def tries(walk: Callable[[int], None]) -> set[str]:
        return set.intersection(*(_entered(chat.process, noted, walk, n) for n in range(3)))

    found = {"a feed's entry to its card": tries(partial(_read, chat, feed))}
    page = chat.until("/c/general", "Sparse routing number 2")
    message = re.findall(r"/m/([0-9]+)/react", page)[-1]
    found["a vote until it counts"] = tries(partial(_vote, chat, message))
    found["a typed watch to its answer"] = tries(partial(_watch, chat))
    chat.until("/c/general", "topic number 2")
    return found


def _read(chat: Chat, feed: "Feed", number: int) -> None:
    feed.titles.append(f"Sparse routing number {number}")
    chat.post("/round")


def _vote(chat: Chat, message: str, number: int) -> None:
    chat.post(f"/m/{message}/react", emoji="👍👎🔥"[number], back="general")


def _watch(chat: Chat, number: int) -> None:
    chat.post("/c/general/say", text=f"watch topic number {number}")


def _entered(
    process: subprocess.Popen[str], noted: Path, walk: Callable[[int], None], number: int
) -> set[str]:
    """The files that a walk enters: entered.py begins and ends its list on a signal."""
    process.send_signal(signal.SIGUSR1)
    time.sleep(0.3)
    walk(number)
    time.sleep(1)
    noted.unlink(missing_ok=True)
    process.send_signal(signal.SIGUSR2)
    deadline = time.monotonic() + 60
    while not noted.exists():
        if time.monotonic() > deadline:
            raise TimeoutError("the files entered were not noted")
        time.sleep(0.05)
    return set(json.loads(noted.read_text(encoding="utf-8")))


class Feed(http.server.ThreadingHTTPServer):
    """An RSS feed on loopback whose entries are the titles it was given."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.titles: list[str] = ["An old entry"]
        self.address = f"http://127.0.0.1:{self.server_address[1]}/feed.xml"


class _Answer(http.server.BaseHTTPRequestHandler):
    server: Feed

    def do_GET(self) -> None:
        date = format_datetime(datetime.now(UTC))
        items = "".join(
            f"<item><title>{title}</title><guid>{number}</guid><pubDate>{date}</pubDate>"
            f"<link>https://example.org/{number}</link></item>"
            for number, title in enumerate(self.server.titles)
        )
        body = f'<rss version="2.0"><channel><title>A feed</title>{items}</channel></rss>'.encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/rss+xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@contextmanager
def _feed() -> Iterator[Feed]:
    feed = Feed()
    threading.Thread(target=feed.serve_forever, daemon=True).start()
    try:
        yield feed
    finally:
        feed.shutdown()


if __name__ == "__main__":
    main()
