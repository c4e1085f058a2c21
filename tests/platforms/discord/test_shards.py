"""Several processes divide Discord's shards among themselves, and take over from the dead."""

import asyncio
import math
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from bot.platforms.discord.shards import fair
from storage.database import Database
from storage.models import ShardHolder
from tests.peers.discord.bridge import Bridge, bridged
from tests.peers.discord.people import Someone, until
from tests.peers.discord.world import World
from tests.platforms.discord.conftest import Opening, greeted, voted, watching
from tests.postgres import Postgres
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("held", "others", "count", "wanted"),
    [
        pytest.param([], [], 3, [0, 1, 2], id="alone it hears all"),
        pytest.param([], [[0, 1, 2, 3]], 4, [], id="nothing is taken from another"),
        pytest.param([0, 1, 2, 3], [[]], 4, [0, 1], id="half is given up for one that waits"),
        pytest.param([], [[0, 1]], 4, [2, 3], id="what was given up is taken"),
        pytest.param([2, 3], [], 4, [0, 1, 2, 3], id="what a dead one had is taken over"),
        pytest.param([0, 1], [[2, 3], []], 4, [0, 1], id="a share is rounded up"),
        pytest.param([0], [[1], []], 2, [0], id="one more than there are shards waits"),
        pytest.param([0, 1], [[0, 1]], 2, [], id="what another took from a sleeper is its own"),
        pytest.param([0, 5], [], 2, [0, 1], id="shards of another division are none"),
    ],
)
def test_a_fair_part_is_ones_own_within_the_share_and_what_is_free(
    held: list[int], others: list[list[int]], count: int, wanted: list[int]
) -> None:
    assert fair(held, others, count) == wanted


@given(
    count=st.integers(1, 20),
    events=st.lists(st.tuples(st.sampled_from(["join", "die", "look"]), st.integers(0, 5))),
)
def test_whoever_comes_and_dies_in_the_end_each_shard_is_heard_by_one(
    count: int, events: list[tuple[str, int]]
) -> None:
    held: dict[int, list[int]] = {9: []}
    for what, who in events:
        if what == "join":
            held.setdefault(who, [])
        elif what == "die":
            held.pop(who, None)
        elif who in held:
            held[who] = fair(held[who], others(held, who), count)
    for _ in range(2):
        for who, mine in held.items():
            held[who] = fair(mine, others(held, who), count)

    assert sorted(number for each in held.values() for number in each) == list(range(count))
    assert max(map(len, held.values())) <= math.ceil(count / len(held))


def others(held: dict[int, list[int]], me: int) -> list[list[int]]:
    return [shards for who, shards in held.items() if who != me]


@pytest.fixture
def url(postgres: Postgres, migrated_postgres: str) -> Iterator[str]:
    name = postgres.create(migrated_postgres)
    yield postgres.url(name)
    postgres.drop(name)


async def test_two_processes_share_the_shards_and_the_second_takes_over_from_the_killed_first(
    world: World, url: str, tmp_path: Path
) -> None:
    async with bridged(world, shards=2) as bridge:
        even = world.invite("even", "general", shard_id=0, shard_count=2)
        odd = world.invite("odd", "general", shard_id=1, shard_count=2)
        people = [
            Someone(bridge, world.member(each, "ada"), world.channel(each, "general"))
            for each in (even, odd)
        ]
        async with hearing(bridge, url, tmp_path) as first:
            await until(lambda: heard(bridge) == [0, 1], "the first to hear everything")
            async with hearing(bridge, url, tmp_path) as second:
                await until(lambda: len(bridge.gateway.identified) == 3, "the second's share")
                await until(lambda: heard(bridge) == [0, 1], "each shard to be heard once")
                held = await holders(url)
                both = [await each.slash("list") for each in people]

                first.send_signal(signal.SIGKILL)
                await until(lambda: len(bridge.gateway.identified) == 4, "the take-over")
                await until(lambda: heard(bridge) == [0, 1], "the second to hear everything")
                taken = await holders(url)
                alone = [await each.slash("list") for each in people]
                second.send_signal(signal.SIGTERM)
                await asyncio.wait_for(second.wait(), PATIENCE)
        left = await holders(url)

    assert held == [[0], [1]]
    assert taken == [[0, 1]]
    assert left == []
    assert all("Nothing is watched" in each.text for each in (*both, *alone))


@asynccontextmanager
async def hearing(bridge: Bridge, url: str, folder: Path) -> AsyncIterator[Process]:
    """A chat process, killed in the end where it still runs."""
    chosen = {
        "PAPERROUND_DATABASE_URL": url,
        "PAPERROUND_DISCORD_TOKEN": bridge.token,
        "PAPERROUND_DISCORD_BASE_URL": bridge.base,
        "PAPERROUND_PORT": "0",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.platforms.discord.hearing",
        str(folder),
        cwd=ROOT,
        env=os.environ | chosen,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            await process.stdout.readline()
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def heard(bridge: Bridge) -> list[int]:
    """The shards that are connected, as often as they are."""
    return sorted(each.shard[0] for each in bridge.gateway.sessions.values() if each.socket)


async def holders(url: str) -> list[list[int]]:
    """What each process holds, as it is written down."""
    database = Database(url)
    async with database.read() as session:
        kept = (await session.exec(select(ShardHolder))).all()
    await database.close()
    return sorted(each.shards for each in kept)


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
