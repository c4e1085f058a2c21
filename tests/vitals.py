"""A process's vitals for tests, with an engine that says of itself what a test wants."""

from dataclasses import dataclass
from datetime import timedelta

from bot.rounds.picking.match_cache import Matches
from bot.rounds.process.health import Vitals
from bot.rounds.process.heartbeat import Roster
from bot.rounds.process.metrics import Measures
from storage.database import Database
from tests.fakes import FakePlatform
from tests.make import NOON


@dataclass
class FakeEngine:
    launched: bool = True
    ticking: bool = True


def vitals_of(
    database: Database, engine: FakeEngine | None = None, platform: FakePlatform | None = None
) -> Vitals:
    return Vitals(
        database,
        engine or FakeEngine(),
        {"local": platform or FakePlatform()},
        Matches(database, timedelta(days=7)),
        Measures(),
        Roster(database, lambda: NOON),
        lambda: NOON,
    )
