"""Posts and threads that somebody deletes: noted, not posted again, and nothing else is harmed."""

import pytest
from simcord.backend.models import Channel, Guild, User
from sqlmodel import col, select

from storage.models import ChannelState, Post, PostState
from tests.peers.discord.bridge import Bridge
from tests.peers.discord.faults import Fault
from tests.peers.discord.world import World
from tests.platforms.discord.conftest import EXPERTS, Installed, Open, state, voted, watching

AGAIN = "A mixture of experts, again"


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


async def states(running: Installed) -> list[str]:
    """What became of every post."""
    async with running.app.database.read() as session:
        return list((await session.exec(select(Post.state).order_by(col(Post.id)))).all())


async def dropped(running: Installed, count: int) -> None:
    """Wait until so many posts, all there are, are noted as deleted."""
    async with running.waiting("the deletion to be noted") as look:
        while await states(running) != [PostState.DROPPED] * count:
            await look()
