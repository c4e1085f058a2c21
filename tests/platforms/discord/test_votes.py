"""Votes on Discord: heard however they are told, and compared where they were missed."""

from collections.abc import Sequence
from typing import Any

import pytest
from simcord.backend.models import Channel, Guild, User
from sqlalchemy.exc import OperationalError

from bot.platforms.discord import catch_up
from bot.platforms.discord.records import Records
from bot.ports import MessageRef
from tests.peers.discord import faults
from tests.peers.discord.bridge import Bridge
from tests.peers.discord.world import World
from tests.platforms.discord.conftest import EXPERTS, Open, posted, voted


async def test_votes_are_heard_in_every_way_that_discord_tells_them(
    world: World, install: Open, general: Channel, ada: User
) -> None:
    async with install(votes_up=("👍", "party_parrot")) as running:
        post, someone = await posted(running, general, ada)
        backend = world.backend
        someone.react(post, "👍🏽")
        someone.react(post, "party_parrot:4242")
        await voted(running, 2)
        someone.unreact(post, "👍🏽")
        await voted(running, 1)
        someone.react(post, "👎")
        await voted(running, 2)
        backend.clear_reaction(general.id, post, "👎")
        await voted(running, 1)
        someone.react(post, "👍")
        await voted(running, 2)
        backend.clear_reactions(general.id, post)
        await voted(running, 0)


async def test_a_button_and_a_reaction_are_one_vote_and_a_second_press_takes_it_back(
    install: Open, general: Channel, ada: User
) -> None:
    async with install(discord_vote_buttons=True) as running:
        post, someone = await posted(running, general, ada)
        liked = await someone.press_emoji(post, "👍")
        someone.react(post, "👍")
        await voted(running, 1)
        await someone.press_emoji(post, "👎")
        await voted(running, 1)
        await someone.press_emoji(post, "🔖")
        saved = await someone.slash("saved list")
    async with install(discord_vote_buttons=True) as running:
        await running.quiet()
        assert await running.votes() >= 1
        someone = running.person(ada, general)
        await someone.press_emoji(post, "👎")
        await someone.press_emoji(post, "🔖")
        emptied = await someone.slash("saved list")

    assert "Press again" in liked.text
    assert EXPERTS in saved.text
    assert EXPERTS not in emptied.text


async def test_bots_and_other_messages_have_no_vote(
    world: World, install: Open, guild: Guild, general: Channel, ada: User
) -> None:
    async with install() as running:
        post, someone = await posted(running, general, ada)
        robot = world.user("robot", bot=True)
        world.backend.add_member(guild.id, robot.id)
        chatter = world.backend.create_message(general.id, ada.id, "hello")
        world.backend.add_reaction(general.id, post, "👍", robot.id)
        world.backend.add_reaction(general.id, post, "👍", world.bot_id)
        someone.react(chatter.id, "👍")
        someone.react(post, "👎")

        await voted(running, 1)


async def test_the_same_event_twice_is_one_vote(
    bridge: Bridge, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        post, someone = await posted(running, general, ada)
        bridge.gateway.repeats = 2
        someone.react(post, "👍")
        await voted(running, 1)
        someone.unreact(post, "👍")
        await voted(running, 0)


async def test_votes_given_while_it_was_down_count_when_it_is_back(
    install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        post, someone = await posted(running, general, ada)
    someone.react(post, "👍")
    async with install() as running:
        await voted(running, 1)
    someone.unreact(post, "👍")
    async with install() as running:
        await voted(running, 0)


@pytest.mark.parametrize("what", [r"/users/@me/guilds", r"/channels/\d+/messages/\d+"])
async def test_comparing_is_repeated_where_the_connection_breaks_in_it(
    bridge: Bridge, install: Open, ada: User, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    general = bridge.world.channel(next(iter(bridge.world.backend.guilds.values())), "general")
    monkeypatch.setattr(catch_up, "PAUSES", (0.01,))
    async with install() as running:
        post, someone = await posted(running, general, ada)
    someone.react(post, "👍")
    bridge.faults.append(faults.cut(what, moment="before", method="GET"))
    async with install() as running:
        await voted(running, 1)

    assert bridge.faults[0].times == 0


async def test_comparing_is_repeated_where_the_database_was_away_in_it(
    install: Open, general: Channel, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, away = Records.recent_posts, [OperationalError("SELECT", {}, Exception("gone"))]

    async def fails_once(*given: Any) -> Sequence[MessageRef]:
        if away:
            raise away.pop()
        return await read(*given)

    monkeypatch.setattr(catch_up, "PAUSES", (0.01,))
    async with install() as running:
        post, someone = await posted(running, general, ada)
    someone.react(post, "👍")
    monkeypatch.setattr(Records, "recent_posts", fails_once)

    async with install() as running:
        await voted(running, 1)

    assert away == []


async def test_super_reactions_count_when_votes_are_compared(
    bridge: Bridge, install: Open, guild: Guild, general: Channel, ada: User
) -> None:
    bo = bridge.world.member(guild, "bo")
    async with install() as running:
        post, someone = await posted(running, general, ada)
        someone.react(post, "👍")
        await voted(running, 1)
    someone.unreact(post, "👍")
    bridge.super_react(post, "👍", ada.id)
    bridge.super_react(post, "👎", bo.id)

    async with install() as running:
        await voted(running, 2)
        await running.quiet()

        assert await running.standing() == ["👍", "👎"]


async def test_votes_in_direct_messages_that_were_missed_are_heard(
    bridge: Bridge, install: Open, general: Channel, ada: User
) -> None:
    mine = bridge.world.backend.get_dm_channel(ada.id)
    async with install() as running:
        someone = running.person(ada, mine)
        await someone.slash("watch", expression="mixture of experts")
        await running.papers(EXPERTS)
        await someone.slash("now")
        async with running.waiting("a paper in the conversation") as look:
            while not bridge.world.post_ids(mine):
                await look()
        await running.quiet()
        [post] = bridge.world.post_ids(mine)
    someone.react(post, "👍")

    async with install() as running:
        await voted(running, 1)


async def test_only_emoji_that_count_are_asked_for(
    bridge: Bridge, install: Open, general: Channel, ada: User
) -> None:
    async with install(votes_up=("🔥",)) as running:
        post, someone = await posted(running, general, ada)
    for emoji in ("👍", "🔥", "😀", "🥑"):
        someone.react(post, emoji)

    async with install(votes_up=("🔥",)) as running:
        await voted(running, 1)
        await running.quiet()

    asked = [path for method, path in bridge.requests if method == "GET" and "/reactions/" in path]
    assert [path.rpartition("/")[2] for path in asked] == ["🔥"]


async def test_without_the_gateway_papers_are_posted_and_votes_are_heard_afterwards(
    bridge: Bridge, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        first, someone = await posted(running, general, ada)
        bridge.gateway.closed = True
        await bridge.gateway.drop(1001)
        async with running.waiting("the loss to be noticed") as look:
            while await running.chat.connected():
                await look()

        await running.papers("A mixture of experts, again")
        await running.round(general)
        someone.react(first, "👍")
        [_, second] = bridge.world.post_ids(general)
        someone.react(second, "👎")
        bridge.gateway.closed = False

        await voted(running, 2)
        assert await running.chat.connected()
