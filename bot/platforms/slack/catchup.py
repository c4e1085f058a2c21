"""Catching up: what changed while nobody listened, told to the inbox beside the work."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

from bot.chat import Inbox, MessageRef
from bot.errors import PlatformError
from bot.platforms.slack.missed import MissedReactions
from storage.database import AWAY

PAUSES = (5.0, 60.0, 600.0)
"""Seconds before each further try to compare, where Slack fails or the database is away."""

log = structlog.get_logger(__name__)


class Missed(Protocol):
    """Something that may have changed while nobody listened."""

    async def compare(self, inbox: Inbox) -> None:
        """Tell `inbox` what changed; telling it twice is harmless."""
        ...


class CatchUp:
    """Compares again after every new connection; does nothing before it has an inbox.

    Nothing else would notice a vote that was missed, so a failed try is repeated.
    """

    def __init__(
        self, missed: Sequence[Missed] = (), reactions: MissedReactions | None = None
    ) -> None:
        self._missed = missed if reactions is None else (*missed, reactions)
        self._reactions = reactions
        self._inbox: Inbox | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, inbox: Inbox) -> None:
        """Begin to tell this inbox; returns at once."""
        self._inbox = inbox
        self.again()

    def again(self) -> None:
        """Compare from the beginning, as after a connection was lost; returns at once."""
        if self._inbox is None:
            return
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.create_task(self._all(self._inbox))

    async def on(self, message: MessageRef) -> None:
        """Compare one post that was known too late for its events; raises PlatformError."""
        if self._inbox is not None and self._reactions is not None:
            await self._reactions.compare_post(self._inbox, message)

    async def stop(self) -> None:
        """Compare no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _all(self, inbox: Inbox) -> None:
        for each in self._missed:
            await self._keep_trying(each, inbox)

    async def _keep_trying(self, each: Missed, inbox: Inbox) -> None:
        what = type(each).__name__
        for pause in (*PAUSES, None):
            try:
                await each.compare(inbox)
            except (PlatformError, *AWAY) as error:
                reason = str(getattr(error, "orig", error))
                log.warning("slack.not_compared", what=what, reason=reason, again=pause)
            except Exception:
                # The next connection compares again; whoever hosts this finds it in the log.
                log.exception("slack.comparing_failed", what=what)
                return
            else:
                return
            if pause is not None:
                await asyncio.sleep(pause)
