"""What Slack could not deliver over HTTP is looked for once it can again."""

import asyncio
from dataclasses import dataclass, field

import pytest

from bot.platforms.slack import http_mode
from bot.platforms.slack.http_mode import Outages
from tests.platforms.slack.edge import edge
from tests.waiting import PATIENCE

HOUR = 3600.0


@dataclass
class Caught:
    """A clock, and how often was caught up."""

    now: float = 0.0
    times: list[float] = field(default_factory=list)

    def outages(self) -> Outages:
        return Outages(lambda: self.times.append(self.now), clock=lambda: self.now)


def test_a_silence_is_looked_into_and_a_busy_hour_is_not() -> None:
    caught = Caught()
    outages = caught.outages()
    for now in (60.0, 120.0, 500.0, 1000.0):
        caught.now = now
        outages.note({})
    assert caught.times == []

    caught.now = 1601.0
    outages.note({})
    assert caught.times == [1601.0]


@pytest.mark.parametrize("reason", ["connection_failed", "http_timeout", "http_error", "ssl_error"])
def test_a_later_try_of_slacks_is_looked_into_once_an_hour(reason: str) -> None:
    caught = Caught()
    outages = caught.outages()
    for now in (1.0, 2.0, 3.0, HOUR + 1.0):
        caught.now = now
        outages.note({"x-slack-retry-num": "1", "x-slack-retry-reason": reason})
        outages.note({})

    assert caught.times == [1.0, HOUR + 1.0]


async def test_events_that_slack_holds_back_are_answered_counted_and_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_mode, "_MINUTE_OVER", 0.01)
    async with edge("http") as one:
        assert one.web is not None
        status, _ = await one.web.post(
            "events_api", {"type": "app_rate_limited", "team_id": "T1", "minute_rate_limited": 1}
        )
        async with asyncio.timeout(PATIENCE):
            while one.counts.caught_up < 2:
                await asyncio.sleep(0.01)

    # The first was at the start.
    assert status == 200
    assert one.counts.held_back == 1
