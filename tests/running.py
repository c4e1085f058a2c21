"""The real engine on real files, for tests; as a program it dies at a chosen step."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlmodel import select

from bot.app import App
from bot.bootstrap import build_app
from bot.rounds.scheduling.schedule import Slot
from config.settings import Settings
from storage.models import Post, PostState
from tests.fakes import SetClock
from tests.make import NOON
from tests.waiting import PATIENCE

STEPS = (
    "before pick",
    "after pick",
    "before deliver_all",
    "before post",
    "after post",
    "after deliver_all",
)


class Running:
    """An app whose engine runs between enter and exit, at a time that stands still."""

    def __init__(self, folder: Path, *, now: datetime = NOON, **settings: Any) -> None:
        self._clock = SetClock(now)
        chosen = Settings(data_dir=folder, huggingface=False, **settings)
        self.app: App = build_app(chosen, clock=self._clock)
        self.database = self.app.database
        self.engine = self.app.engine()

    @property
    def now(self) -> datetime:
        """The time that stands still; it may be set."""
        return self._clock.now

    @now.setter
    def now(self, value: datetime) -> None:
        self._clock.now = value

    async def __aenter__(self) -> "Running":
        assert self.app.hold()
        await self.app.prepare()
        await self.engine.start(tick=False)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.engine.stop()
        await self.app.close()

    async def until_delivered(self, *, at_least: int = 0) -> None:
        """Wait until no post is due or on its way, and there are enough; at most a minute."""
        async with asyncio.timeout(PATIENCE):
            while not await self._delivered(at_least):
                await asyncio.sleep(0.05)

    async def _delivered(self, at_least: int) -> bool:
        async with self.database.read() as session:
            states = (await session.exec(select(Post.state))).all()
        return len(states) >= at_least and all(state is PostState.POSTED for state in states)


async def _die(folder: Path, step: str) -> None:
    async with Running(folder) as running:
        services = running.app.services
        chat = running.app.platforms["local"]
        for room, name in (
            (services.rounds, "pick"),
            (services.delivery, "deliver_all"),
            (chat, "post"),
        ):
            setattr(room, name, _deadly(getattr(room, name), name, step))
        await running.engine.run_slot(Slot(1, NOON))


def _deadly(
    call: Callable[..., Awaitable[Any]], name: str, step: str
) -> Callable[..., Awaitable[Any]]:
    async def called(*args: Any, **named: Any) -> Any:
        if step == f"before {name}":
            os._exit(9)
        result = await call(*args, **named)
        if step == f"after {name}":
            os._exit(9)
        return result

    return called


if __name__ == "__main__":
    asyncio.run(_die(Path(sys.argv[1]), sys.argv[2]))
