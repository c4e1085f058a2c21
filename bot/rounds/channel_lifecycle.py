"""Channels come and go: deliveries stop and resume with them, and a person who can act hears it."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from bot.cards.richtext import bold, line, slash
from bot.errors import ChannelGoneError, Obstacle, PlatformError
from bot.ports import ChannelChange, ChannelEvent, Choice
from bot.rounds.admin_notices import AdminNotices, Greeting
from bot.rounds.picking.example_watches import example_watches
from bot.rounds.reachability import Reachability, StartRound
from bot.rounds.scheduling.schedule import Slot
from storage import candidates, channels, watches, workspaces
from storage.channels import ChannelDefaults
from storage.database import Database
from storage.models import Channel, ChannelState

_LEFT = "the bot was removed from the channel; invite it again to resume"
_ARCHIVED = "the channel was archived or deleted"
_UNINSTALLED = "the app was removed from the workspace; install it again to resume"

log = structlog.get_logger(__name__)


class ChannelLifecycle:
    """Keeps what storage knows of channels true; `defaults` are what a new channel starts with.

    `start_round` begins the round that a channel is owed when it comes back; without, the next tick
    does.
    """

    def __init__(
        self,
        database: Database,
        notices: AdminNotices,
        reach: Reachability,
        *,
        defaults: ChannelDefaults,
        window: timedelta,
        now: Callable[[], datetime],
        start_round: StartRound | None = None,
    ) -> None:
        self._database = database
        self._notices = notices
        self._reach = reach
        self._defaults = defaults
        self._window = window
        self._now = now
        self._start_round = start_round
        self._rounds: set[asyncio.Task[None]] = set()

    async def changed(self, event: ChannelEvent) -> None:
        """Follow one change; a repeated event changes nothing."""
        match event.change:
            case ChannelChange.JOINED:
                await self._join(event)
            case ChannelChange.RENAMED | ChannelChange.MOVED:
                await self._rename(event)
            case ChannelChange.RESTORED:
                await self._restore(event)
            case ChannelChange.LEFT | ChannelChange.ARCHIVED:
                await self._leave(event)

    async def workspace_gone(self, platform: str, workspace: str) -> None:
        """Stop deliveries to all channels of a workspace; there is nobody left there to tell."""
        removed = ChannelGoneError(_UNINSTALLED, obstacle=Obstacle.REMOVED)
        async with self._database.read() as session:
            theirs = await channels.list_workspace(session, platform, workspace)
        for channel in theirs:
            await self._reach.lose(channel, removed, quietly=True)
        async with self._database.write() as session:
            await workspaces.end(session, platform, workspace, self._now())
        log.warning("workspace.gone", platform=platform, workspace=workspace)

    async def _join(self, event: ChannelEvent) -> None:
        async with self._database.write() as session:
            channel = await channels.add(session, str(event.channel), self._defaults, self._now())
            channel.name = event.name or channel.name
            session.add(channel)
            await session.flush()
            greets = await channels.claim_greeting(session, channel.id or 0)
            await workspaces.begin_again(session, event.channel.platform, event.channel.workspace)
        greeting = await self._greeting(channel) if greets else None
        if channel.state is ChannelState.GONE:
            self._begin(await self._reach.come_back(channel, greeting))
        elif greeting is not None:
            await self._greet(channel, greeting)

    async def _greeting(self, channel: Channel) -> Greeting:
        """What introduces the bot, with watches that would find something of late."""
        async with self._database.read() as session:
            since = self._now() - self._window
            recent = await candidates.readable(session, channel.id or 0, since)
            watching = len(await watches.list_channel(session, channel.id or 0))
        return greeting(example_watches(paper.title for paper in recent), watching)

    async def _greet(self, channel: Channel, greeting: Greeting) -> None:
        try:
            await self._notices.send(channel.address, greeting.text, greeting.choices)
        except ChannelGoneError as error:
            await self._reach.lose(channel, error)
        except (PlatformError, TimeoutError) as error:
            log.warning("notice.lost", channel=channel.address, reason=str(error))

    async def _rename(self, event: ChannelEvent) -> None:
        async with self._database.write() as session:
            channel = await channels.find(session, str(event.channel))
            if channel is None:
                return
            channel.name = event.name or channel.name
            session.add(channel)
            if event.moved_to is not None:
                await channels.move(session, channel, str(event.moved_to))

    async def _restore(self, event: ChannelEvent) -> None:
        async with self._database.read() as session:
            channel = await channels.find(session, str(event.channel))
        if channel is not None:
            self._begin(await self._reach.come_back(channel))

    async def _leave(self, event: ChannelEvent) -> None:
        async with self._database.read() as session:
            channel = await channels.find(session, str(event.channel))
        if channel is None:
            return
        archived = event.change is ChannelChange.ARCHIVED
        lost = event.lost or ChannelGoneError(
            _ARCHIVED if archived else _LEFT,
            obstacle=Obstacle.ARCHIVED if archived else Obstacle.NOT_INVITED,
        )
        await self._reach.lose(channel, lost, public=event.public or None)

    def _begin(self, owed: Slot | None) -> None:
        """Begin a round that is owed, without waiting for it."""
        if owed is None or self._start_round is None:
            return
        task = asyncio.create_task(self._run(self._start_round, owed), name="owed round")
        self._rounds.add(task)
        task.add_done_callback(self._rounds.discard)

    async def _run(self, start: StartRound, owed: Slot) -> None:
        try:
            await start(owed)
        except Exception:
            # The next tick begins it again.
            log.exception("round.owed", channel_id=owed.channel_id)


def greeting(examples: tuple[str, ...], watching: int = 0) -> Greeting:
    """What the bot says when it comes to a channel for the first time.

    One question where nothing is watched yet, with `examples` to press; else how the first papers
    come.
    """
    if watching:
        count = f"{watching} watch{'' if watching == 1 else 'es'}"
        told = line(
            bold("Paperround"),
            f" is here, with {count} set up already. ",
            slash("now"),
            " brings the first papers. Votes with 👍 and 👎 shift what comes next.",
        )
        return Greeting(told, (Choice("Bring the first papers", "now"),))
    asked = line(
        bold("What does this channel read?"),
        " Its papers come at once, then day by day. Press a topic, or type one: ",
        slash(f"watch now: {examples[0] if examples else 'mixture of experts'}"),
    )
    topics = (Choice(text, f"watch now: {text}") for text in examples)
    return Greeting(asked, (*topics, _ANOTHER, _LIBRARY))


_ANOTHER = Choice("Another topic…", "watch now:", asks="Topic, in your own words")
_LIBRARY = Choice("Bring your library…", "like", asks="Links, DOIs or BibTeX of your own papers")
