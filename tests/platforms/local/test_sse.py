"""Open pages learn what changes, from whatever process, and catch up after a pause."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot.cards.richtext import line
from bot.platforms.local import sse
from bot.platforms.local.adapter import LocalChat
from bot.platforms.local.sse import LogWatcher
from storage import watches
from storage.database import Database
from tests.make import NOON
from tests.platforms.local.conftest import ADA, BO, GENERAL, FakeControls
from tests.platforms.local.inbox import PAPER, FakeInbox
from tests.platforms.local.served import served
from tests.waiting import PATIENCE

Events = AsyncIterator[tuple[str, Any, str]]


@asynccontextmanager
async def _listening(address: str, **headers: str) -> AsyncIterator[Events]:
    """The page's stream as (kind, payload, id) of each event."""

    async def read(answer: httpx.Response) -> Events:
        event: dict[str, str] = {}
        async for text in answer.aiter_lines():
            name, _, value = text.partition(": ")
            event[name] = value
            if not text and "event" in event:
                yield event["event"], json.loads(event["data"]), event.get("id", "")
                event = {}

    async with (
        asyncio.timeout(PATIENCE),
        httpx.AsyncClient(timeout=PATIENCE) as client,
        client.stream("GET", address, headers=headers) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield read(answer)


async def _next(events: Events, kind: str) -> tuple[Any, str]:
    """Payload and id of the next event of this kind."""
    async for each, payload, revision in events:
        if each == kind:
            return payload, revision
    raise AssertionError(f"the stream ended without {kind}")


async def test_a_post_by_another_process_arrives_with_its_revision(
    chat: LocalChat, inbox: FakeInbox, database: Database
) -> None:
    other = LocalChat(Database(database.url), now=chat.now)
    async with (
        served(chat, inbox) as url,
        _listening(f"{url}/c/general/live?after=0") as events,
    ):
        await other.post(GENERAL, PAPER, delivery_id="d1")
        changes, revision = await _next(events, "turns")
    await other.database.close()

    assert revision == "1"
    assert changes[0]["key"] == "m1"
    assert PAPER.title in changes[0]["html"]


async def test_a_page_that_comes_back_gets_what_it_missed_and_no_more(
    chat: LocalChat, inbox: FakeInbox
) -> None:
    await chat.announce(GENERAL, line("seen before"))
    seen = await chat.newest_revision()
    ref = await chat.post(GENERAL, PAPER, delivery_id="d1")
    await chat.react(int(ref.message), ADA, "👍")

    async with (
        served(chat, inbox) as url,
        _listening(f"{url}/c/general/live?after=0", **{"last-event-id": str(seen)}) as events,
    ):
        changes, revision = await _next(events, "turns")

    assert [change["key"] for change in changes] == [f"m{ref.message}"]
    assert int(revision) == await chat.newest_revision()


async def test_a_deleted_post_is_taken_off_open_pages(chat: LocalChat, inbox: FakeInbox) -> None:
    ref = await chat.post(GENERAL, PAPER, delivery_id="d1")
    seen = await chat.newest_revision()
    async with (
        served(chat, inbox) as url,
        _listening(f"{url}/c/general/live?after={seen}") as events,
    ):
        await chat.delete(ref)
        changes, _ = await _next(events, "turns")

    assert changes == [{"key": f"m{ref.message}", "html": None}]


async def test_a_private_answer_travels_to_its_reader_alone(
    chat: LocalChat, inbox: FakeInbox
) -> None:
    await chat.write(GENERAL, kind="command", body={"text": "list"}, reader=BO)
    await chat.announce(GENERAL, line("for all"))

    async with (
        served(chat, inbox) as url,
        _listening(f"{url}/c/general/live?after=0", cookie="paperround_name=Ada") as events,
    ):
        changes, _ = await _next(events, "turns")

    assert [change["key"] for change in changes] == ["m2"]


async def test_side_and_head_arrive_at_first_and_whenever_they_change(
    chat: LocalChat, inbox: FakeInbox, controls: FakeControls, database: Database
) -> None:
    async with (
        served(chat, inbox, controls) as url,
        _listening(f"{url}/c/general/live?after=0") as events,
        httpx.AsyncClient(base_url=url) as client,
    ):
        frames = [(await _next(events, "frame"))[0]]
        await client.post("/clock", data={"back": "general"})
        frames.append((await _next(events, "frame"))[0])
        async with database.write() as session:
            await watches.add(session, 1, text="routing", typed="routing", by="Ada", now=NOON)
        await chat.announce(GENERAL, line("Ada watches routing"))
        turns, _ = await _next(events, "turns")
        frame, _ = await _next(events, "frame")

    assert ["Mon 2 Mar" in each["head"] for each in frames] == [True, False]
    assert "Tue 3 Mar, 12:00" in frames[1]["head"]
    assert "general" in frames[0]["side"]
    assert "Ada watches routing" in turns[0]["html"]
    assert "routing" in frame["head"]


async def test_a_page_of_a_database_that_is_gone_is_told_to_reload(
    chat: LocalChat, inbox: FakeInbox
) -> None:
    async with (
        served(chat, inbox) as url,
        _listening(f"{url}/c/general/live?after=999") as events,
    ):
        kind, _, _ = await anext(events)

    assert kind == "reload"


async def test_the_server_stops_although_a_page_is_still_listening(
    chat: LocalChat, inbox: FakeInbox, caplog: pytest.LogCaptureFixture
) -> None:
    async with AsyncExitStack() as pages:
        async with served(chat, inbox) as url:
            events = await pages.enter_async_context(_listening(f"{url}/c/general/live?after=0"))
            await _next(events, "frame")
        rest = [event async for event in events]

    assert rest == []
    assert [each for each in caplog.records if each.levelname == "ERROR"] == []


async def test_however_many_wait_the_log_is_read_once_a_beat() -> None:
    reads = 0

    async def newest() -> int:
        nonlocal reads
        reads += 1
        return 7

    pulse = LogWatcher(newest, every=60)
    waiting = [asyncio.create_task(pulse.next(0, within=PATIENCE)) for _ in range(50)]
    running = asyncio.create_task(pulse.run())
    beats = await asyncio.gather(*waiting)
    pulse.close()
    await running

    assert set(beats) == {1}
    assert reads == 1


async def test_a_log_that_cannot_be_read_once_is_read_again() -> None:
    answers: list[int | Exception] = [OperationalError("SELECT", {}, Exception("busy")), 3]

    async def newest() -> int:
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    pulse = LogWatcher(newest, every=0.001)
    running = asyncio.create_task(pulse.run())
    beat = await pulse.next(0, within=PATIENCE)
    pulse.close()
    await running

    assert beat == 1


async def test_a_log_that_cannot_be_read_for_long_is_told_once_and_that_it_is_back_once() -> None:
    answers: list[int | Exception] = [OperationalError("SELECT", {}, Exception("busy"))] * 5

    async def newest() -> int:
        answer = answers.pop(0) if answers else 3
        if isinstance(answer, Exception):
            raise answer
        return answer

    pulse = LogWatcher(newest, every=0.001)
    with capture_logs() as logged:
        running = asyncio.create_task(pulse.run())
        await pulse.next(0, within=PATIENCE)
        pulse.close()
        await running

    assert [each["event"] for each in logged] == ["local.log_unread", "local.log_read_again"]
    assert logged[0]["reason"] == "busy"


async def test_a_wait_without_news_ends_with_the_same_beat() -> None:
    async def newest() -> int:
        return 0

    assert await LogWatcher(newest).next(0, within=0.001) == 0


@pytest.mark.parametrize("text", ["two\nlines", "\r\n\r\nevent: forged", "<b>&'\"", "🎉\u2028"])
def test_no_text_can_end_an_event_early(text: str) -> None:
    written = sse.event("turns", {"html": text}, revision=4)

    assert written.startswith("id: 4\nevent: turns\ndata: {")
    assert written.count("\n") == 4
    assert "\r" not in written
    assert json.loads(written.split("data: ")[1]) == {"html": text}
