"""Answers interactions: acknowledged at once, then worked on, then answered in private."""

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import discord
import structlog

from bot.cards.richtext import Line, line
from bot.errors import PlatformError
from bot.platforms.discord import events
from bot.platforms.discord.auth import missing
from bot.platforms.discord.cards import ALT, CONTENT, choice_view, layouts, show_id
from bot.platforms.discord.markdown import markdown, weight
from bot.ports import ChannelChange, ChannelEvent, ChannelRef, Command, Inbox, Picture, Reply
from bot.text import one_line, shorten

Asked = discord.Interaction[discord.Client]

_CLOSING_SECONDS = 5.0
_SHOW_ALL = "Show everybody here"
_NO_THREADS = (
    "There are no threads below messages here, so papers stand one by one; Details under each "
    "shows the whole abstract to whoever presses it."
)

log = structlog.get_logger(__name__)


class Answers:
    """Runs text commands for interactions.

    `announce` says a line in a channel; `may_change` is the Discord permission, such as
    "manage_channels", that lets somebody change what a channel gets: it is checked here, since
    what Discord itself checks is only a default that servers change.
    """

    def __init__(
        self,
        inbox: Inbox,
        announce: Callable[[ChannelRef, Line], Awaitable[None]],
        *,
        may_change: str,
    ) -> None:
        self.inbox = inbox
        self._announce = announce
        self._may_change = may_change
        self._named: set[ChannelRef] = set()
        self._at_work: set[asyncio.Task[object]] = set()

    async def run(self, asked: Asked, *texts: str, at: int | None = None) -> None:
        """Acknowledge, run the commands in order, and answer in private.

        `at` is the forum that the commands are about, where it is not the thread of the
        interaction.
        """
        with self.working():
            if not await defer(asked):
                return
            for text in texts:
                reply = await self.inbox.command(self.command(asked, text, at))
                await tell(asked, _with_warning(reply, asked, text, at), text)
                if reply.announcement is not None:
                    await self.announce(asked, reply.announcement, at)
            await self._name(asked, at)

    async def complete(self, asked: Asked, typed: str) -> Sequence[str]:
        """Completions of a half-typed command, whole commands each."""
        return await self.inbox.complete(where(asked), typed)

    def command(self, asked: Asked, text: str, at: int | None = None) -> Command:
        """The interaction as a typed command."""
        place, who = where(asked, at), events.person(asked.user)
        links = tuple(events.linked_messages(text, place))
        return Command(place, who, text, self.allows(asked), links)

    def allows(self, asked: Asked) -> bool:
        """Whether the person may change the channel's settings; always True in a direct message."""
        return asked.guild_id is None or bool(getattr(asked.permissions, self._may_change))

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count this task among those that `finish` waits for."""
        task = asyncio.current_task()
        assert task is not None
        self._at_work.add(task)
        try:
            yield
        finally:
            self._at_work.discard(task)

    async def finish(self) -> None:
        """Wait for the answers that are being given, for five seconds."""
        if self._at_work:
            await asyncio.wait(list(self._at_work), timeout=_CLOSING_SECONDS)

    async def announce(self, asked: Asked, said: Line, at: int | None = None) -> None:
        """Tell everybody in the channel about a change; a failure is only logged."""
        shown = said if at is None else (*said, *line(" (In the whole forum.)"))
        try:
            await self._announce(where(asked), shown)
        except PlatformError as error:
            log.warning("announcement.lost", channel=str(where(asked)), reason=str(error))

    async def _name(self, asked: Asked, at: int | None) -> None:
        """Report the channel's name once, for people cannot read its id."""
        ref = where(asked, at)
        if ref in self._named:
            return
        self._named.add(ref)
        place = asked.channel if at is None else getattr(asked.channel, "parent", None)
        event = ChannelEvent(ref, ChannelChange.RENAMED, name=_name_of(asked, place))
        await self.inbox.channel_changed(event)


def where(asked: Asked, at: int | None = None) -> ChannelRef:
    """The channel of the interaction, or the forum `at` above its thread.

    Any other `at` is ignored: the person's permissions were checked in the thread alone.
    """
    above = getattr(asked.channel, "parent_id", None)
    place_id = at if at is not None and at == above else asked.channel_id or 0
    return events.channel_ref(asked.guild_id, place_id, asked.user.id)


