"""A post reaches its channel once, whatever the platform does in between."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.cards.card import Form
from bot.errors import (
    ChannelGoneError,
    NotSentError,
    Obstacle,
    OutcomeUnknownError,
    PlatformError,
    RefusedError,
    UnaskableError,
)
from bot.ports import MessageRef
from bot.rounds.delivery.delivery import Delivery, Left
from bot.rounds.delivery.retry_policy import LONGEST_PAUSE
from storage import channels, claims, posts
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

    def delivery(self, holder: str = "main", *, repeat_unknown: bool = False) -> Delivery:
        platforms = {"local": self.platform}
        now = lambda: self.now  # noqa: E731 - shorter than a method of its own
        return Delivery(self.database, platforms, now, holder, repeat_unknown=repeat_unknown)

    async def deliver(self, *, holder: str = "main", repeat_unknown: bool = False) -> float | None:
        delivery = self.delivery(holder, repeat_unknown=repeat_unknown)
        return await delivery.deliver(self.post_id)

    async def restart(self, holder: str = "main") -> None:
        """A process with this name starts again, and knows that its predecessor is dead."""
        await self.delivery(holder).take_over(holder)

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

    await scene.restart()
    await scene.deliver()

    assert scene.platform.asked == [(await scene.post()).delivery_id]
    assert len(scene.platform.posted) == 1


async def test_a_sender_that_died_after_sending_finds_its_message_and_does_not_repeat_it(
    scene: Scene,
) -> None:
    scene.platform.late_faults = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        await scene.deliver()

    await scene.restart()
    await scene.deliver()

    assert len(scene.platform.posted) == 1
    assert (await scene.post()).state is PostState.POSTED


async def test_votes_on_a_post_that_was_found_again_are_read_once_it_is_noted(scene: Scene) -> None:
    scene.platform.late_faults = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        await scene.deliver()
    assert scene.platform.caught_up == []

    await scene.restart()
    await scene.deliver()

    assert scene.platform.caught_up == [(await scene.post()).message]


async def test_who_else_is_asked_for_a_found_post_does_not_read_its_votes_too_early(
    scene: Scene,
) -> None:
    scene.platform.late_faults = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        await scene.deliver()
    await scene.restart()
    delivery, others, states = scene.delivery(), [], []
    find = scene.platform.find_post

    async def find_while_asked_again(*args: Any, **named: Any) -> MessageRef | None:
        others.append(asyncio.create_task(delivery.deliver(scene.post_id)))
        return await find(*args, **named)

    async def note_state(_: MessageRef) -> None:
        states.append((await scene.post()).state)

    scene.platform.find_post = find_while_asked_again
    scene.platform.catch_up_on = note_state
    await delivery.deliver(scene.post_id)
    await asyncio.gather(*others)

    assert states == [PostState.POSTED]


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


async def test_a_post_that_was_surely_not_sent_is_not_asked_for(scene: Scene) -> None:
    scene.platform.faults = [NotSentError("too many requests")]

    await scene.deliver_patiently()

    assert scene.platform.asked == []
    assert len(scene.platform.posted) == 1


async def test_a_question_that_did_not_get_through_leaves_the_outcome_open(scene: Scene) -> None:
    scene.platform.late_faults = [OutcomeUnknownError("the connection dropped")]
    scene.platform.find_faults = [NotSentError("too many requests", retry_after=60.0)]
    scene.now += timedelta(seconds=await scene.deliver() or 0)

    assert await scene.deliver() == 60.0
    assert (await scene.post()).state is PostState.SENDING

    scene.now += timedelta(seconds=60)
    assert await scene.deliver() is None
    assert len(scene.platform.posted) == 1


@pytest.mark.parametrize("wait", [None, 30.0], ids=["unreachable", "limited"])
async def test_a_platform_that_is_down_for_half_a_day_loses_nothing(
    scene: Scene, wait: float | None
) -> None:
    while scene.now - NOON < timedelta(hours=12):
        scene.platform.faults = [NotSentError("no answer", retry_after=wait)]
        pause = await scene.deliver()
        assert pause is not None
        scene.now += timedelta(seconds=max(pause, 600))

    assert await scene.deliver() is None
    assert (await scene.post()).state is PostState.POSTED


@pytest.mark.parametrize("fault", [NotSentError("busy"), OutcomeUnknownError("HTTP 503")])
async def test_no_refusal_of_the_moment_drops_a_post_whose_paper_is_a_candidate(
    scene: Scene, fault: PlatformError
) -> None:
    while scene.now - NOON < timedelta(days=6, hours=23):
        scene.platform.faults = [fault]
        pause = await scene.deliver()
        assert pause is not None
        assert pause <= LONGEST_PAUSE
        scene.now += timedelta(hours=4)

    assert await scene.deliver() is None
    assert (await scene.post()).state is PostState.POSTED


async def test_a_paper_that_is_no_candidate_any_more_is_given_up_with_the_reason(
    scene: Scene,
) -> None:
    for days in (0, 6.9, 7.1):
        scene.platform.faults = [NotSentError("no answer")]
        scene.now = NOON + timedelta(days=days)
        pause = await scene.deliver()
        assert (pause is None) == (days > 7)

    post = await scene.post()
    assert post.state is PostState.DROPPED
    assert post.reason is not None
    assert "no answer" in post.reason


@pytest.mark.parametrize("least", Form)
async def test_a_refused_card_is_said_simpler_until_it_is_taken(scene: Scene, least: Form) -> None:
    scene.platform.least = least

    assert await scene.deliver() is None

    [(_, card, _)] = scene.platform.posted
    assert card.form is least
    assert ((await scene.post()).state, (await scene.post()).form) == (PostState.POSTED, least)
    assert scene.platform.announced == []


async def test_the_form_that_was_found_is_tried_first_after_a_pause(scene: Scene) -> None:
    refusal = RefusedError("invalid_blocks")
    scene.platform.faults = [refusal, refusal, NotSentError("busy", retry_after=7.0), None]
    assert await scene.deliver() == 7.0
    scene.now += timedelta(seconds=7)

    assert await scene.deliver() is None

    [(_, card, _)] = scene.platform.posted
    assert card.form is Form.NO_PICTURE


async def test_a_card_refused_in_every_form_is_dropped_with_the_reason_told(scene: Scene) -> None:
    scene.platform.faults = [RefusedError(f"refused as {form.name}") for form in Form]

    assert await scene.deliver() is None

    post = await scene.post()
    assert (post.state, post.reason) == (PostState.DROPPED, "refused as BARE")
    [(_, told)] = scene.platform.announced
    assert told == "A paper could not be posted in general: A. refused as BARE"
    assert await _channel_state(scene) is ChannelState.ACTIVE


@pytest.mark.parametrize("others", [(), ("B",)], ids=["alone", "with others"])
async def test_a_lost_channel_is_marked_and_its_picks_are_freed(
    scene: Scene, others: tuple[str, ...]
) -> None:
    later = await _more(scene, *others)
    scene.platform.faults = [
        ChannelGoneError("the channel was archived", obstacle=Obstacle.ARCHIVED)
    ]

    assert await scene.delivery().deliver_all([scene.post_id, *later]) is None

    async with scene.database.read() as session:
        assert await posts.list_ids(session, [scene.post_id, *later]) == []
        channel = await channels.get(session, 1)
    assert (channel.state, channel.obstacle) == (ChannelState.GONE, Obstacle.ARCHIVED)
    assert channel.due_at == NOON


@pytest.mark.parametrize("kind", posts.KINDS)
async def test_only_what_a_person_handed_in_waits_in_a_lost_channel(
    scene: Scene, kind: str
) -> None:
    async with scene.database.write() as session:
        post = await posts.get(session, scene.post_id)
        assert post is not None
        post.kind = kind
        session.add(post)
    scene.platform.faults = [ChannelGoneError("not in the channel")]

    pause = await scene.deliver()

    async with scene.database.read() as session:
        left = await posts.get(session, scene.post_id)
    assert (pause, left is not None) == ((3600, True) if kind == posts.SUBMITTED else (None, False))


async def test_what_may_have_arrived_stays_in_doubt_when_the_channel_is_lost(scene: Scene) -> None:
    scene.platform.late_faults = [OutcomeUnknownError("the connection dropped")]
    scene.now += timedelta(seconds=await scene.deliver() or 0)
    scene.platform.find_faults = [ChannelGoneError("not in the channel")]

    assert await scene.deliver() == 3600
    assert (await scene.post()).state is PostState.SENDING

    async with scene.database.write() as session:
        await channels.revive(session, 1, scene.now)
        await posts.hasten(session, 1, scene.now)
    assert await scene.deliver() is None
    assert len(scene.platform.posted) == 1


async def test_a_platform_without_connection_is_put_off_not_lost(scene: Scene) -> None:
    delivery = Delivery(scene.database, {}, lambda: scene.now, "main")

    assert await delivery.deliver(scene.post_id) is not None

    post = await scene.post()
    assert post.state is PostState.FAILED
    assert post.reason == "no local connection is configured"


async def test_a_post_nobody_can_ask_about_stays_unknown_and_is_not_sent_again(
    scene: Scene,
) -> None:
    await _leave_unknown(scene)

    assert await scene.deliver() is None

    post = await scene.post()
    assert (post.state, post.reason) == (PostState.UNKNOWN, "give it Read Message History")
    assert len(scene.platform.posted) == 1


async def test_the_host_may_choose_rather_twice_than_never(scene: Scene) -> None:
    await _leave_unknown(scene)

    assert await scene.deliver(repeat_unknown=True) is None

    assert (await scene.post()).state is PostState.POSTED
    assert len(scene.platform.posted) == 2


async def test_an_outcome_that_stays_unknown_is_said_and_not_tried_for_ever(scene: Scene) -> None:
    for days in (0, 6.9, 7.1):
        scene.platform.faults = [OutcomeUnknownError("no answer")]
        scene.now = NOON + timedelta(days=days)
        await scene.deliver()

    post = await scene.post()
    assert post.state is PostState.UNKNOWN
    assert post.reason is not None
    assert "no answer" in post.reason


async def test_a_fault_of_our_own_is_an_outcome_unknown(scene: Scene) -> None:
    scene.platform.late_faults = [ZeroDivisionError()]

    await scene.deliver_patiently()

    assert len(scene.platform.posted) == 1
    assert (await scene.post()).state is PostState.POSTED


async def test_of_a_paper_whose_card_cannot_be_made_the_title_is_posted(scene: Scene) -> None:
    ids = [scene.post_id, *await _more(scene, "B")]
    async with scene.database.write() as session:
        post = await posts.get(session, scene.post_id)
        assert post is not None
        post.match = {"evidence": [{"nonsense": 1}]}
        session.add(post)

    assert await scene.delivery().deliver_all(ids) is None

    assert (await scene.post()).state is PostState.POSTED
    assert scene.platform.titles("local:general") == ["A", "B"]


async def test_posts_of_a_channel_are_sent_in_order(scene: Scene) -> None:
    ids = [scene.post_id, *await _more(scene, "B", "C")]

    assert await scene.delivery().deliver_all(ids) is None

    assert scene.platform.titles("local:general") == ["A", "B", "C"]


async def test_those_behind_a_post_that_waits_are_left_unclaimed(scene: Scene) -> None:
    first, second, third = scene.post_id, *await _more(scene, "B", "C")
    scene.platform.faults = [None, NotSentError("too many requests", retry_after=7.0)]

    left = await scene.delivery().deliver_all([first, second, third])

    assert left == Left((second, third), 7.0)
    async with scene.database.read() as session:
        states = [post.state for post, _ in await posts.list_ids(session, [first, second, third])]
    assert states == [PostState.POSTED, PostState.FAILED, PostState.DUE]


@pytest.mark.parametrize("step", [timedelta(days=1), timedelta(days=-1), -timedelta(minutes=5)])
async def test_one_process_sends_a_post_once_even_if_its_clock_jumps(
    scene: Scene, step: timedelta
) -> None:
    class Jumping(FakePlatform):
        async def post(self, *args: object, **named: object) -> MessageRef:
            scene.now += step
            self.meanwhile = await delivery.deliver(scene.post_id)
            return await super().post(*args, **named)

    scene.platform = Jumping()
    delivery = scene.delivery()

    assert await delivery.deliver(scene.post_id) is None

    assert scene.platform.meanwhile == 1.0
    assert len(scene.platform.posted) == 1


async def _leave_unknown(scene: Scene) -> None:
    """The post arrives, its answer is lost, and the platform's history cannot be read."""
    scene.platform.late_faults = [OutcomeUnknownError("the connection dropped")]
    scene.platform.find_faults = [UnaskableError("give it Read Message History")]
    pause = await scene.deliver()
    scene.now += timedelta(seconds=pause or 0)


async def _more(scene: Scene, *titles: str) -> list[int]:
    async with scene.database.write() as session:
        channel = await channels.find(session, "local:general")
        assert channel is not None
        made = [
            await make.post(session, channel, await make.paper(session, title)) for title in titles
        ]
    return [post.id or 0 for post in made]


async def _claim_and_die(scene: Scene, holder: str) -> None:
    until: datetime = scene.now + timedelta(minutes=2)
    async with scene.database.write() as session:
        await claims.claim(session, [scene.post_id], holder=holder, now=scene.now, until=until)


async def _channel_state(scene: Scene) -> ChannelState:
    async with scene.database.read() as session:
        found = await channels.find(session, "local:general")
    assert found is not None
    return found.state


async def test_an_unlisted_code_is_of_the_moment_and_reported_once(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        scene.platform.faults = [NotSentError("refused", unlisted=f"{scene.database.url} 77")]
        pause = await scene.deliver()
        assert pause is not None
        scene.now += timedelta(seconds=pause)

    assert capsys.readouterr().out.count("platform.unlisted_code") == 1
