"""One worker of the host: a process with its own index and engine, on the shared Postgres.

Says on standard output when it is ready, waits for `go` and the moment of it, and runs rounds until
told to end. What it is: all of `paperround run --role worker` but for the platforms, which take
every post at once, and the clock, on which the round is due at the moment of `go`.
"""

import asyncio
import json
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from bot.app import App, build_app
from bot.role import Role
from bot.rounds.clock import Clock
from bot.serve import spare_the_collector
from config.logging import configure_logging
from config.settings import Settings
from tests.bench.scale.host import NINE
from tests.fakes import Forgetful


class Virtual(Clock):
    """Nine o'clock until `begin`, and then as fast as the wall's."""

    def __init__(self) -> None:
        super().__init__()
        self._began: datetime | None = None

    def begin(self, at: float) -> None:
        """Go from `at` (seconds of the epoch): the same in every worker."""
        self._began = datetime.fromtimestamp(at, UTC)

    def __call__(self) -> datetime:
        """The time of the simulation, UTC."""
        return NINE + (datetime.now(UTC) - self._began) if self._began else NINE


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
    clock.begin(float(await _heard()))
    await _run(app)
    await app.close()


async def _run(app: App) -> None:
    before = _used()["cpu"]
    engine = app.engine()
    await engine.start()
    await _heard()
    used = _used()
    _say(round_cpu=used["cpu"] - before, **used)
    await engine.stop()


async def _heard() -> str:
    return await asyncio.to_thread(sys.stdin.readline)


def _used() -> dict[str, float]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}


def _say(**figures: float) -> None:
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    configure_logging("ERROR", "text")
    asyncio.run(_work(Path(sys.argv[1]), sys.argv[2]))
