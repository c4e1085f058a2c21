"""Servers, channels, threads and conversations change: state follows, and it is said once."""

import pytest
from simcord.backend.models import Channel, Guild, User
from simcord.enums import ChannelType, InteractionType
from sqlmodel import col, select

from storage.models import ChannelState, Post, PostState
from tests.peers.discord.bridge import Bridge, bridged
from tests.peers.discord.faults import Fault
from tests.peers.discord.people import Someone, until
from tests.peers.discord.world import World
from tests.platforms.discord.conftest import (
    Installed,
    Open,
    Opening,
    greeted,
    state,
    voted,
)

EXPERTS = "Mixture of experts with balanced routing"
AGAIN = "A mixture of experts, again"


@pytest.fixture
def guild(world: World) -> Guild:
    return world.invite("lab", "general", "papers")


@pytest.fixture
def general(world: World, guild: Guild) -> Channel:
    return world.channel(guild, "general")


@pytest.fixture
def ada(world: World, guild: Guild) -> User:
    return world.member(guild, "ada", "manage_channels")


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
    pictures.type = 16  # type: ignore[assignment]
    async with install() as running:
        someone = running.person(ada, thread)
        panel = (await someone.slash("settings")).messages[0].id
        told = await someone.press(panel, "The whole forum…")

    assert told.text == (
        "Papers cannot be posted in a media channel; use a text channel, thread or forum."
    )


async def test_shards_post_and_hear_votes_each_for_its_own_servers(
    world: World, tmp_path: object
) -> None:
    async with bridged(world, shards=2) as bridge:
        guilds = [
            world.invite(name, "general", shard_id=shard, shard_count=2)
            for shard, name in enumerate(("even", "odd"))
        ]
        people = [world.member(each, "ada", "manage_channels") for each in guilds]
        places = [world.channel(each, "general") for each in guilds]
        async with Opening(tmp_path, bridge) as running:  # type: ignore[arg-type] # pytest's path
            for place, who in zip(places, people, strict=True):
                await watching(running, place, who)
                await running.round(place)
            await bridge.gateway.drop(4000)
            for place, who in zip(places, people, strict=True):
                [post] = world.post_ids(place)
                running.person(who, place).react(post, "👍")
            await voted(running, 2)
            async with running.waiting("both shards to be heard again") as look:
                while not await running.chat.connected():
                    await look()

        assert len(bridge.gateway.identified) == 2
        assert bridge.gateway.resumed == 2


async def watching(running: Installed, where: Channel, who: User) -> None:
    """A paper waits for a channel."""
    await running.person(who, where).slash("watch", expression="mixture of experts")
    await running.papers(EXPERTS)


def told(world: World, where: Channel) -> list[str]:
    return [text for text in world.texts(where) if "No more papers reach" in text]


async def test_a_post_that_a_moderator_deleted_is_not_posted_again_and_harms_nothing(
    world: World, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        await watching(running, general, ada)
        await running.round(general)
        [deleted] = world.post_ids(general)
        world.backend.delete_message(general.id, deleted)
        await running.round(general)
        assert world.post_ids(general) == []
    async with install() as running:
        async with running.waiting("the deletion to be noted") as look:
            while await states(running) != [PostState.DROPPED]:
                await look()
        told = await running.person(ada, general).slash("why", paper=EXPERTS)
        assert "somebody deleted it in the chat" in told.text
        running.seen.append(EXPERTS)
        await running.papers(AGAIN)
        await running.round(general)
        await state(running, general, ChannelState.ACTIVE)
        [post] = world.post_ids(general)
        running.person(ada, general).react(post, "👍")
        await voted(running, 1)

    assert AGAIN in world.text(general, post)


@pytest.mark.parametrize("heard", [True, False])
async def test_a_thread_that_is_deleted_whole_takes_its_posts_with_it(
    world: World, install: Open, general: Channel, ada: User, heard: bool
) -> None:
    async with install() as running:
        await running.person(ada, general).slash("style", look="digest")
        await watching(running, general, ada)
        await running.papers(AGAIN)
        await running.round(general)
        [head] = world.post_ids(general)
        assert len(world.post_ids(head)) == 2
        if heard:
            world.backend.delete_channel(head)
            await dropped(running, 2)
    if not heard:
        world.backend.delete_channel(head)
    async with install() as running:
        await dropped(running, 2)
        await running.round(general)
        await state(running, general, ChannelState.ACTIVE)

    assert world.post_ids(general) == [head]


async def test_a_thread_below_a_short_post_is_deleted_without_it(
    world: World, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        someone = running.person(ada, general)
        await someone.slash("style", look="short")
        await someone.slash("watch", expression="mixture of experts")
        await running.papers(EXPERTS, abstract="We route tokens. It works.")
        await running.round(general)
        [post] = world.post_ids(general)
        world.backend.delete_channel(post)
        someone.react(post, "👍")
        await voted(running, 1)

        assert await states(running) == [PostState.POSTED]


async def dropped(running: Installed, count: int) -> None:
    """Wait until so many posts, all there are, are noted as deleted."""
    async with running.waiting("the deletion to be noted") as look:
        while await states(running) != [PostState.DROPPED] * count:
            await look()


async def test_a_post_is_deleted_by_those_who_may_change_the_channel(
    world: World, install: Open, guild: Guild, general: Channel, ada: User
) -> None:
    bob = world.member(guild, "bob")
    async with install() as running:
        await watching(running, general, ada)
        await running.round(general)
        [post] = world.post_ids(general)
        await running.person(bob, general).slash("delete", paper=EXPERTS)
        assert world.post_ids(general) == [post]
        await running.person(ada, general).slash("delete", paper=EXPERTS)
        await running.round(general)

        assert world.post_ids(general) == []
        assert await states(running) == [PostState.DROPPED]
        assert any("deleted the post of" in text for text in world.texts(general))


async def states(running: Installed) -> list[str]:
    """What became of every post."""
    async with running.app.database.read() as session:
        return list((await session.exec(select(Post.state).order_by(col(Post.id)))).all())


async def test_a_head_that_a_moderator_deleted_loses_no_paper(
    world: World, bridge: Bridge, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        someone = running.person(ada, general)
        await someone.slash("style", look="digest")
        await watching(running, general, ada)
        thread = rf"/channels/{general.id}/messages/\d+/threads"
        unknown = Fault("POST", thread, 404, {"code": 10008}, times=2)
        # Its thread is not open yet, as after a crash; then the list is deleted.
        bridge.faults += [Fault("POST", thread, 503, {"code": 0}), unknown]
        await running.round(general)
        await state(running, general, ChannelState.ACTIVE)

    [_, paper] = world.post_ids(general)
    assert "matched" in world.text(general, paper)
