"""Each fault that Discord has on the way of a paper: in the end it stands there once."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from simcord.backend.models import Channel

from bot.platforms.discord.adapter import DiscordChat
from bot.ports import ChannelRef
from bot.rounds.delivery.delivery import Delivery
from storage import pace, posts
from storage.database import Database
from storage.models import PostState
from tests import make
from tests.peers.discord import faults
from tests.peers.discord.bridge import Bridge
from tests.peers.discord.buckets import Bucket
from tests.peers.discord.faults import MESSAGES, Fault
from tests.platforms.discord.conftest import address
from tests.platforms.discord.test_cards import FULL
from tests.waiting import Brief

FIVE_HUNDREDS = (500, 502, 503, 504, 520, 524)


@dataclass
class Sender:
    """A post that is due, and tries to deliver it at the times that a test chooses."""

    database: Database
    delivery: Delivery
    post_id: int
    now: datetime

    async def deliver(self) -> float | None:
        """Try once; returns the seconds to wait before the next try, None when it is over."""
        return await self.delivery.deliver(self.post_id)

    async def until_over(self, bridge: Bridge) -> None:
        """Try as often as it takes, hours apart, so that Discord has forgotten every nonce."""
        for _ in range(5):
            if await self.deliver() is None:
                return
            self.now += timedelta(hours=2)
            bridge.nonces.clear()
        raise AssertionError("it never ends")

    async def state(self) -> PostState:
        async with self.database.read() as session:
            post = await posts.get(session, self.post_id)
        assert post is not None
        return post.state


@pytest.fixture
async def sender(database: Database, chat: DiscordChat, general: Channel) -> Sender:
    now = datetime.now(UTC)
    async with database.write() as session:
        channel = await make.channel(session, address(general))
        due = await make.post(session, channel, await make.paper(session, "A"))
        due.picked_at = now
    made = Sender(database, None, due.id or 0, now)
    made.delivery = Delivery(database, {"discord": chat}, lambda: made.now, "main")
    return made


async def test_a_429_with_via_is_waited_out_within_the_call(
    bridge: Bridge, general: Channel, sender: Sender
) -> None:
    bridge.faults.append(faults.rate_limited(after=0.02))

    assert await sender.deliver() is None
    assert bridge.count("POST", MESSAGES) == 2
    assert len(bridge.world.post_ids(general)) == 1


async def test_a_429_without_via_keeps_away_for_as_long_as_the_shield_says(
    bridge: Bridge, chat: DiscordChat, general: Channel, sender: Sender
) -> None:
    bridge.faults.append(faults.shielded(after=300))

    pause = await sender.deliver()

    assert pause is not None
    assert pause >= 300
    assert bridge.count("POST", MESSAGES) == 1
    later = chat.client.breaker.clock() + 301
    chat.client.breaker.clock = lambda: later
    async with sender.database.write() as session:
        await pace.hold_off(session, "discord", 0.0)
    await sender.until_over(bridge)
    assert len(bridge.world.post_ids(general)) == 1


async def test_limits_that_headers_tell_are_kept_before_discord_has_to_refuse(
    bridge: Bridge, chat: DiscordChat, general: Channel
) -> None:
    # A window long enough that no machine holds a request up for a whole one: discord.py counts
    # a request in the window in which it was sent, Discord in that in which it came.
    bucket = Bucket(MESSAGES, limit=6, seconds=2)
    bridge.buckets.append(bucket)
    ref = ChannelRef.parse(address(general))

    await asyncio.gather(*(chat.post(ref, FULL, delivery_id=f"d{each}") for each in range(7)))

    assert bucket.refused == 0
    assert len(bridge.world.post_ids(general)) == 7


async def test_one_channels_limit_holds_up_no_other(
    bridge: Bridge, chat: DiscordChat, general: Channel
) -> None:
    other = bridge.world.backend.create_channel(general.guild_id or 0, "other")
    slow = ChannelRef.parse(address(general))
    bridge.buckets.append(Bucket(rf"/channels/{general.id}/messages", limit=1, seconds=3600))
    await chat.post(slow, FULL, delivery_id="d0")
    waiting = asyncio.create_task(chat.post(slow, FULL, delivery_id="d1"))

    await chat.post(ChannelRef.parse(address(other)), FULL, delivery_id="d2")

    waiting.cancel()
    assert len(bridge.world.post_ids(other)) == 1


@pytest.mark.parametrize("status", FIVE_HUNDREDS)
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_5xx_before_or_after_the_message_was_stored_ends_with_one_post(
    bridge: Bridge,
    general: Channel,
    sender: Sender,
    monkeypatch: pytest.MonkeyPatch,
    *,
    status: int,
    moment: faults.Moment,
) -> None:
    monkeypatch.setattr("discord.http.asyncio", Brief(asyncio))
    bridge.faults.append(faults.failing(status, moment=moment))

    await sender.until_over(bridge)

    assert await sender.state() is PostState.POSTED
    assert len(bridge.world.post_ids(general)) == 1


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_connection_that_breaks_before_or_after_the_message_was_stored_ends_with_one_post(
    bridge: Bridge, general: Channel, sender: Sender, moment: faults.Moment
) -> None:
    bridge.faults.append(faults.cut(moment=moment))

    await sender.until_over(bridge)

    assert await sender.state() is PostState.POSTED
    assert len(bridge.world.post_ids(general)) == 1


async def test_a_failing_history_is_asked_again_before_anything_is_sent_again(
    bridge: Bridge, general: Channel, sender: Sender
) -> None:
    bridge.faults += [faults.cut(), Fault("GET", MESSAGES, 503, {"code": 0})]

    await sender.until_over(bridge)

    assert await sender.state() is PostState.POSTED
    assert len(bridge.world.post_ids(general)) == 1
