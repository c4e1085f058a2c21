"""Slack as a place to post: each message once, its outcome always told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Protocol

import structlog
from aiolimiter import AsyncLimiter
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.cards.card import Card
from bot.cards.spans import Line
from bot.cards.text import shorten
from bot.chat import ChannelRef, Inbox, MessageRef, Picture
from bot.errors import ChannelGoneError, PlatformError, RefusedError, UnaskableError
from bot.platforms.slack.access import Keyring, Wire, client_for
from bot.platforms.slack.blocks import Message, card_message, line_message
from bot.platforms.slack.directory import Directory
from bot.platforms.slack.emoji import SEEDED
from bot.platforms.slack.faults import UNTHREADED, error_name, is_absent, said, translated
from bot.platforms.slack.missed import MissedReactions
from bot.platforms.slack.mrkdwn import mrkdwn

MARK = "paperround_"
"""How the kind of metadata begins that marks our posts, heads and details.

The payload is `{"delivery_id": …}`.
"""

_PAGE = 200
_LONGEST_ALT = 1000
_CLOCKS_APART = 300.0
_NO_HISTORY = (
    "Slack does not let the app read the channel's history: give it channels:history and "
    "groups:history"
)

log = structlog.get_logger(__name__)


class Connection(Protocol):
    """How Slack's events reach us: Socket Mode or HTTP."""

    async def open(self, chat: "SlackChat", inbox: Inbox) -> None:
        """Begin to hand on what people do; raises PlatformError or SettingsError."""
        ...

    async def connected(self) -> bool:
        """Whether events can reach us now."""
        ...

    async def close(self) -> None:
        """Finish what is being answered and stop; closing twice is no error."""
        ...


class Missed(Protocol):
    """Something that may have changed while nobody listened."""

    async def compare(self, inbox: Inbox) -> None:
        """Tell `inbox` what changed; telling it twice is harmless."""
        ...


Sharers = Callable[[str], Awaitable[Sequence[str]]]
"""The workspaces that are known to have a channel of this id: it may be shared by several."""


async def nobody_else(_: str) -> Sequence[str]:
    """No other workspace, as where one alone has the app."""
    return ()


