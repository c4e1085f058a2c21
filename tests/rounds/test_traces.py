"""One paper can be followed through the log, from the poll that found it to the post."""

from datetime import datetime
from typing import Any

from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from bot.rounds.polling import Polling
from bot.rounds.scheduling.schedule import Slot
from bot.sources.base import Entry, Fresh
from storage.database import Database
from tests import make
from tests.commands.test_with_rounds import Office
from tests.fakes import ScriptedSource


async def test_poll_pick_and_post_carry_the_same_ids(database: Database, noon: datetime) -> None:
    entry = Entry(title="Mixture of experts", names=("arxiv:2401.00001",), published_at=noon)
    source = ScriptedSource(Fresh([entry], {}))
    async with database.write() as session:
        polled = await make.source(session)
    office = Office(database, noon)
    await office.say("watch mixture of experts")

    with capture_logs(processors=[merge_contextvars]) as logged:
        await Polling(database, lambda *_: source, lambda: noon).poll(polled.id or 0)
        await office.runs.run_slot(Slot(1, noon))

    taken, picked, posted = (_one(logged, event) for event in ("papers.taken", "picked", "posted"))
    assert taken["papers"] == {picked["paper_id"]: "arxiv:2401.00001"}
    assert taken["poll"] == f"{polled.id}:0"
    for id_ in ("paper_id", "post_id", "delivery", "slot"):
        assert picked[id_] == posted[id_]


def _one(logged: list[Any], event: str) -> Any:
    (found,) = [line for line in logged if line["event"] == event]
    return found
