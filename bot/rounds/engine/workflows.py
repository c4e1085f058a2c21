"""Slots, polls, posts and upkeep as durable workflows, and their old rows deleted.

A workflow may run again after a crash; that things happen once is the work of the claim in
`Delivery` and of the slot's own record in `Picker`.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from dbos import DBOS, SetWorkflowID, WorkflowStatus
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import PaperroundError
from bot.rounds.admin_notices import AdminNotices
from bot.rounds.bulletins.board import Board
from bot.rounds.delivery.delivery import Delivery
from bot.rounds.engine.client import VERSION
from bot.rounds.fates.telling import FateTelling
from bot.rounds.picking import explain
from bot.rounds.picking.pick import Picker
from bot.rounds.picking.suggester import Suggester
from bot.rounds.polling import Polling
from bot.rounds.reachability import Reachability
from bot.rounds.retention import Upkeep
from bot.rounds.scheduling.schedule import day_start, parse_schedule
from bot.rounds.summaries import Summaries
from bot.rounds.webhooks.sending import Webhooks
from storage import channels, posts, sources
from storage.database import Database

KEPT = timedelta(days=30)
"""How long a finished workflow can still be looked at."""

_AT_ONCE = 500
_UNFINISHED = ["PENDING", "ENQUEUED", "DELAYED"]


async def drop_others() -> int:
    """Delete the unfinished workflows of other versions, where nobody else can be at work on them.

    Returns how many. What they were to do is found again from our own rows.
    """
    left = await _left_by_other_versions(None)
    if left:
        await DBOS.delete_workflows_async(left)
    return len(left)


async def sweep(now: datetime) -> int:
    """Delete workflows that ended more than `KEPT` before now; returns how many.

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


async def _left_by_other_versions(before: str | None) -> list[str]:
    old = await DBOS.list_workflows_async(
        status=_UNFINISHED, end_time=before, load_input=False, load_output=False
    )
    return _ids([each for each in old if each.app_version not in {None, VERSION}])


def _ids(workflows: Sequence[WorkflowStatus]) -> list[str]:
    return [each.workflow_id for each in workflows]


_TRIES = 6
_LONGEST_SLEEP = 60.0


@dataclass(frozen=True, slots=True)
class Services:
    """Who does the work of a workflow's steps; `fresh` is set when a poll brought papers."""

    database: Database
    rounds: Picker
    delivery: Delivery
    polling: Polling
    notices: AdminNotices
    reach: Reachability
    upkeep: Upkeep
    telling: FateTelling
    board: Board
    suggester: Suggester
    now: Callable[[], datetime]
    webhooks: Webhooks | None = None
    summaries: Summaries | None = None
    fresh: asyncio.Event = field(default_factory=asyncio.Event)


# DBOS finds workflows by name when it recovers them, so they are functions of this module, and
# the services of the running engine stands here while it runs.
_services: Services | None = None


def employ(services: Services | None) -> None:
    """Set the services that do the work of every workflow from now on; None removes them."""
    global _services, _steps
    _services, _steps = services, _Steps()


def employs(services: Services) -> bool:
    """Whether these services are at work."""
    return _services is services


class _Steps:
    """How many steps are at work, and whether another may begin."""

    def __init__(self) -> None:
        self.running, self.closed = 0, False
        self.idle = asyncio.Event()
        self.idle.set()


_steps = _Steps()


@contextmanager
def _at_work() -> Iterator[Services]:
    """The services, for one step; raises CancelledError where no step may begin any more.

    A workflow that ends so is left unfinished, and goes on with that step at the next start.
    """
    if _services is None:
        raise PaperroundError("The engine is not running.")
    if _steps.closed:
        raise asyncio.CancelledError
    _steps.running += 1
    _steps.idle.clear()
    try:
        yield _services
    finally:
        _steps.running -= 1
        if not _steps.running:
            _steps.idle.set()


async def close_steps(patience: float) -> None:
    """Let no step begin any more, and wait up to `patience` seconds for those that are at work."""
    _steps.closed = True
    with suppress(TimeoutError):
        async with asyncio.timeout(patience):
            await _steps.idle.wait()


