"""Channels come and go, are renamed, moved and archived: state follows, in both modes."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from storage import channels
from storage.models import Channel, ChannelState
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.workspace import BOT_USER, TEAM
from tests.platforms.slack.lab import Lab, Mode, running, titles
from tests.waiting import PATIENCE

LAB = f"slack:{TEAM}/C0LAB"


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_an_admin_hears_once_and_deliveries_resume(tmp_path: Path, mode: Mode) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, mode) as lab:
        await _begin(lab)

        await lab.people.happen({"type": "channel_rename", "channel": _named("laboratory")})
        await _until(lab, LAB, lambda it: it.name == "laboratory")

        slack.workspace.channels["C0LAB"].archived = True
        await lab.people.happen({"type": "channel_archive", "channel": "C0LAB"})
        await _until(lab, LAB, lambda it: it.state is ChannelState.GONE)
        await lab.people.happen({"type": "channel_archive", "channel": "C0LAB"})
        await lab.give("Graph transformers for a closed room")
        await lab.round()
        await lab.slack.wait_for(lambda: bool(_losses(slack)))
        assert slack.workspace.posts() == []

        slack.workspace.channels["C0LAB"].archived = False
        await lab.people.happen({"type": "channel_unarchive", "channel": "C0LAB"})
        await _until(lab, LAB, lambda it: it.state is ChannelState.ACTIVE)
        await lab.round()
        assert titles(slack.workspace.posts()) == ["Graph transformers for a closed room"]
        lost = "No more papers reach laboratory: the channel was archived or deleted"
        assert _losses(slack) == [lost]


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_a_removed_bot_stays_silent_until_it_is_invited(tmp_path: Path, mode: Mode) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, mode) as lab:
        await _begin(lab)
        await lab.people.remove()
        await _until(lab, LAB, lambda it: it.state is ChannelState.GONE)

        await lab.people.invite()
        await _until(lab, LAB, lambda it: it.state is ChannelState.ACTIVE)
        await lab.slack.wait_for(lambda: any("Back again" in t for t in slack.workspace.texts()))

        greetings = [
            text for text in slack.workspace.texts() if "What does this channel read?" in text
        ]
        assert len(greetings) == 1


async def test_a_channel_made_private_stays_served_while_the_bot_is_in_it(tmp_path: Path) -> None:
    """Slack tells of that by no event of its own: the next post finds out."""
    async with FakeSlack() as slack, running(tmp_path, slack, "socket") as lab:
        await _begin(lab)
        slack.workspace.channels["C0LAB"].private = True
        await lab.give("Graph transformers behind doors")
        await lab.round()
        assert titles(slack.workspace.posts()) == ["Graph transformers behind doors"]

        slack.workspace.channels["C0LAB"].members.discard(BOT_USER)
        await lab.give("Graph transformers without us")
        await lab.round()
        await _until(lab, LAB, lambda it: it.state is ChannelState.GONE)
        await lab.give("Graph transformers still without us")
        await lab.round()

        await lab.people.invite()
        await _until(lab, LAB, lambda it: it.state is ChannelState.ACTIVE)
        await lab.round()
        await lab.slack.wait_for(lambda: len(slack.workspace.posts()) == 3)
        missed = {"Graph transformers without us", "Graph transformers still without us"}
        assert missed < set(titles(slack.workspace.posts()))
        # Nobody outside hears of a channel that is private by now.
        assert _losses(slack) == []


async def test_a_shared_channel_with_a_new_id_keeps_its_watches_and_votes(tmp_path: Path) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, "socket") as lab:
        await _begin(lab)
        await lab.give("Graph transformers before the move")
        await lab.round()
        moved = slack.workspace.channels["C0LAB"]
        slack.workspace.channels["C0NEW"] = moved
        del slack.workspace.channels["C0LAB"]
        moved.id = "C0NEW"
        event = {"type": "channel_id_changed", "old_channel_id": "C0LAB", "new_channel_id": "C0NEW"}
        await lab.people.happen(event)
        await _until(lab, f"slack:{TEAM}/C0NEW", lambda it: it.state is ChannelState.ACTIVE)

        assert "graph transformer" in await lab.people.type("list", channel="C0NEW")
        [post] = slack.workspace.posts("C0NEW")
        item = {"type": "message", "channel": "C0NEW", "ts": post["ts"]}
        await lab.people.react(post["ts"], item=item)
        async with asyncio.timeout(PATIENCE):
            while "+1*" not in await lab.people.type("top week", channel="C0NEW"):
                await asyncio.sleep(0.05)


async def test_what_happened_while_it_was_stopped_is_found_out(tmp_path: Path) -> None:
    async with FakeSlack() as slack:
        async with running(tmp_path, slack, "socket") as lab:
            await _begin(lab)
            await lab.people.remove()
            await _until(lab, LAB, lambda it: it.state is ChannelState.GONE)
        slack.workspace.channels["C0LAB"].members.add(BOT_USER)
        slack.workspace.channels["C0LAB"].name = "laboratory"
        slack.workspace.channels["C0ADMIN"].name = "desk"
        new = slack.workspace.add_channel("C0SECRET", "secret", private=True)
        new.members.add(BOT_USER)

        async with running(tmp_path, slack, "socket") as lab:
            await _until(lab, LAB, lambda it: it.state is ChannelState.ACTIVE)
            await _until(lab, LAB, lambda it: it.name == "laboratory")
            await _until(lab, f"slack:{TEAM}/C0ADMIN", lambda it: it.name == "desk")
            await _until(lab, f"slack:{TEAM}/C0SECRET", lambda it: it.greeted)
            await slack.wait_for(lambda: len(slack.workspace.texts("C0SECRET")) == 1)


async def test_one_channels_watches_are_told_in_no_other(tmp_path: Path) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, "socket") as lab:
        secret = slack.workspace.add_channel("C0SECRET", "secret", private=True)
        secret.members.add(BOT_USER)
        await lab.people.type("watch unannounced merger", channel="C0SECRET")
        await lab.give("An unannounced merger of models", "Something else")

        answers = [
            await lab.people.type(text)
            for text in (
                "list",
                "settings",
                "preview",
                "sources",
                "stats",
                "export",
                "top week",
                "why id:An unannounced merger of models",
                "help",
            )
        ]
        form = str(await lab.people.open_form())
        home = str(await lab.people.look_at_home("U0BO"))

    assert not any("unannounced merger" in text for text in answers if "An unannounced" not in text)
    assert not any("C0SECRET" in text or "#secret" in text for text in (*answers, form))
    assert "unannounced merger" not in form
    assert "unannounced merger" not in home


async def _begin(lab: Lab) -> None:
    """The bot in two channels, one of which hears of trouble."""
    for channel in ("C0LAB", "C0ADMIN"):
        await lab.people.invite(channel)
        await lab.slack.wait_for(lambda c=channel: len(lab.slack.workspace.texts(c)) == 1)
    await lab.people.type("admin here", channel="C0ADMIN")
    await lab.people.type("watch graph transformers")


def _losses(slack: FakeSlack) -> list[str]:
    return [text for text in slack.workspace.texts("C0ADMIN") if "No more papers" in text]


def _named(name: str) -> dict[str, str]:
    return {"id": "C0LAB", "name": name}


async def _until(lab: Lab, address: str, true: Callable[[Channel], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            async with lab.app.database.read() as session:
                channel = await channels.find(session, address)
            if channel is not None and true(channel):
                return
            await asyncio.sleep(0.05)
