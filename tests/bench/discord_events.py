"""What an event of Discord's gateway costs a host that keeps many channels.

Run `python -m tests.bench.discord_events`: the section of tests/bench/RESULTS.md is written anew.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import discord
from simcord.backend import serializers

from bot.platforms.discord.build import DiscordOptions, build_discord
from bot.platforms.discord.lifecycle import Guilds
from bot.platforms.discord.records import Records
from bot.ports import ChannelEvent
from config.logging import configure_logging
from storage import channels
from storage.channels import ChannelDefaults
from storage.database import Database
from tests.bench.results import BENCH_PAGE, table, write_section
from tests.peers.discord.world import World

COMMAND = "python -m tests.bench.discord_events"
GUILDS, CHANNELS = 500, 20
"""Servers, and channels of each that are kept; each has one more that is not."""

EVENTS = 200


class Silent:
    """An inbox for which nothing has to change."""

    def __init__(self) -> None:
        self.heard: list[ChannelEvent] = []

    async def channel_changed(self, event: ChannelEvent) -> None:
        self.heard.append(event)


def main() -> None:
    """Measure and write the section."""
    configure_logging("ERROR", "text")
    body = asyncio.run(measure())
    today = datetime.now(UTC).date()
    write_section(BENCH_PAGE, "Events on Discord", body, command=COMMAND, today=today)
    print(body)


async def measure() -> str:
    """The section's table."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'bench.sqlite'}")
        try:
            await database.migrate()
            return await in_database(database)
        finally:
            await database.close()


async def in_database(database: Database) -> str:
    """Events of a world whose channels are all kept."""
    now = lambda: datetime.now(UTC)  # noqa: E731
    chat = build_discord(DiscordOptions(token="x"), database, now)
    servers = made_servers(chat.client)
    async with database.write() as session:
        for guild in servers:
            for place in guild.text_channels[:CHANNELS]:
                address = f"discord:{guild.id}/{place.id}"
                kept = await channels.add(session, address, ChannelDefaults(), now())
                kept.name = place.name
    inbox = Silent()
    guilds = Guilds(chat.client, inbox, Records(database), "", now)  # type: ignore[arg-type]
    kept_places = [guild.text_channels[0] for guild in servers[:EVENTS]]
    other_places = [guild.text_channels[CHANNELS] for guild in servers[:EVENTS]]
    rows = [
        await timed("a channel that is kept", guilds.place_changed, kept_places),
        await timed("a channel that is not", guilds.place_changed, other_places),
        await timed(f"a role, {CHANNELS} channels", guilds.permissions_changed, servers[:EVENTS]),
        await timed(
            "a reconnection, all servers", lambda all_: guilds.compare(all_, ()), [servers]
        ),
    ]
    assert not inbox.heard
    head = ["one event of", "CPU ms, median", "CPU ms, p99", "ms, median"]
    count = GUILDS * CHANNELS
    note = (
        f"{count:,} channels are kept in {GUILDS} servers, on SQLite; {EVENTS} events of each "
        "kind, one after the other. Nothing about the channels changed, as with nearly every event."
    )
    return f"{table(head, rows)}\n\n{note}"


def made_servers(client: discord.Client) -> list[discord.Guild]:
    """Servers as the gateway tells of them."""
    world = World()
    bot = discord.ClientUser(
        state=client._connection, data=serializers.user_payload(world.backend.bot_user)
    )
    client._connection.user = bot
    made = []
    for number in range(GUILDS):
        named = [f"c{place}" for place in range(CHANNELS + 1)]
        guild = world.invite(f"s{number}", *named)
        told = dict(serializers.guild_create_payload(world.backend, guild))
        made.append(client._connection._add_guild_from_data(told))  # type: ignore[arg-type]
    return made


async def timed(
    what: str, follow: Callable[[Any], Awaitable[None]], events: Sequence[Any]
) -> list[str]:
    """One row: the processor's and the wall's time of each event."""
    await follow(events[0])
    spent, waited = [], []
    for each in events:
        began, wall = time.process_time(), time.perf_counter()
        await follow(each)
        spent.append(1_000 * (time.process_time() - began))
        waited.append(1_000 * (time.perf_counter() - wall))
    ordered = sorted(spent)
    p99 = ordered[int(0.99 * (len(ordered) - 1))]
    return [
        what,
        f"{statistics.median(spent):.2f}",
        f"{p99:.2f}",
        f"{statistics.median(waited):.2f}",
    ]


if __name__ == "__main__":
    main()
