"""A worker on the database of a program that plays the story."""

import asyncio
from collections import Counter
from datetime import datetime
from multiprocessing.connection import Connection

from bot.bootstrap import build_app
from bot.ports import Role
from config.settings import Settings
from tests.crash.clock import OVER, SharedClock
from tests.crash.life import Life
from tests.crash.points import Points

_LOOK = 0.02


async def work(life: Life, wire: Connection, points: Points, clock: SharedClock) -> None:
    """Run rounds as `paperround run --role worker` does, until the story is over."""
    app = build_app(Settings(**life.settings), clock=clock, role=Role.WORKER)
    if life.far:
        app.registry.host = "elsewhere"
    await app.prepare()
    engine = app.engine()
    await engine.start(tick=False)
    points.scene = clock.scene
    wire.send(("up",))
    ticked: tuple[str, datetime] | None = None
    while clock.scene() != OVER:
        now = (clock.scene(), clock().replace(second=0, microsecond=0))
        if now != ticked:
            ticked = now
            await engine.tick()
        await asyncio.sleep(_LOOK)
    counts = points.counts.copy()
    await engine.stop()
    await app.close()
    wire.send(("end", Counter(), counts))
