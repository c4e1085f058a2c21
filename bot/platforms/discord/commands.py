"""The `/papers` commands, made from the table of verbs and registered with Discord."""

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

import discord
import structlog
from discord import app_commands

from bot.commands.verbs import VERBS, Verb
from bot.errors import CommandError, SettingsError
from bot.platforms.discord.cards import CHOICES, OPTION
from bot.platforms.discord.errors import lost_place
from bot.platforms.discord.interactions import Answers, Asked
from bot.platforms.discord.markdown import GROUPS, OPTIONS, here, weight
from bot.platforms.discord.records import Records
from bot.text import shorten

Callback = Callable[..., Coroutine[Any, Any, None]]
"""What discord.py calls for a command, after a look at its signature."""

Answer = Callable[[Asked], Awaitable[None]]

Choice = app_commands.Choice[str | int | float]


CONTEXTS = app_commands.AppCommandContext(guild=True, dm_channel=True)
"""Where commands are offered: in servers, and in direct messages to the bot itself."""

INSTALLS = app_commands.AppInstallationType(guild=True)
"""The bot is added to servers; nobody has it for themselves."""


class Value(app_commands.Transformer):
    """A verb's argument as an option: a number in bounds, one of a few words, or completed text."""

    def __init__(self, verb: Verb[Any], answers: Answers) -> None:
        self._verb = verb
        self._answers = answers

    @property
    def type(self) -> discord.AppCommandOptionType:
        """A whole number where the verb takes one, else text."""
        kinds = discord.AppCommandOptionType
        return kinds.integer if self._verb.argument.bounds else kinds.string

    @property
    def min_value(self) -> int | None:
        """The lowest number."""
        return self._verb.argument.bounds[0] if self._verb.argument.bounds else None

    @property
    def max_value(self) -> int | None:
        """The highest number."""
        return self._verb.argument.bounds[1] if self._verb.argument.bounds else None

    async def transform(self, interaction: Asked, value: str | int, /) -> str:
        """The value as it would have been typed."""
        return str(value)


class Listed(Value):
    """A value that is one of a few words; Discord offers exactly these."""

    @property
    def choices(self) -> list[Choice]:
        """The words."""
        return [Choice(name=word, value=word) for word in self._verb.argument.choices]


class Completed(Value):
    """A value that is completed while it is typed, from what the channel holds."""

    async def autocomplete(self, interaction: Asked, value: str | float, /) -> list[Choice]:
        """At most 25 values, best first; values too long for Discord (100) are left out."""
        verb = f"{self._verb.words} "
        found = await self._answers.complete(interaction, f"{verb}{value}")
        values = [whole.removeprefix(verb).strip() for whole in found if whole.startswith(verb)]
        number = self._verb.argument.bounds is not None
        return [
            Choice(name=each, value=int(each) if number else each)
            for each in values
            if 0 < weight(each) <= OPTION
        ][:CHOICES]


def papers_group(answers: Answers, special: Mapping[str, Answer]) -> app_commands.Group:
    """The `/papers` group with every verb; rare verbs and those of two words stand in subgroups.

    A verb that is also the first word of others ("sources") becomes "list" in their subgroup. A
    verb in `special` takes no value and calls the function there.
    """
    group = app_commands.Group(
        name="papers",
        description="The day's papers for this channel: watch topics, vote, search.",
        allowed_contexts=CONTEXTS,
        allowed_installs=INSTALLS,
    )
    families: dict[str, app_commands.Group] = {}
    for words in map(here, (verb.words for verb in VERBS)):
        first, _, second = words.partition(" ")
        if second and first not in families:
            families[first] = app_commands.Group(
                name=first, description=GROUPS[first], parent=group
            )
    for verb in VERBS:
        first, _, second = here(verb.words).partition(" ")
        parent = families.get(first, group)
        name = second or ("list" if first in families else first)
        callback = _bare(special[verb.words]) if verb.words in special else _made(verb, answers)
        described = shorten(verb.help, OPTION)
        parent.add_command(
            app_commands.Command(name=name, description=described, callback=callback)
        )
    return group


def _made(verb: Verb[Any], answers: Answers) -> Callback:
    if verb.argument.usage:
        return _with_value(verb, answers)

    async def run(asked: Asked) -> None:
        await answers.run(asked, verb.words)

    return _bare(run)


def _bare(answer: Answer) -> Callback:
    async def callback(interaction: discord.Interaction) -> None:
        await answer(interaction)

    return callback


def _with_value(verb: Verb[Any], answers: Answers) -> Callback:
    async def answer(interaction: discord.Interaction, value: str | None = None) -> None:
        await answers.run(interaction, f"{verb.words} {value or ''}".rstrip())

    kind = Listed if verb.argument.closed else Completed
    # discord.py reads the option from the signature; here it comes from the table of verbs.
    answer.__annotations__["value"] = kind(verb, answers)
    answer.__defaults__ = None if _needs_value(verb) else (None,)
    described = app_commands.describe(value=shorten(f"Such as: {verb.example}", OPTION))
    renamed = app_commands.rename(value=OPTIONS.get(verb.words, "value"))
    return renamed(described(answer))


def _needs_value(verb: Verb[Any]) -> bool:
    if verb.tells:
        return False
    try:
        verb.argument.read("")
    except (ValueError, CommandError):
        return True
    return False


_NOT_THERE = (
    "Discord takes no commands for the server {guild} of PAPERROUND_DISCORD_GUILD: add the bot to "
    "it by what paperround discord invite prints, correct the id, or leave the setting out."
)

_IN_A_SERVER = re.compile(r"\d+/(?P<scope>\d+):[0-9a-f]+")

log = structlog.get_logger(__name__)


async def publish(
    tree: app_commands.CommandTree[discord.AutoShardedClient],
    records: Records,
    home: discord.Object | None,
) -> None:
    """Register the commands with Discord, for every server or for `home` alone, if they changed.

    Raises SettingsError where the bot may have no commands in `home`.
    """
    commands = tree.get_commands(guild=home)
    definitions = json.dumps([each.to_dict(tree) for each in commands], sort_keys=True)
    digest = hashlib.sha256(definitions.encode()).hexdigest()[:16]
    scope = home.id if home is not None else "everywhere"
    published = f"{tree.client.application_id}/{scope}:{digest}"
    before = await records.published()
    await _take_back(tree, before, scope)
    try:
        there = {each.name for each in await tree.fetch_commands(guild=home)}
        if before == published and {each.name for each in commands} <= there:
            return
        await tree.sync(guild=home)
    except (discord.Forbidden, discord.NotFound) as error:
        if home is None or lost_place(error) is None:
            raise
        raise SettingsError(_NOT_THERE.format(guild=home.id)) from error
    await records.note_published(published)
    log.info("discord.commands_published", commands=len(commands), scope=scope)


async def _take_back(
    tree: app_commands.CommandTree[discord.AutoShardedClient], before: str | None, scope: int | str
) -> None:
    """Remove the commands of a server used for developing; they would be shown twice there."""
    found = _IN_A_SERVER.fullmatch(before or "")
    if found is None or found["scope"] == str(scope):
        return
    try:
        application = tree.client.application_id or 0
        await tree.client.http.bulk_upsert_guild_commands(application, int(found["scope"]), [])
    except (discord.Forbidden, discord.NotFound) as error:
        if lost_place(error) is None:
            raise
        # The bot is not there any more, and neither are its commands.
        log.info("discord.commands_not_removed", guild=found["scope"], reason=str(error))
    else:
        log.info("discord.commands_removed", guild=found["scope"])
