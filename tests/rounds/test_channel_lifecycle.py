"""State follows a channel, deliveries stop and resume, and a person who can act hears it once."""

import asyncio
from datetime import timedelta

import pytest

from bot.errors import ChannelGoneError, NotSentError, Obstacle
from bot.ports import ChannelChange, ChannelEvent, ChannelRef
from bot.rounds.admin_notices import AdminNotices
from bot.rounds.channel_lifecycle import _LEFT, ChannelLifecycle
from bot.rounds.delivery.delivery import Delivery
from bot.rounds.reachability import Reachability
from bot.rounds.scheduling.due import due_channels
from bot.rounds.scheduling.schedule import Slot
from storage import channels, posts, watches
from storage.channels import ChannelDefaults
from storage.database import Database
from storage.models import Channel, ChannelState
from tests import make
from tests.fakes import FakePlatform
from tests.make import NOON

LAB = ChannelRef("slack", "T1", "C1")
DESK = ChannelRef("slack", "T1", "C2")


class Scene:
    """A workspace with a bot in it, and what the bot says there."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.platform = FakePlatform()
        self.now = NOON
        platforms = {"slack": self.platform}
        self.notices = AdminNotices(database, platforms)
        self.reach = Reachability(database, platforms, self.notices, lambda: self.now)
        self.rounds: list[Slot] = []
        self.membership = ChannelLifecycle(
            database,
            self.notices,
            self.reach,
            defaults=ChannelDefaults(),
            window=timedelta(days=7),
            now=lambda: self.now,
            start_round=self.start,
        )

    async def start(self, slot: Slot) -> None:
        self.rounds.append(slot)

    async def happen(self, change: ChannelChange, ref: ChannelRef = LAB, **facts: object) -> None:
        await self.membership.changed(ChannelEvent(ref, change, **facts))

    async def channel(self, ref: ChannelRef = LAB) -> Channel | None:
        async with self.database.read() as session:
            return await channels.find(session, str(ref))

    async def make_admin(self, ref: ChannelRef = DESK) -> None:
        async with self.database.write() as session:
            channel = await make.channel(session, str(ref))
            workspace = await channels.workspace_of(session, channel)
            workspace.admin_channel_id = channel.id
            session.add(workspace)

    def said(self, ref: ChannelRef) -> list[str]:
        return [text for where, text in self.platform.announced if where == ref]


@pytest.fixture
def scene(database: Database) -> Scene:
    return Scene(database)


async def test_the_first_join_greets_with_watches_that_would_find_something(scene: Scene) -> None:
    async with scene.database.write() as session:
        await make.paper(session, "Speech codecs at scale")
        await make.paper(session, "Neural speech codecs")

    await scene.happen(ChannelChange.JOINED, name="lab")

    channel = await scene.channel()
    assert channel is not None
    assert (channel.name, channel.state) == ("lab", ChannelState.ACTIVE)
    [greeting] = scene.said(LAB)
    assert greeting.startswith("What does this channel read?")
    offered = scene.platform.offered
    assert [each.command for each in offered if each.asks] == ["watch now:", "like"]
    topics = [each for each in offered if not each.asks]
    assert len(topics) == 3
    assert topics[0].label == "speech codecs"
    assert all(each.command == f"watch now: {each.label}" for each in topics)


async def test_a_repeated_join_says_nothing_more(scene: Scene) -> None:
    await scene.happen(ChannelChange.JOINED)
    await scene.happen(ChannelChange.JOINED)

    assert len(scene.said(LAB)) == 1


async def test_a_greeting_knows_what_is_watched_already(scene: Scene) -> None:
    async with scene.database.write() as session:
        channel = await make.channel(session, str(LAB))
        await watches.add(
            session, channel.id or 0, text="speech", typed="speech", by="ana", now=make.NOON
        )

    await scene.happen(ChannelChange.JOINED)

    [greeting] = scene.said(LAB)
    assert "with 1 watch set up already" in greeting
    assert "What does this channel read?" not in greeting
    assert [each.command for each in scene.platform.offered] == ["now"]


async def test_a_channel_that_was_set_up_before_the_bot_joined_is_greeted_too(scene: Scene) -> None:
    async with scene.database.write() as session:
        await make.channel(session, str(LAB))

    await scene.happen(ChannelChange.JOINED)

    assert len(scene.said(LAB)) == 1


@pytest.mark.parametrize("change", [ChannelChange.LEFT, ChannelChange.ARCHIVED])
async def test_a_lost_channel_is_marked_and_the_admin_channel_hears_of_it_once(
    scene: Scene, change: ChannelChange
) -> None:
    await scene.make_admin()
    await scene.happen(ChannelChange.JOINED, name="lab")

    await scene.happen(change)
    await scene.happen(change)

    channel = await scene.channel()
    assert channel is not None
    assert channel.state is ChannelState.GONE
    [notice] = scene.said(DESK)
    assert "lab" in notice


async def test_another_workspace_hears_nothing_of_a_lost_channel(scene: Scene) -> None:
    elsewhere = ChannelRef("slack", "T2", "C9")
    await scene.make_admin(elsewhere)
    await scene.happen(ChannelChange.JOINED)

    await scene.happen(ChannelChange.LEFT)

    assert scene.said(elsewhere) == []


async def test_a_channel_that_is_joined_again_resumes_with_its_watches(scene: Scene) -> None:
    await scene.happen(ChannelChange.JOINED)
    channel = await scene.channel()
    assert channel is not None
    async with scene.database.write() as session:
        await watches.add(
            session, channel.id or 0, text="routing", typed="routing", by="U1", now=NOON
        )
    await scene.happen(ChannelChange.LEFT)

    await scene.happen(ChannelChange.JOINED)

    channel = await scene.channel()
    assert channel is not None
    assert channel.state is ChannelState.ACTIVE
    assert scene.said(LAB)[1:] == ["Back again: 1 watch here, papers daily 09:00 UTC."]


async def test_an_unarchived_channel_resumes_and_says_so(scene: Scene) -> None:
    await scene.happen(ChannelChange.JOINED)
    await scene.happen(ChannelChange.ARCHIVED)

    await scene.happen(ChannelChange.RESTORED)

    channel = await scene.channel()
    assert channel is not None
    assert channel.state is ChannelState.ACTIVE
    assert scene.said(LAB)[1:] == ["Back again: 0 watches here, papers daily 09:00 UTC."]


async def test_a_renamed_channel_keeps_its_settings(scene: Scene) -> None:
    await scene.happen(ChannelChange.JOINED, name="lab")

    await scene.happen(ChannelChange.RENAMED, name="laboratory")

    channel = await scene.channel()
    assert channel is not None
    assert channel.name == "laboratory"


async def test_a_channel_that_was_given_another_id_is_the_same_channel(scene: Scene) -> None:
    await scene.happen(ChannelChange.JOINED)
    before = await scene.channel()
    moved = ChannelRef("slack", "T1", "C77")

    await scene.happen(ChannelChange.MOVED, moved_to=moved)
    await scene.happen(ChannelChange.MOVED, moved_to=moved)

    after = await scene.channel(moved)
    assert before is not None
    assert after is not None
    assert after.id == before.id
    assert await scene.channel(LAB) is None


async def test_a_channel_keeps_its_history_where_its_new_id_was_seen_before_the_move(
    scene: Scene,
) -> None:
    await scene.happen(ChannelChange.JOINED)
    before = await scene.channel()
    moved = ChannelRef("slack", "T1", "C77")
    await scene.happen(ChannelChange.JOINED, moved)

    await scene.happen(ChannelChange.MOVED, moved_to=moved)

    after, left = await scene.channel(moved), await scene.channel(LAB)
    assert before is not None
    assert after is not None
    assert left is not None
    assert after.id == before.id
    assert left.state is ChannelState.GONE


@pytest.mark.parametrize("change", list(ChannelChange))
async def test_no_change_of_an_unknown_channel_raises(scene: Scene, change: ChannelChange) -> None:
    await scene.happen(change, moved_to=DESK)

    assert (await scene.channel() is not None) is (change is ChannelChange.JOINED)


async def test_a_workspace_that_is_gone_takes_its_channels_alone_with_it(scene: Scene) -> None:
    elsewhere = ChannelRef("slack", "T2", "C9")
    for ref in (LAB, DESK, elsewhere):
        await scene.happen(ChannelChange.JOINED, ref)

    await scene.membership.workspace_gone("slack", "T1")

    async with scene.database.read() as session:
        active = await channels.list_active(session)
    assert [channel.address for channel in active] == [str(elsewhere)]


async def test_a_delivery_that_finds_the_channel_gone_tells_the_admin_once(scene: Scene) -> None:
    await scene.make_admin()
    async with scene.database.write() as session:
        channel = await make.channel(session, str(LAB))
        due = [
            await make.post(session, channel, await make.paper(session, title)) for title in "AB"
        ]
    scene.platform.faults = [ChannelGoneError("is_archived")]
    delivery = Delivery(scene.database, {"slack": scene.platform}, lambda: NOON, "main")

    for post in due:
        await delivery.deliver(post.id or 0)

    async with scene.database.read() as session:
        assert [await posts.get(session, post.id or 0) for post in due] == [None, None]
    assert scene.platform.posted == []
    assert len(scene.said(DESK)) == 1


RESTRICTED = ChannelGoneError(
    "only some people may post there; ask an admin", obstacle=Obstacle.RESTRICTED
)


async def test_a_channel_where_only_admins_may_post_is_lost_by_the_greeting(scene: Scene) -> None:
    scene.platform.gone = {str(LAB): RESTRICTED}

    await scene.happen(ChannelChange.JOINED)

    channel = await scene.channel()
    assert channel is not None
    assert (channel.state, channel.obstacle) == (ChannelState.GONE, Obstacle.RESTRICTED)


@pytest.mark.parametrize("change", [ChannelChange.JOINED, ChannelChange.RESTORED])
async def test_a_restart_is_no_return_and_a_line_that_is_taken_is(
    scene: Scene, change: ChannelChange
) -> None:
    await scene.happen(ChannelChange.JOINED)
    scene.platform.gone = {str(LAB): RESTRICTED}
    await scene.happen(ChannelChange.LEFT, lost=RESTRICTED)
    for _ in range(2):
        await scene.happen(change)
        channel = await scene.channel()
        assert channel is not None
        assert (channel.state, channel.state_reason) == (ChannelState.GONE, str(RESTRICTED))

    scene.platform.gone = {}
    await scene.happen(change)

    channel = await scene.channel()
    assert channel is not None
    assert (channel.state, channel.obstacle) == (ChannelState.ACTIVE, None)
    assert scene.said(LAB)[1:] == ["Back again: 0 watches here, papers daily 09:00 UTC."]


async def test_a_channel_whose_line_is_lost_on_its_way_is_back_all_the_same(scene: Scene) -> None:
    await scene.happen(ChannelChange.JOINED)
    await scene.happen(ChannelChange.LEFT)
    scene.platform.announce_faults = [NotSentError("busy")]

    await scene.happen(ChannelChange.JOINED)

    channel = await scene.channel()
    assert channel is not None
    assert channel.state is ChannelState.ACTIVE


async def test_a_round_brings_the_freed_picks_as_soon_as_the_channel_is_back(scene: Scene) -> None:
    await scene.happen(ChannelChange.JOINED)
    async with scene.database.write() as session:
        channel = await make.channel(session, str(LAB))
        await make.post(session, channel, await make.paper(session, "A"))
    await scene.happen(ChannelChange.LEFT)
    assert scene.rounds == []

    scene.now += timedelta(hours=3)
    await scene.happen(ChannelChange.JOINED)
    await asyncio.sleep(0)

    assert scene.rounds == [Slot(channel.id or 0, scene.now)]
    # Where that is cut off, a tick finds the same round.
    assert await due_channels(scene.database, scene.now) == scene.rounds


async def test_no_round_is_owed_where_nothing_was_picked(scene: Scene) -> None:
    await scene.happen(ChannelChange.JOINED)
    await scene.happen(ChannelChange.LEFT)
    await scene.happen(ChannelChange.JOINED)
    await asyncio.sleep(0)

    assert scene.rounds == []


async def test_a_time_out_ends_when_the_platform_said(scene: Scene) -> None:
    await scene.happen(ChannelChange.JOINED)
    muted = ChannelGoneError(
        "the bot is timed out", obstacle=Obstacle.TIMED_OUT, until=NOON + timedelta(hours=1)
    )
    await scene.happen(ChannelChange.LEFT, lost=muted)

    await scene.reach.end_over()
    channel = await scene.channel()
    assert channel is not None
    assert channel.state is ChannelState.GONE

    scene.now += timedelta(hours=1)
    await scene.reach.end_over()
    channel = await scene.channel()
    assert channel is not None
    assert (channel.state, channel.back_at) == (ChannelState.ACTIVE, None)


@pytest.mark.parametrize("public", [True, False])
async def test_only_the_loss_of_a_public_channel_is_told_outside_it(
    scene: Scene, public: bool
) -> None:
    await scene.make_admin()
    await scene.happen(ChannelChange.JOINED, name="secret")
    scene.platform.public = public

    await scene.happen(ChannelChange.LEFT)

    notice = f"No more papers reach secret: {_LEFT}"
    assert scene.said(DESK) == ([notice] if public else [])
    assert scene.platform.told == ([] if public else [("T1", notice)])


async def test_the_words_of_an_event_count_where_the_channel_can_be_asked_no_more(
    scene: Scene,
) -> None:
    await scene.make_admin()
    await scene.happen(ChannelChange.JOINED, name="hall")
    scene.platform.public = False

    await scene.happen(ChannelChange.ARCHIVED, public=True)

    assert scene.said(DESK) == ["No more papers reach hall: the channel was archived or deleted"]


async def test_the_latest_reason_is_the_one_that_is_kept(scene: Scene) -> None:
    await scene.make_admin()
    await scene.happen(ChannelChange.JOINED)
    await scene.happen(ChannelChange.LEFT, lost=RESTRICTED)
    await scene.happen(ChannelChange.ARCHIVED)

    channel = await scene.channel()
    assert channel is not None
    assert (channel.obstacle, len(scene.said(DESK))) == (Obstacle.ARCHIVED, 1)
