"""Reactions, where they may be votes on our posts."""

from dataclasses import replace
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.platforms.slack.adapter import SlackChat
from bot.platforms.slack.background import BackgroundTasks
from bot.platforms.slack.events import read_reaction, workspace_of
from bot.ports import Inbox, Reaction


class Reactions:
    """Forwards people's reactions on the bot's posts; reactions of apps are dropped."""

    def __init__(self, chat: SlackChat, inbox: Inbox, background: BackgroundTasks) -> None:
        self._chat = chat
        self._inbox = inbox
        self._background = background

    def attach(self, app: AsyncApp) -> None:
        """Listen to reactions that come and go."""
        app.event("reaction_added")(self.on_reaction)
        app.event("reaction_removed")(self.on_reaction)

    async def on_reaction(
        self,
        event: dict[str, Any],
        body: dict[str, Any],
        context: AsyncBoltContext,
        client: AsyncWebClient,
    ) -> None:
        """A reaction, where it may be on one of our posts."""
        reaction = read_reaction(event, workspace_of(body, context.team_id))
        author = event.get("item_user")
        if reaction is None:
            return
        if author in (None, context.bot_user_id):
            self._background.begin(self._hear(client, reaction))
        elif body.get("is_ext_shared_channel") is True:
            self._background.begin(self._hear_shared(client, reaction, author))

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
