"""One worker of the host: a process with its own index and engine, on the shared Postgres.

Says on standard output when it is ready; told to go on it does the night's upkeep, told the moment
of nine o'clock it runs rounds until told to end. What it is: all of `paperround run --role worker`
but for the platforms, which take every post at once, and the clock, which stands until it is told.
"""

import asyncio
import json
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from dbos import DBOS, WorkflowHandleAsync

from bot.bootstrap import build_app
from bot.ports import Role
from bot.rounds.engine import Engine
from bot.rounds.engine.client import VERSION
from bot.rounds.process.memory import share_arenas
from bot.rounds.scheduling.due import Clock
from bot.serve import spare_the_collector
from config.logging import configure_logging
from config.settings import Settings
from tests.bench.scale.host import MIDNIGHT, NINE
from tests.fakes import Forgetful

_TICK_SECONDS = 60.0


class Virtual(Clock):
    """Midnight until `begin`, and then from nine on as fast as the wall's."""

    def __init__(self) -> None:
        super().__init__()
        self._began: datetime | None = None

    def begin(self, at: float) -> None:
        """Go from `at` (seconds of the epoch): the same in every worker."""
        self._began = datetime.fromtimestamp(at, UTC)

    def __call__(self) -> datetime:
        """The time of the simulation, UTC."""
        return NINE + (datetime.now(UTC) - self._began) if self._began else MIDNIGHT


async def _work(folder: Path, url: str) -> None:
    clock = Virtual()
    platforms = {name: Forgetful(name) for name in ("slack", "discord")}
    settings = Settings(data_dir=folder, database_url=url, huggingface=False)
    app = build_app(settings, platforms=platforms, clock=clock, role=Role.WORKER)
    await app.prepare(keep_sources=False)
    began = time.perf_counter()
    await app.matches.refresh(NINE)
    spare_the_collector()
    _say(ready=time.perf_counter() - began, matches=app.matches.size.matches, **_used())
    await _heard()
    engine = app.engine()
    await engine.start(tick=False)
    await _keep_up(engine)
    clock.begin(float(await _heard()))
    await _run(engine)
    await engine.stop()
    await app.close()


async def _keep_up(engine: Engine) -> None:
    """The night's upkeep, which one of the workers does and all wait for."""
    began = time.perf_counter()
    await engine.tick()
    upkeep: WorkflowHandleAsync[list[int]] = await DBOS.retrieve_workflow_async(
        f"{VERSION}:upkeep:{MIDNIGHT.date()}"
    )
    await upkeep.get_result(polling_interval_sec=0.5)
    _say(upkeep=time.perf_counter() - began, **_used())


async def _run(engine: Engine) -> None:
    before = _used()["cpu"]
    ticking = asyncio.create_task(_tick(engine))
    await _heard()
    used = _used()
    ticking.cancel()
    _say(round_cpu=used["cpu"] - before, **used)


async def _tick(engine: Engine) -> None:
    while True:
        await engine.tick()
        await asyncio.sleep(_TICK_SECONDS)


async def _heard() -> str:
    return await asyncio.to_thread(sys.stdin.readline)


def _used() -> dict[str, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}


def _say(**figures: float) -> None:
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    configure_logging("ERROR", "text")
    share_arenas()
    asyncio.run(_work(Path(sys.argv[1]), sys.argv[2]))
