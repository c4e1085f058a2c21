"""What people do in Slack, handed to the inbox: acknowledged first, worked on after."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import structlog
from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.chat import ChannelChange, ChannelEvent, ChannelRef, Command, Inbox, Person, Reaction
from bot.errors import PlatformError
from bot.platforms.slack import payloads
from bot.platforms.slack.blocks import OPEN_LINK, Message, line_message, reply_message
from bot.platforms.slack.changers import Changers
from bot.platforms.slack.chat import SlackChat
from bot.platforms.slack.chores import Chores, Once
from bot.platforms.slack.faults import translated
from bot.platforms.slack.forms import Forms
from bot.platforms.slack.home import home_view
from bot.platforms.slack.pictures import Pictures
from bot.platforms.slack.talk import Talk

CHANNEL_EVENTS = (
    "member_joined_channel",
    "member_left_channel",
    "channel_left",
    "channel_rename",
    "channel_archive",
    "channel_unarchive",
    "channel_deleted",
    "channel_id_changed",
    "group_left",
    "group_rename",
    "group_archive",
    "group_unarchive",
    "group_deleted",
)
_OK = 200
_PAGE, _MOST_CHANNELS = 200, 1000

log = structlog.get_logger(__name__)


class Listeners:
    """Everything that the bot listens to; `close` finishes what is under way."""

    def __init__(self, chat: SlackChat, inbox: Inbox, changers: Changers) -> None:
        self._chat = chat
        self._inbox = inbox
        self._talk = Talk(chat, inbox, changers)
        self._chores = Chores()
        self._forms = Forms(self._talk, self._chores)
        self._pictures = Pictures(self._talk, self._chores)
        self._once = Once()

    def attach(self, app: AsyncApp) -> None:
        """Listen to an app's commands, events and forms."""
        app.use(self.skip_repeated)
        app.use(self.note_organisation)
        app.command(re.compile(r"^/papers"))(self.on_command)
        app.action(re.compile(f"^{OPEN_LINK}"))(self.on_link)
        app.event("reaction_added")(self.on_reaction)
        app.event("reaction_removed")(self.on_reaction)
        app.event("app_home_opened")(self.on_home)
        app.event("app_uninstalled")(self.on_uninstalled)
        app.event("tokens_revoked")(self.on_revoked)
        for name in CHANNEL_EVENTS:
            app.event(name)(self.on_channel)
        self._forms.attach(app)
        self._pictures.attach(app)

    async def close(self, seconds: float = 5.0) -> None:
        """Finish what is being answered, within so many seconds."""
        await self._chores.finish(seconds)

    async def skip_repeated(
        self, body: dict[str, Any], next_: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        """Acknowledge what Slack delivers again, and do nothing more."""
        if self._once.first(payloads.once_key(body)):
            return await next_()
        return BoltResponse(status=200, body="")

    async def note_organisation(
        self,
        body: dict[str, Any],
        context: AsyncBoltContext,
        next_: Callable[[], Awaitable[BoltResponse]],
    ) -> BoltResponse:
        """Let the workspace of a request be known as one that its organisation's app serves."""
        if context.is_enterprise_install and context.enterprise_id:
            await self._chat.keyring.find(_workspace(body, context) or None, context.enterprise_id)
        return await next_()

    async def on_link(self, ack: AsyncAck) -> None:
        """A link button was pressed: the browser does the rest."""
        await ack()

    async def on_command(
        self,
        ack: AsyncAck,
        body: dict[str, Any],
        context: AsyncBoltContext,
        client: AsyncWebClient,
    ) -> None:
        """`/papers …`: received at once, answered when the answer is there."""
        await ack()
        command = payloads.read_command(body, _workspace(body, context))
        if command is not None:
            self._chores.begin(self._answer(client, command, body))

    async def on_reaction(
        self,
        event: dict[str, Any],
        body: dict[str, Any],
        context: AsyncBoltContext,
        client: AsyncWebClient,
    ) -> None:
        """A reaction, where it may be on one of our posts."""
        reaction = payloads.read_reaction(event, _workspace(body, context))
        author = event.get("item_user")
        if reaction is None:
            return
        if author in (None, context.bot_user_id):
            self._chores.begin(self._hear(client, reaction))
        elif body.get("is_ext_shared_channel") is True:
            self._chores.begin(self._hear_shared(client, reaction, author))

    async def on_channel(
        self,
        event: dict[str, Any],
        body: dict[str, Any],
        context: AsyncBoltContext,
        client: AsyncWebClient,
    ) -> None:
        """The bot came or went, or a channel changed."""
        change = payloads.read_channel_event(
            event, _workspace(body, context), context.bot_user_id or ""
        )
        if change is not None:
            self._chores.begin(self._follow(client, change))

    async def on_home(
        self,
        event: dict[str, Any],
        body: dict[str, Any],
        context: AsyncBoltContext,
        client: AsyncWebClient,
    ) -> None:
        """A person looks at the bot's own page."""
        if event.get("tab") == "home":
            whole = bool(context.is_enterprise_install)
            workspace = _workspace(body, context)
            self._chores.begin(self._show_home(client, event["user"], workspace, whole=whole))

    async def on_uninstalled(self, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """The app was removed from a workspace or an organisation."""
        self._chores.begin(self._end(body, context))

    async def on_revoked(
        self, event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        """Tokens were revoked; only the bot's matter here."""
        if (event.get("tokens") or {}).get("bot"):
            self._chores.begin(self._end(body, context))

    async def _answer(
        self, client: AsyncWebClient, command: Command, body: Mapping[str, Any]
    ) -> None:
        command, guest = await self._talk.placed(command)
        if not command.text and await self._opens(client, command, body, guest=guest):
            return
        reply = await self._talk.ask(command, guest=guest)
        await self._respond(body, reply_message(reply, asked=command.text))
        if hint := await self._talk.announce(command.channel, reply):
            await self._respond(body, line_message(hint))

    async def _opens(
        self, client: AsyncWebClient, command: Command, body: Mapping[str, Any], *, guest: bool
    ) -> bool:
        """Whether the form could be shown; if not, help is the answer."""
        try:
            await self._forms.open(client, command, str(body.get("trigger_id")), guest=guest)
        except PlatformError as error:
            log.info("form.unopened", reason=str(error))
            return False
        return True

    async def _respond(self, body: Mapping[str, Any], message: Message) -> None:
        """Answer by the command's own address, where only its author sees it."""
        try:
            async with translated():
                answered = await self._chat.wire.webhook(str(body["response_url"])).send(
                    text=message.text, blocks=message.blocks, response_type="ephemeral"
                )
        except (PlatformError, SlackClientError, KeyError) as error:
            log.warning("answer.lost", reason=str(error))
            return
        if answered.status_code != _OK:
            log.warning("answer.refused", status=answered.status_code, body=answered.body[:200])

    async def _hear(self, client: AsyncWebClient, reaction: Reaction) -> None:
        if not await self._chat.directory.is_bot(client, reaction.person.id):
            await self._inbox.reaction(reaction)

    async def _hear_shared(
        self, client: AsyncWebClient, reaction: Reaction, author: object
    ) -> None:
        """A reaction in a channel of several companies, perhaps on a post made for another one.

        Slack sends it once, in the name of any one of the workspaces that have the app.
        """
        for workspace in await self._chat.sharers(reaction.message.channel.channel):
            access = await self._chat.keyring.find(workspace)
            if access is not None and access.bot_user == author:
                channel = replace(reaction.message.channel, workspace=workspace)
                message = replace(reaction.message, channel=channel)
                await self._hear(client, replace(reaction, message=message))

    async def _follow(self, client: AsyncWebClient, change: ChannelEvent) -> None:
        if change.change in (ChannelChange.JOINED, ChannelChange.RESTORED):
            known = await _info(client, change.channel)
            if change.change is ChannelChange.RESTORED and not known.get("is_member"):
                return
            change = replace(change, name=known.get("name"))
        await self._inbox.channel_changed(change)

    async def _show_home(
        self, client: AsyncWebClient, user: str, workspace: str, *, whole: bool
    ) -> None:
        visible = await _channels_of(client, user, workspace, whole=whole)
        home = await self._inbox.home("slack", workspace, Person(user, user), visible=visible)
        async with translated():
            await client.views_publish(user_id=user, view=home_view(home))

    async def _end(self, body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        organisation = context.enterprise_id if context.is_enterprise_install else None
        # Slack may tell late; whoever installed again meanwhile keeps the new installation.
        at = payloads.read_time(body.get("event_time")) or datetime.now(UTC)
        ended = await self._chat.keyring.forget(context.team_id, organisation, at)
        for workspace in ended:
            await self._inbox.workspace_gone("slack", workspace)


def _workspace(body: Mapping[str, Any], context: AsyncBoltContext) -> str:
    return payloads.workspace_of(body, context.team_id)


async def _info(client: AsyncWebClient, channel: ChannelRef) -> Mapping[str, Any]:
    """What Slack knows of a channel; nothing where it does not say."""
    try:
        async with translated():
            said = await client.conversations_info(channel=channel.channel)
    except PlatformError as error:
        log.info("channel.unknown", channel=str(channel), reason=str(error))
        return {}
    known: Mapping[str, Any] = said.get("channel") or {}
    return known


async def _channels_of(
    client: AsyncWebClient, user: str, workspace: str, *, whole: bool
) -> list[ChannelRef]:
    """The channels that a person and the bot share, and public ones that the person is in.

    The token of a `whole` organisation has to be told which of its workspaces is meant.
    """
    found: list[ChannelRef] = []
    async with translated():
        pages = await client.users_conversations(
            user=user,
            types="public_channel,private_channel",
            exclude_archived=True,
            limit=_PAGE,
            team_id=workspace if whole else None,
        )
        async for page in pages:
            found += [ChannelRef("slack", workspace, str(c["id"])) for c in page["channels"]]
            if len(found) >= _MOST_CHANNELS:
                break
    return found
