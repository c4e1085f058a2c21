"""An inbox that remembers what it was told, and answers without any program behind it."""

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from bot.cards.card import Card, CardLink
from bot.cards.richtext import bold, code, italic, line, link, slash
from bot.ports import ChannelRef, Choice, Command, Picture, Reaction, Reply
from storage import channels
from storage.channels import ChannelDefaults
from storage.database import Database
from tests.make import NOON

VERBS = ("watch ", "unwatch ", "list", "preview ", "why ", "help")

DOT = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
"""A PNG of one dot."""

PAPER = Card(
    title="Sparse experts that choose their tokens",
    url="https://example.org/abs/2403.00001",
    authors="Ada Lin, Bo Reyes and 4 others",
    summary="Experts pick tokens instead of tokens picking experts. Training gets steadier.",
    links=(
        CardLink("PDF", "https://example.org/pdf/2403.00001"),
        CardLink("Code", "https://example.org/code"),
    ),
    published=date(2024, 3, 1),
    upvotes=41,
    comments=3,
    why=line("matched ", italic("experts"), " in the title, 97"),
    badges=("beyond your watches",),
    abstract="Experts pick tokens instead of tokens picking experts, and much more follows.",
    categories=("cs.LG",),
)


@dataclass
class FakeInbox:
    database: Database
    commands: list[Command] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)

    async def command(self, command: Command) -> Reply:
        self.commands.append(command)
        verb, _, rest = command.text.partition(" ")
        if verb == "settings":
            async with self.database.write() as session:
                await channels.add(session, str(command.channel), ChannelDefaults(), NOON)
        if verb == "watch":
            return Reply(
                lines=(line("Watching ", bold(rest), ". It would have brought:"),),
                cards=(PAPER,),
                announcement=line(bold(command.person.name), " watches ", code(rest)),
            )
        if verb == "export":
            return Reply(lines=(line("Here it is."),), file=("watches.txt", "a\nb\n"))
        if verb == "stats":
            picture = Picture("stats.png", DOT, 'likes "<b>" & more')
            return Reply(lines=(line("Votes in words."),), picture=picture)
        if verb == "wach":
            return Reply(
                lines=(line("Did you mean ", slash("watch LoRA"), "?"),),
                choices=(Choice('Watch "LoRA" & co', 'watch "LoRA" & co'),),
                failed=True,
            )
        return Reply(
            lines=(line(f"You said {command.text!r}; see ", link("help", "https://e.org")),)
        )

    async def complete(self, channel: ChannelRef, typed: str) -> Sequence[str]:
        return [verb for verb in VERBS if verb.startswith(typed)]

    async def reaction(self, reaction: Reaction) -> None:
        self.reactions.append(reaction)
