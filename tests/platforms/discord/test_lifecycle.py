"""Servers' permissions, channels and threads change: state follows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from simcord.backend import serializers
from simcord.backend.models import Channel, Guild, User
from simcord.enums import ChannelType

from bot.cards.richtext import line
from bot.errors import ChannelGoneError, Obstacle
from bot.platforms.discord import lifecycle
from bot.platforms.discord.adapter import DiscordChat
from bot.ports import ChannelRef
from storage.models import ChannelState
from tests.peers.discord.bridge import Bridge
from tests.peers.discord.faults import MESSAGES, Fault
from tests.peers.discord.people import until
from tests.peers.discord.world import World
from tests.platforms.discord.conftest import EXPERTS, Open, address, greeted, state


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


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(403, "<title>Attention Required! | Cloudflare</title>", id="Cloudflare's 403"),
        pytest.param(404, "<title>Not found</title>", id="a page that is not found"),
        pytest.param(404, {"message": "404: Not Found", "code": 0}, id="an unknown address"),
    ],
)
async def test_an_answer_that_is_not_about_the_channel_loses_none(
    install: Open, guild: Guild, ada: User, status: int, body: Any
) -> None:
    bridge = install().bridge
    papers = bridge.world.channel(guild, "papers")
    async with install() as running:
        await running.person(ada, papers).slash("watch", expression="mixture of experts")
    # No more than the gateway tells: Discord itself is asked, and does not answer yet.
    bridge.world.backend.delete_channel(papers.id)
    bridge.faults.append(Fault("GET", rf"/channels/{papers.id}", status, body))

    async with install() as running:
        await until(lambda: not bridge.faults[0].times, "a question for the channel")
        await running.quiet()
        await state(running, papers, ChannelState.ACTIVE)


async def test_a_word_for_the_installer_reaches_the_owner_of_the_server(
    world: World, install: Open, guild: Guild, general: Channel
) -> None:
    async with install() as running:
        told = await running.chat.tell_installer(str(guild.id), line("For you alone."))
        nobody = await running.chat.tell_installer("4242", line("For nobody."))

    assert (told, nobody) == (True, False)
    assert world.texts(world.backend.get_dm_channel(guild.owner_id)) == ["For you alone."]


async def test_what_is_told_to_one_person_is_a_direct_message(
    world: World, install: Open, guild: Guild, general: Channel
) -> None:
    ref = ChannelRef("discord", str(guild.id), "1")
    lines = [line("Of papers you saved:"), *(line("x" * 1_500) for _ in range(2))]
    async with install() as running:
        told = await running.chat.tell_person(ref, str(guild.owner_id), lines)

    assert told
    sent = world.texts(world.backend.get_dm_channel(guild.owner_id))
    assert [len(text) for text in sent] == [len("Of papers you saved:") + 1_501, 1_500]


async def test_where_it_may_speak_nowhere_the_owner_is_told(
    world: World, bridge: Bridge, install: Open
) -> None:
    async with install() as running:
        with world._unheard():
            guild = world.backend.create_guild("silent")
            hall = world.backend.create_channel(guild.id, "hall")
            world.forbid(hall, "send_messages")
            for each in guild.channel_ids:
                world.forbid(world.backend.get_channel(each), "send_messages")
        world._announce(guild)
        await running.quiet()
        mine = world.backend.get_dm_channel(guild.owner_id)
        await until(lambda: world.texts(mine), "a word to the owner")

    [told] = world.texts(mine)
    assert "may not write in any channel there" in told


async def test_what_automod_blocks_is_told_to_somebody(
    bridge: Bridge, install: Open, guild: Guild, general: Channel, ada: User
) -> None:
    blocked = {"code": 200000, "message": "Message was blocked by automatic moderation"}
    async with install() as running:
        await running.person(ada, general).slash("watch", expression="mixture of experts")
        await running.papers(EXPERTS)
        here = rf"/channels/{general.id}/messages"
        bridge.faults.append(Fault("POST", here, 400, blocked, times=30))
        await running.round(general)
        await running.quiet()

    mine = bridge.world.backend.get_dm_channel(guild.owner_id)
    said = " ".join(bridge.world.texts(mine))
    assert "AutoMod blocked it; let the rule leave the bot out" in said


def time_out(bridge: Bridge, guild: Guild, until: datetime | None) -> None:
    """A moderator times the bot out in a server, or ends it; only the bot hears of itself."""
    backend = bridge.world.backend
    member = dict(serializers.member_payload(backend, guild, guild.members[bridge.world.bot_id]))
    told = until.isoformat() if until else None
    member |= {"guild_id": str(guild.id), "communication_disabled_until": told}
    for session in bridge.gateway.sessions.values():
        session.tell("GUILD_MEMBER_UPDATE", member)


async def test_a_timed_out_bot_comes_back_when_its_time_out_ends(
    install: Open, guild: Guild, general: Channel, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "_AFTER_TIME_OUT", 0.0)
    async with install() as running:
        await running.person(ada, general).slash("watch", expression="routing")
        soon = datetime.now(UTC) + timedelta(seconds=1)

        time_out(running.bridge, guild, soon)
        told = f"the bot is timed out until {soon:%Y-%m-%d %H:%M} UTC; a moderator may end it"
        await state(running, general, ChannelState.GONE, reason=told)

        await state(running, general, ChannelState.ACTIVE)


async def test_a_time_out_that_a_moderator_ends_is_over(
    bridge: Bridge, install: Open, guild: Guild, general: Channel, ada: User
) -> None:
    async with install() as running:
        await running.person(ada, general).slash("watch", expression="routing")
        time_out(bridge, guild, datetime.now(UTC) + timedelta(days=3))
        await state(running, general, ChannelState.GONE)

        time_out(bridge, guild, None)

        await state(running, general, ChannelState.ACTIVE)


async def test_a_worker_learns_of_a_time_out_by_asking(
    bridge: Bridge, chat: DiscordChat, guild: Guild, general: Channel
) -> None:
    until = datetime.now(UTC) + timedelta(days=3)
    backend = bridge.world.backend
    member = dict(serializers.member_payload(backend, guild, guild.members[backend.bot_user.id]))
    timed_out = member | {"communication_disabled_until": until.isoformat()}
    bridge.faults += [
        Fault("POST", MESSAGES, 403, {"code": 50013, "message": "Missing Permissions"}),
        Fault("GET", rf"/guilds/{guild.id}/members/\d+", 200, timed_out),
    ]

    with pytest.raises(ChannelGoneError) as raised:
        await chat.announce(ChannelRef.parse(address(general)), line("x"))

    assert (raised.value.obstacle, raised.value.until) == (Obstacle.TIMED_OUT, until)


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


async def test_a_server_that_gave_no_leave_for_commands_reads_how_to_give_it(
    bridge: Bridge, install: Open
) -> None:
    commands = r"/applications/\d+/guilds/\d+/commands"
    bridge.faults.append(Fault("GET", commands, 403, {"code": 50001, "message": "Missing Access"}))
    async with install() as running:
        hall = bridge.world.channel(bridge.world.invite("club", "hall"), "hall")
        await greeted(bridge, hall)
        await until(lambda: len(bridge.world.texts(hall)) == 2, "a word on commands")
        await running.quiet()

    assert "no leave for commands" in bridge.world.texts(hall)[1]
    assert "scope=bot+applications.commands" in bridge.world.texts(hall)[1]


async def test_a_server_that_is_out_of_order_for_a_while_is_not_lost(
    world: World, install: Open, guild: Guild, general: Channel, ada: User
) -> None:
    async with install() as running:
        await running.person(ada, general).slash("watch", expression="routing")
        world.backend.emit("GUILD_DELETE", {"id": str(guild.id), "unavailable": True})
        await running.quiet()
        world.backend.emit(
            "GUILD_CREATE", dict(serializers.guild_create_payload(world.backend, guild))
        )
        await running.person(ada, general).slash("list")
        await state(running, general, ChannelState.ACTIVE)

    assert sum("What does this channel" in text for text in world.texts(general)) == 1
