"""The demo's own process, which is asked to stop after so many turns of its event loop.

Turns are the same moments of its life on a slow machine and a fast one. `--stuck` fills the pools
with threads that never end before it is asked.
"""

import asyncio
import os
import signal
import sys
import threading
from asyncio import base_events

from bot.cli import main

MANY = 40


def _stick() -> None:
    for _ in range(MANY):
        asyncio.get_running_loop().run_in_executor(None, threading.Event().wait)


def _ask_after(turns: int, *, stuck: bool) -> None:
    run_once, done = base_events.BaseEventLoop._run_once, 0

    def counted(loop: asyncio.AbstractEventLoop) -> None:
        nonlocal done
        done += 1
        if done == turns:
            if stuck:
                loop.call_soon(_stick)
            loop.call_later(0.1 if stuck else 0, os.kill, os.getpid(), signal.SIGTERM)
        run_once(loop)

    base_events.BaseEventLoop._run_once = counted


if __name__ == "__main__":
    _ask_after(int(sys.argv[1]), stuck="--stuck" in sys.argv)
    sys.argv[1:] = ["demo", "--port", "0"]
    main()
