"""Reactions and server life through every kind of broken connection."""

import pytest
from simcord.backend.models import Channel, Guild, User
from simcord.enums import ChannelType

from bot.cards.spans import line
from bot.chat import ChannelRef
from bot.errors import NotSentError, SettingsError
from bot.platforms.discord import catching_up
from storage.models import ChannelState
from tests.peers.discord import faults
from tests.peers.discord.bridge import Bridge, bridged
from tests.peers.discord.people import Someone, until
from tests.peers.discord.world import World
from tests.platforms.discord.conftest import (
    Installed,
    Open,
    Opening,
    address,
    greeted,
    state,
    voted,
)

EXPERTS = "Mixture of experts with balanced routing"


@pytest.fixture
def guild(world: World) -> Guild:
    return world.invite("lab", "general", "papers")


@pytest.fixture
def general(world: World, guild: Guild) -> Channel:
    return world.channel(guild, "general")


@pytest.fixture
def ada(world: World, guild: Guild) -> User:
    return world.member(guild, "ada", "manage_channels")


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


@pytest.mark.parametrize("code", [1000, 1001, 4000, 4007, 4009])
async def test_a_resumed_connection_has_missed_nothing(
    bridge: Bridge, install: Open, general: Channel, ada: User, code: int
) -> None:
    async with install() as running:
        post, someone = await posted(running, general, ada)

        await bridge.gateway.drop(code)
        someone.react(post, "👍")

        await voted(running, 1)
        assert bridge.gateway.resumed == 1
        assert len(bridge.gateway.identified) == 1


