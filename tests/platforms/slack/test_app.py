"""What people do arrives once, whatever Slack and the network do in between."""

import asyncio
import contextlib
import socket
from typing import Any

import pytest

from bot.errors import PaperroundError, PlatformError, SettingsError
from bot.platforms.slack import home
from bot.platforms.slack.adapter import SlackChat
from bot.platforms.slack.auth import Changers, OneToken, Wire
from bot.platforms.slack.http_mode import WebConnection
from bot.platforms.slack.manifest import bot_scopes
from bot.platforms.slack.socket_mode import SocketConnection
from bot.ports import ChannelChange, ChannelHealth, ChannelRef, Home
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.workspace import ADA, APP_TOKEN, BO, BOT_TOKEN, BOT_USER, ROBOT, TEAM
from tests.platforms.slack.cards import ORDINARY
from tests.platforms.slack.conftest import LAB
from tests.platforms.slack.edge import Mode, edge
from tests.platforms.slack.inbox import RecordingInbox

MODES: tuple[Mode, ...] = ("socket", "http")


@pytest.mark.parametrize("mode", MODES)
async def test_a_command_is_answered_for_its_author_alone(mode: Mode) -> None:
    async with edge(mode) as one:
        assert await one.people.type("list &amp; more") == "ok list"

    [command] = one.inbox.commands
    assert (command.channel, command.person.name, command.text) == (LAB, "ada", "list & more")


@pytest.mark.parametrize("mode", MODES)
async def test_work_that_takes_longer_than_slack_waits_is_acknowledged_first(mode: Mode) -> None:
    async with edge(mode) as one:
        one.inbox.gate.clear()

        await one.people._transport.send("slash_commands", one.people.command("now"))
        answered = len(one.slack.responses)
        one.inbox.gate.set()
        await one.slack.wait_for(lambda: len(one.slack.responses) == 1)

        assert answered == 0
        assert one.slack.responses[0]["text"] == "ok now"


@pytest.mark.parametrize("mode", MODES)
async def test_an_event_that_comes_again_is_heard_once(mode: Mode) -> None:
    async with edge(mode) as one:
        body = await one.people.react("1.2")
        await one.people.deliver(body, retry=1)
        await one.people.deliver(body, retry=2)
        await one.people.react("1.2", "-1")
        await one.inbox.until(lambda: len(one.inbox.reactions) == 2)

    assert [reaction.emoji for reaction in one.inbox.reactions] == ["👍", "👎"]


async def test_reactions_on_what_others_wrote_are_not_even_looked_up() -> None:
    async with edge() as one:
        await one.people.react("1.2", item_user=BO)
        await one.people.react("1.3")
        await one.inbox.until(lambda: len(one.inbox.reactions) == 1)

    assert one.inbox.reactions[0].message.message == "1.3"


async def test_the_bots_own_reactions_are_no_votes() -> None:
    async with edge() as one:
        await one.people.react("1.2", user=BOT_USER)
        await one.people.react("1.3")
        await one.inbox.until(lambda: len(one.inbox.reactions) == 1)

    assert one.inbox.reactions[0].message.message == "1.3"


async def test_another_apps_reactions_are_no_votes() -> None:
    async with edge() as one:
        await one.people.react("1.2", user=ROBOT)
        await one.people.react("1.3", user=BO)
        await one.people.react("1.4", user=ROBOT)
        await one.people.react("1.5", user=BO)
        await one.inbox.until(lambda: len(one.inbox.reactions) == 2)

    assert {each.message.message for each in one.inbox.reactions} == {"1.3", "1.5"}


