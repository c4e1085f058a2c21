"""A process's vitals for tests, with an engine that says of itself what a test wants."""

from dataclasses import dataclass
from datetime import timedelta

from bot.rounds.matches import Matches
from bot.rounds.measures import Measures
from bot.rounds.roster import Roster
from bot.rounds.vitals import Vitals
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
