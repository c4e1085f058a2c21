"""Work that goes on after Slack was told "received", and is finished before the process ends."""

import asyncio
from collections import OrderedDict
from collections.abc import Coroutine

import structlog

_REMEMBERED = 20_000

log = structlog.get_logger(__name__)


class BackgroundTasks:
    """Runs tasks that may take longer than Slack waits (3 s); a failure is only logged."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[object, object, None]) -> None:
        """Start a piece of work; returns at once."""
        task = asyncio.create_task(_guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self, seconds: float) -> None:
        """Wait for running tasks, at most `seconds`, then cancel the rest."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(list(self._tasks), timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


class Once:
    """Remembers the keys of the last 20,000 events, to recognise one that Slack sends again.

    It is the first of two nets: what was forgotten, or came to another process, changes nothing
    either, since votes know the time of their event.
    """

    def __init__(self, most: int = _REMEMBERED) -> None:
        self._most = most
        self._seen: OrderedDict[str, None] = OrderedDict()

    def first(self, key: str | None) -> bool:
        """Whether this key was not seen before; True for None."""
        if key is None:
            return True
        if key in self._seen:
            return False
        self._seen[key] = None
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)
        return True


async def _guarded(work: Coroutine[object, object, None]) -> None:
    try:
        await work
    except Exception:
        # There is nobody to answer any more; whoever hosts this finds it in the log.
        log.exception("slack.chore_failed")