def _may_pass(error: BaseException) -> bool:
    """Whether it is worth the try to do the same again in a few seconds."""
    return isinstance(error, (SQLAlchemyError, OSError, PaperroundError))


@DBOS.step(name="pick", retries_allowed=True, max_attempts=_TRIES, should_retry=_may_pass)
async def _pick(channel_id: int, slot_at: str) -> list[int]:
    with _at_work() as services:
        slot = datetime.fromisoformat(slot_at)
        picked = await services.rounds.pick(channel_id, slot, services.now())
        if services.summaries is not None:
            await services.summaries.prepare(picked)
        return picked


@DBOS.step(name="deliver", retries_allowed=True, max_attempts=_TRIES)
async def _deliver(post_ids: Sequence[int]) -> tuple[Sequence[int], float] | None:
    """What is left, as plain values, for they are stored: posts, and the seconds to wait."""
    with _at_work() as services:
        left = await services.delivery.deliver_all(post_ids)
    return (left.post_ids, left.pause) if left is not None else None


@DBOS.step(name="say-empty")
async def _say_empty(channel_id: int) -> None:
    with _at_work() as services:
        async with services.database.read() as session:
            channel = await channels.get(session, channel_id)
            since = day_start(parse_schedule(channel.schedule), services.now())
            had = await posts.count_since(session, channel_id, since)
            posted = sum(had[kind] for kind in posts.KINDS)
            read = [one for one, on in await sources.list_channel(session, channel) if on]
        if channel.quiet or posted:
            return
        now = services.now()
        forecast = await explain.forecast(services.database, services.rounds, channel, now)
        idle = explain.idle_day(read, now) if forecast.watches else ""
        why = idle or explain.why_none(channel, forecast).text
        await services.notices.empty_day(channel.address, why)


@DBOS.step(name="say-broken")
async def _say_after(channel_id: int, posted: int) -> None:
    with _at_work() as services:
        async with services.database.read() as session:
            channel = await channels.get(session, channel_id)
            trouble = await sources.trouble_of(session, channel)
        # A quiet channel hears of it on a day without papers only where nothing could be read.
        if trouble and (posted or not channel.quiet or trouble.broken == trouble.read):
            await services.notices.sources_broken(channel, trouble, services.now())
        # In the same step, for one of its own would cost every slot more than the question.
        if services.suggester.may_be_due(channel_id):
            await services.suggester.tell(channel_id)


@DBOS.step(name="poll", retries_allowed=True, max_attempts=_TRIES)
async def _poll(source_id: int) -> int:
    with _at_work() as services:
        polled = await services.polling.poll(source_id)
        services.rounds.meanings.wake(services.now() - services.rounds.window)
        if polled is None:
            return 0
        await services.notices.source_turned(polled)
        await services.telling.tell(polled.retracted)
        if polled.taken:
            services.fresh.set()
        return polled.taken


@DBOS.workflow(name="slot")
async def run_slot(channel_id: int, slot_at: str) -> list[int]:
    """Pick for a slot and deliver its posts; returns their ids."""
    try:
        post_ids = await _pick(channel_id, slot_at)
    except Exception as error:
        # Named by the day, so that a person hears of it once, whoever fails and however often.
        with SetWorkflowID(f"{VERSION}:stuck:{channel_id}:{slot_at[:10]}"):
            await DBOS.start_workflow_async(tell_stuck, channel_id, type(error).__name__)
        raise
    if not post_ids:
        # Named by the day, so that it is said once, however many slots the day has.
        with SetWorkflowID(f"{VERSION}:empty:{channel_id}:{slot_at[:10]}"):
            told = await DBOS.start_workflow_async(tell_empty, channel_id)
        await told.get_result()
    await _until_done(post_ids)
    await _say_after(channel_id, len(post_ids))
    return post_ids


@DBOS.step(name="say-stuck")
async def _say_stuck(channel_id: int, reason: str) -> None:
    with _at_work() as services:
        async with services.database.read() as session:
            channel = await channels.get(session, channel_id)
        await services.notices.channel_stuck(channel, reason)


@DBOS.workflow(name="tell-empty")
async def tell_empty(channel_id: int) -> None:
    """Say that a day brought nothing, and why, where the channel wants to hear that."""
    await _say_empty(channel_id)