@pytest.mark.parametrize(("age", "forged"), [(0, True), (600, False), (-600, False)])
async def test_a_forged_or_old_request_is_turned_away(age: float, forged: bool) -> None:
    async with edge("http") as one:
        assert one.web is not None
        payload = one.people.command("unwatch 1")

        status, _ = await one.web.post("slash_commands", payload, age=age, forged=forged)

    assert status == 401
    assert one.inbox.commands == []


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe", b"{", b"payload=%7B", b"[]", b"null", b"x" * 1_200_000],
    ids=["empty", "no text", "half", "half form", "list", "null", "too long"],
)
async def test_what_is_no_request_of_slack_is_refused_and_harms_nothing(body: bytes) -> None:
    import aiohttp

    async with edge("http") as one:
        assert one.web is not None
        async with (
            aiohttp.ClientSession() as session,
            session.post(one.web._url, data=body) as answer,
        ):
            status = answer.status

        assert 400 <= status < 500
        assert await one.people.type("list") == "ok list"


@pytest.mark.parametrize(
    "event",
    [
        {"type": "reaction_added"},
        {"type": "reaction_added", "item": None, "user": "U0ADA", "reaction": []},
        {"type": "channel_rename", "channel": {}},
        {"type": "member_joined_channel"},
        {"type": "app_home_opened", "tab": "home"},
        {"type": "tokens_revoked", "tokens": None},
        {"type": "message", "text": "nobody asked"},
    ],
)
async def test_a_malformed_event_is_nothing(event: dict[str, Any]) -> None:
    async with edge() as one:
        if event["type"] != "message":
            await one.people.happen(event)
        assert await one.people.type("list") == "ok list"

    assert one.inbox.reactions == one.inbox.events == one.inbox.gone == []


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("interactive", {"type": "block_actions", "actions": []}),
        (
            "interactive",
            {"type": "block_actions", "user": {}, "actions": [{"action_id": "page_x"}]},
        ),
        ("interactive", {"type": "view_submission", "view": {"callback_id": "manage_channel"}}),
        (
            "interactive",
            {
                "type": "view_submission",
                "user": {"id": ADA},
                "view": {"callback_id": "edit_watch", "private_metadata": "{", "state": None},
            },
        ),
        ("interactive", {"type": "shortcut", "callback_id": "unknown"}),
        ("slash_commands", {"command": "/papers", "text": "list"}),
        ("slash_commands", {"command": "/papers", "user_id": "x y", "channel_id": None}),
        ("slash_commands", {"command": "/other", "text": "list"}),
        ("events_api", {"type": "event_callback", "event": {}}),
        ("events_api", {"type": "event_callback", "event": {"type": "app_home_opened"}}),
    ],
)
async def test_a_malformed_request_changes_nothing_and_ends_nothing(
    mode: Mode, kind: str, payload: dict[str, Any]
) -> None:
    async with edge(mode) as one:
        if one.web is not None:
            await one.web.post(kind, payload)
        else:
            with contextlib.suppress(TimeoutError):
                await one.slack.sockets.send_once(kind, payload, patience=0.3)
        assert await one.people.type("list") == "ok list"

    assert [command.text for command in one.inbox.commands] == ["list"]


async def test_a_warning_before_a_renewal_is_heeded() -> None:
    async with edge() as one:
        await one.slack.sockets.refresh("warning")
        assert await one.people.type("list") == "ok list"


async def test_a_connection_that_slack_renews_loses_nothing() -> None:
    async with edge() as one:
        await one.slack.sockets.refresh()
        assert await one.people.type("list") == "ok list"

    assert one.slack.sockets.accepted == 2


async def test_a_connection_that_breaks_is_made_again() -> None:
    async with edge() as one:
        await one.slack.sockets.cut()
        await one.slack.sockets.until_accepted(2)
        assert await one.people.type("list") == "ok list"


async def test_a_connection_that_fails_half_way_is_tried_with_a_fresh_address() -> None:
    async with edge() as one:
        one.slack.sockets.refused = 2
        await one.slack.sockets.cut()
        await one.slack.sockets.until_accepted(2)

        assert await one.people.type("list") == "ok list"


async def test_a_failure_inside_is_logged_and_ends_nothing() -> None:
    async with edge() as one:
        one.inbox.fault = PaperroundError("disk full")
        await one.people._transport.send("slash_commands", one.people.command("now"))
        await one.inbox.until(lambda: bool(one.inbox.failed))
        one.inbox.fault = None

        assert await one.people.type("list") == "ok list"


