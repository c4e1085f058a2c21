"""From the invitation to the day that the bot is kicked, over real sockets."""

import pytest
from structlog.testing import capture_logs

from bot.errors import SettingsError
from storage.models import ChannelState
from tests.peers.discord.bridge import Bridge
from tests.peers.discord.faults import Fault
from tests.peers.discord.people import until
from tests.peers.discord.world import World
from tests.platforms.discord.conftest import Open, greeted, state, voted

EXPERTS = "Mixture of experts with balanced routing"
DIFFUSION = "Diffusion language models in parallel"
PARTS = (
    *(f"Mixture of experts, part {number}" for number in range(3)),
    *(f"Diffusion language models, part {number}" for number in range(3)),
)


async def test_invited_it_greets_once_and_posts_what_is_watched(
    world: World, bridge: Bridge, install: Open
) -> None:
    guild = world.invite("lab", "general")
    general = world.channel(guild, "general")
    ada = world.member(guild, "ada", "manage_channels")
    async with install(durable=True) as running:
        await greeted(bridge, general)
        await running.papers(EXPERTS, DIFFUSION)

        watched = await running.person(ada, general).slash("watch", expression="mixture of experts")
        await running.round(general)

    assert EXPERTS in watched.text
    posts = [text for text in world.texts(general) if EXPERTS in text]
    assert len(posts) == 1
    assert "matched *Mixture of experts* in the title" in posts[0]
    async with install():
        assert sum("What does this channel" in text for text in world.texts(general)) == 1


async def test_votes_change_what_is_picked_next(
    world: World, bridge: Bridge, install: Open
) -> None:
    guild = world.invite("lab", "general")
    general = world.channel(guild, "general")
    ada = world.member(guild, "ada", "manage_channels")
    async with install() as running:
        someone = running.person(ada, general)
        await someone.slash("watch", expression="experts OR diffusion")
        await someone.slash("limit", papers=10)
        await running.papers(
            *(f"Mixture of experts, part {number}" for number in range(3)),
            *(f"Diffusion language models, part {number}" for number in range(3)),
        )
        await running.round(general)
        for message in world.post_ids(general):
            likes = "Diffusion" in world.text(general, message)
            someone.react(message, "👍" if likes else "👎")
        await voted(running, 6)

        await running.papers("Mixture of experts, again", "Diffusion language models, again")
        preview = await someone.slash("preview")

    liked, disliked = "Diffusion language models, again", "Mixture of experts, again"
    assert liked in preview.text
    # What was voted down comes later, or is held back.
    assert disliked not in preview.text[: preview.text.index(liked)]


async def test_a_view_that_was_opened_before_a_restart_works_after_it(
    world: World, bridge: Bridge, install: Open
) -> None:
    guild = world.invite("lab", "general")
    general = world.channel(guild, "general")
    ada = world.member(guild, "ada", "manage_channels")
    async with install() as running:
        await running.papers(EXPERTS)
        someone = running.person(ada, general)
        await someone.slash("watch", expression="mixture of experts")
        await running.round(general)
        panel = (await someone.slash("settings")).messages[0]
        form = await someone.press(panel.id, "How many…")
    [post] = world.post_ids(general)

    async with install() as running:
        someone = running.person(ada, general)
        details = await someone.press(post, "Details")
        await someone.fill_in(form, limit="3")
        await someone.press(panel.id, "Pause")
        again = await someone.slash("settings")

    assert EXPERTS in details.text
    assert "At most 3 a day" in again.text
    assert "paused" in again.text


async def test_kicked_it_stops_and_invited_again_it_goes_on(
    world: World, bridge: Bridge, install: Open
) -> None:
    guild = world.invite("lab", "general")
    general = world.channel(guild, "general")
    ada = world.member(guild, "ada", "manage_channels")
    async with install() as running:
        await greeted(bridge, general)
        someone = running.person(ada, general)
        await someone.slash("watch", expression="mixture of experts")

        world.kick(guild)
        await state(running, general, ChannelState.GONE)
        world.invite_again(guild)
        await state(running, general, ChannelState.ACTIVE)
        await until(lambda: "Back again" in world.texts(general)[-1], "a word on coming back")
        await running.papers(EXPERTS)
        await running.round(general)

    assert EXPERTS in world.texts(general)[-1]


async def test_kicked_and_invited_while_it_was_down_it_finds_out(
    world: World, bridge: Bridge, install: Open
) -> None:
    lab, office = world.invite("lab", "general"), world.invite("office", "papers")
    general = world.channel(lab, "general")
    async with install() as running:
        await greeted(bridge, general)
        await greeted(bridge, world.channel(office, "papers"))
    world.kick(lab)
    club = world.invite("club", "reading")

    async with install() as running:
        await state(running, general, ChannelState.GONE)
        await greeted(bridge, world.channel(club, "reading"))
        await state(running, world.channel(office, "papers"), ChannelState.ACTIVE)


async def test_every_command_is_published_once(world: World, bridge: Bridge, install: Open) -> None:
    puts = r"/applications/\d+/commands"
    async with install():
        assert bridge.count("PUT", puts) == 1
    async with install():
        assert bridge.count("PUT", puts) == 1

    world.backend.register_commands(None, [])
    async with install():
        assert bridge.count("PUT", puts) == 2


