"""Discord beside bare discord.py: how soon a command is acknowledged, how fast posts go out.

Run `python -m tests.bench.discord`; both run against the same local Discord in the same process,
one after the other, and the section of tests/bench/RESULTS.md is written anew.
"""

import asyncio
import re
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import discord
from aiohttp import web
from aiolimiter import AsyncLimiter
from discord import app_commands
from simcord.backend.models import Channel, User
from simcord.enums import InteractionType

from bot.app import App
from bot.bootstrap import build_app
from bot.platforms.discord.cards import layout
from bot.rounds.scheduling.schedule import Slot
from config.logging import configure_logging
from config.settings import Settings
from storage import channels, watches
from storage.channels import ChannelDefaults
from tests import make
from tests.bench.results import BENCH_PAGE, table, write_section
from tests.peers.discord.bridge import Bridge, bridged
from tests.peers.discord.people import Someone, until
from tests.peers.discord.world import World
from tests.platforms.discord.conftest import AtOnce, address
from tests.platforms.discord.test_cards import FULL

COMMAND = "python -m tests.bench.discord"
INTERACTIONS, CHANNELS, AT_ONCE = 200, 200, 10
"""Commands at once, channels of a round, and posts at once."""

CEILING = 50
"""Posts a second that the local Discord takes in, as many as the real one takes of a bot."""

RUNS = 3

_CALLBACK = re.compile(r".*/interactions/(\d+)/[^/]+/callback")


@dataclass
class Watch:
    """Sees requests arrive at the bridge, and lets posts in at Discord's pace."""

    bridge: Bridge
    pace: AsyncLimiter = field(default_factory=lambda: AsyncLimiter(1, 1 / CEILING))
    arrived: dict[int, float] = field(default_factory=dict)

    async def __call__(self, request: web.Request) -> None:
        if (found := _CALLBACK.fullmatch(request.path)) is not None:
            self.arrived.setdefault(int(found[1]), time.perf_counter())
        if request.method == "POST" and request.path.endswith("/messages"):
            await self.pace.acquire()


Figures = tuple[float, float, float, float]
"""p50 and p99 of the milliseconds to acknowledge, posts a second, processor milliseconds a post."""

Run = Callable[["Watch", User, Sequence[Channel]], Awaitable[Figures]]


def main() -> None:
    """Measure both and write the section."""
    configure_logging("ERROR", "text")
    body = asyncio.run(measure())
    today = datetime.now(UTC).date()
    write_section(BENCH_PAGE, "Discord", body, command=COMMAND, today=today)
    print(body)


async def measure() -> str:
    """The section's table."""
    peers = {"bare discord.py": bare, "paperround": ours}
    found: dict[str, list[Figures]] = {name: [] for name in peers}
    for _ in range(RUNS):
        for name, run in peers.items():
            found[name].append(await in_a_fresh_world(run))
    middle = {
        name: list(map(statistics.median, zip(*runs, strict=True))) for name, runs in found.items()
    }
    beside = middle["bare discord.py"]
    rows = [
        [name, *(f"{each:.1f}" for each in figures_), f"{figures_[2] / beside[2]:.0%}"]
        for name, figures_ in middle.items()
    ]
    head = ["", "p50 ms to acknowledge", "p99 ms", "posts a second", "CPU ms a post", "of bare"]
    note = (
        f"Medians of {RUNS} runs in turn; client and server share one core, and the processor time "
        f"is their work together. {CHANNELS} channels get a post each, {AT_ONCE} posts at once, of "
        f"which the other end takes in {CEILING} a second, as Discord does of a bot; then "
        f"{CHANNELS} more do, while {INTERACTIONS} commands come at once."
    )
    return f"{table(head, rows)}\n\n{note}"


async def in_a_fresh_world(run: Run) -> Figures:
    """One measurement, on a server of its own."""
    world = World()
    async with bridged(world) as bridge:
        watch = bridge.watcher = Watch(bridge)
        places = [f"c{number}" for number in range(2 * CHANNELS)]
        guild = world.invite("lab", *places)
        where = [world.channel(guild, place) for place in places]
        return await run(watch, world.member(guild, "ada", "manage_channels"), where)


