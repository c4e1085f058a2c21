"""Feeds are parsed in processes of their own, which can be stopped and are bounded.

A thread cannot be stopped, whatever a feed makes it do; a process can. It is started when the
first feed comes, ended when none came for a while, and replaced when it was killed. Nothing that
it sends is run: both sides speak JSON.
"""

import asyncio
import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from bot.errors import NoFeedError, SourceError
from bot.sources.feed_parser import FeedHead, Item, ParsedFeed, parse

PROCESSOR_SECONDS = 10.0
"""Processor time that a feed may take; a usual one takes some hundredths of a second."""

WALL_SECONDS = 60.0
"""Time that a feed may take on a machine that is busy with other things."""

MEMORY = 768_000_000
"""Bytes of address space of a parsing process, most of which is libraries."""

LARGEST_ANSWER = 50_000_000
_IDLE_SECONDS = 60.0
_LOOK_SECONDS = 0.25
_NICE = 10
_SIZE = struct.Struct(">II")
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class FeedParser(Protocol):
    """Who parses a feed's body."""

    async def parse(self, where: str, body: bytes, *, url: str, content_type: str) -> ParsedFeed:
        """Read a body as `feed_parser.parse` does; raises SourceError."""
        ...


class ThreadParser:
    """Parses in a thread of this process: for files that a person hands over, and for tests."""

    async def parse(self, where: str, body: bytes, *, url: str, content_type: str) -> ParsedFeed:
        """Read a body; raises SourceError."""
        return await asyncio.to_thread(parse, where, body, url=url, content_type=content_type)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a feed may cost: seconds of processor and of waiting, bytes of memory."""

    processor: float = PROCESSOR_SECONDS
    wall: float = WALL_SECONDS
    memory: int = MEMORY


class ProcessParser:
    """Parses in up to `size` processes, one feed each at a time.

    A feed that takes more than `bounds` has its process killed and raises SourceError with the
    reason. Processes without work end after `idle` seconds. `close` ends all at once, whatever
    they do. May be called from any event loop and thread.
    """

    def __init__(
        self, size: int = 2, bounds: Bounds | None = None, idle: float = _IDLE_SECONDS
    ) -> None:
        self._bounds = bounds or Bounds()
        self._idle = idle
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="feed-parser")
        self._lock = threading.Lock()
        self._free: list[_Child] = []
        self._all: set[_Child] = set()
        self._closed = False
        self._timer: threading.Timer | None = None

    @property
    def processes(self) -> int:
        """How many processes there are just now."""
        return len(self._all)

    async def parse(self, where: str, body: bytes, *, url: str, content_type: str) -> ParsedFeed:
        """Read a body in a process; raises SourceError."""
        asked = {"where": where, "url": url, "content_type": content_type}
        loop = asyncio.get_running_loop()
        try:
            answer = await loop.run_in_executor(self._threads, self._ask, asked, body)
        except RuntimeError:
            raise SourceError(f"{where}: not parsed, for the program ends") from None
        if isinstance(answer, str):
            raise SourceError(answer)
        if "error" in answer:
            raise NoFeedError(answer["error"], answer["offers"])
        return _feed_of(answer)

    def close(self) -> None:
        """Kill every process; what is being parsed ends with SourceError."""
        with self._lock:
            self._closed = True
            busy, free = self._all.difference(self._free), self._free
            self._free = []
            if self._timer is not None:
                self._timer.cancel()
        for child in free:
            child.kill()
        for child in busy:
            # Its pipes belong to the thread that reads them, which sees their end.
            child.end()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _ask(self, asked: Mapping[str, str], body: bytes) -> Mapping[str, Any] | str:
        """What a process answers: a feed, or why there is none."""
        child = self._take()
        if child is None:
            return f"{asked['where']}: not parsed, for the program ends"
        try:
            answer = child.ask(asked, body, self._bounds)
        except _KilledError as error:
            child.kill()
            self._forget(child)
            return f"{asked['where']}: {error}"
        self._put_back(child)
        return answer

    def _take(self) -> "_Child | None":
        with self._lock:
            if self._closed:
                return None
            while self._free:
                child = self._free.pop()
                if child.lives:
                    return child
                self._all.discard(child)
            child = _Child(self._bounds)
            self._all.add(child)
            return child

    def _put_back(self, child: "_Child") -> None:
        with self._lock:
            self._free.append(child)
            child.freed = time.monotonic()
            if self._timer is None and not self._closed:
                self._watch()

    def _forget(self, child: "_Child") -> None:
        with self._lock:
            self._all.discard(child)

    def _watch(self) -> None:
        self._timer = threading.Timer(self._idle, self._end_idle)
        self._timer.daemon = True
        self._timer.start()

    def _end_idle(self) -> None:
        """End the processes that had no work for `idle` seconds."""
        with self._lock:
            now = time.monotonic()
            ending = [each for each in self._free if now - each.freed >= self._idle * 0.9]
            self._free = [each for each in self._free if each not in ending]
            self._all.difference_update(ending)
            self._timer = None
            if self._free and not self._closed:
                self._watch()
        for child in ending:
            child.kill()


class _KilledError(Exception):
    """A process that was killed, or died; the text says why."""


class _Child:
    """One process, and the pipes to it."""

    def __init__(self, bounds: Bounds) -> None:
        self.freed = time.monotonic()
        limits = json.dumps({"memory": bounds.memory, "processor": bounds.processor})
        command = [sys.executable, "-I", "-c", _MAIN, limits, json.dumps(sys.path)]
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and words
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    @property
    def lives(self) -> bool:
        return self._process.poll() is None

    def end(self) -> None:
        """Kill the process, and leave its pipes to whoever reads them."""
        with suppress(OSError):
            self._process.kill()

    def kill(self) -> None:
        """Kill the process and close its pipes."""
        self.end()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError, ValueError):
                    pipe.close()

    def ask(self, asked: Mapping[str, str], body: bytes, bounds: Bounds) -> Mapping[str, Any] | str:
        """Its answer; raises _KilledError where it takes too long or dies."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        head = json.dumps(asked).encode()
        began, spent = time.monotonic(), self._spent()
        # Written beside: a body larger than a pipe waits until the process takes it.
        writer = threading.Thread(target=_send, args=(stdin, head, body), daemon=True)
        writer.start()
        found = bytearray()
        while (size := _size_of(found)) is None or len(found) < size:
            if not select.select([stdout], [], [], _LOOK_SECONDS)[0]:
                self._refuse_late(bounds, began, spent)
                continue
            if not (part := os.read(stdout.fileno(), 1 << 20)):
                raise _KilledError("reading it takes too much memory or time")
            found += part
            if len(found) > LARGEST_ANSWER:
                raise _KilledError("what it says is too long to be a feed")
        answer: Mapping[str, Any] | str = json.loads(found[_SIZE.size :])
        return answer

    def _refuse_late(self, bounds: Bounds, began: float, spent: float) -> None:
        if self._spent() - spent > bounds.processor:
            raise _KilledError(
                f"reading it takes more than {bounds.processor:.0f} s of processor time"
            )
        if time.monotonic() - began > bounds.wall:
            raise _KilledError(f"it was not read within {bounds.wall:.0f} s")

    def _spent(self) -> float:
        """Seconds of processor time that the process took so far; 0 where nobody can say."""
        try:
            stat = Path(f"/proc/{self._process.pid}/stat").read_bytes()
            fields = stat.rpartition(b")")[2].split()
            return (int(fields[11]) + int(fields[12])) / _TICKS
        except (OSError, ValueError, IndexError):
            return 0.0