class SlackChat:
    """A `ChatPlatform`; it posts without a connection too, as the command line does.

    Slack takes about one message a second and channel: posts to one channel wait for each other,
    those to other channels do not. A longer wait that Slack asks for is left to the caller.
    `seeds` puts 👍 👎 🔖 on every new post; `missed` records what changed while it was offline.
    `sharers` finds the other workspaces of a channel that companies share (Slack Connect).
    """

    def __init__(
        self,
        keyring: Keyring,
        wire: Wire,
        connection: Connection,
        *,
        seeds: bool = False,
        pace: float = 1.0,
        missed: Sequence[Missed] = (),
        reactions: MissedReactions | None = None,
        sharers: Sharers = nobody_else,
        directory: Directory | None = None,
    ) -> None:
        self.keyring = keyring
        self.wire = wire
        self._connection = connection
        self._seeds = seeds
        self._pace = pace
        self._limits: dict[ChannelRef, AsyncLimiter] = {}
        self._missed = missed if reactions is None else (*missed, reactions)
        self._reactions = reactions
        self.sharers = sharers
        self.directory = directory or Directory()
        self._inbox: Inbox | None = None
        self._catching_up: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """The prefix of its channels."""
        return "slack"

    async def start(self, inbox: Inbox) -> None:
        """Connect, and deliver commands and reactions to `inbox` until stopped."""
        await self._connection.open(self, inbox)
        self._inbox = inbox
        self.catch_up()

    def catch_up(self) -> None:
        """Begin to record what people did while nobody listened; returns at once."""
        if self._inbox is None:
            return
        if self._catching_up is not None:
            self._catching_up.cancel()
        self._catching_up = asyncio.create_task(_all(self._missed, self._inbox))

    async def catch_up_on(self, message: MessageRef) -> None:
        """Record what stands on a post that was known too late for its events."""
        if self._inbox is not None and self._reactions is not None:
            await self._reactions.compare_post(self._inbox, message)

    async def stop(self) -> None:
        """Finish what is being answered and disconnect."""
        await self._connection.close()
        if self._catching_up is not None:
            self._catching_up.cancel()
            await asyncio.gather(self._catching_up, return_exceptions=True)
        await self.wire.close()

    async def introduce(self) -> str:
        """Who the bot is in its one workspace, as Slack says; of many, nobody is asked."""
        access = await self.keyring.find(None)
        if access is None:
            return "each workspace has a token of its own"
        return f"takes the token; the bot is {access.bot_user} in {access.workspace}"

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
        mark = _marked("post", delivery_id)
        async with _threaded(under):
            message = await self._send(channel, card_message(card), mark=mark, under=under)
        if self._seeds:
            await self._seed(message)
        return message

    async def head(
        self, channel: ChannelRef, lines: Sequence[Line], *, delivery_id: str
    ) -> MessageRef:
        """Send the message above a round's posts once, marked like them."""
        return await self._send(channel, line_message(*lines), mark=_marked("head", delivery_id))

    async def find_post(
        self,
        channel: ChannelRef,
        delivery_id: str,
        *,
        since: datetime,
        under: MessageRef | None = None,
    ) -> MessageRef | None:
        """Look through the channel's history for the mark; None if Slack surely has no such post.

        Slack's history of a channel has no replies, so the thread of `under` is read first. Five
        minutes before `since` are read too, as clocks differ. Raises UnaskableError where the app
        has no leave to read the history.
        """
        oldest = f"{since.timestamp() - _CLOCKS_APART:.6f}"
        async with self._asking(), self._speaking(channel) as client:
            found = await _find_below(client, under, delivery_id) if under else None
            if found is None:
                found = await _find_marked(
                    await client.conversations_history(
                        channel=channel.channel,
                        oldest=oldest,
                        include_all_metadata=True,
                        limit=_PAGE,
                    ),
                    delivery_id,
                )
        return MessageRef(channel, found) if found else None

    async def edit(self, message: MessageRef, card: Card) -> None:
        """Replace a post's content; raises RefusedError for one that is gone."""
        content = card_message(card)
        async with self._speaking(message.channel) as client:
            await client.chat_update(
                channel=message.channel.channel,
                ts=message.message,
                text=content.text,
                blocks=content.blocks,
            )

    async def delete(self, message: MessageRef) -> None:
        """Remove a post; one that is gone already is no error."""
        try:
            async with self._speaking(message.channel) as client:
                await client.chat_delete(channel=message.channel.channel, ts=message.message)
        except RefusedError as error:
            if not is_absent(error):
                raise

    async def announce(self, channel: ChannelRef, text: Line) -> None:
        """Say one line to everyone in the channel."""
        await self._send(channel, line_message(text))

    async def thread(
        self, message: MessageRef, lines: Sequence[Line], *, delivery_id: str | None = None
    ) -> None:
        """Answer under a post; marked in its metadata, where asked."""
        mark = _marked("details", delivery_id) if delivery_id else None
        async with _threaded(message):
            await self._send(message.channel, line_message(*lines), mark=mark, under=message)

    async def show(self, channel: ChannelRef, picture: Picture, text: Line) -> None:
        """Show a picture to everyone in the channel, with a line above it."""
        async with self._speaking(channel) as client:
            await client.files_upload_v2(
                filename=picture.name,
                content=picture.png,
                title=picture.name,
                alt_txt=shorten(picture.alt, _LONGEST_ALT),
                channel=channel.channel,
                initial_comment=mrkdwn(text),
            )

    async def whisper(self, channel: ChannelRef, person: str, message: Message) -> None:
        """Say something that one person alone sees in a channel; best effort, never raises.

        Where the bot is not in the channel, the person is told in a direct message.
        """
        try:
            async with self._speaking(channel) as client:
                try:
                    await client.chat_postEphemeral(
                        channel=channel.channel,
                        user=person,
                        text=message.text,
                        blocks=message.blocks,
                    )
                except SlackApiError:
                    await client.chat_postMessage(
                        channel=person, text=message.text, blocks=message.blocks
                    )
        except PlatformError as error:
            log.info("whisper.lost", channel=str(channel), reason=str(error))

    async def _send(
        self,
        channel: ChannelRef,
        content: Message,
        *,
        mark: dict[str, Any] | None = None,
        under: MessageRef | None = None,
    ) -> MessageRef:
        limit = self._limits.setdefault(channel, AsyncLimiter(1, self._pace))
        async with limit, self._speaking(channel) as client:
            sent = await client.chat_postMessage(
                channel=channel.channel,
                text=content.text,
                blocks=content.blocks,
                metadata=mark,
                thread_ts=under.message if under else None,
                unfurl_links=False,
                unfurl_media=False,
            )
        return MessageRef(channel, str(sent["ts"]))

    async def _seed(self, message: MessageRef) -> None:
        """Offer the votes; a post is posted whether or not its reactions are."""
        try:
            async with self._speaking(message.channel) as client:
                for name in SEEDED:
                    await client.reactions_add(
                        channel=message.channel.channel, timestamp=message.message, name=name
                    )
        except PlatformError as error:
            log.info("seed.lost", message=message.message, reason=str(error))

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        try:
            yield
        except PlatformError as error:
            if said(error) != "missing_scope":
                raise
            raise UnaskableError(_NO_HISTORY) from error

    @asynccontextmanager
    async def _speaking(self, channel: ChannelRef) -> AsyncIterator[AsyncWebClient]:
        async with translated():
            yield await client_for(self.keyring, self.wire, channel.workspace)