async def test_stopping_finishes_what_was_begun() -> None:
    async with edge() as one:
        one.inbox.gate.clear()
        await one.people._transport.send("slash_commands", one.people.command("now"))

        stopping = asyncio.create_task(one.chat.stop())
        await asyncio.sleep(0)
        one.inbox.gate.set()
        await stopping

        assert [answer["text"] for answer in one.slack.responses] == ["ok now"]


async def test_a_joined_channel_comes_with_its_name() -> None:
    async with edge() as one:
        await one.people.invite("C0ADMIN")
        await one.inbox.until(lambda: len(one.inbox.events) == 1)

    [event] = one.inbox.events
    assert (event.change, event.name) == (ChannelChange.JOINED, "admin")


async def test_a_restored_channel_counts_only_where_the_bot_is_still_in_it() -> None:
    async with edge() as one:
        await one.people.happen({"type": "channel_unarchive", "channel": "C0ADMIN"})
        await one.people.happen({"type": "channel_unarchive", "channel": "C0LAB"})
        await one.inbox.until(lambda: len(one.inbox.events) == 1)

    assert [event.channel for event in one.inbox.events] == [LAB]


@pytest.mark.parametrize(
    ("event", "gone"),
    [
        ({"type": "app_uninstalled"}, True),
        ({"type": "tokens_revoked", "tokens": {"bot": ["U0BOT"]}}, True),
        ({"type": "tokens_revoked", "tokens": {"oauth": ["U0ADA"]}}, False),
    ],
)
async def test_an_uninstalled_workspace_is_given_up(event: dict[str, Any], gone: bool) -> None:
    async with edge() as one:
        await one.people.happen(event)
        await one.people.type("list")

    assert one.inbox.gone == ([("slack", TEAM)] if gone else [])


async def test_a_home_shows_channels_of_the_person_that_the_bot_may_know_of() -> None:
    async with edge() as one:
        secret = one.slack.workspace.add_channel("C0SECRET", "secret", private=True)
        secret.members = {BO}
        one.inbox.homes = Home(
            saved=(ORDINARY,),
            channels=(ChannelHealth(LAB, "lab", 2, "daily 09:00 UTC", problem="posts are paused"),),
        )

        shown = str((await one.people.look_at_home(ADA))["blocks"])

    assert "Routing in Mixtures" in shown
    assert "posts are paused" in shown
    assert ChannelRef("slack", TEAM, "C0SECRET") not in one.inbox.visible
    assert LAB in one.inbox.visible


async def test_a_home_under_load_shows_what_it_has_and_the_rest_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(home, "_PAUSES", (0.01, 0.01))
    async with edge() as one:
        one.slack.faults.add("users.conversations", "ratelimited", "internal_error", seconds=0.01)
        one.inbox.homes = Home(saved=(ORDINARY,))
        first = str((await one.people.look_at_home(ADA))["blocks"])
        await one.slack.wait_for(lambda: one.slack.counts["views.publish"] == 3)
        last = str(one.slack.api.homes[ADA]["blocks"])

    assert "Routing in Mixtures" in first
    assert "Slack is slow" in first
    assert "Slack is slow" not in last
    assert LAB in one.inbox.visible


async def test_whoever_looks_first_reads_how_to_begin_until_they_saved_something() -> None:
    async with edge() as one:
        one.inbox.homes = Home(channels=(ChannelHealth(LAB, "lab", 2, "daily 09:00 UTC"),))
        first = str((await one.people.look_at_home(BO))["blocks"])
        one.inbox.homes = Home(saved=(ORDINARY,), channels=one.inbox.homes.channels)
        later = str((await one.people.look_at_home(BO))["blocks"])

    assert "/papers watch" in first
    assert "<#C0LAB>" in first
    assert "/papers watch" not in later


