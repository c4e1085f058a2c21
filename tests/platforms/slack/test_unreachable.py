"""A server that starts without a network serves the local chat, and Slack once it is reached."""

import asyncio
import os
import re
import sys
from pathlib import Path

import httpx

from tests.peers.slack.server import FakeSlack
from tests.peers.slack.workspace import APP_TOKEN, BOT_TOKEN
from tests.platforms.slack.lab import free_port
from tests.waiting import PATIENCE

_CLI = "from bot.cli import main; main()"
_ADDRESS = re.compile(rb"http://127\.0\.0\.1:\d+")


async def test_run_waits_for_a_slack_that_cannot_be_reached(tmp_path: Path) -> None:
    slack = FakeSlack()
    slack.port = free_port()
    settings = {
        "PAPERROUND_DATA_DIR": str(tmp_path / "kept"),
        "PAPERROUND_HUGGINGFACE": "false",
        "PAPERROUND_SLACK_BOT_TOKEN": BOT_TOKEN,
        "PAPERROUND_SLACK_APP_TOKEN": APP_TOKEN,
        "PAPERROUND_SLACK_BASE_URL": f"http://127.0.0.1:{slack.port}/api/",
    }
    server = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", _CLI, "run", "--port", "0"),
        env=os.environ | settings,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert server.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as monitor:
            found = None
            while found is None:
                said = await server.stdout.readline()
                assert said, "it ended"
                found = _ADDRESS.search(said)
            ready = f"{found[0].decode()}/readyz"
            before = (await monitor.get(ready)).json()["slack"]
            async with slack:
                while (await monitor.get(ready)).json()["slack"] != "ok":
                    await asyncio.sleep(0.1)
    finally:
        server.terminate()
        await server.communicate()

    assert before == "not connected"
    assert server.returncode == 0