async def test_asked_to_reconnect_it_resumes(
    bridge: Bridge, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        post, someone = await posted(running, general, ada)

        await bridge.gateway.ask_to_reconnect()
        await until(lambda: bridge.gateway.resumed, "a resumed session")
        someone.react(post, "👍")

        await voted(running, 1)


async def test_where_no_session_can_be_resumed_reactions_are_compared(
    bridge: Bridge, install: Open, guild: Guild, general: Channel, ada: User
) -> None:
    bo = bridge.world.member(guild, "bo")
    async with install() as running:
        post, someone = await posted(running, general, ada)
        other = running.person(bo, general)
        someone.react(post, "👍")
        await voted(running, 1)

        await bridge.gateway.drop(4000, forget=True)
        someone.unreact(post, "👍")
        other.react(post, "👎")
        other.react(post, "🔥")

        await until(lambda: len(bridge.gateway.identified) == 2, "a new session")
        await voted(running, 2)
        assert bridge.gateway.resumed == 0


async def test_a_refused_resumption_is_tried_again_where_discord_says_so(
    bridge: Bridge, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        post, someone = await posted(running, general, ada)

        bridge.gateway.refusals = [True]
        await bridge.gateway.drop(4000)
        someone.react(post, "👍")

        await voted(running, 1)
        assert (bridge.gateway.resumed, len(bridge.gateway.identified)) == (1, 1)


async def test_a_refused_resumption_begins_a_session_in_which_nothing_was_missed(
    bridge: Bridge, install: Open, general: Channel, ada: User
) -> None:
    async with install() as running:
        post, someone = await posted(running, general, ada)
        someone.react(post, "👍")
        await voted(running, 1)

        bridge.gateway.refusals = [False]
        await bridge.gateway.drop(4000)
        someone.unreact(post, "👍")
        someone.react(post, "👎")

        await until(lambda: len(bridge.gateway.identified) == 2, "a new session")
        async with running.waiting("the votes that stand") as look:
            while await running.standing() != ["👎"]:
                await look()


@pytest.mark.parametrize("what", [r"/users/@me/guilds", r"/channels/\d+/messages/\d+"])
async def test_comparing_is_repeated_where_the_connection_breaks_in_it(
    bridge: Bridge, install: Open, ada: User, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    general = bridge.world.channel(next(iter(bridge.world.backend.guilds.values())), "general")
    monkeypatch.setattr(catching_up, "PAUSES", (0.01,))
    async with install() as running:
        post, someone = await posted(running, general, ada)
    someone.react(post, "👍")
    bridge.faults.append(faults.cut(what, moment="before", method="GET"))
    async with install() as running:
        await voted(running, 1)

    assert bridge.faults[0].times == 0


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


async def test_a_token_that_the_gateway_refuses_is_said_to_be_one(
    bridge: Bridge, install: Open
) -> None:
    bridge.gateway.token = "another"

    with pytest.raises(SettingsError, match="PAPERROUND_DISCORD_TOKEN"):
        async with install():
            pass


@pytest.mark.parametrize(
    ("code", "told"),
    [
        pytest.param(4004, "PAPERROUND_DISCORD_TOKEN", id="the token"),
        pytest.param(4010, "shards asked for", id="an impossible shard"),
        pytest.param(4011, "more shards", id="too few shards"),
        pytest.param(4012, "Update", id="an old version"),
        pytest.param(4013, "developer portal", id="impossible intents"),
        pytest.param(4014, "developer portal", id="intents without leave"),
    ],
)
async def test_a_connection_that_is_refused_for_good_says_why(
    bridge: Bridge, install: Open, code: int, told: str
) -> None:
    bridge.gateway.refuses = code

    with pytest.raises(SettingsError, match=rf"code {code}.*{told}"):
        async with install():
            pass


@pytest.mark.parametrize("code", [4004, 4014])
async def test_a_connection_that_ends_for_good_is_not_ready_and_holds_posts_back(
    bridge: Bridge, install: Open, general: Channel, code: int
) -> None:
    async with install() as running:
        assert await running.chat.connected()
        bridge.gateway.refuses = code
        await bridge.gateway.drop(code)
        async with running.waiting("the end of the connection") as look:
            while await running.chat.connected():
                await look()

        with pytest.raises(NotSentError, match=f"code {code}") as raised:
            await running.chat.announce(ChannelRef.parse(address(general)), line("x"))

    assert raised.value.retry_after == 3600


async def test_a_lost_permission_stops_posts_until_it_is_given_back(
    world: World, install: Open, guild: Guild, general: Channel, ada: User
) -> None:
    papers = world.channel(guild, "papers")
    async with install() as running:
        await running.person(ada, general).slash("admin here")
        await running.person(ada, papers).slash("watch", expression="routing")

        world.forbid(papers, "send_messages")
        await state(running, papers, ChannelState.GONE)
        await until(lambda: "No more papers reach **papers**" in world.texts(general)[-1])
        assert "Send Messages" in world.texts(general)[-1]
        world.allow_again(papers)
        await state(running, papers, ChannelState.ACTIVE)


async def test_a_role_that_is_weakened_is_noticed(
    world: World, install: Open, guild: Guild, general: Channel, ada: User
) -> None:
    async with install() as running:
        await running.person(ada, general).slash("watch", expression="routing")
        [role] = [each for each in guild.roles.values() if each.managed]

        world.backend.edit_role(guild.id, role.id, {"permissions": 0})
        world.backend.edit_role(guild.id, guild.id, {"permissions": 0})

        await state(running, general, ChannelState.GONE)


async def test_a_deleted_channel_is_lost_and_a_renamed_one_keeps_its_new_name(
    world: World, install: Open, guild: Guild, general: Channel, ada: User
) -> None:
    papers = world.channel(guild, "papers")
    async with install() as running:
        await running.person(ada, general).slash("list")
        await running.person(ada, papers).slash("list")

        world.backend.edit_channel(general.id, {"name": "reading"})
        world.backend.delete_channel(papers.id)

        await state(running, papers, ChannelState.GONE, reason="the channel was deleted")
        await state(running, general, ChannelState.ACTIVE, name="reading")


async def test_a_channel_that_was_deleted_while_it_was_down_is_lost(
    world: World, install: Open, guild: Guild, ada: User
) -> None:
    papers = world.channel(guild, "papers")
    async with install() as running:
        await running.person(ada, papers).slash("list")
    world.backend.delete_channel(papers.id)

    async with install() as running:
        await state(running, papers, ChannelState.GONE, reason="the channel was deleted")


async def test_a_thread_is_a_channel_until_it_is_locked(
    world: World, install: Open, general: Channel, ada: User
) -> None:
    thread = world.backend.create_thread(
        general.id, "journal club", ada.id, type=ChannelType.PUBLIC_THREAD
    )
    async with install() as running:
        someone = running.person(ada, thread)
        await someone.slash("watch", expression="mixture of experts")
        await running.papers(EXPERTS)
        await running.round(thread)
        assert len(world.post_ids(thread)) == 1

        sleeping = {"archived": True, "locked": False}
        world.backend.edit_channel(thread.id, {}, thread_metadata=sleeping)
        locked = {"archived": True, "locked": True}
        world.backend.edit_channel(thread.id, {}, thread_metadata=locked)
        await state(running, thread, ChannelState.GONE)
        world.backend.edit_channel(thread.id, {}, thread_metadata={**locked, "locked": False})
        await state(running, thread, ChannelState.ACTIVE)
        world.backend.delete_channel(thread.id)
        await state(running, thread, ChannelState.GONE, reason="the thread was deleted")


async def test_the_greeting_goes_where_the_bot_may_speak(world: World, install: Open) -> None:
    async with install() as running:
        guild = world.invite("club", "rules", "hall")
        # The first channel is closed to the bot before it hears of the server.
        hall = world.channel(guild, "hall")
        await greeted(running.bridge, world.channel(guild, "rules"))
        world.kick(guild)
        world.forbid(world.channel(guild, "rules"), "send_messages")
        world.invite_again(guild)
        await greeted(running.bridge, hall)


async def test_several_shards_share_the_work(world: World, tmp_path: object) -> None:
    async with bridged(world, shards=2) as bridge:
        even = world.invite("even", "general", shard_id=0, shard_count=2)
        odd = world.invite("odd", "general", shard_id=1, shard_count=2)
        async with Opening(tmp_path, bridge):  # type: ignore[arg-type] # pytest's path
            assert sorted(each["shard"] for each in bridge.gateway.identified) == [[0, 2], [1, 2]]
            await greeted(bridge, world.channel(even, "general"))
            await greeted(bridge, world.channel(odd, "general"))


async def posted(running: Installed, where: Channel, who: User) -> tuple[int, Someone]:
    """A post in a channel, and the person who asked for it."""
    someone = running.person(who, where)
    await someone.slash("watch", expression="mixture of experts")
    await running.papers(EXPERTS)
    await running.round(where)
    [post] = running.bridge.world.post_ids(where)
    return post, someone
