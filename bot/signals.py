"""Ending a process when asked: in order at the first signal, at once at the second, never late."""

import asyncio
import contextlib
import faulthandler
import logging
import os
import signal
import sys
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn, TypeVar

GRACE_SECONDS = 9.5
"""How long an orderly end may take; supervisors commonly kill after ten."""

UNBROKEN_SECONDS = 3.0
"""How long work that should not be broken off is waited for."""

STOPPING = (signal.SIGTERM, signal.SIGINT)
"""The signals that ask a process to stop."""

_T = TypeVar("_T")


def end_at_once_when_asked() -> None:
    """Let SIGTERM and SIGINT end this process at once, with code 0: nothing has begun yet.

    As the first process of a container it would not be ended by them otherwise.
    """
    for number in STOPPING:
        signal.signal(number, lambda _number, _frame: leave(0))


def leave(code: int) -> NoReturn:
    """End this process now with `code`: threads that still work are not waited for."""
    with contextlib.suppress(Exception):
        logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    os._exit(code)


async def unbroken(work: Coroutine[object, object, _T]) -> _T:
    """The result of `work`, which a cancellation does not break off.

    Who is cancelled meanwhile waits up to `UNBROKEN_SECONDS` for its end, and is cancelled then.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if not task.done():
            await asyncio.wait((task,), timeout=UNBROKEN_SECONDS)
        if not task.done():
            task.cancel()
            raise
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error from None
        raise


async def until_asked(work: Coroutine[object, object, None]) -> None:
    """Do the work until it ends or a signal asks to stop, which cancels it.

    Its `finally` blocks then have `GRACE_SECONDS`. An end without them loses nothing: whatever was
    going on is taken up at the next start, as after a crash.
    """
    with _signals() as asked:
        working = asyncio.create_task(work, name="work")
        asking = asyncio.create_task(asked.wait(), name="asked to stop")
        try:
            await asyncio.wait((working, asking), return_when=asyncio.FIRST_COMPLETED)
        finally:
            asking.cancel()
            if not working.done():
                working.cancel()
        try:
            await working
        except asyncio.CancelledError:
            if not asked.is_set():
                raise


@contextmanager
def _signals() -> Iterator[asyncio.Event]:
    """An event that the first signal sets.

    From then on a guard runs that needs neither the event loop nor Python's lock, so that nothing
    which holds one of them for long can hold the end.
    """
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked
        return

    with Path(os.devnull).open("w") as nowhere:
        seen = False

        def ask(number: int, _frame: FrameType | None) -> None:
            nonlocal seen
            if seen:
                os._exit(128 + number)
            seen = True
            faulthandler.dump_traceback_later(GRACE_SECONDS, exit=True, file=nowhere)
            loop.call_soon_threadsafe(asked.set)

        before = {number: signal.signal(number, ask) for number in STOPPING}
        try:
            yield asked
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            if seen:
                faulthandler.cancel_dump_traceback_later()
