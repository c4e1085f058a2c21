"""`paperround demo` as its own program on a data folder of its own, as a newcomer starts it."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[1]

_ADDRESS = re.compile(rb"http://127\.0\.0\.1:\d+")


@asynccontextmanager
async def running_demo(folder: Path) -> AsyncIterator[str]:
    """Starts the demo on a free port and gives its address; ends it by a signal, as Ctrl+C does."""
    demo = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        "from bot.cli import main; main()",
        "demo",
        "--port",
        "0",
        cwd=folder,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "TZ": "UTC",
            "PYTHONPATH": str(ROOT),
            "PAPERROUND_DATA_DIR": str(folder / "kept"),
            "PAPERROUND_LOG_LEVEL": "WARNING",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert demo.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE):
            yield await _address(demo.stdout)
    finally:
        demo.terminate()
        await demo.communicate()


async def _address(printed: asyncio.StreamReader) -> str:
    said = b""
    while text := await printed.readline():
        said += text
        if found := _ADDRESS.search(text):
            return found[0].decode()
    raise AssertionError(f"the demo ended before it gave an address: {said.decode()}")
