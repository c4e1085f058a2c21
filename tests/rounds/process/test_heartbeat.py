import os
from dataclasses import dataclass

import pytest

from bot.rounds.process.heartbeat import BEAT_SECONDS, SILENT_SECONDS, ProcessRegistry
from storage.database import Database
from tests.make import NOON


@dataclass
class Watch:
    at: float = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def watch() -> Watch:
    return Watch()


async def registry(database: Database, watch: Watch, *, pid: int) -> ProcessRegistry:
    """A process of this machine that runs, among others on one database."""
    made = ProcessRegistry(database, lambda: NOON, watch=watch)
    made.alone, made.pid = False, pid
    await made.join()
    return made


@pytest.fixture
async def ours(database: Database, watch: Watch) -> ProcessRegistry:
    return await registry(database, watch, pid=os.getpid())


@pytest.fixture
async def other(database: Database, watch: Watch) -> ProcessRegistry:
    return await registry(database, watch, pid=os.getppid())


async def looks(ours: ProcessRegistry, watch: Watch, seconds: float) -> list[str]:
    """Look at every beat for so long; returns who was dead at the end."""
    end, dead = watch.at + seconds, await ours.dead()
    while watch.at < end:
        watch.at += BEAT_SECONDS
        dead = await ours.dead()
    return [each.name for each in dead]


async def test_one_whose_beats_stand_still_for_a_minute_is_dead(
    ours: ProcessRegistry, other: ProcessRegistry, watch: Watch
) -> None:
    assert await looks(ours, watch, SILENT_SECONDS) == []
    assert await looks(ours, watch, BEAT_SECONDS) == [other.name]


async def test_one_who_beats_is_not_dead(
    ours: ProcessRegistry, other: ProcessRegistry, watch: Watch
) -> None:
    await looks(ours, watch, SILENT_SECONDS)
    await other.beat()

    assert await looks(ours, watch, SILENT_SECONDS) == []


async def test_who_was_cut_off_itself_takes_nobody_for_dead_before_it_watched_them_again(
    ours: ProcessRegistry, other: ProcessRegistry, watch: Watch
) -> None:
    await ours.dead()
    watch.at += 10 * SILENT_SECONDS

    assert await looks(ours, watch, SILENT_SECONDS) == []
    assert await looks(ours, watch, BEAT_SECONDS) == [other.name]
