"""Every documented refusal is of one class; the rest is of the moment, and reported."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import discord
import pytest
from simcord.backend.models import Channel

from bot.cards.richtext import line
from bot.errors import (
    ChannelGoneError,
    NotSentError,
    Obstacle,
    OutcomeUnknownError,
    PlatformError,
    RefusedError,
)
from bot.platforms.discord.adapter import DiscordChat
from bot.platforms.discord.errors import meaning
from bot.platforms.discord.refusals import PLACES, Refusal, classes, refusal
from bot.ports import ChannelRef, MessageRef
from tests.peers.discord.bridge import Bridge
from tests.peers.discord.faults import MESSAGES, Fault
from tests.platforms.discord.conftest import address
from tests.platforms.discord.test_cards import FULL

CODES = Path(__file__).parents[2] / "fixtures" / "discord-error-codes.txt"
DOCUMENTED = sorted(map(int, CODES.read_text().split()))

MESSAGE = rf"{MESSAGES}/\d+"

KINDS: Mapping[Refusal, type[PlatformError]] = {
    Refusal.CONTENT: RefusedError,
    Refusal.PLACE: ChannelGoneError,
    Refusal.MOMENT: NotSentError,
    Refusal.LOGIN: NotSentError,
    Refusal.TARGET: RefusedError,
    Refusal.UNUSED: NotSentError,
}


def answered(
    status: int, code: int = 0, *, kind: str = "application/json", **headers: str
) -> PlatformError:
    """What an answer of Discord means for the message."""
    response = SimpleNamespace(status=status, reason="x", headers={"Content-Type": kind, **headers})
    told = {"code": code, "message": "told"} if "json" in kind else "<title>Attention Required!"
    return meaning(discord.HTTPException(response, told))


@pytest.mark.parametrize("code", [each for each in DOCUMENTED if each])
def test_each_documented_code_is_of_exactly_one_class(code: int) -> None:
    [kind] = classes(code)

    assert type(answered(403, code)) is KINDS[kind]


def test_no_code_is_made_up() -> None:
    ours = {code for code in range(600_000) if any(True for _ in classes(code))}

    assert ours == set(DOCUMENTED) - {0}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        pytest.param(50035, Refusal.CONTENT, id="a malformed body"),
        pytest.param(200000, Refusal.CONTENT, id="AutoMod"),
        pytest.param(240000, Refusal.CONTENT, id="a harmful link"),
        pytest.param(50001, Refusal.PLACE, id="no access"),
        pytest.param(50013, Refusal.PLACE, id="no permission"),
        pytest.param(50007, Refusal.PLACE, id="closed direct messages"),
        pytest.param(50278, Refusal.PLACE, id="no mutual servers"),
        pytest.param(40004, Refusal.MOMENT, id="sending is switched off"),
        pytest.param(40006, Refusal.MOMENT, id="a feature is switched off"),
        pytest.param(130000, Refusal.MOMENT, id="overloaded"),
        pytest.param(160006, Refusal.MOMENT, id="too many threads"),
        pytest.param(40333, Refusal.MOMENT, id="Cloudflare"),
        pytest.param(40001, Refusal.LOGIN, id="no valid token"),
    ],
)
def test_what_a_code_is_about(code: int, kind: Refusal) -> None:
    assert refusal(403, code) is kind


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        pytest.param(400, RefusedError, id="a bad request"),
        pytest.param(401, NotSentError, id="a refused token"),
        pytest.param(403, NotSentError, id="forbidden, nobody knows what"),
        pytest.param(404, NotSentError, id="an unknown address"),
        pytest.param(405, NotSentError, id="an unknown method"),
        pytest.param(413, RefusedError, id="too large"),
        pytest.param(418, NotSentError, id="a status that is not documented"),
        pytest.param(429, NotSentError, id="too many requests"),
        *(pytest.param(each, OutcomeUnknownError) for each in (500, 502, 503, 504, 520, 524)),
    ],
)
def test_what_a_status_means_without_a_code(status: int, wanted: type[PlatformError]) -> None:
    assert type(answered(status)) is wanted


@pytest.mark.parametrize("status", [403, 429])
def test_a_page_of_the_shield_is_of_the_moment_for_as_long_as_it_says(status: int) -> None:
    said = answered(status, kind="text/html; charset=UTF-8", **{"Retry-After": "77"})
    silent = answered(status, kind="text/html; charset=UTF-8")

    assert (type(said), said.retry_after) == (NotSentError, 77)
    assert (type(silent), silent.retry_after) == (NotSentError, 600)


@pytest.mark.parametrize("code", [99999, 10006])
def test_a_code_that_no_call_of_ours_is_answered_with_is_reported(code: int) -> None:
    unknown = answered(400, code)

    assert isinstance(unknown, NotSentError)
    assert unknown.unlisted == str(code)


def test_a_code_of_the_moment_is_not_reported_as_unknown() -> None:
    known = answered(403, 40004)

    assert isinstance(known, NotSentError)
    assert known.unlisted is None


@pytest.mark.parametrize("code", sorted(PLACES))
def test_each_lost_place_says_half_a_sentence_and_its_obstacle(code: int) -> None:
    lost = answered(403, code)

    assert isinstance(lost, ChannelGoneError)
    assert isinstance(lost.obstacle, Obstacle)
    assert str(lost)[0].islower()
    assert not str(lost).endswith(".")


Call = Callable[[DiscordChat, MessageRef], Awaitable[object]]

CALLS: Mapping[str, tuple[str, str, Call]] = {
    "post": (
        "POST",
        MESSAGES,
        lambda chat, at: chat.post(at.channel, FULL, delivery_id="d"),
    ),
    "head": (
        "POST",
        MESSAGES,
        lambda chat, at: chat.head(at.channel, [line("x")], delivery_id="d"),
    ),
    "announce": ("POST", MESSAGES, lambda chat, at: chat.announce(at.channel, line("x"))),
    "edit": ("PATCH", MESSAGE, lambda chat, at: chat.edit(at, FULL)),
    "edit_head": (
        "PATCH",
        MESSAGE,
        lambda chat, at: chat.edit_head(at, [line("x")], delivery_id="d"),
    ),
    "delete": ("DELETE", MESSAGE, lambda chat, at: chat.delete(at)),
    "find_post": (
        "GET",
        MESSAGES,
        lambda chat, at: chat.find_post(at.channel, "d", since=datetime.now(UTC)),
    ),
}


@pytest.mark.parametrize("name", CALLS)
async def test_each_documented_error_of_each_call_leads_to_its_class(
    chat: DiscordChat, bridge: Bridge, general: Channel, name: str
) -> None:
    posted = await chat.post(ChannelRef.parse(address(general)), FULL, delivery_id="before")
    method, path, call = CALLS[name]
    forum = {50008, 40058} if name == "post" else set()
    gone = {10008} if name == "delete" else set()

    for code in set(DOCUMENTED) - {0} - forum - gone:
        bridge.faults.append(Fault(method, path, 403, {"code": code, "message": "x"}))
        with pytest.raises(PlatformError) as raised:
            await call(chat, posted)
        [kind] = classes(code)
        assert type(raised.value) is KINDS[kind], code
        chat.client.breaker.close()


@pytest.mark.parametrize("code", [50001, 50013, 50083, 160005, 50278])
async def test_a_refused_thread_loses_no_channel(
    chat: DiscordChat, bridge: Bridge, general: Channel, code: int
) -> None:
    posted = await chat.post(ChannelRef.parse(address(general)), FULL, delivery_id="before")
    threads = r"/channels/\d+/messages/\d+/threads"
    bridge.faults.append(Fault("POST", threads, 403, {"code": code, "message": "x"}))

    with pytest.raises(RefusedError):
        await chat.thread(posted, [line("x")])


@pytest.mark.parametrize("code", [160006, 160007, 40006])
async def test_a_thread_that_is_put_off_is_of_the_moment(
    chat: DiscordChat, bridge: Bridge, general: Channel, code: int
) -> None:
    posted = await chat.post(ChannelRef.parse(address(general)), FULL, delivery_id="before")
    threads = r"/channels/\d+/messages/\d+/threads"
    bridge.faults.append(Fault("POST", threads, 400, {"code": code, "message": "x"}))

    with pytest.raises(NotSentError):
        await chat.thread(posted, [line("x")])
