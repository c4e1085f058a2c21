"""Posts arrive once, and every failure says whether they may have."""

from datetime import UTC, datetime, timedelta

import pytest
from simcord.backend.models import Channel, Guild, Message

from bot.cards.richtext import bold, line, link
from bot.errors import (
    ChannelGoneError,
    NotSentError,
    OutcomeUnknownError,
    PlatformError,
    RefusedError,
    SettingsError,
    UnaskableError,
)
from bot.platforms.discord.adapter import DiscordChat
from bot.platforms.discord.build import build_discord
from bot.ports import ChannelRef, MessageRef
from bot.rounds.scheduling.due import Clock
from storage.database import Database
from tests.peers.discord import faults
from tests.peers.discord.bridge import Bridge
from tests.peers.discord.faults import MESSAGES, Fault
from tests.peers.discord.world import World
from tests.platforms.discord.conftest import address, options
from tests.platforms.discord.test_cards import FULL, HOSTILE

DELIVERY = "0123456789abcdef012345678"


@pytest.fixture
def guild(world: World) -> Guild:
    return world.invite("lab", "general")


@pytest.fixture
def general(world: World, guild: Guild) -> Channel:
    return world.channel(guild, "general")


@pytest.fixture
def ref(general: Channel) -> ChannelRef:
    return ChannelRef.parse(address(general))


@pytest.fixture
def an_hour_ago() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


async def test_a_post_is_a_message_of_components_without_any_mention(
    chat: DiscordChat, world: World, general: Channel, ref: ChannelRef
) -> None:
    sent = await chat.post(ref, HOSTILE, delivery_id=DELIVERY)

    message = world.backend.get_message(general.id, int(sent.message))
    assert message.flags & (1 << 15)
    assert (message.content, message.embeds) == ("", [])
    assert pinged(message) == []


async def test_a_host_may_have_embeds_instead(
    bridge: Bridge, world: World, general: Channel, ref: ChannelRef, database: Database
) -> None:
    chat = build_discord(options(bridge, style="embeds"), database, Clock())
    sent = await chat.post(ref, FULL, delivery_id=DELIVERY)
    await chat.edit(sent, HOSTILE)

    found = await chat.find_post(ref, DELIVERY, since=datetime.now(UTC))
    await chat.stop()

    message = world.backend.get_message(general.id, int(sent.message))
    assert message.embeds[0]["title"].startswith(r"\*\*\@everyone")
    assert found == sent


async def test_the_same_delivery_sent_again_gives_the_same_message(
    chat: DiscordChat, world: World, general: Channel, ref: ChannelRef
) -> None:
    first = await chat.post(ref, FULL, delivery_id=DELIVERY)
    again = await chat.post(ref, FULL, delivery_id=DELIVERY)

    assert again == first
    assert len(world.post_ids(general)) == 1


async def test_a_post_whose_answer_was_lost_is_found_hours_later(
    chat: DiscordChat,
    bridge: Bridge,
    world: World,
    ref: ChannelRef,
    an_hour_ago: datetime,
) -> None:
    bridge.faults.append(faults.cut(moment="after"))
    with pytest.raises(OutcomeUnknownError):
        await chat.post(ref, FULL, delivery_id=DELIVERY)
    bridge.nonces.clear()
    for number in range(120):
        world.backend.create_message(int(ref.channel), world.bot_id, f"chatter {number}")

    found = await chat.find_post(ref, DELIVERY, since=an_hour_ago)

    assert found == MessageRef(ref, str(world.post_ids(int(ref.channel))[0]))


async def test_a_post_that_never_arrived_is_not_found(
    chat: DiscordChat, bridge: Bridge, ref: ChannelRef, an_hour_ago: datetime
) -> None:
    bridge.faults.append(faults.cut(moment="before"))
    with pytest.raises(OutcomeUnknownError):
        await chat.post(ref, FULL, delivery_id=DELIVERY)

    assert await chat.find_post(ref, DELIVERY, since=an_hour_ago) is None


