"""Ending as asked: at the first signal in order, at the second at once, and never too late."""

import asyncio
import os
import signal
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType

GRACE_SECONDS = 9.5
"""How long an orderly end may take; supervisors commonly kill after ten."""

_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_TOO_LATE = 1


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
    """An event that the first signal sets; whatever keeps the loop busy cannot hold the others."""
    loop, asked = asyncio.get_running_loop(), asyncio.Event()
    guard = threading.Timer(GRACE_SECONDS, os._exit, (_TOO_LATE,))
    guard.daemon = True

    def ask(number: int, _frame: FrameType | None) -> None:
        if asked.is_set() or guard.is_alive():
            os._exit(128 + number)
        guard.start()
        loop.call_soon_threadsafe(asked.set)

    if threading.current_thread() is not threading.main_thread():
        yield asked
        return
    before = {number: signal.signal(number, ask) for number in _SIGNALS}
    try:
        yield asked
    finally:
        guard.cancel()
        for number, handler in before.items():
            signal.signal(number, handler)
