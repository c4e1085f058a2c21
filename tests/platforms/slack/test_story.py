"""From installing to uninstalling, on the real client library over real sockets, in both modes."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from storage.models import ChannelState
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.workspace import ADA, BO, TEAM
from tests.platforms.slack import story
from tests.platforms.slack.lab import Lab, Mode, running
from tests.platforms.slack.test_oauth import CODE, Browser
from tests.waiting import PATIENCE


class OnTheFake:
    """The strict fake as the stage of the story."""

    address = f"slack:{TEAM}/C0LAB"

    def __init__(self, lab: Lab) -> None:
        self.app, self.engine = lab.app, lab.engine
        self._lab, self._people, self._slack = lab, lab.people, lab.slack

    async def arrive(self) -> None:
        """Whoever asks before the bot is there learns how to invite it; it greets once."""
        await self.type("limit 5")
        await self._slack.wait_for(lambda: len(self._slack.responses) == 2)
        assert "/invite" in self._slack.responses[1]["text"]
        await self._people.invite()
        await self._slack.wait_for(lambda: len(self._slack.workspace.texts()) == 1)
        assert "/papers watch" in self._slack.workspace.texts()[0]

    async def type(self, text: str) -> str:
        return await self._people.type(text)

    async def messages(self) -> Sequence[story.Message]:
        return list(self._slack.workspace.channels["C0LAB"].messages.values())

    async def react(self, ts: str, name: str, *, user: str = ADA, added: bool = True) -> None:
        """Each event is delivered twice, as Slack does where an answer was late."""
        event = await self._people.react(ts, name, user=user, added=added)
        await self._people.deliver(event, retry=1)

    async def link(self, ts: str) -> str:
        thread = self._slack.workspace.channels["C0LAB"].messages[ts].get("thread_ts")
        more = f"?thread_ts={thread}&cid=C0LAB" if thread else ""
        return f"https://lab.slack.com/archives/C0LAB/p{ts.replace('.', '')}{more}"

    async def show_picture(self, command: str) -> None:
        before = len(self._slack.responses)
        await self.type(command)
        button = self._slack.responses[before]["blocks"][-1]["elements"][0]
        await self._people.press_answer(button)

    async def open_form(self) -> dict[str, Any]:
        return await self._people.open_form()

    async def submit(self, form: dict[str, Any], fields: story.Fields) -> Mapping[str, str]:
        said = await self._people.submit(form, fields)
        errors: Mapping[str, str] = (said or {}).get("errors", {})
        return errors

    async def home(self) -> dict[str, Any]:
        return await self._people.look_at_home()


@pytest.mark.parametrize("mode", ["socket", "http", "oauth"])
async def test_the_whole_story(tmp_path: Path, mode: Mode) -> None:
    """With tokens from the settings the app is installed by hand; with OAuth, in a browser."""
    async with FakeSlack() as slack, running(tmp_path, slack, mode) as lab:
        if mode == "oauth":
            await _install(lab)
        stage = OnTheFake(lab)
        await story.tell(stage)
        await _others_see_what_was_changed(lab)
        await lab.app.count_edits.close()
        [first] = [m for m in await story.papers(stage) if story.GRAPHS[0] in m["text"]]
        assert "👍 0  👎 2" in str(first["blocks"])
        await _leave(lab, stage)


async def _install(lab: Lab) -> None:
    lab.slack.codes["good"] = dict(CODE)
    browser = Browser(lab)
    asked = await browser.begin()
    assert (await browser.come_back("good", asked["state"][0]))[0] == 200


async def _others_see_what_was_changed(lab: Lab) -> None:
    await lab.people.type("limit 20", user=BO)
    said = "bo set the limit to 20 papers a day."
    await lab.slack.wait_for(lambda: said in lab.slack.workspace.texts())


async def _leave(lab: Lab, stage: OnTheFake) -> None:
    await lab.people.happen({"type": "app_uninstalled"})
    async with asyncio.timeout(PATIENCE):
        while (await lab.channel()).state is not ChannelState.GONE:
            await asyncio.sleep(0.05)
    await story.give(stage, "Newer graph transformers")
    assert await story.hold_round(stage) == []
