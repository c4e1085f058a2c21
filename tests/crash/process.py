"""Processes that are quick to start: each is forked from one that has imported everything."""

import asyncio
import multiprocessing
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from tests.crash.facts import Facts
from tests.crash.life import Life, Play, live
from tests.crash.plan import Counts

KILLED = -9

_PATIENCE = 900.0
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.crash.warm"])
_ASKING = threading.Lock()


@dataclass(slots=True)
class Ended:
    """How a life ended, and what it told."""

    code: int | None = None
    facts: Facts = field(default_factory=Counter)
    counts: Counts = field(default_factory=Counter)
    stuck: str = ""


Hear = Callable[[tuple[Any, ...], Connection], Awaitable[None]]
"""What is done about a word of a process."""


async def live_through(play: Play, life: Life, hear: Hear) -> Ended:
    """One process from its start to its end, whichever end that is."""
    ours, theirs = _CONTEXT.Pipe()
    child = _CONTEXT.Process(target=live, args=(play, life, theirs))
    await asyncio.to_thread(_start, child)
    theirs.close()
    ended = Ended()
    try:
        async with asyncio.timeout(_PATIENCE):
            await _listen(ours, ended, hear)
            await _readable(child.sentinel)
    except TimeoutError:
        ended.stuck = f"no end within {_PATIENCE:.0f} s"
    finally:
        ended.code = await asyncio.to_thread(_end, child)
        ours.close()
    return ended


def _start(child: BaseProcess) -> None:
    # A start asks how all others do, and two that ask at once lose an exit code.
    with _ASKING:
        child.start()


def _end(child: BaseProcess) -> int | None:
    with _ASKING:
        if child.is_alive():
            child.kill()
        child.join()
        code = child.exitcode
        child.close()
    return code


async def _listen(wire: Connection, ended: Ended, hear: Hear) -> None:
    while True:
        await _readable(wire.fileno())
        try:
            said = wire.recv()
        except (EOFError, OSError):
            return
        match said:
            case ("stuck", what, facts):
                ended.stuck, ended.facts = what, facts
            case ("end", facts, counts):
                ended.facts, ended.counts = facts, counts
            case _:
                await hear(said, wire)


async def _readable(handle: int) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()
    loop.add_reader(handle, lambda: ready.done() or ready.set_result(None))
    try:
        await ready
    finally:
        loop.remove_reader(handle)
