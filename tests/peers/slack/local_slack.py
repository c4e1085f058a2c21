"""The independent `local-slack` program, where it is installed.

It is looked for as LOCAL_SLACK, on the path, and in `node_modules` of the checkout: install it
with `npm install --no-save local-slack-linux-x64@0.1.8`.
"""

import asyncio
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from tests.peers.slack.workspace import ADA, APP, APP_TOKEN, BO, BOT_TOKEN, BOT_USER, SECRET
from tests.waiting import PATIENCE

TEAM = "T01TEST"
"""The one workspace id that the program knows."""

_NPM = "node_modules/local-slack-linux-x64/bin/local-slack"


def find_program() -> str | None:
    """Where the program is, or None."""
    beside = Path(__file__).resolve().parents[3] / _NPM
    return (
        os.environ.get("LOCAL_SLACK")
        or shutil.which("local-slack")
        or (str(beside) if beside.is_file() else None)
    )


class LocalSlack:
    """The program on a port, with a lab channel that the bot is in."""

    def __init__(self, program: str, folder: Path, port: int, request_url: str | None) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._command = [program, "--config", str(folder / "slack.yaml"), "--port", str(port)]
        self._command += ["--base-host", "127.0.0.1", "--files-dir", str(folder)]
        self._config = folder / "slack.yaml"
        self._config.write_text(yaml.safe_dump(_config(request_url)), encoding="utf-8")
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> "LocalSlack":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    async def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await self.until(self._answers)

    async def kill(self) -> None:
        """End it without a word; what it knew is lost."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def type(self, text: str) -> None:
        """Ada types `/papers <text>`."""
        await self._control("command", user=ADA, command="/papers", text=text)

    async def react(self, ts: str, name: str, *, user: str = ADA, present: bool = True) -> None:
        """Somebody puts a reaction on a message, or takes it off."""
        await self._control("reaction", user=user, ts=ts, name=name, present=present)

    async def press(self, ts: str, button: Mapping[str, Any]) -> None:
        """Ada presses a button of a message."""
        await self._control("interact", user=ADA, messageTs=ts, action=dict(button))

    async def submit(self, values: Mapping[str, Any]) -> Mapping[str, str]:
        """Ada saves the form that is open, as the program's own page would; returns mistakes."""
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{self.url}/ui", max_msg_size=0) as page,
        ):
            await page.send_json({"t": "view_submit", "user": ADA, "values": values})
            async for frame in page:
                told = frame.json()
                if told["t"] == "view_errors":
                    return dict(told["errors"])
                if told["t"] == "view" and not told.get("stack"):
                    return {}
        raise AssertionError("the program's page was closed")

    async def seen(self) -> dict[str, Any]:
        """What the program's page shows to begin with: forms, Home tabs and messages."""
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{self.url}/ui", max_msg_size=0) as page,
        ):
            state: dict[str, Any] = (await page.receive_json())["state"]
            return state

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the Web API as anybody might."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/api/{method}", json=params) as said,
        ):
            answer: dict[str, Any] = await said.json()
            return answer

    async def control_status(self, what: str) -> int:
        """What the control API says to somebody who wants this to happen."""
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/_control/{what}", json={"user": ADA}) as said,
        ):
            return said.status

    async def open_home(self) -> None:
        """Ada looks at the bot's page."""
        await self._control("open-home", user=ADA)

    async def messages(self) -> list[dict[str, Any]]:
        """What stands in the lab's channel."""
        return list((await self._get("messages/C0LAB"))["messages"])

    async def called(self, method: str) -> list[dict[str, Any]]:
        """The calls of a method that the program took."""
        log: dict[str, list[dict[str, Any]]] = await self._get("log")
        return [one for found in log.values() for one in found if one.get("summary") == method]

    async def until(self, true: Callable[[], Any], seconds: float = PATIENCE) -> Any:
        """Wait until an async question is answered with something true; returns it."""
        async with asyncio.timeout(seconds):
            while not (answer := await true()):
                await asyncio.sleep(0.05)
        return answer

    async def _answers(self) -> bool:
        try:
            return bool(await self._get("state"))
        except aiohttp.ClientError:
            return False

    async def _control(self, what: str, **body: Any) -> None:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/_control/{what}", json={"channel": "C0LAB", **body}) as said,
        ):
            answer = await said.json()
        assert answer.get("ok"), answer

    async def _get(self, what: str) -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.url}/_control/{what}") as said,
        ):
            return await said.json()


def _config(request_url: str | None) -> dict[str, Any]:
    app = {
        "appId": APP,
        "botUserId": BOT_USER,
        "botName": "paperround",
        "botToken": BOT_TOKEN,
        "appToken": APP_TOKEN,
        "signingSecret": SECRET,
        "mode": "events" if request_url else "socket",
    }
    return {
        "workspace": {"name": "Lab", "domain": "lab"},
        "app": app | ({"requestUrl": request_url} if request_url else {}),
        "users": [{"id": ADA, "name": "ada"}, {"id": BO, "name": "bo"}],
        "channels": [{"id": "C0LAB", "name": "lab", "members": [ADA, BO, BOT_USER]}],
    }
