"""One installation for all of an organisation's workspaces (Enterprise Grid)."""

import asyncio
from pathlib import Path

import pytest

from bot.errors import ChannelGoneError
from bot.ports import ChannelRef
from storage import channels
from storage.models import ChannelState
from tests.peers.slack.people import OverWeb, People
from tests.peers.slack.server import FakeSlack
from tests.peers.slack.workspace import Workspace
from tests.platforms.slack.cards import ORDINARY
from tests.platforms.slack.lab import Lab, running
from tests.platforms.slack.test_oauth import Browser
from tests.waiting import PATIENCE

WHOLE = {
    "access_token": "xoxb-test-1",
    "team": None,
    "enterprise": {"id": "E1", "name": "Lab & Sons"},
    "is_enterprise_install": True,
}


async def test_install_use_and_uninstall_in_a_whole_organisation(tmp_path: Path) -> None:
    workspace = Workspace("T9", enterprise="E1")
    async with FakeSlack(workspace) as slack, running(tmp_path, slack, "oauth") as lab:
        slack.codes["good"] = dict(WHOLE)
        browser = Browser(lab)
        asked = await browser.begin()
        status, _ = await browser.come_back("good", asked["state"][0])
        assert status == 200

        people = People(slack, OverWeb(lab.url), workspace)
        await people.invite()
        await slack.wait_for(lambda: len(workspace.texts()) == 1)
        assert "Watching" in await people.type("watch routing")
        await lab.chat.post(ChannelRef("slack", "T9", "C0LAB"), ORDINARY, delivery_id="d")
        assert len(workspace.posts()) == 1
        form = await people.open_form()
        assert not await people.submit(form, {"limit": {"value": "4"}})
        assert "C0LAB" in str(await people.look_at_home())

        await people.happen({"type": "app_uninstalled"})
        await _until_gone(lab, "slack:T9/C0LAB")
        with pytest.raises(ChannelGoneError):
            await lab.chat.post(ChannelRef("slack", "T9", "C0LAB"), ORDINARY, delivery_id="e")


async def _until_gone(lab: Lab, address: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            async with lab.app.database.read() as session:
                channel = await channels.find(session, address)
            if channel is not None and channel.state is ChannelState.GONE:
                return
            await asyncio.sleep(0.05)
