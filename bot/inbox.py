"""What platforms call when people act: nothing that goes wrong there reaches them."""

import asyncio
from collections.abc import Collection, Sequence
from functools import partial

import structlog

from bot.commands import overview
from bot.commands.context import Context
from bot.commands.dispatch import Commands
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
)
from bot.rounds.bulletins.ballots import Ballots
from bot.rounds.channel_lifecycle import ChannelLifecycle
from bot.rounds.delivery.deletions import PostDeletion
from bot.rounds.delivery.edits import VoteCountEdits
from bot.rounds.learning.votes import VoteRecorder
from bot.rounds.retry_queue import RetryQueue
from storage.database import AWAY

_EARLY_SECONDS = (0.2, 0.5, 1, 2, 5, 10, 20, 40, 60)
"""Pauses of a reaction whose post is not noted yet: beyond the lease of a sender that died."""

log = structlog.get_logger(__name__)


class AppInbox:
    """The inbox: commands are answered, reactions counted, channels followed; nothing raises."""

    def __init__(
        self,
        context: Context,
        recorder: VoteRecorder,
        count_edits: VoteCountEdits,
        lifecycle: ChannelLifecycle,
        deletion: PostDeletion,
    ) -> None:
        self._context = context
        self._commands = Commands(context)
        self._recorder = recorder
        self._count_edits = count_edits
        self._lifecycle = lifecycle
        self._deletion = deletion
        self._ballots = Ballots(context.database)
        self._queue = RetryQueue()
        self._early: set[asyncio.Task[None]] = set()

    async def command(self, command: Command) -> Reply:
        """Answer a typed command."""
        return await self._commands.handle(command)

    async def complete(self, channel: ChannelRef, typed: str) -> Sequence[str]:
        """Complete a half-typed command."""
        return await self._commands.complete(channel, typed)

    async def reaction(self, reaction: Reaction) -> None:
        """Count a reaction; a failure is logged, for there is nobody to answer."""
        await self._queue.do("reaction", reaction.message.message, partial(self._take, reaction))

    async def _take(self, reaction: Reaction) -> None:
        if await self._ballots.record(reaction):
            return
        if not await self._count(reaction) and await self._recorder.is_early(reaction):
            task = asyncio.create_task(self._count_later(reaction), name="early vote")
            self._early.add(task)
            task.add_done_callback(self._early.discard)

    async def _count(self, reaction: Reaction) -> bool:
        counted = await self._recorder.record(reaction)
        if counted:
            self._count_edits.touch(reaction.message)
        return counted

    async def _count_later(self, reaction: Reaction) -> None:
        """Try again until the channel's posts are noted; who is quick votes before that."""
        try:
            for pause in _EARLY_SECONDS:
                await asyncio.sleep(pause)
                early = await self._recorder.is_early(reaction)
                if await self._count(reaction) or not early:
                    return
        except AWAY:
            await self.reaction(reaction)
        except Exception:
            log.exception("reaction.lost", message=reaction.message.message)

    async def message_gone(self, message: MessageRef) -> None:
        """Note that a post was deleted in the chat; a failure is logged."""
        await self._queue.do("message_gone", message.message, partial(self._deletion.gone, message))

    async def channel_changed(self, event: ChannelEvent) -> None:
        """Follow a channel; a failure is logged."""
        about = f"{event.channel} {event.change}"
        await self._queue.do("channel_event", about, partial(self._lifecycle.changed, event))

    async def workspace_gone(self, platform: str, workspace: str) -> None:
        """Stop deliveries to a workspace; a failure is logged."""
        gone = partial(self._lifecycle.workspace_gone, platform, workspace)
        await self._queue.do("workspace_gone", f"{platform}:{workspace}", gone)

    async def overview(self, channel: ChannelRef) -> Overview:
        """What a channel is set to."""
        return await overview.overview(self._context, channel)

    async def home(
        self,
        platform: str,
        workspace: str,
        person: Person,
        *,
        visible: Collection[ChannelRef] = (),
    ) -> Home:
        """What a person saved, and the channels that they can see."""
        return await overview.home(self._context, platform, workspace, person, visible)
