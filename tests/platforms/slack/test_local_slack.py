"""The same bot on a Slack that somebody else wrote: the protocol is Slack's, not our idea of it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.app import App
from bot.rounds.engine import Engine
from config.settings import Settings
from tests.peers.slack.local_slack import TEAM, LocalSlack, find_program
from tests.peers.slack.workspace import ADA, APP_TOKEN, BOT_TOKEN, SECRET
from tests.platforms.slack import story
from tests.platforms.slack.lab import free_port, served

PROGRAM = find_program()
pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="local-slack is not installed: npm install local-slack-linux-x64@0.1.8"
)


class OnLocalSlack:
    """The program as the stage of the story.

    The bot is in the channel from the start, for the program tells of nobody's coming: it finds
    itself there, and greets. Nor can the program remove an app, so the story ends before that
    (`test_what_the_program_cannot_do` shows both).
    """

    address = f"slack:{TEAM}/C0LAB"

    def __init__(self, slack: LocalSlack, app: App, engine: Engine) -> None:
        self._slack, self.app, self.engine = slack, app, engine

    async def arrive(self) -> None:
        await self._slack.until(_said(self._slack, "What does this channel read?"))

    async def type(self, text: str) -> str:
        answer = await self._answer(text)
        return "\n".join(b["text"]["text"] for b in answer["blocks"] if b["type"] == "section")

    async def messages(self) -> Sequence[story.Message]:
        return [m for m in await self._slack.messages() if "ephemeral_to" not in m]

    async def react(self, ts: str, name: str, *, user: str = ADA, added: bool = True) -> None:
        await self._slack.react(ts, name, user=user, present=added)

    async def link(self, ts: str) -> str:
        said = await self._slack.ask("chat.getPermalink", channel="C0LAB", message_ts=ts)
        return str(said["permalink"])

    async def show_picture(self, command: str) -> None:
        answer = await self._answer(command)
        await self._slack.press(answer["ts"], answer["blocks"][-1]["elements"][0])

    async def open_form(self) -> dict[str, Any]:
        opened = len(await self._slack.called("views.open"))

        async def form() -> dict[str, Any] | None:
            known = await self._slack.called("views.open")
            stack = (await self._slack.seen())["modalStack"]
            return stack[-1] if len(known) > opened and stack else None

        await self._slack.type("")
        view = await self._slack.until(form)
        return {name: view[name] for name in story_view(view)}

    async def submit(self, form: dict[str, Any], fields: story.Fields) -> Mapping[str, str]:
        return await self._slack.submit({name: {"value": field} for name, field in fields.items()})

    async def home(self) -> dict[str, Any]:
        await self._slack.open_home()

        async def shown() -> dict[str, Any] | None:
            homes = (await self._slack.seen())["homeViews"].get(ADA, {})
            return next(iter(homes.values()), None)

        view = await self._slack.until(shown)
        return {name: view[name] for name in story_view(view)}

    async def _answer(self, text: str) -> dict[str, Any]:
        before = len(await self._answers())
        await self._slack.type(text)

        async def answered() -> Any:
            return (await self._answers())[before:]

        first: dict[str, Any] = (await self._slack.until(answered))[0]
        return first

    async def _answers(self) -> list[dict[str, Any]]:
        return [m for m in await self._slack.messages() if m.get("ephemeral_to") == ADA]


def story_view(view: Mapping[str, Any]) -> set[str]:
    """The fields of a view that its app gave, without what the program adds."""
    given = {"type", "callback_id", "title", "submit", "close", "private_metadata", "blocks"}
    return given & set(view)


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_the_whole_story_until_the_app_is_removed(tmp_path: Path, mode: str) -> None:
    port = free_port() if mode == "http" else None
    request_url = f"http://127.0.0.1:{port}/slack/events" if port else None
    async with (
        LocalSlack(str(PROGRAM), tmp_path, free_port(), request_url) as slack,
        served(_settings(tmp_path, slack, port)) as (app, engine),
    ):
        await story.tell(OnLocalSlack(slack, app, engine))


async def test_what_the_program_cannot_do(tmp_path: Path) -> None:
    """No event of coming or uninstalling, no token refused, no metadata kept: why the story ends
    early there, and why our own strict Slack tells the rest."""
    async with LocalSlack(str(PROGRAM), tmp_path, free_port(), None) as slack:
        for what in ("join", "leave", "uninstall", "event"):
            assert await slack.control_status(what) == 404
        assert (await slack.ask("auth.test", token="xoxb-removed"))["ok"]
        mark = {"event_type": "a", "event_payload": {}}
        sent = await slack.ask("chat.postMessage", channel="C0LAB", text="x", metadata=mark)
        assert sent["ok"]
        [message] = await slack.messages()
        assert "metadata" not in message
        assert (await slack.ask("reactions.get", channel="C0LAB"))["error"] == "unknown_method"


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

        await slack.until(answered)


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


def _said(slack: LocalSlack, text: str) -> Callable[[], Awaitable[Any]]:
    async def find() -> Any:
        return next((m for m in await slack.messages() if text in m["text"]), None)

    return find
