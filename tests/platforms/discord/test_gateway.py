"""The gateway closes, refuses, resumes and begins anew: no vote is lost, and it says why."""

import pytest
from simcord.backend.models import Channel, Guild, User

from bot.cards.richtext import line
from bot.errors import NotSentError, SettingsError
from bot.ports import ChannelRef
from tests.peers.discord.bridge import Bridge
from tests.peers.discord.people import until
from tests.platforms.discord.conftest import Open, address, posted, voted


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


async def test_a_token_that_is_refused_later_is_said_to_be_and_holds_posts_back(
    bridge: Bridge, install: Open, general: Channel
) -> None:
    async with install() as running:
        assert await running.chat.connected()
        bridge.gateway.refuses = 4004
        await bridge.gateway.drop(4004)
        with pytest.raises(SettingsError, match="code 4004"):
            async with running.waiting("the end of the connection") as look:
                while True:
                    await running.chat.connected()
                    await look()

        with pytest.raises(NotSentError, match="code 4004") as raised:
            await running.chat.announce(ChannelRef.parse(address(general)), line("x"))

    assert raised.value.retry_after == 3600