async def bare(watch: Watch, ada: User, where: Sequence[Channel]) -> Figures:
    """A handler that defers and answers, and a loop that posts."""
    client = discord.AutoShardedClient(
        intents=discord.Intents.none() | discord.Intents(guilds=True)
    )
    tree = app_commands.CommandTree(client)
    group = app_commands.Group(name="papers", description="x")

    @group.command(name="list", description="x")
    async def answer(asked: discord.Interaction) -> None:
        await asked.response.defer(ephemeral=True, thinking=True)
        await asked.followup.send("Nothing is watched here yet.", ephemeral=True)

    tree.add_command(group)
    discord.http.Route.BASE = watch.bridge.base
    await client.login(watch.bridge.token)
    await tree.sync()
    running = asyncio.create_task(client.connect())
    await client.wait_until_ready()

    async def post(channel: Channel) -> None:
        place = client.get_partial_messageable(channel.id)
        view = layout(FULL, delivery_id=str(channel.id))
        view.stop()
        await place.send(view=view, nonce=str(channel.id))

    try:
        return await figures(watch, ada, where, post)
    finally:
        await client.close()
        await asyncio.gather(running, return_exceptions=True)


async def ours(watch: Watch, ada: User, where: Sequence[Channel]) -> Figures:
    """The whole program, with its database; only the durable engine is left out."""
    with tempfile.TemporaryDirectory() as folder:
        app = build_app(
            Settings(
                data_dir=Path(folder),
                huggingface=False,
                discord_token=watch.bridge.token,
                discord_base_url=watch.bridge.base,
            )
        )
        await app.prepare()
        posts = await picked(app, where)
        chat = app.platforms["discord"]
        await chat.start(app.inbox(AtOnce(app)))

        async def post(channel: Channel) -> None:
            await app.services.delivery.deliver(posts[channel.id])

        try:
            return await figures(watch, ada, where, post)
        finally:
            await app.close()


async def picked(app: App, where: Sequence[Channel]) -> dict[int, int]:
    """A pick for every channel, by the channel's id on Discord."""
    now = app.clock()
    kept = {}
    async with app.database.write() as session:
        await make.paper(session, "Mixture of experts", "arxiv:2601.00001", at=now)
        for channel in where:
            stored = await channels.add(session, address(channel), ChannelDefaults(), now)
            text = "mixture of experts"
            await watches.add(session, stored.id or 0, text=text, typed=text, by="x", now=now)
            kept[channel.id] = Slot(stored.id or 0, now)
    return {
        number: (await app.services.rounds.pick(slot.channel_id, slot.at, now))[0]
        for number, slot in kept.items()
    }


async def figures(
    watch: Watch, ada: User, where: Sequence[Channel], post: Callable[[Channel], Awaitable[None]]
) -> Figures:
    """Posts to half of the channels measured alone, to the others while commands come in."""
    began, worked = time.perf_counter(), time.process_time()
    await spread(post, where[:CHANNELS])
    rate = CHANNELS / (time.perf_counter() - began)
    work = (time.process_time() - worked) * 1000 / CHANNELS
    round_ = asyncio.create_task(spread(post, where[CHANNELS:]))
    waits = await acknowledged(
        watch, [Someone(watch.bridge, ada, each) for each in where[:INTERACTIONS]]
    )
    await round_
    await watch.bridge.quiet()
    cuts = statistics.quantiles(waits, n=100)
    return cuts[49], cuts[98], rate, work


async def spread(post: Callable[[Channel], Awaitable[None]], where: Sequence[Channel]) -> None:
    """Post to every channel, a few at once."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(channel: Channel) -> None:
        async with room:
            await post(channel)

    await asyncio.gather(*map(one, where))


async def acknowledged(watch: Watch, people: Sequence[Someone]) -> list[float]:
    """Milliseconds until each of many interactions, all sent at once, was acknowledged."""
    sent = {}
    for someone in people[:INTERACTIONS]:
        data = someone.command("list")
        began = time.perf_counter()
        sent[someone.send(InteractionType.APPLICATION_COMMAND, data).id] = began
    await until(lambda: sent.keys() <= watch.arrived.keys(), "every acknowledgement")
    return [(watch.arrived[number] - began) * 1000 for number, began in sent.items()]


if __name__ == "__main__":
    main()