@DBOS.workflow(name="tell-stuck")
async def tell_stuck(channel_id: int, reason: str) -> None:
    """Tell a person that a channel's picks cannot be made."""
    await _say_stuck(channel_id, reason)


@DBOS.workflow(name="posts")
async def run_posts(post_ids: list[int]) -> None:
    """Deliver posts of one channel that are there already."""
    await _until_done(post_ids)


@DBOS.step(name="make-bulletins", retries_allowed=True, max_attempts=_TRIES)
async def _make_bulletins(channel_id: int) -> None:
    with _at_work() as services:
        await services.board.make(channel_id)


@DBOS.step(name="send-bulletins", retries_allowed=True, max_attempts=_TRIES)
async def _send_bulletins(channel_id: int) -> float | None:
    with _at_work() as services:
        return await services.board.send(channel_id)


@DBOS.workflow(name="bulletins")
async def run_bulletins(channel_id: int) -> None:
    """Write down what is due beside a channel's papers, and send it."""
    await _make_bulletins(channel_id)
    while (pause := await _send_bulletins(channel_id)) is not None:
        if pause > _LONGEST_SLEEP:
            return
        await DBOS.sleep_async(pause)


@DBOS.step(name="let-go", retries_allowed=True, max_attempts=_TRIES)
async def _let_go() -> int:
    with _at_work() as services:
        return await services.upkeep.let_go(services.now())


@DBOS.step(name="learn-bases", retries_allowed=True, max_attempts=_TRIES)
async def _learn_bases() -> int:
    with _at_work() as services:
        return await services.upkeep.learn(services.now())


@DBOS.step(name="follow-bases", retries_allowed=True, max_attempts=_TRIES)
async def _follow_bases() -> int:
    with _at_work() as services:
        return await services.upkeep.follow(services.now())


@DBOS.step(name="push-to-zotero", retries_allowed=True, max_attempts=_TRIES)
async def _push_to_zotero() -> int:
    with _at_work() as services:
        return await services.upkeep.push_to_zotero()


@DBOS.step(name="check-fates", retries_allowed=True, max_attempts=_TRIES)
async def _check_fates() -> int:
    with _at_work() as services:
        return await services.upkeep.check_fates()


@DBOS.step(name="send-webhooks", retries_allowed=True, max_attempts=_TRIES)
async def _send_webhooks() -> int:
    with _at_work() as services:
        return await services.webhooks.send_due() if services.webhooks is not None else 0


@DBOS.step(name="sweep", retries_allowed=True, max_attempts=_TRIES)
async def _sweep() -> int:
    with _at_work():
        # The engine dates its rows by the wall clock, also where ours was moved forward.
        return await sweep(datetime.now(UTC))


@DBOS.workflow(name="upkeep")
async def keep_up() -> list[int]:
    """The day's upkeep: old rows go, models follow, Zotero is filled, papers' fates are told."""
    done = [await _let_go(), await _learn_bases(), await _follow_bases(), await _sweep()]
    return [*done, await _push_to_zotero(), await _check_fates()]


@DBOS.workflow(name="webhooks")
async def send_webhooks() -> int:
    """Tell webhooks what became of posts; returns how many events were taken."""
    return await _send_webhooks()


@DBOS.workflow(name="poll-source")
async def poll_source(source_id: int) -> int:
    """Read one source; returns how many papers were new."""
    return await _poll(source_id)


async def _until_done(post_ids: Sequence[int]) -> None:
    """Deliver a channel's posts in order; what has to wait long is left to a later tick."""
    while post_ids and (left := await _deliver(post_ids)) is not None:
        post_ids, pause = left
        if pause > _LONGEST_SLEEP:
            return
        await DBOS.sleep_async(pause)


WORKFLOWS: Mapping[str, Callable[..., Coroutine[Any, Any, Any]]] = {
    "slot": run_slot,
    "posts": run_posts,
    "bulletins": run_bulletins,
    "upkeep": keep_up,
    "webhooks": send_webhooks,
    "poll-source": poll_source,
}
"""Every workflow by the name that it is asked for with."""
