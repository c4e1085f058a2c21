"""A channel's watches and settings as a file, and back: export and import."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlmodel.ext.asyncio.session import AsyncSession

from bot.cards.richtext import bold, code, line, slash
from bot.commands.context import Scene
from bot.commands.handlers.sources import take_list
from bot.commands.handlers.watches import Asked, Known, add, known, sources_for, understand
from bot.commands.replies import announced, count, joined
from bot.commands.verbs import FLOOR, LIMIT, QUIET, SCHEDULE_, STYLE, THRESHOLD, TITLES
from bot.errors import CommandError, ExpressionError, PaperroundError
from bot.ports import Reply
from bot.sources.opml import is_opml
from bot.text import quoted
from storage import channels, watches
from storage.models import Channel

VERSION = 1
"""The version of the exported form that is written; newer ones are refused."""

_MOST_LINES = 1_000
_SHOWN = 20

Refusal = tuple[str, str]
"""What was refused, and why."""


@dataclass(slots=True)
class Wanted:
    """What an imported text asks for: expressions, and settings as they would be typed."""

    expressions: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)


@dataclass(slots=True)
class ImportResult:
    """What became of it."""

    added: list[Asked] = field(default_factory=list)
    known: int = 0
    settings: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


async def export(scene: Scene, _: None) -> Reply:
    """The channel's watches and settings as a JSON file that `import` reads.

    It leaves out sources, votes and what people saved.
    """
    async with scene.database.read() as session:
        live = await watches.list_channel(session, scene.channel_id)
    channel = scene.channel
    content = {
        "paperround": VERSION,
        "channel": channel.address,
        "watches": [watch.text for watch in live],
        "settings": {
            "schedule": channel.schedule,
            "limit": channel.post_limit,
            "threshold": channel.threshold,
            "floor": channel.floor,
            "quiet": channel.quiet,
            "style": channel.style.value,
            "titles": channel.titles,
        },
    }
    told = f"{count(len(live), 'watch')} and the settings. Another channel takes them with "
    return Reply(
        lines=(line(told, slash("import"), "."),),
        file=("paperround.json", json.dumps(content, ensure_ascii=False, indent=2) + "\n"),
    )


async def import_(scene: Scene, typed: str) -> Reply:
    """Take in an exported file, an OPML list of sources, or one expression a line.

    What is wrong is refused by itself.
    """
    if is_opml(typed):
        return await take_list(scene, typed)
    wanted = read(typed)
    taken = ImportResult(refused=wanted.refused)
    asked = await asyncio.to_thread(_understood, scene, wanted.expressions, taken.refused)
    asked = [one for one in asked if await _has_sources(scene, one, taken.refused)]
    async with scene.database.write() as session:
        live = await watches.list_channel(session, scene.channel_id)
        here = known(watch.text for watch in live)
        for one in asked:
            await _take_watch(session, scene, one, here, taken)
        channel = await channels.get(session, scene.channel_id)
        for name, value in wanted.settings.items():
            _take_setting(channel, name, value, taken)
        session.add(channel)
    return _told(scene, taken)


def read(typed: str) -> Wanted:
    """What an imported text holds, unread yet; raises CommandError for JSON that is not ours."""
    if typed.startswith("{"):
        return _read_exported(typed)
    lines = [each.strip() for each in typed.splitlines() if each.strip()]
    late = [(each, f"only {_MOST_LINES} lines are taken at once") for each in lines[_MOST_LINES:]]
    return Wanted(lines[:_MOST_LINES], refused=late)


def _read_exported(typed: str) -> Wanted:
    try:
        content = json.loads(typed)
    except (ValueError, RecursionError) as error:
        raise CommandError(f"The text begins like JSON but is none ({error}). {_USAGE}") from error
    if not isinstance(content, dict) or content.get("paperround") != VERSION:
        raise CommandError(f'"paperround" in the text is not {VERSION}. {_USAGE}')
    wanted = Wanted()
    listed, settings = content.get("watches"), content.get("settings")
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, str):
            wanted.expressions.append(each)
        else:
            wanted.refused.append((json.dumps(each), "a watch is a text in quotes"))
    for name, value in settings.items() if isinstance(settings, dict) else []:
        wanted.settings[name] = _typed(value)
    return wanted


_USAGE = "Write what export gave, or one expression a line; for example: import graph networks"


def _typed(value: object) -> str:
    """A setting as a person would type it."""
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _understood(scene: Scene, expressions: Sequence[str], refused: list[Refusal]) -> list[Asked]:
    asked = []
    for typed in expressions:
        try:
            asked.append(understand(typed, scene.rounds.lexicon, titles=scene.channel.titles))
        except ExpressionError as error:
            refused.append((typed, str(error)))
    return asked


async def _has_sources(scene: Scene, asked: Asked, refused: list[Refusal]) -> bool:
    try:
        await sources_for(scene, asked.expression)
    except PaperroundError as error:
        refused.append((asked.typed, str(error)))
        return False
    return True


async def _take_watch(
    session: AsyncSession, scene: Scene, asked: Asked, here: Known, taken: ImportResult
) -> None:
    try:
        same = await add(session, scene, asked, here)
    except CommandError as error:
        taken.refused.append((asked.typed, str(error)))
        return
    if same is None:
        taken.added.append(asked)
    else:
        taken.known += 1


def _take_setting(channel: Channel, name: str, typed: str, taken: ImportResult) -> None:
    try:
        _set(channel, name, typed)
    except (ValueError, CommandError) as error:
        taken.refused.append((f"{name} {typed}", str(error)))
    else:
        taken.settings.append(f"{name} {typed}")


def _set(channel: Channel, name: str, typed: str) -> None:
    match name:
        case "schedule":
            channel.schedule = str(SCHEDULE_.argument.read(typed))
        case "limit":
            channel.post_limit = LIMIT.argument.read(typed)
        case "threshold":
            channel.threshold = THRESHOLD.argument.read(typed)
        case "floor":
            channel.floor = FLOOR.argument.read(typed)
        case "quiet":
            channel.quiet = QUIET.argument.read(typed)
        case "style":
            channel.style = STYLE.argument.read(typed)
        case "titles":
            channel.titles = TITLES.argument.read(typed)
        case _:
            raise ValueError("There is no such setting.")


def _told(scene: Scene, taken: ImportResult) -> Reply:
    """A report of all that came in; refusals beyond the first few go into a file."""
    known = f", {taken.known} watched here already" if taken.known else ""
    lines = [line(f"Took in {count(len(taken.added), 'watch')}{known}.")]
    lines += [line("Watching ", *one.said, ".") for one in taken.added if one.corrections]
    lines += [line("Set ", code(each), ".") for each in taken.settings]
    lines += [line(f"Refused {quoted(what)}: {why}") for what, why in taken.refused[:_SHOWN]]
    if len(taken.refused) > _SHOWN:
        lines.append(line(f"Refused {len(taken.refused)} in all: the file has each of them."))
    if not taken.added and not taken.settings:
        return Reply(lines=tuple(lines), file=_refusals(taken), failed=bool(taken.refused))
    summary = [count(len(taken.added), "watch")] + [bold(each) for each in taken.settings]
    reply = announced(scene, "imported ", *joined(summary), ".", lines=lines)
    return replace(reply, file=_refusals(taken), failed=bool(taken.refused))


def _refusals(taken: ImportResult) -> tuple[str, str] | None:
    if len(taken.refused) <= _SHOWN:
        return None
    return "refused.txt", "".join(f"{what}\t{why}\n" for what, why in taken.refused)