async def test_while_developing_only_one_server_gets_the_commands(
    world: World, bridge: Bridge, install: Open
) -> None:
    guild = world.invite("lab", "general")
    async with install(discord_guild=guild.id):
        assert ("papers", 1) in world.backend.commands[guild.id]
        assert None not in world.backend.commands


async def test_after_developing_the_commands_do_not_stand_twice(
    world: World, bridge: Bridge, install: Open
) -> None:
    guild = world.invite("lab", "general")
    async with install(discord_guild=guild.id):
        pass

    async with install():
        assert ("papers", 1) in world.backend.commands[None]
        assert not world.backend.commands[guild.id]
    puts = r"/applications/\d+/guilds/\d+/commands"
    async with install():
        assert bridge.count("PUT", puts) == 2


async def test_after_developing_in_a_server_that_is_left_the_commands_are_published(
    world: World, bridge: Bridge, install: Open
) -> None:
    guild = world.invite("lab", "general")
    async with install(discord_guild=guild.id):
        pass
    puts = rf"/applications/\d+/guilds/{guild.id}/commands"
    bridge.faults.append(Fault("PUT", puts, 403, {"code": 50001, "message": "Missing Access"}))

    async with install():
        assert ("papers", 1) in world.backend.commands[None]


async def test_each_command_says_where_it_is_offered(world: World, install: Open) -> None:
    async with install():
        published = world.backend.commands[None]

    assert set(published) == {("papers", 1), ("Why this paper?", 3)}
    assert all(each["contexts"] == [0, 1] for each in published.values())
    assert all(each["integration_types"] == [0] for each in published.values())


@pytest.mark.parametrize(("status", "code"), [(403, 50001), (404, 10004)])
async def test_a_server_for_developing_in_which_the_bot_is_not_is_said_to_be_one(
    bridge: Bridge, install: Open, status: int, code: int
) -> None:
    commands = r"/applications/\d+/guilds/4242/commands"
    bridge.faults.append(Fault("GET", commands, status, {"code": code}))

    with pytest.raises(SettingsError, match=r"4242 of PAPERROUND_DISCORD_GUILD.*discord invite"):
        async with install(discord_guild=4242):
            pass


async def test_cloudflares_page_at_the_start_is_no_wrong_setting(
    world: World, bridge: Bridge, install: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    guild = world.invite("lab", "general")
    monkeypatch.setattr("bot.platforms.discord.watchdog.FIRST_PAUSE", 0.01)
    commands = r"/applications/\d+/guilds/\d+/commands"
    page = "<title>Attention Required! | Cloudflare</title>"
    bridge.faults.append(Fault("GET", commands, 403, page, {"Retry-After": "0.05"}))

    async with install(discord_guild=guild.id) as running, running.waiting("commands") as look:
        while ("papers", 1) not in world.backend.commands.get(guild.id, {}):
            await look()


async def test_in_no_server_at_all_the_host_reads_where_to_invite_the_bot(install: Open) -> None:
    with capture_logs() as logged:
        async with install() as running, running.waiting("word of it") as look:
            while not any(each["event"] == "discord.in_no_server" for each in logged):
                await look()

    [told] = [each for each in logged if each["event"] == "discord.in_no_server"]
    assert "applications.commands" in told["invite_it_by"]


async def test_the_whole_story_in_one_go(world: World, bridge: Bridge, install: Open) -> None:
    guild = world.invite("lab", "general")
    general = world.channel(guild, "general")
    ada = world.member(guild, "ada", "manage_channels")
    async with install(durable=True) as running:
        await greeted(bridge, general)
        await running.papers(*PARTS)
        someone = running.person(ada, general)
        topics = await someone.complete("watch", "expression", "diffusion l")
        await someone.slash("watch", expression=topics[0])
        await someone.slash("watch", expression="mixture of experts")
        await someone.slash("limit", papers=len(PARTS))
        offered = await someone.complete("unwatch", "watch", "mix")
        await running.round(general)
        async with running.waiting("a post for each paper") as look:
            while len(posts := world.post_ids(general)) < len(PARTS):
                await look()
        for message in posts:
            someone.react(message, "👍" if "Diffusion" in world.text(general, message) else "👎")
        await voted(running, len(PARTS))
        panel = (await someone.slash("settings")).messages[0].id

    async with install(durable=True) as running:
        someone = running.person(ada, general)
        more = str(len(PARTS) + 1)
        await someone.fill_in(await someone.press(panel, "How many…"), limit=more)
        details = await someone.press(posts[0], "Details")
        why = await someone.menu("Why this paper?", posts[0])
        running.seen.extend(PARTS)
        await running.papers("Mixture of experts, again", "Diffusion language models, again")
        await running.round(general)
        async with running.waiting("the next pick") as look:
            while len(world.post_ids(general)) == len(posts):
                await look()
        [changed] = world.post_ids(general)[len(PARTS) :]
        someone.unreact(posts[0], "👍" if "Diffusion" in world.text(general, posts[0]) else "👎")
        await voted(running, len(PARTS) - 1)

        world.kick(guild)
        await state(running, general, ChannelState.GONE)
        await running.round(general)
        assert world.post_ids(general) == [*posts, changed]

    assert topics[0] == "diffusion language"
    assert offered == ["mixture of experts"]
    assert "Diffusion language models, again" in world.text(general, changed)
    assert details.text
    assert "matched" in why.text.lower()
