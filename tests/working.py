"""A process of several on one database, whose posts take as long as a test wants, or for ever.

Hearts beat faster and leases are shorter than in earnest, so that a death is noticed in seconds.
"""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from bot.bootstrap import build_app
from bot.cards.card import Card
from bot.platforms.local.adapter import LocalChat
from bot.ports import Role
from bot.rounds.delivery import claims, retry_policy, sender, threads
from bot.rounds.engine import client, engine
from bot.rounds.process import heartbeat
from bot.serve import serve
from bot.signals import leave
from config.settings import Settings
from storage import database

CALL_SECONDS = 4.0
LEASE_SECONDS = 8


_UNSEEN = Card(title="", url=None, authors="", summary="")


def _hurry() -> None:
    heartbeat.BEAT_SECONDS, heartbeat.SILENT_SECONDS = 0.3, 2.0
    database.IDLE_SECONDS = 5.0
    # An earlier or later code, as far as the engine can tell.
    engine.VERSION = client.VERSION = os.environ.get("TEST_VERSION", client.VERSION)
    engine._TICK_SECONDS = 1.0
    engine._GRACE = claims.LEASE * 0
    sender.CALL_SECONDS = sender.STALLED_SECONDS = CALL_SECONDS
    retry_policy.STALLED_SECONDS = CALL_SECONDS
    claims.LEASE = threads.LEASE = claims.LEASE * LEASE_SECONDS / claims.LEASE.total_seconds()


async def _serve(folder: Path, role: Role, seconds: float) -> None:
    settings = Settings(data_dir=folder, huggingface=False)
    app = build_app(settings, role=role)
    chat = app.platforms["local"]
    assert isinstance(chat, LocalChat)
    post, find = chat.post, chat.find_post
    left = float(os.environ.get("TEST_AT_MOST", "inf"))
    taken = folder / "taken"

    async def slow(*args: Any, **named: Any) -> Any:
        nonlocal left
        print("posting", named["delivery_id"], flush=True)
        left -= 1
        if left < 0:
            await asyncio.Event().wait()
        await asyncio.sleep(seconds)
        # In one step, as a platform takes a message whole or not at all.
        with taken.open("a", encoding="utf-8") as log:
            log.write(named["delivery_id"] + "\n")
        print("written", named["delivery_id"], flush=True)
        message = await post(*args, **named)
        print("kept", named["delivery_id"], flush=True)
        return message

    async def look(channel: Any, delivery_id: str, **named: Any) -> Any:
        found = await find(channel, delivery_id, **named)
        if found is None and taken.exists() and delivery_id in taken.read_text().split():
            # What was taken stands there, also where its sender ended before it was noted here.
            return await post(channel, _UNSEEN, delivery_id=delivery_id)
        return found

    chat.post, chat.find_post = slow, look
    await serve(app, lambda address: print("started", address or os.getpid(), flush=True))
    leave(0)


if __name__ == "__main__":
    _hurry()
    asyncio.run(_serve(Path(sys.argv[1]), Role(sys.argv[2]), float(sys.argv[3])))
