"""Slack as a place to post: each message once, its outcome always told."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Protocol

import structlog
from aiolimiter import AsyncLimiter
from slack_sdk.web.async_client import AsyncWebClient

from bot.cards.card import Card
from bot.cards.richtext import Line, bold, code, line, slash
from bot.errors import (
    ChannelGoneError,
    NotSentError,
    Obstacle,
    OutcomeUnknownError,
    PlatformError,
    RefusedError,
    SettingsError,
    UnaskableError,
)
from bot.platforms import server_clock
from bot.platforms.slack.auth import Access, Directory, Keyring, Wire, client_for
from bot.platforms.slack.blocks import (
    Message,
    card_message,
    head_message,
    line_message,
    line_messages,
    with_choices,
)
from bot.platforms.slack.catch_up import CatchUp
from bot.platforms.slack.errors import is_absent, translated, words_for
from bot.platforms.slack.events import SEEDED, emoji_name
from bot.platforms.slack.history import (
    History,
    asking,
    list_details,
    list_marks,
    marked,
)
from bot.ports import ChannelRef, Choice, Inbox, MessageRef
from storage.database import AWAY

log = structlog.get_logger(__name__)


class EventSource(Protocol):
    """Where Slack's events come from: Socket Mode or HTTP."""

    async def open(self, chat: "SlackChat", inbox: Inbox) -> None:
        """Begin to pass events to `inbox`; raises PlatformError or SettingsError."""
        ...

    async def check(self, chat: "SlackChat") -> None:
        """Try the token that it connects with, if any; raises PlatformError or SettingsError."""
        ...

    async def connected(self) -> bool:
        """Whether events can reach us now."""
        ...

    async def close(self) -> None:
        """Finish what is being answered and stop; closing twice is no error."""
        ...


WELCOME = (
    line(bold("Paperround is here."), " It brings the day's papers to your channels. Next:"),
    line("1. Invite it to a channel: type ", code("/invite @Paperround"), " there."),
    line("2. Say there what the channel follows: ", slash("watch mixture of experts"), "."),
    line("3. Vote on what comes with 👍 and 👎; 🔖 saves a paper for you."),
    line("It goes on by itself where it was before. ", slash("help"), " knows the rest."),
)
"""What whoever installed the app reads first."""

_HISTORY_WANTED = line(
    "Slack did not say whether a paper arrived, and I may not look. Install Paperround again "
    "and let it read messages (",
    code("channels:history"),
    " and ",
    code("groups:history"),
    "): it then looks "
    "for its own posts after a fault, so that none is missing and none comes twice.",
)

Sharers = Callable[[str], Awaitable[Sequence[str]]]
"""The workspaces that are known to have a channel of this id: it may be shared by several."""


async def nobody_else(_: str) -> Sequence[str]:
    """An empty list: where one workspace alone has the app, no other shares a channel with it."""
    return ()