async def _all(missed: Sequence[Missed], inbox: Inbox) -> None:
    for each in missed:
        try:
            await each.compare(inbox)
        except Exception:
            # The next connection compares again; whoever hosts this finds it in the log.
            log.exception("slack.not_compared", what=type(each).__name__)


@asynccontextmanager
async def _threaded(under: MessageRef | None) -> AsyncIterator[None]:
    """What Slack refuses in a thread says nothing of the channel."""
    try:
        yield
    except ChannelGoneError as error:
        if under is None or said(error) not in UNTHREADED:
            raise
        raise RefusedError(f"Nothing can be said in that thread: {said(error)}") from error


async def _find_below(client: AsyncWebClient, message: MessageRef, delivery_id: str) -> str | None:
    """The marked message in a thread; None, too, where there is no such thread."""
    try:
        pages = await client.conversations_replies(
            channel=message.channel.channel,
            ts=message.message,
            include_all_metadata=True,
            limit=_PAGE,
        )
        return await _find_marked(pages, delivery_id)
    except SlackApiError as error:
        if error_name(error) != "thread_not_found":
            raise
        return None


async def _find_marked(pages: AsyncSlackResponse, delivery_id: str) -> str | None:
    """The time stamp of the message with this mark."""
    async for page in pages:
        for found in page.get("messages", []):
            if _mark(found) == delivery_id:
                return str(found["ts"])
    return None


def _marked(what: str, delivery_id: str) -> dict[str, Any]:
    return {"event_type": f"{MARK}{what}", "event_payload": {"delivery_id": delivery_id}}


def _mark(found: Mapping[str, Any]) -> str | None:
    """The delivery id in a message's metadata, if it is one of ours."""
    metadata = found.get("metadata") or {}
    if not str(metadata.get("event_type", "")).startswith(MARK):
        return None
    payload: Mapping[str, Any] = metadata.get("event_payload") or {}
    return payload.get("delivery_id")
