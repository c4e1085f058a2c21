"""A post reaches its channel once, whatever the platform does in between."""

from datetime import datetime, timedelta

import pytest

from bot.errors import ChannelGoneError, NotSentError, OutcomeUnknownError, RefusedError
from bot.rounds.delivery import ATTEMPTS, Delivery
from storage import channels, posts
from storage.database import Database
from storage.models import ChannelState, Post, PostState
from tests import make
from tests.fakes import FakePlatform
from tests.make import NOON


class Scene:
    """One due post, a platform to send it to, and a clock to move."""

    def __init__(self, database: Database, post_id: int) -> None:
        self.database = database
        self.post_id = post_id
        self.platform = FakePlatform()
        self.now = NOON

    async def deliver(self, *, holder: str = "main") -> float | None:
        delivery = Delivery(self.database, {"local": self.platform}, lambda: self.now, holder)
        return await delivery.deliver(self.post_id)

    async def deliver_patiently(self) -> None:
        while (pause := await self.deliver()) is not None:
            self.now += timedelta(seconds=pause)

    async def post(self) -> Post:
        async with self.database.read() as session:
            found = await posts.get(session, self.post_id)
        assert found is not None
        return found


@pytest.fixture
async def scene(database: Database) -> Scene:
    async with database.write() as session:
        due = await make.post(session, await make.channel(session), await make.paper(session, "A"))
    return Scene(database, due.id or 0)


async def test_a_due_post_is_sent_and_noted(scene: Scene) -> None:
    assert await scene.deliver() is None

    post = await scene.post()
    assert scene.platform.titles("local:general") == ["A"]
    assert (post.state, post.message, post.posted_at) == (PostState.POSTED, post.delivery_id, NOON)


async def test_a_sent_post_is_not_sent_again(scene: Scene) -> None:
    await scene.deliver()
    await scene.deliver()

    assert len(scene.platform.posted) == 1


async def test_a_sender_that_died_before_sending_sends_when_it_is_back(scene: Scene) -> None:
    await _claim_and_die(scene, "main")

    await scene.deliver()

    assert scene.platform.asked == [(await scene.post()).delivery_id]
    assert len(scene.platform.posted) == 1


async def test_a_sender_that_died_after_sending_finds_its_message_and_does_not_repeat_it(
    scene: Scene,
) -> None:
    scene.platform.late_faults = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        await scene.deliver()

    await scene.deliver()

    assert len(scene.platform.posted) == 1
    assert (await scene.post()).state is PostState.POSTED


async def test_another_process_waits_for_the_lease_of_a_dead_one(scene: Scene) -> None:
    await _claim_and_die(scene, "dead")

    pause = await scene.deliver(holder="other")
    assert pause is not None
    assert scene.platform.posted == []

    scene.now += timedelta(seconds=pause)
    assert await scene.deliver(holder="other") is None
    assert len(scene.platform.posted) == 1


async def test_an_unknown_outcome_asks_before_it_sends_again(scene: Scene) -> None:
    scene.platform.late_faults = [OutcomeUnknownError("the connection dropped")]

    await scene.deliver_patiently()

    assert len(scene.platform.posted) == 1
    assert (await scene.post()).state is PostState.POSTED


async def test_a_post_that_was_not_sent_waits_as_long_as_the_platform_says(scene: Scene) -> None:
    scene.platform.faults = [NotSentError("too many requests", retry_after=7.0)]

    assert await scene.deliver() == 7.0
    assert (await scene.post()).state is PostState.FAILED

    await scene.deliver_patiently()
    assert len(scene.platform.posted) == 1


async def test_too_many_failures_drop_the_post_with_the_reason(scene: Scene) -> None:
    scene.platform.faults = [NotSentError("no answer") for _ in range(ATTEMPTS)]

    await scene.deliver_patiently()

    post = await scene.post()
    assert post.state is PostState.DROPPED
    assert post.reason is not None
    assert "no answer" in post.reason


async def test_a_refused_post_is_dropped_and_the_channel_lives(scene: Scene) -> None:
    scene.platform.faults = [RefusedError("too long")]

    assert await scene.deliver() is None

    assert (await scene.post()).state is PostState.DROPPED
    assert await _channel_state(scene) is ChannelState.ACTIVE


async def test_a_lost_channel_is_marked_and_not_tried_for_ever(scene: Scene) -> None:
    scene.platform.faults = [ChannelGoneError("the channel was archived")]

    assert await scene.deliver() is None

    assert (await scene.post()).state is PostState.DROPPED
    assert await _channel_state(scene) is ChannelState.GONE


async def test_a_platform_without_connection_is_put_off_not_lost(scene: Scene) -> None:
    delivery = Delivery(scene.database, {}, lambda: scene.now, "main")

    assert await delivery.deliver(scene.post_id) is not None

    post = await scene.post()
    assert post.state is PostState.FAILED
    assert post.reason == "no local connection is configured"


async def _claim_and_die(scene: Scene, holder: str) -> None:
    until: datetime = scene.now + timedelta(minutes=2)
    async with scene.database.write() as session:
        await posts.claim(session, scene.post_id, holder=holder, now=scene.now, until=until)


async def _channel_state(scene: Scene) -> ChannelState:
    async with scene.database.read() as session:
        found = await channels.find(session, "local:general")
    assert found is not None
    return found.state
