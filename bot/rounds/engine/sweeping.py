"""The engine's own rows of workflows that are over are let go, lest they grow for ever."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from dbos import DBOS, WorkflowStatus

from bot.rounds.engine.names import VERSION

KEPT = timedelta(days=30)
"""How long a finished workflow can still be looked at."""

_AT_ONCE = 500
_UNFINISHED = ["PENDING", "ENQUEUED", "DELAYED"]


async def sweep(now: datetime) -> int:
    """Let go of workflows that ended more than `KEPT` before now; returns how many.

    Unfinished ones of another version go as well when they are that old: nobody will run them, and
    what they were to do was taken up from our own rows long ago. `now` is of the wall clock, by
    which the engine dates its rows. That a slot runs once never rests on the rows that go here.
    """
    before = (now - KEPT).isoformat()
    gone = 0
    while ended := await _ended(before):
        await DBOS.delete_workflows_async(ended)
        gone += len(ended)
    left = await _left_by_other_versions(before)
    if left:
        await DBOS.delete_workflows_async(left)
    return gone + len(left)


async def _ended(before: str) -> list[str]:
    return _ids(
        await DBOS.list_workflows_async(
            completed_before=before, limit=_AT_ONCE, load_input=False, load_output=False
        )
    )


async def _left_by_other_versions(before: str) -> list[str]:
    old = await DBOS.list_workflows_async(
        status=_UNFINISHED, end_time=before, load_input=False, load_output=False
    )
    return _ids([each for each in old if each.app_version not in {None, VERSION}])


def _ids(workflows: Sequence[WorkflowStatus]) -> list[str]:
    return [each.workflow_id for each in workflows]
