"""What people did while the database took nothing in: kept, and done when it does again."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from storage.database import AWAY

MOST = 10_000
"""How many acts are kept; what comes beyond is read again from the chat at the next start."""

_PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0)

Work = Callable[[], Awaitable[object]]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Act:
    """One thing to do: `name` and `about` are how the log calls it."""

    name: str
    about: str
    work: Work


class RetryQueue:
    """Does what acts of people ask for, in their order; nothing of it raises.

    While the database is away they wait in memory: a process that ends then forgets them, and
    finds reactions again by comparing the latest posts when it starts.
    """

    def __init__(self) -> None:
        self._waiting: deque[_Act] = deque()
        self._working: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    async def do(self, name: str, about: str, work: Work) -> None:
        """Do it now, or where the database is away, later."""
        act = _Act(name, about, work)
        if not self._waiting and await _is_done(act):
            return
        if len(self._waiting) >= MOST:
            log.error(f"{name}.lost", about=about, reason="too many wait for the database")
            return
        self._waiting.append(act)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work_off(), name="backlog")

    async def _work_off(self) -> None:
        tries = 0
        while self._waiting:
            await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)] if tries else 0)
            if await _is_done(self._waiting[0]):
                self._waiting.popleft()
                tries = 0
            else:
                tries += 1


async def _is_done(act: _Act) -> bool:
    """Whether there is nothing more to do; what goes wrong otherwise is logged and done with."""
    try:
        await act.work()
    except AWAY as error:
        log.warning(f"{act.name}.put_off", about=act.about, reason=str(error))
        return False
    except Exception:
        # Whatever went wrong with one act must not end the connection to the platform.
        log.exception(f"{act.name}.lost", about=act.about)
    return True
