"""Discord put together from the host's choices."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

import discord
from discord.http import Route

from bot.errors import SettingsError
from bot.platforms.discord.adapter import DiscordChat
from bot.platforms.discord.cards import CardStyle
from bot.platforms.discord.client import PaperroundClient
from bot.platforms.discord.manage_form import Look, LooksBook
from bot.platforms.discord.records import Records
from bot.platforms.discord.shards import Sharing
from bot.rounds.learning.votes import SAVE, VOTES
from bot.rounds.process.heartbeat import ProcessRegistry
from storage.database import Database


@dataclass(frozen=True, slots=True, repr=False)
class DiscordOptions:
    """What the host chose.

    `home` is the id of a server that gets the commands alone, at once, while developing;
    `may_change` the permission to change a channel's settings; `means` are the
    emoji that count as votes or save a paper; `base_url` another REST address,
    with the version of the API, for tests.
    """

    token: str
    home: int | None = None
    may_change: str = "manage_channels"
    style: CardStyle = "components"
    seeds: bool = False
    voting: bool = False
    means: Collection[str] = frozenset({*VOTES, SAVE})
    base_url: str | None = None


def build_discord(
    options: DiscordOptions,
    database: Database,
    now: Callable[[], datetime],
    workers: ProcessRegistry | None = None,
) -> DiscordChat:
    """The Discord platform from the host's options; opens no connection.

    Raises SettingsError for a permission that Discord does not have. `workers` are the processes on
    the same database: those that connect to the gateway share its shards.
    """
    if options.may_change not in discord.Permissions.VALID_FLAGS:
        raise SettingsError(
            f"PAPERROUND_DISCORD_MAY_CHANGE is {options.may_change!r}, which is no permission of "
            "Discord. Name one as its documentation does, such as manage_channels."
        )
    if options.base_url is not None:
        # discord.py has one address for every client in a process.
        Route.BASE = options.base_url.rstrip("/")
    records = Records(database)
    looks = LooksBook(records, _usual(options))
    client = PaperroundClient(
        records,
        looks,
        now=now,
        may_change=options.may_change,
        home=options.home,
        seeds=options.seeds,
        means=options.means,
    )
    sharing = None
    if workers is not None and not workers.alone:
        sharing = Sharing(client, database, workers)
    return DiscordChat(
        client,
        options.token,
        records=records,
        looks=looks,
        now=now,
        seeds=options.seeds,
        sharing=sharing,
    )


def _usual(options: DiscordOptions) -> set[Look]:
    """The looks of channels that chose none."""
    embeds = {Look.EMBEDS} if options.style == "embeds" else set()
    return embeds | ({Look.BUTTONS} if options.voting else set())