def _send(pipe: BinaryIO, head: bytes, body: bytes) -> None:
    with suppress(OSError, ValueError):
        pipe.write(_SIZE.pack(len(head), len(body)) + head)
        pipe.write(body)
        pipe.flush()


def _size_of(found: bytes | bytearray) -> int | None:
    """Bytes of the whole answer, once its head is there."""
    if len(found) < _SIZE.size:
        return None
    size: int = _SIZE.unpack(found[: _SIZE.size])[0]
    return _SIZE.size + size


def _feed_of(answer: Mapping[str, Any]) -> ParsedFeed:
    head = dict(answer["head"])
    head["updated"] = datetime.fromisoformat(head["updated"]) if head["updated"] else None
    return ParsedFeed(FeedHead(**head), [Item(*item) for item in answer["items"]], answer["homes"])


# Not `-m`: that would import the packages above with all they import.
_MAIN = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[2]); "
    "from bot.sources import parser_process; parser_process.serve(**json.loads(sys.argv[1]))"
)


def serve(memory: int, processor: float) -> None:
    """Parse what comes on standard input until it ends: the main loop of a process."""
    # Not there on every system; where it is not, the other side watches time alone.
    import resource

    for limit, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
        with suppress(OSError, ValueError):
            resource.setrlimit(limit, (value, value))
    with suppress(OSError):
        os.nice(_NICE)
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    while len(sizes := stdin.read(_SIZE.size)) == _SIZE.size:
        head_size, body_size = _SIZE.unpack(sizes)
        asked = json.loads(stdin.read(head_size))
        body = stdin.read(body_size)
        # The system itself ends a process that goes far beyond what the other side allows.
        with suppress(OSError, ValueError):
            most = int(time.process_time() + 2 * processor) + 1
            resource.setrlimit(resource.RLIMIT_CPU, (most, resource.RLIM_INFINITY))
        answer = _answer(asked, body)
        stdout.write(_SIZE.pack(len(answer), 0) + answer)
        stdout.flush()


def _answer(asked: Mapping[str, str], body: bytes) -> bytes:
    said: Mapping[str, Any] | str
    try:
        feed = parse(asked["where"], body, url=asked["url"], content_type=asked["content_type"])
        said = {"head": asdict(feed.head), "items": feed.items, "homes": feed.homes}
        return json.dumps(said, default=_plain).encode()
    except SourceError as error:
        said = {"error": str(error), "offers": getattr(error, "offers", ())}
    except MemoryError:
        said = f"{asked['where']}: reading it takes too much memory"
    except RecursionError:
        said = f"{asked['where']}: it is nested too deep"
    except Exception as error:  # noqa: BLE001 - one strange feed must not end the process
        said = f"{asked['where']}: unreadable as a feed ({type(error).__name__})"
    return json.dumps(said).encode()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be sent")