async def test_somebody_elses_copy_of_a_post_is_not_taken_for_it(
    chat: DiscordChat, world: World, guild: Guild, general: Channel, ref: ChannelRef
) -> None:
    sent = await chat.post(ref, FULL, delivery_id=DELIVERY)
    copied = world.backend.get_message(general.id, int(sent.message))
    world.backend.create_message(
        general.id, world.member(guild, "eve").id, components=copied.components, flags=1 << 15
    )
    world.backend.delete_message(general.id, int(sent.message))

    assert await chat.find_post(ref, DELIVERY, since=datetime.now(UTC)) is None


async def test_a_history_that_cannot_be_read_leaves_the_outcome_open(
    chat: DiscordChat, world: World, general: Channel, ref: ChannelRef, an_hour_ago: datetime
) -> None:
    world.forbid(general, "read_message_history")

    with pytest.raises(UnaskableError, match="Read Message History"):
        await chat.find_post(ref, DELIVERY, since=an_hour_ago)


async def test_within_minutes_the_nonce_does_what_an_unreadable_history_cannot(
    chat: DiscordChat, world: World, general: Channel, ref: ChannelRef
) -> None:
    world.forbid(general, "read_message_history")
    sent = await chat.post(ref, FULL, delivery_id=DELIVERY)

    assert await chat.find_post(ref, DELIVERY, since=datetime.now(UTC)) is None
    assert await chat.post(ref, FULL, delivery_id=DELIVERY) == sent
    assert len(world.post_ids(general)) == 1


async def test_rate_limits_are_waited_out(
    chat: DiscordChat, bridge: Bridge, world: World, general: Channel, ref: ChannelRef
) -> None:
    bridge.faults.append(faults.rate_limited(after=0.02))

    await chat.post(ref, FULL, delivery_id=DELIVERY)

    assert bridge.count("POST", MESSAGES) == 2
    assert len(world.post_ids(general)) == 1


async def test_a_server_error_after_the_message_was_stored_does_not_post_twice(
    chat: DiscordChat, bridge: Bridge, world: World, general: Channel, ref: ChannelRef
) -> None:
    bridge.faults.append(faults.failing(502, moment="after"))

    await chat.post(ref, FULL, delivery_id=DELIVERY)

    assert bridge.count("POST", MESSAGES) == 2
    assert len(world.post_ids(general)) == 1


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        pytest.param(
            faults.rate_limited(after=1800), (NotSentError, 1800), id="a long rate limit is ours"
        ),
        pytest.param(faults.shielded(after=30), (NotSentError, 30), id="the shield's 429"),
        pytest.param(faults.failing(503), (OutcomeUnknownError, None), id="unavailable"),
        pytest.param(faults.cut(moment="before"), (OutcomeUnknownError, None), id="cut off"),
        pytest.param(
            Fault("POST", MESSAGES, 403, {"code": 50013, "message": "Missing Permissions"}),
            (ChannelGoneError, None),
            id="no permission",
        ),
        pytest.param(
            Fault("POST", MESSAGES, 400, {"code": 50035, "message": "Invalid Form Body"}),
            (RefusedError, None),
            id="malformed",
        ),
        pytest.param(Fault("POST", MESSAGES, 401, {"code": 0}), (NotSentError, 3600), id="token"),
    ],
)
async def test_each_failure_says_whether_the_message_may_have_arrived(
    chat: DiscordChat,
    bridge: Bridge,
    ref: ChannelRef,
    fault: Fault,
    expected: tuple[type[PlatformError], float | None],
) -> None:
    fault.times = 1
    bridge.faults.append(fault)

    with pytest.raises(PlatformError) as raised:
        await chat.post(ref, FULL, delivery_id=DELIVERY)

    assert (raised.type, getattr(raised.value, "retry_after", None)) == expected


async def test_a_deleted_channel_is_gone(
    chat: DiscordChat, world: World, general: Channel, ref: ChannelRef
) -> None:
    world.backend.delete_channel(general.id)

    with pytest.raises(ChannelGoneError, match="deleted"):
        await chat.post(ref, FULL, delivery_id=DELIVERY)


