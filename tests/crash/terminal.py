"""A command of the story typed in a terminal, beside the program or while it is down."""

from collections import Counter
from functools import partial
from multiprocessing.connection import Connection

from bot import bootstrap
from bot.tasks import watches
from config.settings import Settings
from tests.crash.clock import SharedClock
from tests.crash.life import Life
from tests.crash.points import Points


async def type_one(life: Life, wire: Connection, points: Points, clock: SharedClock) -> None:
    """Do what `paperround papers` does, at the story's time; raises where it was refused."""
    points.scene = clock.scene
    vars(bootstrap)["build_app"] = partial(bootstrap.build_app, clock=clock)
    vars(watches)["Clock"] = lambda: clock
    [[typed]] = life.typed.values()
    refused = await watches.say(Settings(**life.settings), life.addresses[typed.room], typed.text)
    if refused:
        raise RuntimeError(f"refused: {typed.text}")
    wire.send(("end", Counter(), points.counts.copy()))
