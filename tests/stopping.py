"""A server whose every post takes until a test lets it go, and which says when it posts."""

import asyncio
import sys
from pathlib import Path
from typing import Any

from bot.bootstrap import build_app
from bot.platforms.local.adapter import LocalChat
from bot.serve import serve
from config.settings import Settings


async def _serve(folder: Path, gate: Path) -> None:
    app = build_app(Settings(data_dir=folder, huggingface=False, port=0))
    chat = app.platforms["local"]
    assert isinstance(chat, LocalChat)
    post = chat.post

    async def slow(*args: Any, **named: Any) -> Any:
        print("posting", flush=True)
        while not _is_open(gate):
            await asyncio.sleep(0.02)
        return await post(*args, **named)

    chat.post = slow
    await serve(app, lambda address: print(address, flush=True))


def _is_open(gate: Path) -> bool:
    return gate.exists()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), Path(sys.argv[2])))
