"""Commands of the chat grammar typed in a terminal."""

import getpass
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bot.cards.richtext import plain
from bot.commands import verbs
from bot.commands.context import Context
from bot.commands.dispatch import Commands
from bot.commands.parser import parse
from bot.errors import CommandError
from bot.ports import ChannelRef, Command, Person, Picture, Reply
from bot.rounds.scheduling.due import Clock
from bot.tasks.session import read_address, rows, visit
from config.settings import Settings
from storage import channels, watches
from storage.models import Watch

FIRST_CHANNEL = "local:general"
"""Where commands go that name no channel; it needs no watch to be there."""

FROM_ROWS = frozenset(
    verb.words
    for verb in (
        *(verbs.LIST, verbs.UNWATCH, verbs.TOP, verbs.HELP),
        *(verbs.SAVED, verbs.SAVED_FIND, verbs.SAVED_TAG, verbs.SAVED_EXPORT),
        *(verbs.STYLE, verbs.QUIET),
        *(verbs.SCHEDULE_, verbs.PAUSE, verbs.RESUME),
    )
)
"""Verbs that ask nothing of rounds: they are answered without an index, a taste or an engine."""


async def say(settings: Settings, address: str, text: str) -> int:
    """Answer one command as its channel would; returns 0, or 2 where it was refused.

    A channel that is not there yet is made by what changes it, never by a question or a typo.
    """
    ref = read_address(address)
    request = parse(text)
    reply = None
    if request.verb.words in FROM_ROWS:
        reply = await _from_rows(settings, Command(ref, _me(), text))
    if reply is None:
        reply = await _from_all(settings, Command(ref, _me(), text), changes=request.changes)
    _show(reply)
    return 2 if reply.failed else 0


async def like(settings: Settings, address: str, files: Sequence[Path]) -> int:
    """Teach a channel by the papers in these files; returns 0, or 2 where one taught nothing."""
    codes = [await say(settings, address, f"{verbs.LIKE.words} {_text(path)}") for path in files]
    return max(codes, default=0)


async def take_list(settings: Settings, address: str, path: Path) -> int:
    """Let a channel read the feeds of an OPML list; returns 0, or 2 where none was taken."""
    return await say(settings, address, f"{verbs.IMPORT.words} {_text(path)}")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror or error}.") from error


async def _from_rows(settings: Settings, command: Command) -> Reply | None:
    """The answer, or None where the channel or the schema has to be made first."""
    async with rows(settings) as database:
        if database is None:
            return None
        async with database.read() as session:
            if await channels.find(session, str(command.channel)) is None:
                return None
        clock = Clock()
        await clock.load(database)
        return await Commands(Context(database, clock, rounds=None)).handle(command)


async def _from_all(settings: Settings, command: Command, *, changes: bool) -> Reply:
    address = str(command.channel)
    async with visit(settings) as guest:
        if changes or address == FIRST_CHANNEL:
            await guest.channel_or_new(address)
        else:
            await guest.channel(address)
        return await guest.app.inbox(guest.runs).command(command)


async def list_watches(settings: Settings, address: str, *, as_json: bool) -> int:
    """Print a channel's watches with their numbers."""
    if not as_json:
        return await say(settings, address, "list")
    found = await _watches(settings, read_address(address))
    if found is None:
        async with visit(settings) as guest:
            await guest.channel(address)
        found = await _watches(settings, read_address(address))
    numbered = [
        {"n": n, "watch": one.text, "typed": one.typed} for n, one in enumerate(found or (), 1)
    ]
    written = json.dumps({"channel": address, "watches": numbered}, ensure_ascii=False)
    sys.stdout.write(written + "\n")
    return 0


async def _watches(settings: Settings, ref: ChannelRef) -> Sequence[Watch] | None:
    """A channel's watches, or None where the channel or the schema has to be made first."""
    async with rows(settings) as database:
        if database is None:
            return None
        async with database.read() as session:
            channel = await channels.find(session, str(ref))
            return await watches.list_channel(session, channel.id or 0) if channel else None


def _show(reply: Reply) -> None:
    console = Console(highlight=False, stderr=reply.failed)
    for text in reply.lines:
        console.print(plain(text), markup=False, soft_wrap=True)
    for card in reply.cards:
        console.print(f"- {card.title}", markup=False, soft_wrap=True)
        if card.why:
            console.print(f"  {plain(card.why)}", markup=False, soft_wrap=True)
    if reply.file is not None:
        name, content = reply.file
        if sys.stdout.isatty():
            Path(name).write_text(content, encoding="utf-8")
            console.print(f"Written to {name}.")
        else:
            sys.stdout.write(content)
    if reply.picture is not None and sys.stdout.isatty():
        _save(reply.picture, console)


def _save(picture: Picture, console: Console) -> None:
    """Put the picture into the current folder; its lines said everything already."""
    try:
        Path(picture.name).write_bytes(picture.png)
    except OSError as error:
        console.print(f"The picture could not be written: {error.strerror}.")
    else:
        console.print(f"The picture is {picture.name}.")


def _me() -> Person:
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = "cli"
    return Person(f"cli:{name}", name)