@pytest.mark.parametrize(
    ("allowed", "user", "may"),
    [
        (("members",), BO, True),
        (("admins",), ADA, True),
        (("admins",), BO, False),
        ((BO,), BO, True),
        ((BO,), ADA, False),
        (("admins", BO), BO, True),
    ],
)
async def test_who_may_change_a_channel_is_the_hosts_choice(
    allowed: tuple[str, ...],
    user: str,
    may: bool,
) -> None:
    async with edge(allowed=allowed) as one:
        await one.people.type("limit 3", user=user)
        await one.people.type("limit 4", user=user)

    assert [command.may_change for command in one.inbox.commands] == [may, may]
    assert one.slack.counts["users.info"] <= 1


@pytest.mark.parametrize(
    ("bot_token", "app_token", "setting"),
    [
        ("xoxb-wrong", "xapp-test-1", "SLACK_BOT_TOKEN"),
        (BOT_TOKEN, "xapp-wrong", "SLACK_APP_TOKEN"),
    ],
)
async def test_a_token_that_slack_refuses_is_named(
    bot_token: str, app_token: str, setting: str
) -> None:
    async with FakeSlack() as slack:
        wire = Wire(f"{slack.url}/api/")
        chat = SlackChat(OneToken(bot_token, wire), wire, SocketConnection(app_token, Changers()))
        with pytest.raises(SettingsError, match=setting) as caught:
            await chat.start(RecordingInbox())
        await chat.stop()

    assert bot_token not in str(caught.value)
    assert app_token not in str(caught.value)


async def test_a_slack_that_cannot_be_reached_is_said() -> None:
    wire = Wire("http://127.0.0.1:1/api/")
    chat = SlackChat(OneToken(BOT_TOKEN, wire), wire, SocketConnection("xapp-1", Changers()))

    with pytest.raises(PlatformError, match="cannot be reached"):
        await chat.start(RecordingInbox())
    await chat.stop()


async def test_scopes_that_the_app_lacks_are_named_with_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with FakeSlack() as slack:
        slack.scopes.remove("users:read")
        wire = Wire(f"{slack.url}/api/")
        connection = SocketConnection(APP_TOKEN, Changers())
        chat = SlackChat(OneToken(BOT_TOKEN, wire), wire, connection, scopes=bot_scopes())
        await chat.start(RecordingInbox())
        told = await chat.introduce()
        await chat.stop()

    assert "the app lacks users:read: paste paperround slack manifest" in told
    assert "the app lacks users:read" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("bot_token", "app_token", "setting"),
    [
        ("xoxb-wrong", APP_TOKEN, "PAPERROUND_SLACK_BOT_TOKEN"),
        (BOT_TOKEN, "xapp-wrong", "PAPERROUND_SLACK_APP_TOKEN"),
    ],
)
async def test_whoever_asks_for_the_bots_name_hears_of_a_wrong_token_and_which_it_is(
    bot_token: str, app_token: str, setting: str
) -> None:
    async with FakeSlack() as slack:
        wire = Wire(f"{slack.url}/api/")
        connection = SocketConnection(app_token, Changers())
        chat = SlackChat(OneToken(bot_token, wire), wire, connection)

        with pytest.raises(SettingsError, match=setting):
            await chat.introduce()
        await chat.stop()

        assert slack.sockets.accepted == 0


async def test_requests_that_slack_did_not_sign_are_told_to_the_host_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with edge("http") as one:
        assert one.web is not None
        for _ in range(3):
            await one.web.post("slash_commands", one.people.command("list"), forged=True)

    assert capsys.readouterr().out.count("PAPERROUND_SLACK_SIGNING_SECRET") == 1


async def test_a_port_in_use_is_named_with_the_setting_to_change() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        wire = Wire("http://127.0.0.1:1/api/")
        connection = WebConnection("127.0.0.1", port, "s", Changers())
        chat = SlackChat(OneToken(BOT_TOKEN, wire), wire, connection)
        with pytest.raises(PlatformError, match=f"Port {port} .* in use. .*_SLACK_PORT"):
            await chat.start(RecordingInbox())
        await chat.stop()
