"""Shards: each hears its own servers, in one process or in several."""

from tests.peers.discord.bridge import bridged
from tests.peers.discord.world import World
from tests.platforms.discord.conftest import (
    Opening,
    greeted,
    voted,
    watching,
)

AGAIN = "A mixture of experts, again"


async def test_several_shards_share_the_work(world: World, tmp_path: object) -> None:
    async with bridged(world, shards=2) as bridge:
        even = world.invite("even", "general", shard_id=0, shard_count=2)
        odd = world.invite("odd", "general", shard_id=1, shard_count=2)
        async with Opening(tmp_path, bridge):
            assert sorted(each["shard"] for each in bridge.gateway.identified) == [[0, 2], [1, 2]]
            await greeted(bridge, world.channel(even, "general"))
            await greeted(bridge, world.channel(odd, "general"))


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
        async with Opening(tmp_path, bridge) as running:
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
