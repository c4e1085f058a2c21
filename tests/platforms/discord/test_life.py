"""Servers, channels, threads and conversations change: state follows, and it is said once."""

import pytest
from simcord.backend.models import Channel, Guild, User
from simcord.enums import ChannelType, InteractionType

from storage.models import ChannelState
from tests.peers.discord.bridge import Bridge
from tests.peers.discord.faults import Fault
from tests.peers.discord.people import Someone, until
from tests.peers.discord.world import World
from tests.platforms.discord.conftest import EXPERTS, Open, greeted, state, voted, watching

AGAIN = "A mixture of experts, again"


@pytest.fixture
def club(world: World, general: Channel, ada: User) -> Channel:
    return world.backend.create_thread(
        general.id, "journal club", ada.id, type=ChannelType.PUBLIC_THREAD
    )


async def test_a_thread_that_sleeps_is_woken_by_the_next_paper(
    world: World, install: Open, club: Channel, ada: User
) -> None:
    async with install() as running:
        await watching(running, club, ada)
        world.archive(club)
        await running.quiet()
        await running.round(club)
        await state(running, club, ChannelState.ACTIVE)

    assert len(world.post_ids(club)) == 1
    assert club.thread_metadata is not None
    assert not club.thread_metadata.archived


async def test_a_locked_thread_is_lost_with_the_reason_until_it_is_unlocked(
    world: World, install: Open, general: Channel, club: Channel, ada: User
) -> None:
    locked = "the thread is locked; unlock it to resume"
    async with install() as running:
        await running.person(ada, general).slash("admin here")
        await watching(running, club, ada)
        world.lock(club)
        await state(running, club, ChannelState.GONE, reason=locked)
        await until(lambda: locked in world.texts(general)[-1], "word of the locked thread")
        world.lock(club, locked=False)
        await state(running, club, ChannelState.ACTIVE)
        await running.round(club)

    assert len(world.post_ids(club)) == 1


async def test_a_thread_that_was_locked_unheard_is_lost_by_the_post_that_it_refuses(
    world: World, bridge: Bridge, install: Open, club: Channel, ada: User
) -> None:
    async with install() as running:
        await watching(running, club, ada)
        bridge.faults.append(Fault("POST", rf"/channels/{club.id}/messages", 403, {"code": 160005}))
        await running.round(club)
        await state(running, club, ChannelState.GONE)

    assert world.post_ids(club) == []


async def test_an_admin_hears_once_of_lost_permissions_however_often_they_are_noticed(
    world: World, install: Open, guild: Guild, general: Channel, ada: User
) -> None:
    papers = world.channel(guild, "papers")
    async with install() as running:
        await running.person(ada, general).slash("admin here")
        await watching(running, papers, ada)
        world.forbid(papers, "send_messages")
        await until(lambda: told(world, general), "word of the lost channel")
        world.forbid(papers, "send_messages", "view_channel")
        world.backend.edit_role(guild.id, guild.id, {"name": "all"})
        await running.round(papers)
        await running.quiet()
    async with install() as running:
        await state(running, papers, ChannelState.GONE)
        await running.quiet()

    assert len(told(world, general)) == 1
    assert world.post_ids(papers) == []


async def test_a_post_that_is_refused_for_a_lost_permission_tells_the_admin_too(
    bridge: Bridge, install: Open, guild: Guild, general: Channel, ada: User
) -> None:
    world = bridge.world
    papers = world.channel(guild, "papers")
    async with install() as running:
        await running.person(ada, general).slash("admin here")
        await watching(running, papers, ada)
        refused = Fault("POST", rf"/channels/{papers.id}/messages", 403, {"code": 50013}, times=2)
        bridge.faults.append(refused)
        await running.round(papers)
        await state(running, papers, ChannelState.GONE)
        await running.round(papers)

    assert len(told(world, general)) == 1
    assert "Send Messages" in told(world, general)[0]


async def test_everything_that_is_dispatched_twice_happens_once(
    world: World, bridge: Bridge, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        bridge.gateway.repeats = 2
        hall = world.channel(world.invite("club", "hall"), "hall")
        await greeted(bridge, hall)
        someone = running.person(ada, general)
        data = someone.command("watch", expression="mixture of experts")
        asked = someone.send(InteractionType.APPLICATION_COMMAND, data)
        await until(lambda: asked.responded and not asked.loading, "an answer")
        await running.quiet()
        greetings = [text for text in world.texts(hall) if "/papers watch" in text]
        world.backend.delete_channel(hall.id)
        await state(running, hall, ChannelState.GONE)

    assert len(greetings) == 1
    assert len([text for text in world.texts(general) if text.startswith("ada")]) == 1


async def test_a_conversation_gets_papers_and_its_reactions_are_votes(
    world: World, install: Open, ada: User
) -> None:
    async with install() as running:
        mine = world.backend.get_dm_channel(ada.id)
        someone = Someone(running.bridge, ada, mine)
        await someone.slash("watch", expression="mixture of experts")
        await running.papers(EXPERTS)
        await someone.slash("now")
        async with running.waiting("a paper in the conversation") as look:
            while not world.post_ids(mine):
                await look()
        [post] = world.post_ids(mine)
        someone.react(post, "👍")
        await voted(running, 1)
        someone.unreact(post, "👍")
        await voted(running, 0)


async def test_a_media_channel_says_why_it_takes_no_papers(
    world: World, install: Open, guild: Guild, ada: User
) -> None:
    pictures = world.backend.create_channel(guild.id, "pictures", type=ChannelType.FORUM)
    thread = world.backend.create_thread(
        pictures.id, "a picture", ada.id, type=ChannelType.PUBLIC_THREAD
    )
    # The local Discord has no such channels: what it tells of them is a forum's but for the type.
    pictures.type = 16
    async with install() as running:
        someone = running.person(ada, thread)
        panel = (await someone.slash("settings")).messages[0].id
        told = await someone.press(panel, "The whole forum…")

    assert told.text == (
        "Papers cannot be posted in a media channel; use a text channel, thread or forum."
    )


def told(world: World, where: Channel) -> list[str]:
    return [text for text in world.texts(where) if "No more papers reach" in text]
