"""Commands of the chat grammar typed in a terminal."""

import getpass
import json
import sys
from pathlib import Path

from rich.console import Console

from bot.cards.richtext import plain
from bot.commands.parser import parse
from bot.ports import Command, Person, Picture, Reply
from bot.tasks.session import read_address, visit
from config.settings import Settings
from storage import watches

FIRST_CHANNEL = "local:general"
"""Where commands go that name no channel; it needs no watch to be there."""


async def say(settings: Settings, address: str, text: str) -> int:
    """Answer one command as its channel would; returns 0, or 2 where it was refused.

    A channel that is not there yet is made by what changes it, never by a question or a typo.
    """
    read_address(address)
    request = parse(text)
    async with visit(settings) as guest:
        if request.changes or address == FIRST_CHANNEL:
            await guest.channel_or_new(address)
        else:
            await guest.channel(address)
        person = Person(f"cli:{_me()}", _me())
        inbox = guest.app.inbox(guest.runs)
        reply = await inbox.command(Command(read_address(address), person, text))
    _show(reply)
    return 2 if reply.failed else 0


async def list_watches(settings: Settings, address: str, *, as_json: bool) -> int:
    """Print a channel's watches with their numbers."""
    if not as_json:
        return await say(settings, address, "list")
    async with visit(settings) as guest:
        channel = await guest.channel(address)
        async with guest.app.database.read() as session:
            found = await watches.list_channel(session, channel.id or 0)
    rows = [{"n": n, "watch": one.text, "typed": one.typed} for n, one in enumerate(found, 1)]
    sys.stdout.write(json.dumps({"channel": address, "watches": rows}, ensure_ascii=False) + "\n")
    return 0


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


def _me() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "cli"
