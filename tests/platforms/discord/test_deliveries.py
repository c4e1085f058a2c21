"""Where Discord's history cannot be read, the setting decides, and the gap is listed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.platforms.discord.adapter import DiscordChat
from bot.rounds.delivery.delivery import Delivery
from bot.tasks.deliveries import show
from config.settings import Settings
from storage.database import Database
from tests import make
from tests.peers.discord import faults
from tests.peers.discord.bridge import Bridge
from tests.peers.discord.world import World
from tests.platforms.discord.conftest import address


@pytest.mark.parametrize(("repeat", "messages"), [(False, 1), (True, 2)])
async def test_a_post_that_may_have_arrived_is_left_to_the_host_or_sent_again(
    database: Database,
    chat: DiscordChat,
    bridge: Bridge,
    world: World,
    *,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    repeat: bool,
    messages: int,
) -> None:
    general = world.channel(world.invite("lab", "general"), "general")
    world.forbid(general, "read_message_history")
    # What is long past is not listed any more.
    now = datetime.now(UTC)
    async with database.write() as session:
        channel = await make.channel(session, address(general))
        due = await make.post(session, channel, await make.paper(session, "A"))
        due.picked_at = now - timedelta(hours=1)
    bridge.faults.append(faults.cut())
    delivery = Delivery(database, {"discord": chat}, lambda: now, "main", repeat_unknown=repeat)

    pause = await delivery.deliver(due.id or 0)
    assert pause is not None
    bridge.nonces.clear()
    now += timedelta(hours=1)
    await delivery.deliver(due.id or 0)
    await show(Settings(data_dir=tmp_path), None, failed=True, as_json=True)

    listed = json.loads(capsys.readouterr().out.splitlines()[-1])["deliveries"]
    assert len(world.post_ids(general)) == messages
    assert [each["state"] for each in listed] == ([] if repeat else ["unknown"])