class SlackChat:
    """A `ChatPlatform`; it posts without a connection too, as the command line does.

    Slack takes about one message a second and channel: posts to one channel wait for each other,
    those to other channels do not. A longer wait that Slack asks for is left to the caller.
    `seeds` puts 👍 👎 🔖 on every new post; `catchup` records what changed while it was offline.
    `scopes` are those that the app must have, `optional` those that people may refuse.
    `sharers` finds the other workspaces of a channel that companies share (Slack Connect).
    """

    def __init__(
        self,
        keyring: Keyring,
        wire: Wire,
        connection: EventSource,
        *,
        seeds: bool = False,
        pace: float = 1.0,
        catchup: CatchUp | None = None,
        sharers: Sharers = nobody_else,
        directory: Directory | None = None,
        scopes: Sequence[str] = (),
        optional: Sequence[str] = (),
    ) -> None:
        self.keyring = keyring
        self.wire = wire
        self._connection = connection
        self._seeds = seeds
        self._pace = pace
        self._limits: dict[ChannelRef, AsyncLimiter] = {}
        self._catchup = catchup or CatchUp()
        self._history = History()
        self._scopes = scopes
        self._optional = optional
        self._asked_for_history: set[str] = set()
        self.sharers = sharers
        self.directory = directory or Directory()

    @property
    def name(self) -> str:
        """The prefix of its channels."""
        return "slack"

    @property
    def shows_within(self) -> float:
        """Seconds within which its history shows what it took."""
        return server_clock.SHOWN_SECONDS

    def time(self) -> datetime | None:
        """Slack's own time, by its last answer."""
        return self.wire.clock()

    async def start(self, inbox: Inbox) -> None:
        """Connect, and deliver commands and reactions to `inbox` until stopped."""
        await self._connection.open(self, inbox)
        self._catchup.start(inbox)
        # Who listens has begun: that Slack cannot be reached at this moment is no reason to end.
        with contextlib.suppress(NotSentError, OutcomeUnknownError):
            if lacking := self._lacking(await self.keyring.find(None)):
                log.warning("slack.scopes", told=lacking)

    def catch_up(self) -> None:
        """Start to read what changed while no events arrived; returns at once."""
        self._catchup.again()

    async def check(self, channel: ChannelRef) -> None:
        """Ask Slack for the channel; raises ChannelGoneError where the bot can post nothing."""
        known = await self._info(channel)
        if known.get("is_archived"):
            raise ChannelGoneError("the channel was archived", obstacle=Obstacle.ARCHIVED)
        if known.get("is_member") is False and not await self._may_post_unseen(channel, known):
            raise ChannelGoneError(words_for("not_in_channel"), obstacle=Obstacle.NOT_INVITED)

    async def is_public(self, channel: ChannelRef) -> bool:
        """Whether Slack shows the channel to everybody in the workspace."""
        with contextlib.suppress(ChannelGoneError):
            return (await self._info(channel)).get("is_private") is False
        return False

    async def tell_installer(self, workspace: str, text: Line) -> bool:
        """Say one line in private to who installed the app, where an installation tells who."""
        return await self._tell_privately(workspace, [text])

    async def tell_person(self, channel: ChannelRef, person: str, lines: Sequence[Line]) -> bool:
        """Send lines to a person in the app's own conversation with them."""
        return await self._tell_privately(channel.workspace, lines, person)

    async def welcome(self, workspace: str) -> bool:
        """Tell who installed the app what to do next; `workspace` may be an organisation's id."""
        return await self._tell_privately(workspace, WELCOME)

    async def tell_lost_token(self, workspace: str) -> None:
        """Say that the app must be installed again, while its token is still good."""
        for problem in await self.keyring.troubles():
            place, _, reason = problem.partition(": ")
            if place == workspace:
                await self.tell_installer(
                    workspace, line(bold("Paperround stops soon"), f": {reason}")
                )

    async def take_up(self, workspaces: Sequence[str]) -> None:
        """Resume workspaces after an installation: read which channels the bot is in."""
        for workspace in workspaces:
            try:
                await self._catchup.in_workspace(workspace)
            except PlatformError as error:
                log.info("channels.unread", workspace=workspace, reason=str(error))

    async def troubles(self) -> Sequence[str]:
        """The workspaces whose people must install the app again, and why."""
        try:
            return [f"slack: {each}" for each in await self.keyring.troubles()]
        except AWAY:
            return ()

    async def _tell_privately(
        self, workspace: str, lines: Sequence[Line], person: str | None = None
    ) -> bool:
        """Say lines to a person, or else to who installed the app."""
        message = line_message(*lines)
        try:
            async with translated():
                access = await self.keyring.find(workspace)
                person = person or (access.installer if access else None)
                if access is None or person is None:
                    return False
                await self.wire.client(access.token).chat_postMessage(
                    channel=person,
                    text=message.text,
                    blocks=message.blocks,
                    unfurl_links=False,
                    unfurl_media=False,
                )
        except PlatformError as error:
            log.info("person.untold", workspace=workspace, reason=str(error))
            return False
        return True

    async def _info(self, channel: ChannelRef) -> Mapping[str, Any]:
        """Slack's object for a channel, {} without an answer; raises ChannelGoneError."""
        try:
            async with self.speaking(channel) as client:
                said = await client.conversations_info(channel=channel.channel)
        except ChannelGoneError:
            raise
        except PlatformError as error:
            log.info("channel.unread", channel=str(channel), reason=str(error))
            return {}
        known: Mapping[str, Any] = said.get("channel") or {}
        return known

    async def _may_post_unseen(self, channel: ChannelRef, known: Mapping[str, Any]) -> bool:
        """Whether the app posts in a channel without being a member (chat:write.public)."""
        if known.get("is_im") or known.get("is_mpim"):
            return True
        access = await self.keyring.find(channel.workspace)
        granted = (access.granted if access else None) or frozenset()
        return known.get("is_private") is False and "chat:write.public" in granted

    async def catch_up_on(self, message: MessageRef) -> None:
        """Read the votes of one post whose events came before the post was stored."""
        await self._catchup.on(message)

    async def stop(self) -> None:
        """Finish what is being answered and disconnect."""
        await self._connection.close()
        await self._catchup.stop()
        await self.wire.close()

    async def introduce(self) -> str:
        """Who the bot is in its one workspace, as Slack says; of many, nobody is asked.

        Raises SettingsError for a token that Slack refuses.
        """
        await self._connection.check(self)
        access = await self.keyring.find(None)
        if access is None:
            return await self._introduce_many()
        known = f"takes the token; the bot is {access.bot_user} in {access.workspace}"
        return "; ".join(part for part in (known, self._lacking(access)) if part)

    async def _introduce_many(self) -> str:
        """Raises SettingsError where a workspace must install the app again."""
        await self.keyring.renew_all()
        if troubles := await self.keyring.troubles():
            raise SettingsError(f"not all workspaces are served. {'; '.join(troubles)}")
        return "each workspace has a token of its own"

    def _lacking(self, access: Access | None) -> str:
        """Which scopes the token lacks and what to do about them, or ""."""
        granted = access.granted if access else None
        lacking = [] if granted is None else sorted(set(self._scopes) - granted)
        refused = [] if granted is None else sorted(set(self._optional) - granted)
        told = []
        if lacking:
            told.append(
                f"the app lacks {', '.join(lacking)}: paste paperround slack manifest over the one "
                "it has at api.slack.com/apps, and install it again"
            )
        if refused:
            told.append(f"it works without {', '.join(refused)}, which were refused")
        return "; ".join(told)

    async def connected(self) -> bool:
        """Whether events can reach us now."""
        return await self._connection.connected()

    async def post(
        self,
        channel: ChannelRef,
        card: Card,
        *,
        delivery_id: str,
        under: MessageRef | None = None,
    ) -> MessageRef:
        """Send a card once, with `delivery_id` in its metadata; `under` is its head, if any."""
        mark = marked("post", delivery_id)
        message = await self._send(channel, card_message(card), mark=mark, under=under)
        if self._seeds:
            await self._seed(message)
        return message

    async def head(
        self, channel: ChannelRef, lines: Sequence[Line], *, delivery_id: str
    ) -> MessageRef:
        """Send the message above a round's posts once, marked like them."""
        return await self._send(channel, head_message(lines), mark=marked("head", delivery_id))

    async def notice(
        self,
        channel: ChannelRef,
        lines: Sequence[Line],
        *,
        delivery_id: str,
        choices: Sequence[str] = (),
    ) -> MessageRef:
        """Send a message of its own once, marked like a post."""
        mark = marked("notice", delivery_id)
        message = await self._send(channel, head_message(lines), mark=mark)
        if choices and self._seeds:
            await self._seed(message, [emoji_name(each) for each in choices])
        return message

    async def find_post(
        self,
        channel: ChannelRef,
        delivery_id: str,
        *,
        since: datetime,
        under: MessageRef | None = None,
    ) -> MessageRef | None:
        """The post with this delivery id in its metadata, or None if Slack certainly has none.

        Slack's history of a channel has no replies, so the thread of `under` is read first. Raises
        UnaskableError where the app has no leave to read the history.
        """
        try:
            return await self._find(channel, delivery_id, since, under)
        except UnaskableError:
            await self._ask_for_history(channel.workspace)
            raise

    async def _ask_for_history(self, workspace: str) -> None:
        """Tell the installer, once, what the permission that was refused would be good for."""
        if workspace not in self._asked_for_history:
            self._asked_for_history.add(workspace)
            await self.tell_installer(workspace, _HISTORY_WANTED)

    async def _find(
        self, channel: ChannelRef, delivery_id: str, since: datetime, under: MessageRef | None
    ) -> MessageRef | None:
        found, place = None, channel.channel
        async with asking(), self.speaking(channel) as client:
            if under is not None:
                found = await self._history.find_below(client, place, under.message, delivery_id)
            if found is None:
                found = await self._history.find(client, place, delivery_id, since)
        return MessageRef(channel, found) if found else None

    async def edit(self, message: MessageRef, card: Card) -> None:
        """Replace a post's content; raises RefusedError for one that is gone."""
        await self._replace(message, card_message(card))

    async def edit_head(
        self, message: MessageRef, lines: Sequence[Line], *, delivery_id: str
    ) -> None:
        """Replace the message above a round's posts; raises RefusedError for one that is gone."""
        await self._replace(message, head_message(lines))

    async def delete(self, message: MessageRef) -> None:
        """Remove a post with the details below it; one that is gone already is no error.

        Slack leaves the replies of a deleted message standing below "This message was deleted".
        """
        await self._delete_details(message)
        await self._delete(message)

    async def announce(
        self, channel: ChannelRef, text: Line, choices: Sequence[Choice] = ()
    ) -> None:
        """Say one line to everyone in the channel, with buttons below it where there are any."""
        await self._send(channel, with_choices(line_message(text), choices))

    async def thread(
        self, message: MessageRef, lines: Sequence[Line], *, delivery_id: str | None = None
    ) -> None:
        """Answer under a post; marked in its metadata, where asked.

        What is too long for one message is several, of which the last bears the mark: whoever
        finds it knows that all are there. Parts that an earlier try sent are not sent again.
        """
        messages = line_messages(lines)
        last = len(messages) - 1
        marks = [delivery_id if at == last else f"{delivery_id}.{at}" for at in range(last + 1)]
        there = await self._details_there(message) if delivery_id and last else set()
        for mark, part in zip(marks, messages, strict=True):
            if mark not in there:
                said = marked("details", mark) if delivery_id and mark else None
                await self._send(message.channel, part, mark=said, under=message)

    async def _details_there(self, post: MessageRef) -> set[str]:
        """The marks of the details that stand below a post already."""
        async with asking(), self.speaking(post.channel) as client:
            return await list_marks(client, post.channel.channel, post.message)

    async def _send(
        self,
        channel: ChannelRef,
        content: Message,
        *,
        mark: dict[str, Any] | None = None,
        under: MessageRef | None = None,
    ) -> MessageRef:
        limit = self._limits.setdefault(channel, AsyncLimiter(1, self._pace))
        async with limit, self.speaking(channel) as client:
            sent = await client.chat_postMessage(
                channel=channel.channel,
                text=content.text,
                blocks=content.blocks or None,
                metadata=mark,
                thread_ts=under.message if under else None,
                unfurl_links=False,
                unfurl_media=False,
            )
        return MessageRef(channel, str(sent["ts"]))

    async def _replace(self, message: MessageRef, content: Message) -> None:
        """Put other content into a message; what is not named, as its metadata, stays."""
        async with self.speaking(message.channel) as client:
            await client.chat_update(
                channel=message.channel.channel,
                ts=message.message,
                text=content.text,
                blocks=content.blocks,
            )

    async def _delete_details(self, post: MessageRef) -> None:
        """Delete the details below a post; failures are logged, for the post is deleted anyway."""
        try:
            async with self.speaking(post.channel) as client:
                details = await list_details(client, post.channel.channel, post.message)
            for each in details:
                await self._delete(MessageRef(post.channel, each))
        except PlatformError as error:
            log.info("details.left", message=post.message, reason=str(error))

    async def _delete(self, message: MessageRef) -> None:
        try:
            async with self.speaking(message.channel) as client:
                await client.chat_delete(channel=message.channel.channel, ts=message.message)
        except RefusedError as error:
            if not is_absent(error):
                raise

    async def _seed(self, message: MessageRef, names: Sequence[str] = SEEDED) -> None:
        """Add 👍 👎 🔖, or other emoji, to a message; failures are logged."""
        try:
            async with self.speaking(message.channel) as client:
                for name in names:
                    await client.reactions_add(
                        channel=message.channel.channel, timestamp=message.message, name=name
                    )
        except PlatformError as error:
            log.info("seed.lost", message=message.message, reason=str(error))

    @asynccontextmanager
    async def speaking(self, channel: ChannelRef) -> AsyncIterator[AsyncWebClient]:
        """A client with the token of the channel's workspace; its errors become PlatformErrors."""
        async with translated():
            yield await client_for(self.keyring, self.wire, channel.workspace)
