"""A picture is shown to a channel when somebody there asks for that, with its text beside it."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from bot.platforms.slack.blocks import SHARE, reply_messages
from bot.ports import Picture, Reply
from storage.models import Watch
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.strict import check_blocks
from tests.peers.slack.workspace import BOT_USER
from tests.platforms.slack.lab import Lab, Mode, running
from tests.waiting import PATIENCE


def test_an_answer_with_a_picture_offers_to_show_it() -> None:
    reply = Reply(picture=Picture("a.png", b"png", "what it shows"))

    [with_button] = reply_messages(reply, asked="stats")

    assert check_blocks(with_button.blocks) is None
    assert with_button.blocks[-1]["elements"][0]["value"] == "stats"
    assert "actions" not in str(reply_messages(reply)[0].blocks)


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_the_stats_picture_is_shown_with_its_text(tmp_path: Path, mode: Mode) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, mode) as lab:
        await lab.people.press_answer(await _button(lab))
        await lab.slack.wait_for(lambda: bool(_shown(slack)))

    [message] = _shown(slack)
    [file] = message["files"]
    assert file["content"].startswith(b"\x89PNG")
    assert file["alt_txt"]
    assert message["text"].startswith("ada asked for `/papers stats`. ")
    assert file["alt_txt"][:100] in message["text"]


async def test_where_the_bot_is_not_the_asker_learns_how_to_invite_it(tmp_path: Path) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, "socket") as lab:
        button = await _button(lab)
        slack.workspace.channels["C0LAB"].members.discard(BOT_USER)
        await lab.people.press_answer(button)
        await lab.slack.wait_for(lambda: bool(slack.workspace.ephemeral))

    assert "/invite" in slack.workspace.ephemeral[0]["text"]


@pytest.mark.parametrize(
    ("fault", "told"),
    [("missing_scope", "files:write"), ("file_uploads_disabled", "could not be shown")],
)
async def test_a_picture_that_slack_does_not_take_is_said(
    tmp_path: Path, fault: str, told: str
) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, "socket") as lab:
        slack.faults.add("files.getUploadURLExternal", fault)
        await lab.people.press_answer(await _button(lab))
        await lab.slack.wait_for(lambda: bool(slack.workspace.ephemeral))

    assert told in slack.workspace.ephemeral[0]["text"]


@pytest.mark.parametrize("value", [None, 7, "drop everything", "watch a"])
async def test_a_strange_press_shows_nothing(tmp_path: Path, value: Any) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, "socket") as lab:
        await lab.people.press_answer({"action_id": SHARE, "value": value})
        # It finishes what it has begun.
        await lab.chat.stop()
        async with lab.app.database.read() as session:
            watched = (await session.exec(select(Watch))).all()

    assert watched == []
    assert _shown(slack) == []


async def _button(lab: Lab) -> dict[str, Any]:
    """The button of an answer to `stats`, in a channel where somebody voted."""
    await lab.people.invite()
    await lab.give("Graph transformers at scale")
    await lab.people.type("watch graph transformers")
    await lab.round()
    await lab.people.react(lab.slack.workspace.posts()[0]["ts"])
    async with asyncio.timeout(PATIENCE):
        while "+1*" not in await lab.people.type("top week"):
            await asyncio.sleep(0.05)
    before = len(lab.slack.responses)
    await lab.people.type("stats")
    button: dict[str, Any] = lab.slack.responses[before]["blocks"][-1]["elements"][0]
    return button


def _shown(slack: FakeSlack) -> list[dict[str, Any]]:
    messages = slack.workspace.channels["C0LAB"].messages.values()
    return [message for message in messages if "files" in message]
