"""Buttons below an answer stand for what one would type, with the rights of whoever presses."""

from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from bot.platforms.slack.blocks import reply_messages
from bot.ports import Choice, Reply
from storage.models import Watch
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.strict import check_blocks
from tests.platforms.slack.lab import Lab, Mode, running


def test_choices_are_buttons_within_slacks_limits() -> None:
    long = Choice("x" * 200, "watch " + "y" * 3000)
    fitting = [Choice("x" * 200, f"watch topic {number}") for number in range(9)]

    [message] = reply_messages(Reply(choices=(long, *fitting)))

    assert check_blocks(message.blocks) is None
    assert [each["value"] for each in message.blocks[-1]["elements"]] == [
        choice.command for choice in fitting[:5]
    ]


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_a_click_takes_the_watch_that_was_meant(tmp_path: Path, mode: Mode) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, mode) as lab:
        await lab.people.invite()
        await lab.give("Diffusion models for audio")
        asked = await lab.people.type("watch diffusion modes")
        [taken, _] = slack.responses[-1]["blocks"][-1]["elements"]
        before = len(slack.responses)
        await lab.people.press_answer(taken)
        await slack.wait_for(lambda: len(slack.responses) > before)
        kept = await _watched(lab)

    assert "Did you mean _diffusion models_?" in asked
    assert kept == ["diffusion models"]
    answer = slack.responses[before]
    assert answer["replace_original"] is True
    assert answer["response_type"] == "ephemeral"
    assert "Watching" in answer["text"]


async def _watched(lab: Lab) -> list[str]:
    async with lab.app.database.read() as session:
        return [each.text for each in (await session.exec(select(Watch))).all()]


async def test_a_greeting_is_answered_by_a_press_or_by_typing_and_papers_come_at_once(
    tmp_path: Path,
) -> None:
    async with FakeSlack() as slack, running(tmp_path, slack, "socket") as lab:
        await lab.give("Speech codecs at scale", "Neural speech codecs", "Graph transformers")
        await lab.people.invite()
        await slack.wait_for(lambda: bool(_greetings(slack)))
        [greeting] = _greetings(slack)
        buttons = {each["text"]["text"]: each for each in greeting["blocks"][-1]["elements"]}

        await lab.people.press_answer(buttons["Another topic…"], private=False)
        await slack.wait_for(lambda: bool(slack.api.opened))
        assert check_blocks(slack.api.opened[-1]["blocks"]) is None
        form = slack.api.opened[-1]
        await lab.people.submit(form, {"typed": {"value": "graph transformers"}})
        await slack.wait_for(lambda: bool(slack.workspace.ephemeral))
        before = len(slack.responses)
        await lab.people.press_answer(buttons["speech codecs"], private=False)
        await slack.wait_for(lambda: len(slack.responses) > before)
        kept = await _watched(lab)

    assert list(buttons)[-2:] == ["Another topic…", "Bring your library…"]
    assert sorted(kept) == ["graph transformers", "speech codecs"]
    assert "2 papers picked" in slack.responses[before]["text"]
    assert "follows the votes" in slack.responses[before]["text"]
    assert slack.responses[before]["replace_original"] is False
    assert "Watching" in slack.workspace.ephemeral[0]["text"]


def _greetings(slack: FakeSlack) -> list[dict[str, Any]]:
    asked = "What does this channel read?"
    return [
        each
        for each in slack.workspace.channels["C0LAB"].messages.values()
        if asked in each["text"]
    ]
