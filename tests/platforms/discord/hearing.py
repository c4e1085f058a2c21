"""A chat process on a local Discord and a shared Postgres, whose heart beats faster than it would.

Discord wants five seconds between two identifications; it does not wait for them.
"""

import asyncio
import sys
from pathlib import Path

from bot.bootstrap import build_app
from bot.platforms.discord.client import PaperroundClient
from bot.ports import Role
from bot.rounds.process import heartbeat
from bot.serve import serve
from config.settings import Settings

BEAT_SECONDS, SILENT_SECONDS = 0.2, 5.0


async def _at_once(*_args: object, **_options: object) -> None:
    """What discord.py awaits before it identifies."""


async def _serve(folder: Path) -> None:
    app = build_app(Settings(data_dir=folder, huggingface=False), role=Role.CHAT)
    await serve(app, lambda address: print("started", address, flush=True))


if __name__ == "__main__":
    PaperroundClient.before_identify_hook = _at_once
    heartbeat.BEAT_SECONDS, heartbeat.SILENT_SECONDS = BEAT_SECONDS, SILENT_SECONDS
    asyncio.run(_serve(Path(sys.argv[1])))
