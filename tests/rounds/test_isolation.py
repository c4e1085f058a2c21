"""A channel or a workspace in trouble holds up none but itself, and a person hears of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from bot.cards.card import Card
from bot.errors import SilentError
from bot.ports import ChannelRef, MessageRef
from bot.rounds.delivery.delivery import Delivery
from bot.rounds.delivery.retry_policy import STALLED_SECONDS
from bot.rounds.scheduling.due import stuck_channels
from storage import channels, watches
from storage.database import Database
from storage.models import Channel, LocalMessage
from tests import make
from tests.fakes import FakePlatform
from tests.make import NOON
from tests.running import Running
from tests.waiting import PATIENCE

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)


class Mute(FakePlatform):
    """Gives calls into one workspace no answer, each after `gives_up`, until it `speaks`."""

    name = "slack"

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.gives_up = asyncio.Event()
        self.speaks = False

    async def post(self, channel: ChannelRef, card: Card, **marks: Any) -> MessageRef:
        self.calls.append(channel.workspace)
        if channel.workspace == "TMUTE" and not self.speaks:
            await self.gives_up.wait()
            raise SilentError("no answer", retry_after=STALLED_SECONDS)
        return await super().post(channel, card, **marks)


async def _due(database: Database, address: str) -> int:
    async with database.write() as session:
        channel = await make.channel(session, address)
        made = await make.post(session, channel, await make.paper(session, address))
    return made.id or 0


async def test_into_a_silent_workspace_goes_one_call_at_a_time(database: Database) -> None:
    platform = Mute()
    first, *mute = [await _due(database, f"slack:TMUTE/C{n}") for n in range(6)]
    well = await _due(database, "slack:TWELL/C1")
    delivery = Delivery(database, {"slack": platform}, lambda: NOON, "main")
    platform.gives_up.set()
    await delivery.deliver(first)
    platform.gives_up.clear()

    probe, *others = [asyncio.create_task(delivery.deliver(each)) for each in [*mute, well]]
    await asyncio.wait([probe, *others], return_when=asyncio.FIRST_COMPLETED)
    *waits, done = await asyncio.gather(*others)
    calls = list(platform.calls)
    platform.gives_up.set()
    waits.append(await probe)

    assert sorted(calls) == ["TMUTE", "TMUTE", "TWELL"]
    assert done is None
    # Long enough that a workflow ends and gives its place to other workspaces.
    assert all(wait is not None and wait >= STALLED_SECONDS for wait in waits)


async def test_a_workspace_that_answers_again_gets_everything_once(database: Database) -> None:
    platform, now = Mute(), [NOON]
    ids = [await _due(database, f"slack:TMUTE/C{n}") for n in range(3)]
    delivery = Delivery(database, {"slack": platform}, lambda: now[0], "main")
    platform.gives_up.set()
    await delivery.deliver(ids[0])
    await asyncio.gather(*map(delivery.deliver, ids[1:]))

    platform.speaks, now[0] = True, NOON + _HOUR
    again = [await delivery.deliver(each) for each in ids]

    assert again == [None, None, None]
    assert sorted(where.channel for where, _, _ in platform.posted) == ["C0", "C1", "C2"]


@pytest.fixture
async def running(
    either_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Running]:
    """An engine on either database; three channels are due, and the second's picks always raise."""
    monkeypatch.setenv("PAPERROUND_DATABASE_URL", either_url)
    async with Running(tmp_path, now=NOON + _DAY) as running:
        async with running.database.write() as session:
            for name in ("a", "poison", "b"):
                channel = await make.channel(session, f"local:{name}")
                await watches.add(
                    session, channel.id or 0, text="diffusion", typed="", by="anna", now=NOON
                )
            await make.paper(session, "Diffusion models", at=NOON + _DAY)
        choose = running.app.services.rounds._choose

        async def poisoned(session: Any, channel: Channel, *args: Any) -> Any:
            if channel.address == "local:poison":
                raise ValueError("poison")
            return await choose(session, channel, *args)

        monkeypatch.setattr(running.app.services.rounds, "_choose", poisoned)
        yield running


async def _messages(running: Running) -> list[tuple[str, str]]:
    async with running.database.read() as session:
        said = (await session.exec(select(LocalMessage))).all()
    return sorted((each.channel, each.kind) for each in said)


async def test_a_poison_channel_holds_no_other_and_a_person_hears_of_it_once_a_day(
    running: Running,
) -> None:
    started = await running.engine.tick()
    await running.until_delivered(at_least=2)
    async with asyncio.timeout(PATIENCE):
        while len(await _messages(running)) < 3:
            await asyncio.sleep(0.05)
    running.now += 2 * _HOUR
    await running.engine.tick()
    async with asyncio.timeout(PATIENCE):
        while b'rounds_total{outcome="failed"} 2.0' not in running.app.metrics.exposition():
            await asyncio.sleep(0.05)

    assert started == 3
    assert await _messages(running) == [
        ("local:a", "card"),
        ("local:b", "card"),
        ("local:poison", "announcement"),
    ]


async def test_an_instant_channel_that_gets_no_round_for_its_papers_is_told(
    running: Running,
) -> None:
    async with running.database.write() as session:
        for channel in await channels.list_active(session):
            channel.schedule = "instant"
            channel.last_paper_id = 0 if channel.address == "local:poison" else 1
            session.add(channel)

    at_once = await stuck_channels(running.database, running.now, _HOUR)
    later = await stuck_channels(running.database, running.now + 2 * _HOUR, _HOUR)

    assert at_once == []
    assert later == ["local:poison"]


async def test_a_channel_that_waits_for_its_picks_is_told_from_the_others(running: Running) -> None:
    async with running.database.write() as session:
        for channel in await channels.list_active(session):
            channel.last_slot_at = running.now if channel.address == "local:a" else None
            channel.schedule = "nonsense" if channel.address == "local:b" else channel.schedule
            session.add(channel)

    stuck = await stuck_channels(running.database, running.now + _HOUR, _HOUR)

    assert stuck == ["local:poison", "local:b"]
