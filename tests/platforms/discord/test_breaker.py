"""While Discord answers nothing, it is asked for nothing: by no post, and by nothing else."""

import pytest
from simcord.backend.models import Channel, User

from bot.cards.richtext import line
from bot.errors import NotSentError, PlatformError, SettingsError
from bot.platforms.discord import breaker as room
from bot.platforms.discord.adapter import DiscordChat
from bot.platforms.discord.build import build_discord
from bot.ports import ChannelRef
from bot.rounds.scheduling.due import Clock
from storage import pace
from storage.database import Database
from tests.peers.discord import faults
from tests.peers.discord.bridge import Bridge
from tests.peers.discord.faults import MESSAGES, Fault
from tests.platforms.discord.conftest import Open, address, options
from tests.platforms.discord.test_cards import FULL

ATTENTION = "<!DOCTYPE html><title>Attention Required! | Cloudflare</title>"
GLOBAL = {"message": "x", "retry_after": 90.0, "global": True}


@pytest.fixture
def ref(general: Channel) -> ChannelRef:
    return ChannelRef.parse(address(general))


async def post(chat: DiscordChat, ref: ChannelRef, number: int) -> PlatformError | None:
    try:
        await chat.post(ref, FULL, delivery_id=f"d{number}")
    except PlatformError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        pytest.param(Fault("POST", MESSAGES, 401, {"code": 0}), 3600, id="a refused token"),
        pytest.param(faults.shielded(after=30), 30, id="the shield's 1015"),
        pytest.param(Fault("POST", MESSAGES, 403, ATTENTION), 600, id="the shield's page"),
        pytest.param(
            Fault("POST", MESSAGES, 403, {"code": 40333, "message": "x"}), 600, id="its JSON"
        ),
        pytest.param(
            Fault("POST", MESSAGES, 429, GLOBAL, {"Via": "1.1 google"}), 90, id="a global limit"
        ),
    ],
)
async def test_after_an_answer_for_all_calls_sixty_posts_ask_once(
    chat: DiscordChat, bridge: Bridge, ref: ChannelRef, fault: Fault, seconds: float
) -> None:
    fault.times = 60
    bridge.faults.append(fault)
    asked = len(bridge.requests)

    found = [await post(chat, ref, number) for number in range(60)]

    assert bridge.count("POST", MESSAGES) == 1
    assert len(bridge.requests) - asked <= 3
    assert {type(each) for each in found} == {NotSentError}
    waits = [each.retry_after or 0 for each in found if each is not None]
    assert all(0 < wait <= seconds for wait in waits)


async def test_it_asks_again_when_the_time_is_over_but_not_after_a_refused_token(
    chat: DiscordChat, bridge: Bridge, ref: ChannelRef, database: Database
) -> None:
    bridge.faults.append(faults.shielded(after=30))
    assert await post(chat, ref, 1)
    chat.client.breaker.clock = after(chat, 31)
    async with database.write() as session:
        await pace.hold_off(session, "discord", 0.0)

    assert await post(chat, ref, 1) is None
    bridge.faults.append(Fault("POST", MESSAGES, 401, {"code": 0}))
    assert await post(chat, ref, 2)
    chat.client.breaker.clock = after(chat, 10**7)

    assert isinstance(await post(chat, ref, 2), NotSentError)
    assert bridge.count("POST", MESSAGES) == 3


async def test_what_stops_one_process_stops_the_others(
    chat: DiscordChat, bridge: Bridge, ref: ChannelRef, database: Database
) -> None:
    other = build_discord(options(bridge), database, Clock())
    bridge.faults.append(faults.shielded(after=30))
    assert await post(chat, ref, 1)
    asked = len(bridge.requests)

    waits = await post(other, ref, 2)
    await other.stop()

    assert isinstance(waits, NotSentError)
    assert 0 < (waits.retry_after or 0) <= 30
    assert len(bridge.requests) == asked


def after(chat: DiscordChat, seconds: float) -> room.Seconds:
    now = chat.client.breaker.clock() + seconds
    return lambda: now


async def test_a_token_that_the_login_shows_to_be_refused_is_asked_for_once(
    chat: DiscordChat, bridge: Bridge, ref: ChannelRef
) -> None:
    bridge.faults.append(Fault("GET", "/users/@me", 401, {"code": 0}, times=60))

    for number in range(10):
        with pytest.raises(NotSentError, match="PAPERROUND_DISCORD_TOKEN"):
            await chat.post(ref, FULL, delivery_id=f"d{number}")

    assert bridge.count("GET", "/users/@me") == 1


async def test_a_limit_of_one_channel_holds_up_no_other(
    chat: DiscordChat, bridge: Bridge, general: Channel, ref: ChannelRef
) -> None:
    other = bridge.world.backend.create_channel(general.guild_id or 0, "other")
    slow = faults.rate_limited(rf"/channels/{general.id}/messages", after=90)
    bridge.faults.append(slow)

    assert isinstance(await post(chat, ref, 1), NotSentError)
    assert await post(chat, ChannelRef.parse(address(other)), 2) is None


async def test_too_many_refusals_are_stopped_long_before_discord_bans_the_address(
    chat: DiscordChat, bridge: Bridge, ref: ChannelRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "INVALID", 5)
    refused = {"code": 50013, "message": "Missing Permissions"}
    bridge.faults.append(Fault("POST", MESSAGES, 403, refused, times=60))

    found = [await post(chat, ref, number) for number in range(20)]

    assert bridge.count("POST", MESSAGES) == 5
    assert isinstance(found[-1], NotSentError)


async def test_people_are_answered_while_posts_wait(
    bridge: Bridge, install: Open, general: Channel, ada: User, ref: ChannelRef
) -> None:
    async with install() as running:
        bridge.faults.append(Fault("POST", MESSAGES, 401, {"code": 0}))
        with pytest.raises(NotSentError):
            await running.chat.announce(ref, line("x"))

        said = await running.person(ada, general).slash("list")
        with pytest.raises(SettingsError, match="PAPERROUND_DISCORD_TOKEN"):
            await running.chat.connected()

    assert "Nothing is watched" in said.text
