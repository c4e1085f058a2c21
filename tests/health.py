"""A process's health for tests, with an engine that says of itself what a test wants."""

from dataclasses import dataclass
from datetime import timedelta

from bot.rounds.picking.match_cache import MatchCache
from bot.rounds.process.health import Health
from bot.rounds.process.heartbeat import ProcessRegistry
from bot.rounds.process.metrics import Metrics
from storage.database import Database
from tests.fakes import FakePlatform
from tests.make import NOON


@dataclass
class FakeEngine:
    launched: bool = True
    ticking: bool = True


def health_of(
    database: Database, engine: FakeEngine | None = None, platform: FakePlatform | None = None
) -> Health:
    return Health(
        database,
        engine or FakeEngine(),
        {"local": platform or FakePlatform()},
        MatchCache(database, timedelta(days=7)),
        Metrics(),
        ProcessRegistry(database, lambda: NOON),
        lambda: NOON,
    )
