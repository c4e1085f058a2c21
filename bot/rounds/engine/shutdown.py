"""Ending the durable engine: in order, quietly and within seconds, whatever its threads do."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Thread

from dbos import DBOS
from dbos import _dbos as library

from bot.rounds.engine.workflows import close_steps

_STEP_SECONDS = 1.0
"""How long steps that are at work may take to end."""

_END_SECONDS = 1.5
"""How long the library may take to end its threads; the process ends without them otherwise."""

_BREAK_SECONDS = 0.25
"""How long workflows may take to end that are broken off."""


async def halt() -> None:
    """End the engine of this process, if one runs.

    Steps that are at work are waited for a moment. Workflows that go on are left as they are, for
    the next start takes them up.
    """
    await close_steps(_STEP_SECONDS)
    # The library has no public name for it, nor for its workflows below.
    engine = library._dbos_global_instance
    if engine is None:
        return
    with _silence():
        await _drop_workflows(engine)
        with suppress(TimeoutError):
            async with asyncio.timeout(_END_SECONDS):
                await _in_own_thread(DBOS.destroy)
        # The last that its queue handed over meanwhile.
        await _drop_workflows(engine)
    # The library made its own threads those of our loop, and they take no work any more.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())


async def _drop_workflows(engine: DBOS) -> None:
    # Left alone they would go on while the threads that they need end.
    tasks = set(engine._workflow_tasks)
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=_BREAK_SECONDS)


@contextmanager
def _silence() -> Iterator[None]:
    """Keep the library from logging each workflow that is left as it is."""
    logger = logging.getLogger("dbos")
    before = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(before)


async def _in_own_thread(call: Callable[[], None]) -> None:
    """Call it where a pool full of stuck threads cannot hold it up."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def run() -> None:
        try:
            call()
        finally:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(ended.set)

    Thread(target=run, name="engine's end", daemon=True).start()
    await ended.wait()
