"""The commands told to Discord, where their definitions changed since it last took them."""

import hashlib
import json

import discord
import structlog
from discord import app_commands

from bot.errors import SettingsError
from bot.platforms.discord.records import Records

_NOT_THERE = (
    "Discord takes no commands for the server {guild} of PAPERROUND_DISCORD_GUILD: add the bot to "
    "it by what paperround discord invite prints, correct the id, or leave the setting out."
)

log = structlog.get_logger(__name__)


async def publish(
    tree: app_commands.CommandTree[discord.AutoShardedClient],
    records: Records,
    home: discord.Object | None,
) -> None:
    """Send the commands to every server, or to `home` alone, if they are not there as they are now.

    Raises SettingsError where the bot may have none in `home`.
    """
    commands = tree.get_commands(guild=home)
    definitions = json.dumps([each.to_dict(tree) for each in commands], sort_keys=True)
    digest = hashlib.sha256(definitions.encode()).hexdigest()[:16]
    scope = home.id if home is not None else "everywhere"
    published = f"{tree.client.application_id}/{scope}:{digest}"
    try:
        there = {each.name for each in await tree.fetch_commands(guild=home)}
        if await records.published() == published and {each.name for each in commands} <= there:
            return
        await tree.sync(guild=home)
    except (discord.Forbidden, discord.NotFound) as error:
        if home is None:
            raise
        raise SettingsError(_NOT_THERE.format(guild=home.id)) from error
    await records.note_published(published)
    log.info("discord.commands_published", commands=len(commands), scope=scope)
