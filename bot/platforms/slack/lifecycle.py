"""The life of channels and installations: the bot comes and goes, channels change."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import PlatformError
from bot.platforms.slack.adapter import SlackChat
from bot.platforms.slack.background import BackgroundTasks
from bot.platforms.slack.errors import translated
from bot.platforms.slack.events import list_teams, read_channel_event, read_time, workspace_of
from bot.ports import ChannelChange, ChannelEvent, ChannelRef, Inbox

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

log = structlog.get_logger(__name__)


class Lifecycle:
    """Forwards channel events (joined, left, renamed, archived) and installations to the inbox."""

    def __init__(self, chat: SlackChat, inbox: Inbox, background: BackgroundTasks) -> None:
        self._chat = chat
        self._inbox = inbox
        self._background = background

    def attach(self, app: AsyncApp) -> None:
        """Listen to the events of channels and installations."""
        app.event("app_uninstalled")(self.on_uninstalled)
        app.event("tokens_revoked")(self.on_revoked)
        app.event("team_access_granted")(self.on_granted)
        app.event("team_access_revoked")(self.on_withdrawn)
        for name in CHANNEL_EVENTS:
            app.event(name)(self.on_channel)

    async def on_channel(
        self,
        event: dict[str, Any],
        body: dict[str, Any],
        context: AsyncBoltContext,
        client: AsyncWebClient,
    ) -> None:
        """Forward an event of a channel, or of the bot's membership in it."""
        change = read_channel_event(
            event, workspace_of(body, context.team_id), context.bot_user_id or ""
        )
        if change is not None:
            self._background.begin(self._follow(client, change))

    async def on_uninstalled(self, body: dict[str, Any], context: AsyncBoltContext) -> None:
        """The app was removed from a workspace or an organisation."""
        self._background.begin(self._end(body, context))

    async def on_revoked(
        self, event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext
    ) -> None:
        """Tokens were revoked; only the bot's matter here."""
        if (event.get("tokens") or {}).get("bot"):
            self._background.begin(self._end(body, context))

    async def on_granted(self, event: dict[str, Any], context: AsyncBoltContext) -> None:
        """An organisation lets its installation work in more of its workspaces."""
        self._background.begin(self._grant(list_teams(event), context.enterprise_id))

    async def on_withdrawn(self, event: dict[str, Any]) -> None:
        """An organisation takes workspaces away from its installation."""
        self._background.begin(self._withdraw(list_teams(event)))

    def installed(self, record: Mapping[str, Any]) -> None:
        """Take up a new installation: what stopped goes on, and the installer is welcomed."""
        self._background.begin(self._begin(record))

    async def _begin(self, record: Mapping[str, Any]) -> None:
        workspace, organisation = record["workspace"], record["organisation"]
        if not record["whole"]:
            await self._chat.take_up([workspace])
        elif organisation:
            await self._chat.take_up(await self._chat.keyring.served_by(organisation))
        if workspace or organisation:
            await self._chat.welcome(workspace or organisation)

    async def _grant(self, workspaces: Sequence[str], organisation: str | None) -> None:
        for workspace in workspaces:
            # From now on the workspace is known as one that the organisation's token serves.
            await self._chat.keyring.find(workspace, organisation)
        await self._chat.take_up(workspaces)

    async def _withdraw(self, workspaces: Sequence[str]) -> None:
        for workspace in workspaces:
            await self._inbox.workspace_gone("slack", workspace)

    async def _follow(self, client: AsyncWebClient, change: ChannelEvent) -> None:
        if change.change in (ChannelChange.JOINED, ChannelChange.RESTORED):
            known = await _info(client, change.channel)
            if change.change is ChannelChange.RESTORED and not known.get("is_member"):
                return
            public = known.get("is_private") is False
            change = replace(change, name=known.get("name"), public=public)
        await self._inbox.channel_changed(change)

    async def _end(self, body: Mapping[str, Any], context: AsyncBoltContext) -> None:
        organisation = context.enterprise_id if context.is_enterprise_install else None
        # Slack may tell late; whoever installed again meanwhile keeps the new installation.
        at = read_time(body.get("event_time")) or datetime.now(UTC)
        ended = await self._chat.keyring.forget(context.team_id, organisation, at)
        for workspace in ended:
            await self._inbox.workspace_gone("slack", workspace)


async def _info(client: AsyncWebClient, channel: ChannelRef) -> Mapping[str, Any]:
    """Slack's object for a channel, or {} where Slack does not answer."""
    try:
        async with translated():
            said = await client.conversations_info(channel=channel.channel)
    except PlatformError as error:
        log.info("channel.unknown", channel=str(channel), reason=str(error))
        return {}
    known: Mapping[str, Any] = said.get("channel") or {}
    return known
