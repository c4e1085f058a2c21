"""What is stuck is shown with its reason; retry and drop act once, alone or beside a server."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from bot.errors import CommandError, NotFoundError
from bot.tasks import deliveries as task
from config.settings import Settings
from storage import posts
from storage.database import Database
from storage.models import ChannelState, LocalMessage, Post, PostState
from tests import make
from tests.running import Running

AN_HOUR = timedelta(hours=1)


class Install:
    """A data folder with one channel, whose posts a test puts into any state."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.settings = Settings(data_dir=folder, huggingface=False)
        self.now = datetime.now(UTC)

    async def post(self, title: str, state: PostState, **facts: object) -> int:
        async with self.database.write() as session:
            channel = await make.channel(session)
            paper = await make.paper(session, title)
            made = await make.post(session, channel, paper, state=state, **facts)
            made.picked_at = self.now
        assert made.id is not None
        return made.id

    async def failed(self, title: str = "A") -> int:
        return await self.post(
            title,
            PostState.FAILED,
            reason="no answer",
            retry_at=self.now + AN_HOUR,
            attempts=8,
        )

    async def state(self, post_id: int) -> PostState:
        async with self.database.read() as session:
            found = await session.get(Post, post_id)
        assert found is not None
        return found.state

    async def cards(self) -> int:
        async with self.database.read() as session:
            logged = (await session.exec(select(LocalMessage))).all()
        return sum(one.kind == "card" for one in logged)


@pytest.fixture
async def install(database: Database, tmp_path: Path) -> Install:
    return Install(database, tmp_path)


async def _listed(install: Install, capsys: pytest.CaptureFixture[str], **wish: Any) -> Any:
    options = {"address": None, "failed": False} | wish
    address = options.pop("address")
    assert await task.show(install.settings, address, as_json=True, **options) == 0
    return json.loads(capsys.readouterr().out)["deliveries"]


async def test_every_state_is_shown_with_its_reason_and_retry_time(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    await install.post("due", PostState.DUE)
    await install.post("held", PostState.SENDING, lease_until=install.now + AN_HOUR)
    await install.post("left", PostState.SENDING, lease_until=install.now - AN_HOUR)
    await install.failed("failed")
    await install.post("dropped", PostState.DROPPED, reason="too long")
    await install.post("nobody knows", PostState.UNKNOWN, attempts=2, reason="no history")
    await install.post("posted", PostState.POSTED, posted_at=install.now)

    found = {one["title"]: one for one in await _listed(install, capsys)}
    troubled = {one["title"] for one in await _listed(install, capsys, failed=True)}
    elsewhere = await _listed(install, capsys, address="local:other")

    assert {title: one["state"] for title, one in found.items()} == {
        "due": "due",
        "held": "sending",
        "left": "left",
        "nobody knows": "unknown",
        "failed": "failed",
        "dropped": "dropped",
    }
    assert found["failed"]["reason"] == "no answer"
    assert found["failed"]["retry_at"] == (install.now + AN_HOUR).isoformat()
    assert troubled == {"nobody knows", "left", "failed", "dropped"}
    assert elsewhere == []


async def test_for_people_the_reason_stands_under_the_title(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    await task.show(install.settings, None, failed=False, as_json=False)
    nothing = capsys.readouterr().out
    await install.failed()
    await install.post("left", PostState.SENDING, lease_until=install.now - AN_HOUR)
    await task.show(install.settings, None, failed=True, as_json=False)

    shown = capsys.readouterr().out
    assert nothing.strip() == "Everything picked is delivered."
    assert "no answer; tried 8 times, next " in shown
    assert "it may have arrived" in shown


async def test_a_retry_sends_at_once_what_would_wait(install: Install) -> None:
    stuck, given_up = (
        await install.failed(),
        await install.post("B", PostState.DROPPED, reason="gave up", attempts=8),
    )

    assert await task.act(install.settings, "retry", [stuck, given_up]) == 0

    assert await install.state(stuck) is await install.state(given_up) is PostState.POSTED
    assert await install.cards() == 2


async def test_beside_a_server_many_retries_at_once_post_once(
    install: Install, tmp_path: Path
) -> None:
    async with Running(tmp_path, now=install.now):
        stuck = await install.failed()
        retries = [task.act(install.settings, "retry", [stuck]) for _ in range(3)]
        await asyncio.gather(*retries)

    assert await install.state(stuck) is PostState.POSTED
    assert await install.cards() == 1


async def test_a_retry_of_what_may_have_arrived_asks_first(
    install: Install, database: Database
) -> None:
    left = await install.post("A", PostState.SENDING, attempts=5, lease_until=install.now - AN_HOUR)
    async with database.write() as session:
        assert await posts.release(session, left, install.now)
        released = await session.get(Post, left)
        assert released is not None
        await session.refresh(released)

    assert (released.state, released.attempts) == (PostState.DUE, 0)
    assert released.maybe_sent


async def test_a_dropped_post_is_never_sent(install: Install, tmp_path: Path) -> None:
    stuck = await install.failed()

    assert await task.act(install.settings, "drop", [stuck]) == 0
    async with Running(tmp_path, now=install.now + 2 * AN_HOUR) as running:
        await running.engine.run_post(stuck)

    assert await install.state(stuck) is PostState.DROPPED
    assert await install.cards() == 0


async def test_what_is_being_sent_or_done_is_left_alone_and_said(
    install: Install, capsys: pytest.CaptureFixture[str]
) -> None:
    held = await install.post("A", PostState.SENDING, attempts=1, lease_until=install.now + AN_HOUR)
    posted = await install.post("B", PostState.POSTED, posted_at=install.now)

    assert await task.act(install.settings, "drop", [held, posted]) == 1
    assert await task.act(install.settings, "retry", [held, posted]) == 1

    said = capsys.readouterr().out
    assert said.count("somebody is at it; look again after") == 2
    assert said.count("it was posted on") == 2
    assert await install.state(held) is PostState.SENDING


async def test_a_channel_that_is_gone_is_not_tried(
    install: Install, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    dropped = await install.post("A", PostState.DROPPED, reason="archived")
    async with database.write() as session:
        channel = await make.channel(session)
        channel.state, channel.state_reason = ChannelState.GONE, "it was archived"
        session.add(channel)

    assert await task.act(install.settings, "retry", [dropped]) == 1

    assert "cannot be posted to: it was archived" in capsys.readouterr().out


async def test_a_wrong_id_and_a_missing_one_say_what_to_do(install: Install) -> None:
    with pytest.raises(NotFoundError, match="paperround deliveries lists them"):
        await task.act(install.settings, "drop", [99])
    with pytest.raises(CommandError, match="Say which"):
        await task.act(install.settings, "retry", [])