async def test_discord_out_of_reach_means_not_sent(database: Database, bridge: Bridge) -> None:
    away = options(bridge)
    chat = build_discord(
        type(away)(token=away.token, base_url="http://127.0.0.1:9/api/v10"), database, Clock()
    )

    with pytest.raises(NotSentError, match="cannot be reached"):
        await chat.announce(ChannelRef("discord", "1", "2"), line("x"))
    await chat.stop()


async def test_a_wrong_token_is_said_to_be_one(database: Database, bridge: Bridge) -> None:
    wrong = type(options(bridge))(token="a.b.c", base_url=bridge.base)
    chat = build_discord(wrong, database, Clock())

    with pytest.raises(NotSentError, match="PAPERROUND_DISCORD_TOKEN"):
        await chat.announce(ChannelRef("discord", "1", "2"), line("x"))
    with pytest.raises(SettingsError, match="PAPERROUND_DISCORD_TOKEN"):
        await chat.introduce()
    await chat.stop()


async def test_an_edited_post_keeps_its_mark(
    chat: DiscordChat, world: World, general: Channel, ref: ChannelRef, an_hour_ago: datetime
) -> None:
    sent = await chat.post(ref, FULL, delivery_id=DELIVERY)

    await chat.edit(sent, HOSTILE)

    assert "everyone" in world.texts(general)[0]
    assert await chat.find_post(ref, DELIVERY, since=an_hour_ago) == sent


async def test_deleting_twice_is_no_error(
    chat: DiscordChat, world: World, general: Channel, ref: ChannelRef
) -> None:
    sent = await chat.post(ref, FULL, delivery_id=DELIVERY)

    await chat.delete(sent)
    await chat.delete(sent)

    assert world.post_ids(general) == []
    with pytest.raises(RefusedError):
        await chat.edit(sent, FULL)


async def test_an_announcement_is_one_line_that_pings_nobody(
    chat: DiscordChat, world: World, guild: Guild, general: Channel, ref: ChannelRef
) -> None:
    ada = world.member(guild, "ada")

    await chat.announce(ref, line(bold(f"<@{ada.id}>"), " @everyone ", link("x", "https://e.org")))

    message = next(iter(world.backend.messages[general.id].values()))
    assert message.content == rf"**\<@{ada.id}\>** \@everyone [x](<https://e.org>)"
    assert pinged(message) == []


async def test_answers_under_a_post_share_one_thread(
    chat: DiscordChat, world: World, ref: ChannelRef
) -> None:
    sent = await chat.post(ref, FULL, delivery_id=DELIVERY)

    await chat.thread(sent, [line("one"), line("two")])
    await chat.thread(sent, [line("three")])

    assert world.texts(int(sent.message)) == ["one", "two", "three"]


async def test_a_post_may_carry_the_votes_that_people_need_only_tap(
    bridge: Bridge, world: World, general: Channel, ref: ChannelRef, database: Database
) -> None:
    chat = build_discord(options(bridge, seeds=True), database, Clock())
    bridge.faults.append(Fault("PUT", r".*/reactions/👎/@me", 403, {"code": 50013}))

    first = await chat.post(ref, FULL, delivery_id=DELIVERY)
    second = await chat.post(ref, FULL, delivery_id="another")
    await chat.stop()

    seeded = [
        [each.emoji for each in world.backend.get_message(general.id, int(sent.message)).reactions]
        for sent in (first, second)
    ]
    assert sorted(seeded) == [["👍"], ["👍", "👎", "🔖"]]


async def test_a_closed_platform_sends_nothing(chat: DiscordChat, ref: ChannelRef) -> None:
    await chat.post(ref, FULL, delivery_id=DELIVERY)
    await chat.stop()
    await chat.stop()

    with pytest.raises(NotSentError):
        await chat.post(ref, FULL, delivery_id="another")


def pinged(message: Message) -> list[int]:
    return [*message.ping_user_ids, *message.ping_role_ids, *([0] * message.mention_everyone)]