async def defer(asked: Asked, *, thinking: bool = True) -> bool:
    """Acknowledge within Discord's three seconds; False where that was too late.

    Without `thinking`, the answer may later be shown to everybody.
    """
    try:
        await asked.response.defer(ephemeral=True, thinking=thinking)
    except discord.HTTPException as error:
        log.warning("interaction.late", code=error.code, reason=error.text)
        return False
    return True


async def tell(asked: Asked, reply: Reply, answering: str = "") -> None:
    """Answer an acknowledged interaction in private, in as many messages as needed.

    A picture gets a button that shows it to everybody; `answering` is its command. A failure is
    only logged: the token may have expired (15 minutes).
    """
    try:
        nothing = not (reply.lines or reply.cards or reply.file or reply.picture)
        texts = ["Done."] if nothing else pages(reply.lines)
        buttons = choice_view(reply.choices) if texts else None
        for text in texts[:-1] if buttons else texts:
            await _say(asked, content=text)
        if buttons:
            await _say(asked, content=texts[-1], view=buttons)
        for view in layouts(reply.cards):
            view.stop()
            await _say(asked, view=view)
        if reply.picture is not None:
            await _say(asked, file=picture_file(reply.picture), view=_to_everybody(answering))
        if reply.file is not None:
            name, content = reply.file
            await _say(asked, file=discord.File(io.BytesIO(content.encode()), name))
    except discord.HTTPException as error:
        log.warning("answer.lost", channel=str(where(asked)), code=error.code, reason=error.text)


def pages(lines: Sequence[Line], limit: int = CONTENT) -> list[str]:
    """Lines as texts of at most `limit` UTF-16 units; a line is never spread over two."""
    made: list[str] = []
    for each in lines:
        text = markdown(each, limit)
        if made and weight(made[-1]) + 1 + weight(text) <= limit:
            made[-1] = f"{made[-1]}\n{text}"
        elif text.strip():
            made.append(text)
    return made


async def _say(
    asked: Asked,
    *,
    content: str = discord.utils.MISSING,
    view: discord.ui.LayoutView | discord.ui.View = discord.utils.MISSING,
    file: discord.File = discord.utils.MISSING,
) -> None:
    await asked.followup.send(
        content=content,
        view=view,  # type: ignore[arg-type] # either kind
        file=file,
        ephemeral=True,
        suppress_embeds=content is not discord.utils.MISSING,
        allowed_mentions=discord.AllowedMentions.none(),
    )


def picture_file(picture: Picture) -> discord.File:
    """A picture as an attachment, with a description for those who cannot see it."""
    told = shorten(one_line(picture.alt), ALT)
    return discord.File(io.BytesIO(picture.png), picture.name, description=told)


def _to_everybody(text: str) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label=_SHOW_ALL, custom_id=show_id(text)))
    view.stop()
    return view


def _with_warning(reply: Reply, asked: Asked, text: str, at: int | None) -> Reply:
    """The reply with a warning where the chosen setting cannot work in this channel."""
    if reply.announcement is None:
        return reply
    if text.split()[:2] in (["style", "digest"], ["style", "short"]) and _threadless(asked, at):
        reply = replace(reply, lines=(*reply.lines, line(_NO_THREADS)))
    thread = at is None and isinstance(asked.channel, discord.Thread)
    lacking = missing(asked.app_permissions, thread=thread) if asked.guild_id else None
    if lacking is None:
        return reply
    warning = line(f"No paper can reach this channel yet: {lacking}.")
    return replace(reply, lines=(*reply.lines, warning), announcement=None)


def _threadless(asked: Asked, at: int | None) -> bool:
    """Whether no thread can be opened below messages there."""
    kinds = discord.Thread | discord.VoiceChannel | discord.StageChannel
    return asked.guild_id is None or at is not None or isinstance(asked.channel, kinds)


def _name_of(asked: Asked, place: object) -> str:
    if asked.guild_id is None:
        return f"{asked.user.display_name} (direct messages)"
    return getattr(place, "name", None) or str(asked.channel_id)
