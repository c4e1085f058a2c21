"""An inbox that remembers what it was told, for tests of the edge alone."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from bot.cards.richtext import line
from bot.ports import (
    ChannelEvent,
    ChannelRef,
    Command,
    Home,
    MessageRef,
    Overview,
    Person,
    Reaction,
    Reply,
    SourceLine,
)
from tests.waiting import PATIENCE

PLAIN = Overview(
    name="lab",
    watches=("routing", 'title:"sparse attention" -survey'),
    schedule="daily 09:00 UTC",
    limit=5,
    threshold=80,
    beyond=1,
    quiet=True,
    paused=False,
    paused_until=None,
    sources=(
        SourceLine("arxiv/cs.LG", "cs.LG", on=True),
        SourceLine("feed", "https://f.x/y", on=False),
    ),
)


class RecordingInbox:
    """Watches and unwatches in its overview; answers everything else with "ok".

    Commands wait while the `gate` is closed, and fail with the `fault` where there is one.
    """

    def __init__(self) -> None:
        self.commands: list[Command] = []
        self.reactions: list[Reaction] = []
        self.events: list[ChannelEvent] = []
        self.gone: list[tuple[str, str]] = []
        self.deleted: list[MessageRef] = []
        self.seen = PLAIN
        self.homes = Home()
        self.visible: Collection[ChannelRef] = ()
        self.gate = asyncio.Event()
        self.gate.set()
        self.fault: Exception | None = None
        self.failed: list[Command] = []
        self.heard = asyncio.Condition()

    async def command(self, command: Command) -> Reply:
        await self.gate.wait()
        if self.fault is not None:
            await self._note(self.failed, command)
            raise self.fault
        await self._note(self.commands, command)
        verb, _, rest = command.text.partition(" ")
        if not command.may_change:
            return Reply(lines=(line("You may not change this channel."),), failed=True)
        if verb == "watch":
            self.seen = replace(self.seen, watches=(*self.seen.watches, rest))
        if verb == "unwatch":
            left = tuple(text for text in self.seen.watches if text != rest)
            self.seen = replace(self.seen, watches=left)
        return Reply(lines=(line(f"ok {verb}"),))

    async def complete(self, channel: ChannelRef, typed: str) -> Sequence[str]:
        return ()

    async def reaction(self, reaction: Reaction) -> None:
        await self._note(self.reactions, reaction)

    async def channel_changed(self, event: ChannelEvent) -> None:
        await self._note(self.events, event)

    async def message_gone(self, message: MessageRef) -> None:
        await self._note(self.deleted, message)

    async def workspace_gone(self, platform: str, workspace: str) -> None:
        await self._note(self.gone, (platform, workspace))

    async def overview(self, channel: ChannelRef) -> Overview:
        return self.seen

    async def home(
        self,
        platform: str,
        workspace: str,
        person: Person,
        *,
        visible: Collection[ChannelRef] = (),
    ) -> Home:
        self.visible = visible
        return self.homes

    async def until(self, what: Callable[[], bool], seconds: float = PATIENCE) -> None:
        """Wait until what was heard makes `what()` true."""
        async with asyncio.timeout(seconds), self.heard:
            await self.heard.wait_for(what)

    async def _note(self, where: list, what: object) -> None:
        where.append(what)
        async with self.heard:
            self.heard.notify_all()
