"""What a channel may choose on Discord alone: embeds, buttons, and publishing."""

from collections.abc import Awaitable, Callable

import pytest
from simcord.backend.models import Channel, Guild, Message, User
from simcord.enums import ChannelType

from tests.peers.discord import faults
from tests.peers.discord.bridge import Bridge
from tests.peers.discord.faults import Fault
from tests.peers.discord.people import Answered, Someone, until
from tests.peers.discord.world import World
from tests.platforms.discord.conftest import Installed, Open, voted

EXPERTS = "Mixture of experts with balanced routing"
CROSSPOST = r"/channels/\d+/messages/\d+/crosspost"
CROSSPOSTED = 1 << 1
LOOKS = "paperround:looks"


@pytest.fixture
def guild(world: World) -> Guild:
    return world.invite("lab", "general")


@pytest.fixture
def general(world: World, guild: Guild) -> Channel:
    return world.channel(guild, "general")


@pytest.fixture
def news(world: World, guild: Guild) -> Channel:
    return world.backend.create_channel(guild.id, "news", type=ChannelType.NEWS)


@pytest.fixture
def ada(world: World, guild: Guild) -> User:
    return world.member(guild, "ada", "manage_channels")


async def test_a_channel_may_have_embeds_and_buttons_while_another_has_cards(
    world: World, install: Open, general: Channel, news: Channel, ada: User
) -> None:
    async with install() as running:
        plain = await watching(running, news, ada)
        someone = await watching(running, general, ada)
        chosen = await choose(someone, "embeds", "buttons")
        await running.papers(EXPERTS)
        await running.round(general)
        await running.round(news)
        [post] = world.post_ids(general)
        await someone.press_emoji(post, "👍")
        await voted(running, 1)
    async with install() as running:
        await running.quiet()
        assert await running.votes() == 1
        panel = (await running.person(ada, general).slash("settings")).messages[0]

    assert "classic embeds, buttons to vote with" in chosen.text
    assert world.backend.get_message(general.id, post).embeds
    assert not world.backend.get_message(news.id, world.post_ids(news)[0]).embeds
    assert any("chose for posts" in text for text in world.texts(general))
    assert defaults(panel) == {"embeds": True, "buttons": True}
    assert plain.where is news


async def test_only_who_may_change_a_channel_chooses_how_its_posts_look(
    world: World, install: Open, guild: Guild, general: Channel, ada: User
) -> None:
    bo = world.member(guild, "bo")
    async with install() as running:
        someone = await watching(running, general, ada)
        panel = (await someone.slash("settings")).messages[0].id
        refused = await running.person(bo, general).pick(panel, LOOKS, "embeds")
        again = (await someone.slash("settings")).messages[0]

    assert "may not change" in refused.text
    assert defaults(again) == {"embeds": False, "buttons": False}


async def test_a_channel_that_is_not_known_has_nothing_to_choose_for(
    install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        someone = running.person(ada, another(running, general))
        told = await choose(someone, "embeds")

    assert "Watch a topic first" in told.text


async def test_posts_of_an_announcement_channel_are_published_where_it_asks_for_it(
    world: World, bridge: Bridge, install: Open, news: Channel, ada: User
) -> None:
    async with install() as running:
        someone = await watching(running, news, ada)
        await running.papers(EXPERTS)
        await running.round(news)
        await choose(someone, "publish")
        bridge.faults += [faults.rate_limited(CROSSPOST), Fault("POST", CROSSPOST, 503)]
        await running.papers("Mixture of experts, again", "Mixture of experts, a third")
        running.chat.client.publishing._sleep = at_once
        await running.round(news)
        await until(lambda: published(world, news) == [False, True, True], "two published posts")


async def test_what_a_restart_kept_from_being_published_is_published_after_it(
    world: World, bridge: Bridge, install: Open, news: Channel, ada: User
) -> None:
    async with install() as running:
        await choose(await watching(running, news, ada), "publish")
        held_back = faults.rate_limited(CROSSPOST, after=1800)
        held_back.times = 9
        bridge.faults.append(held_back)
        await running.papers(EXPERTS)
        await running.round(news)
        await until(lambda: bridge.count("POST", CROSSPOST), "a try to publish")
    bridge.faults.clear()
    async with install():
        await until(lambda: published(world, news) == [True], "a published post")


async def test_a_post_that_may_not_be_published_holds_no_other_up(
    world: World, bridge: Bridge, install: Open, news: Channel, ada: User
) -> None:
    async with install() as running:
        await choose(await watching(running, news, ada), "publish")
        bridge.faults.append(Fault("POST", CROSSPOST, 403, {"code": 50013}))
        await running.papers(EXPERTS, "Mixture of experts, again")
        await running.round(news)
        await until(lambda: published(world, news) == [False, True], "the second published")


async def test_a_page_of_cloudflare_keeps_no_post_from_being_published(
    world: World, bridge: Bridge, install: Open, news: Channel, ada: User
) -> None:
    async with install() as running:
        await choose(await watching(running, news, ada), "publish")
        running.chat.client.publishing._sleep = reopened(running)
        bridge.faults.append(Fault("POST", CROSSPOST, 403, "<title>Attention Required!"))
        await running.papers(EXPERTS)
        await running.round(news)
        await until(lambda: published(world, news) == [True], "a published post")


def reopened(running: Installed) -> Callable[[float], Awaitable[None]]:
    """Waits for nothing, after which Discord answers again."""

    async def sleep(_seconds: float) -> None:
        running.chat.client.breaker.close()

    return sleep


async def at_once(_seconds: float) -> None:
    """Waits for nothing."""


def published(world: World, news: Channel) -> list[bool]:
    """Whether each post is published, in order."""
    found = (world.backend.get_message(news.id, each) for each in world.post_ids(news))
    return [bool(message.flags & CROSSPOSTED) for message in found]


def defaults(panel: Message) -> dict[str, bool]:
    """What the menu of a panel shows as chosen."""
    rows = panel.components[0]["components"]
    menus = [each["components"][0] for each in rows if each["type"] == 1]
    [menu] = [each for each in menus if each.get("custom_id") == LOOKS]
    return {each["value"]: bool(each.get("default")) for each in menu["options"]}


def another(running: Installed, channel: Channel) -> Channel:
    """A second channel, in which nobody was greeted."""
    backend = running.bridge.world.backend
    return backend.create_channel(channel.guild_id, "unknown")


async def choose(someone: Someone, *looks: str) -> Answered:
    """Choose looks in the panel of somebody's channel."""
    panel = (await someone.slash("settings")).messages[0].id
    return await someone.pick(panel, LOOKS, *looks)


async def watching(running: Installed, channel: Channel, ada: User) -> Someone:
    """Somebody who made a channel watch experts."""
    someone = running.person(ada, channel)
    await someone.slash("watch", expression="mixture of experts")
    return someone
