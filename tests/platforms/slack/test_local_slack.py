"""The same bot on a Slack that somebody else wrote: the protocol is Slack's, not our idea of it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.rounds.schedule import Slot
from bot.sources.source import Entry
from config.settings import Settings
from storage import channels, votes
from tests.peers.slack.local_slack import TEAM, LocalSlack, find_program
from tests.peers.slack.workspace import APP_TOKEN, BOT_TOKEN, SECRET
from tests.platforms.slack.lab import free_port, served

PROGRAM = find_program()
pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="local-slack is not installed: npm install local-slack-linux-x64@0.1.8"
)


def _settings(folder: Path, slack: LocalSlack, port: int | None) -> Settings:
    own: dict[str, Any] = {"slack_app_token": APP_TOKEN}
    if port is not None:
        own = {"slack_signing_secret": SECRET, "slack_port": port}
    return Settings(
        data_dir=folder,
        huggingface=False,
        slack_bot_token=BOT_TOKEN,
        slack_base_url=f"{slack.url}/api/",
        **own,
    )


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_watch_round_vote_form_and_home(tmp_path: Path, mode: str) -> None:
    port = free_port() if mode == "http" else None
    request_url = f"http://127.0.0.1:{port}/slack/events" if port else None
    async with (
        LocalSlack(str(PROGRAM), tmp_path, free_port(), request_url) as slack,
        served(_settings(tmp_path, slack, port)) as (app, engine),
    ):
        entry = Entry(title="Graph transformers at scale", abstract="", names=("id:1",))
        await app.crew.polling.take([entry], "import", "files", shared=True)
        await slack.type("watch graph transformers")
        await slack.until(_said(slack, "watches graph transformer"))

        async with app.database.read() as session:
            channel = await channels.find(session, f"slack:{TEAM}/C0LAB")
        assert channel is not None
        post_ids = await engine.run_slot(Slot(channel.id or 0, app.clock()))
        post = await slack.until(_said(slack, "Graph transformers at scale", to_all=True))
        assert len(post_ids) == 1

        async def up_votes() -> int:
            async with app.database.read() as session:
                return (await votes.counts(session, post_ids)).get(post_ids[0], (0, 0))[0]

        async def no_votes() -> bool:
            return await up_votes() == 0

        await slack.react(post["ts"], "+1")
        assert await slack.until(up_votes) == 1
        await slack.react(post["ts"], "+1", present=False)
        assert await slack.until(no_votes)

        await slack.type("")
        await slack.until(lambda: slack.called("views.open"))
        await slack.open_home()
        await slack.until(lambda: slack.called("views.publish"))


async def test_a_slack_that_was_killed_is_found_again(tmp_path: Path) -> None:
    async with (
        LocalSlack(str(PROGRAM), tmp_path, free_port(), None) as slack,
        served(_settings(tmp_path, slack, None)),
    ):
        await slack.kill()
        await slack.start()

        async def answered() -> Any:
            await slack.type("list")
            return await _said(slack, "Nothing is watched")()

        await slack.until(answered, seconds=60)


def _said(slack: LocalSlack, text: str, *, to_all: bool = False) -> Callable[[], Awaitable[Any]]:
    async def find() -> Any:
        found = [m for m in await slack.messages() if text in m["text"]]
        return next((m for m in found if not (to_all and "ephemeral_to" in m)), None)

    return find
