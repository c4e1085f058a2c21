"""Some days of weather, others each day; `python -m tests.weather` simulates months."""

from datetime import UTC, datetime

import pytest

from storage.database import Database
from tests.weather.month import Month

DAYS = 3


@pytest.mark.parametrize("platform", ["slack", "discord"])
async def test_days_of_bad_weather_lose_and_double_nothing(
    database: Database, platform: str
) -> None:
    seed = datetime.now(UTC).date().toordinal()

    tally = await Month(database, platform, seed).live(DAYS)

    assert tally.is_clean, f"seed {seed}: {tally}"
    assert tally.met.total() > 0
