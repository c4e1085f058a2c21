"""Whatever ends the connection to the gateway, it connects anew, and votes are heard."""

import gc
from collections.abc import Awaitable, Callable

import discord
import pytest
from simcord.backend.models import Channel, Guild, User
from structlog.testing import capture_logs

from bot.platforms.discord import watchdog
from bot.platforms.discord.watchdog import Watchdog
from tests.peers.discord.bridge import Bridge
from tests.peers.discord.people import until
from tests.platforms.discord.conftest import Installed, Open, posted, voted

Kill = Callable[[Installed], Awaitable[None]]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of a moment, where a real watchdog waits for seconds and minutes."""
    monkeypatch.setattr(watchdog, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(watchdog, "LOOK_SECONDS", 0.02)


def dog(running: Installed) -> Watchdog:
    found = running.chat._connection._watchdog
    assert found is not None
    return found


def shard(running: Installed) -> discord.shard.Shard:
    return running.chat.client.shards[0]._parent


async def cancels_the_connection(running: Installed) -> None:
    connecting = dog(running)._connecting
    assert connecting is not None
    connecting.cancel()


async def cancels_who_connects(running: Installed) -> None:
    keeping = dog(running)._keeping
    assert keeping is not None
    keeping.cancel()


async def cancels_the_reader_of_a_shard(running: Installed) -> None:
    reader = shard(running)._task
    assert reader is not None
    reader.cancel()


async def cancels_who_looks_and_then_the_reader(running: Installed) -> None:
    looking = dog(running)._looking
    assert looking is not None
    looking.cancel()
    await cancels_the_reader_of_a_shard(running)


async def raises_in_the_reader(running: Installed) -> None:
    def ends(*_frame: object) -> None:
        raise KeyError("position")

    shard(running).ws.log_receive = ends
    for session in running.bridge.gateway.sessions.values():
        session.tell("NOT_AN_EVENT", {})


async def lets_the_library_return(running: Installed) -> None:
    error = discord.ConnectionClosed(shard(running).ws.socket, shard_id=0, code=1000)
    item = discord.shard.EventItem(discord.shard.EventType.close, shard(running), error)
    shard(running)._queue_put(item)


async def closes_for_a_reason_that_somebody_mends(running: Installed) -> None:
    running.bridge.gateway.refuses = 4014
    await running.bridge.gateway.drop(4014)
    await until(lambda: not dog(running).connecting, "a refusal")
    running.bridge.gateway.refuses = None


@pytest.mark.parametrize(
    "kill",
    [
        cancels_the_connection,
        cancels_who_connects,
        cancels_the_reader_of_a_shard,
        cancels_who_looks_and_then_the_reader,
        raises_in_the_reader,
        lets_the_library_return,
        closes_for_a_reason_that_somebody_mends,
    ],
)
async def test_whatever_ends_the_connection_is_logged_and_it_connects_anew(
    bridge: Bridge, install: Open, general: Channel, ada: User, kill: Kill
) -> None:
    async with install() as running:
        post, someone = await posted(running, general, ada)
        sessions = len(bridge.gateway.identified)

        with capture_logs() as logs:
            await kill(running)
            someone.react(post, "👍")
            await until(lambda: len(bridge.gateway.identified) > sessions, "a new session")
            await voted(running, 1)
        async with running.waiting("a good connection") as look:
            while not await running.chat.connected():
                await look()

    told = {each["event"] for each in logs if each["log_level"] == "error"}
    assert told & {"discord.connection_ended", "discord.shard_silent", "discord.watchdog_ended"}


async def test_an_event_that_the_library_cannot_read_is_lost_alone(
    bridge: Bridge, install: Open, guild: Guild, general: Channel, ada: User
) -> None:
    async with install() as running:
        post, someone = await posted(running, general, ada)

        with capture_logs() as logs:
            broken = {"id": "77", "type": 0, "name": "x", "guild_id": str(guild.id)}
            for session in bridge.gateway.sessions.values():
                session.tell("CHANNEL_CREATE", broken)
            someone.react(post, "👍")
            await voted(running, 1)

        assert await running.chat.connected()
        assert len(bridge.gateway.identified) == 1
    [said] = [each for each in logs if each["event"] == "discord.event_unreadable"]
    assert said["event_name"] == "CHANNEL_CREATE"


async def test_no_event_of_nonsense_ends_the_connection(bridge: Bridge, install: Open) -> None:
    async with install() as running:
        shown = running.chat.client._connection.parsers.keys() - {"READY", "RESUMED"}
        for event in sorted(shown):
            for nonsense in ({}, {"guild_id": "1", "id": "x"}, {"channels": None}):
                for session in bridge.gateway.sessions.values():
                    session.tell(event, nonsense)
        await running.quiet()

        assert len(shown) > 50
        assert await running.chat.connected()
        assert len(bridge.gateway.identified) == 1


async def test_papers_are_posted_while_it_connects_anew(
    bridge: Bridge, install: Open, general: Channel, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "FIRST_PAUSE", 3600.0)
    async with install() as running:
        await posted(running, general, ada)
        await cancels_the_connection(running)
        async with running.waiting("the end of the connection") as look:
            while await running.chat.connected():
                await look()

        await running.papers("A mixture of experts, again")
        await running.round(general)

        assert len(bridge.world.post_ids(general)) == 2


async def test_where_no_session_is_left_today_none_is_begun(
    bridge: Bridge, install: Open, general: Channel
) -> None:
    async with install() as running:
        bridge.sessions_left = 0
        await cancels_the_connection(running)
        await until(lambda: bridge.count("GET", "/gateway/bot") == 2, "a question for sessions")
        await running.quiet()

        assert len(bridge.gateway.identified) == 1


async def test_a_start_without_a_network_waits_for_it(
    install: Open, general: Channel, ada: User, caplog: pytest.LogCaptureFixture
) -> None:
    bridge = install().bridge
    bridge.closed = True
    async with install() as running:
        assert not await running.chat.connected()
        bridge.closed = False

        await until(lambda: bridge.gateway.identified, "a session")
        await posted(running, general, ada)
    gc.collect()
    assert "Unclosed" not in caplog.text


async def test_pauses_between_tries_grow(
    bridge: Bridge, install: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with install() as running:
        bridge.closed = True
        with capture_logs() as logs:
            await cancels_the_connection(running)
            await until(
                lambda: [each["event"] for each in logs].count("discord.connection_ended") >= 4,
                "four tries",
            )
        bridge.closed = False

    pauses = [each["again"] for each in logs if each["event"] == "discord.connection_ended"]
    assert pauses[:4] == [0.01, 0.02, 0.04, 0.08]
