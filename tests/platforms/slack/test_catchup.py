"""What cannot be compared now is compared a little later, for nothing else would notice it."""

import asyncio

import psycopg
import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot.chat import Inbox
from bot.errors import NotSentError
from bot.platforms.slack import catchup
from bot.platforms.slack.catchup import CatchUp
from tests.platforms.slack.inbox import RecordingInbox

PATIENCE = 20


class Scripted:
    """Something to compare, which goes wrong as told and then well."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.compared = asyncio.Event()

    async def compare(self, inbox: Inbox) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.compared.set()


@pytest.mark.parametrize(
    "fault",
    [
        OperationalError("SELECT", {}, psycopg.OperationalError("the connection is closed")),
        NotSentError("Slack cannot be reached"),
    ],
)
async def test_a_comparison_that_broke_off_is_made_again(
    fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catchup, "PAUSES", (0.01, 0.01))
    flaky = Scripted(fault, fault)
    catching_up = CatchUp([flaky])

    with capture_logs() as logged:
        catching_up.start(RecordingInbox())
        await asyncio.wait_for(flaky.compared.wait(), PATIENCE)
    await catching_up.stop()

    assert [each["event"] for each in logged] == ["slack.not_compared"] * 2
    assert not any("exc_info" in each for each in logged)


async def test_a_fault_of_one_comparison_ends_it_and_not_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(catchup, "PAUSES", (60.0,))
    broken, sound = Scripted(ValueError("a bug")), Scripted()
    catching_up = CatchUp([broken, sound])

    catching_up.start(RecordingInbox())
    await asyncio.wait_for(sound.compared.wait(), PATIENCE)
    await catching_up.stop()

    assert not broken.compared.is_set()
